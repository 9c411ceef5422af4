//! Namespaces.
//!
//! Source: `pkg/registry/core/namespace/strategy.go`.

use purser_types::object::part_mut;
use purser_types::status::Cause;
use purser_types::{Key, Map, Object, Value};

use super::columns::{AGE, Column, NAME, column};
use super::strategy::Strategy;
use crate::validate::names::NameRule;
use crate::validate::namespace::{validate, validate_finalize, validate_phase};
use crate::validate::{MetadataRules, metadata_update};

/// The finalizer that holds a namespace until its contents are gone.
pub(crate) const FINALIZER: &str = "kubernetes";
/// The subresource through which finalizers change.
const FINALIZE: &str = "finalize";
/// The label that carries the name of a namespace, for selectors.
const NAME_LABEL: &str = "kubernetes.io/metadata.name";

pub(super) const COLUMNS: &[Column] = &[
    NAME,
    column("Status", "The status of the namespace", |object, _| {
        Value::string(phase(object))
    }),
    AGE,
];

/// They carry their name as a label, begin Active, and are held by a finalizer of their specification.
pub(super) struct Namespaces;

impl Strategy for Namespaces {
    fn prepare_for_create(&self, object: &mut Object) {
        label_with_name(object);
        let status = Map::from([(Key::Borrowed("phase"), Value::string("Active"))]);
        object.set("status", Some(Value::Map(status)));
        let mut finalizers = match part_mut(&mut object.body, "spec").remove("finalizers") {
            Some(Value::List(list)) => list,
            _ => Vec::new(),
        };
        if !finalizers
            .iter()
            .any(|finalizer| finalizer.as_str() == Some(FINALIZER))
        {
            finalizers.push(Value::string(FINALIZER));
        }
        part_mut(&mut object.body, "spec").insert(Key::Borrowed("finalizers"), Value::List(finalizers));
    }

    /// The finalizers and the status belong to subresources.
    fn prepare_for_update(&self, object: &mut Object, old: &Object) {
        label_with_name(object);
        object.set("status", old.get("status").map(Value::duplicate));
        let finalizers = old
            .get("spec")
            .and_then(Value::as_map)
            .and_then(|spec| spec.get("finalizers"));
        match finalizers {
            Some(finalizers) => {
                drop(
                    part_mut(&mut object.body, "spec")
                        .insert(Key::Borrowed("finalizers"), finalizers.duplicate()),
                );
            }
            None => drop(part_mut(&mut object.body, "spec").remove("finalizers")),
        }
    }

    fn validate(&self, object: &Object) -> Vec<Cause> {
        validate(object)
    }

    fn prepare_through(&self, subresource: &str, object: &mut Object, old: &Object) {
        label_with_name(object);
        let kept = if subresource == FINALIZE { "status" } else { "spec" };
        object.set(kept, old.get(kept).map(Value::duplicate));
    }

    fn causes_through(
        &self,
        subresource: &str,
        rules: &dyn MetadataRules,
        new: &Object,
        old: &Object,
    ) -> Vec<Cause> {
        let mut causes = metadata_update(rules, new, old);
        match subresource {
            FINALIZE => causes.extend(validate_finalize(new)),
            _ => causes.extend(validate_phase(new, phase(new))),
        }
        causes
    }

    fn own_field(&self, object: &Object, field: &str) -> Option<String> {
        match field {
            "status.phase" => Some(phase(object).to_owned()),
            _ => None,
        }
    }

    fn selectable_fields(&self) -> &'static [&'static str] {
        &["metadata.name", "status.phase"]
    }

    fn name_rule(&self) -> NameRule {
        NameRule::DnsLabel
    }

    fn validates_whole_first(&self) -> bool {
        true
    }
}

/// The default of the label: it is set on every write, whatever the client sent.
///
/// Source: `SetDefaults_Namespace` in `pkg/apis/core/v1/defaults.go`.
fn label_with_name(object: &mut Object) {
    let name = object.name().to_owned();
    if name.is_empty() {
        return;
    }
    let labels = part_mut(object.meta_mut(), "labels");
    labels.insert(Key::Borrowed(NAME_LABEL), Value::string(name));
}

fn phase(object: &Object) -> &str {
    let status = object.get("status").and_then(Value::as_map);
    status
        .and_then(|status| status.get("phase"))
        .and_then(Value::as_str)
        .unwrap_or("")
}
