//! ResourceQuotas.
//!
//! Sources: `pkg/registry/core/resourcequota/strategy.go`, `pkg/printers/internalversion/printers.go`.

use purser_types::status::Cause;
use purser_types::{Map, Object, Value};

use super::columns::{AGE, Column, NAME, column};
use super::strategy::Strategy;
use crate::validate::quota::{validate, validate_spec, validate_status, validate_update};
use crate::validate::{MetadataRules, metadata_update};

pub(super) const COLUMNS: &[Column] = &[
    NAME,
    column(
        "Request",
        "Request represents a minimum amount of cpu/memory that a container may consume.",
        |object, _| Value::string(used(object, false)),
    ),
    column(
        "Limit",
        "Limits control the maximum amount of cpu/memory that a container may use independent of contention on the \
         node.",
        |object, _| Value::string(used(object, true)),
    ),
    AGE,
];

/// The status is the server's, and set through the subresource.
pub(super) struct ResourceQuotas;

impl Strategy for ResourceQuotas {
    fn returns_deleted(&self) -> bool {
        true
    }

    fn prepare_for_create(&self, object: &mut Object) {
        object.set("status", Some(Value::Map(Map::new())));
    }

    fn prepare_for_update(&self, object: &mut Object, old: &Object) {
        object.set("status", old.get("status").map(Value::duplicate));
    }

    fn validate(&self, object: &Object) -> Vec<Cause> {
        validate(object)
    }

    fn causes_on_update(&self, rules: &dyn MetadataRules, new: &Object, old: &Object) -> Vec<Cause> {
        let mut causes = metadata_update(rules, new, old);
        causes.extend(validate_spec(new));
        causes.extend(validate_update(new, old));
        causes
    }

    fn causes_through(&self, _: &str, rules: &dyn MetadataRules, new: &Object, old: &Object) -> Vec<Cause> {
        let mut causes = metadata_update(rules, new, old);
        causes.extend(validate_status(new));
        causes
    }
}

/// `secrets: 1/5, …`, of what is a limit of containers, or is not.
fn used(object: &Object, limits: bool) -> String {
    let status = object.get("status").and_then(Value::as_map);
    let part = |name: &str| status.and_then(|status| status.get(name)?.as_map());
    let amount = |map: Option<&Map>, name: &str| {
        map.and_then(|map| map.get(name)?.as_str())
            .unwrap_or("0")
            .to_owned()
    };
    let (hard, used) = (part("hard"), part("used"));
    let names = hard.into_iter().flat_map(|hard| hard.keys());
    let cells: Vec<String> = names
        .filter(|name| name.starts_with("limits.") == limits)
        .map(|name| format!("{name}: {}/{}", amount(used, name), amount(hard, name)))
        .collect();
    cells.join(", ")
}
