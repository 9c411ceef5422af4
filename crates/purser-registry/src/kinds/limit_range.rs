//! LimitRanges.
//!
//! Sources: `pkg/registry/core/limitrange/strategy.go`, `SetDefaults_LimitRangeItem` in `pkg/apis/core/v1/defaults.go`.

use purser_types::object::part_mut;
use purser_types::status::Cause;
use purser_types::{Map, Object, Value};

use super::columns::{CREATED_AT, Column, NAME};
use super::strategy::Strategy;
use crate::validate::limit_range::validate;
use crate::validate::{MetadataRules, metadata_create};

pub(super) const COLUMNS: &[Column] = &[NAME, CREATED_AT];

/// The limits of containers have defaults of each other.
pub(super) struct LimitRanges;

impl Strategy for LimitRanges {
    fn prepare_for_create(&self, object: &mut Object) {
        let spec = object.body.get_mut("spec").and_then(Value::as_map_mut);
        let Some(Value::List(limits)) = spec.and_then(|spec| spec.get_mut("limits")) else {
            return;
        };
        for limit in limits.iter_mut().filter_map(Value::as_map_mut) {
            if limit.get("type").and_then(Value::as_str) == Some("Container") {
                set_defaults(limit, "max", "default");
                set_defaults(limit, "default", "defaultRequest");
                set_defaults(limit, "min", "defaultRequest");
            }
        }
    }

    fn validate(&self, object: &Object) -> Vec<Cause> {
        validate(object)
    }

    fn causes_on_update(&self, rules: &dyn MetadataRules, new: &Object, _: &Object) -> Vec<Cause> {
        let mut causes = metadata_create(rules, new);
        causes.extend(validate(new));
        causes
    }
}

/// Copies what `to` lacks of `from`.
fn set_defaults(limit: &mut Map, from: &str, to: &'static str) {
    let Some(Value::Map(known)) = limit.get(from).map(Value::duplicate) else {
        return;
    };
    let values = part_mut(limit, to);
    for (name, value) in known {
        values.entry(name).or_insert(value);
    }
}
