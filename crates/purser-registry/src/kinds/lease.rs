//! Leases.
//!
//! Source: `pkg/registry/coordination/lease/strategy.go`.

use purser_types::status::Cause;
use purser_types::{Object, Value};

use super::columns::{AGE, Column, NAME, column};
use super::strategy::Strategy;
use crate::validate::lease::validate;
use crate::validate::{MetadataRules, metadata_update};

pub(super) const COLUMNS: &[Column] = &[
    NAME,
    column(
        "Holder",
        "holderIdentity contains the identity of the holder of a current lease. If Coordinated Leader Election is \
         used, the holder identity must be equal to the elected LeaseCandidate.metadata.name field.",
        |object, _| {
            let spec = object.get("spec").and_then(Value::as_map);
            let holder = spec.and_then(|spec| spec.get("holderIdentity")?.as_str());
            Value::string(holder.unwrap_or_default())
        },
    ),
    AGE,
];

/// An update may create them, and must say what it changes.
pub(super) struct Leases;

/// What only coordinated leader election uses, which is off in Kubernetes by default.
const OF_COORDINATED_ELECTION: [&str; 2] = ["strategy", "preferredHolder"];

impl Strategy for Leases {
    fn prepare_for_create(&self, object: &mut Object) {
        if let Some(spec) = object.body.get_mut("spec").and_then(Value::as_map_mut) {
            for field in OF_COORDINATED_ELECTION {
                spec.remove(field);
            }
        }
    }

    /// What is set stays in use.
    fn prepare_for_update(&self, object: &mut Object, old: &Object) {
        let before = old.get("spec").and_then(Value::as_map);
        if let Some(spec) = object.body.get_mut("spec").and_then(Value::as_map_mut) {
            for field in OF_COORDINATED_ELECTION {
                if before.is_none_or(|before| !before.contains_key(field)) {
                    spec.remove(field);
                }
            }
        }
    }

    fn validate(&self, object: &Object) -> Vec<Cause> {
        validate(object)
    }

    fn causes_on_update(&self, rules: &dyn MetadataRules, new: &Object, old: &Object) -> Vec<Cause> {
        let mut causes = metadata_update(rules, new, old);
        causes.extend(validate(new));
        causes
    }

    fn allow_create_on_update(&self) -> bool {
        true
    }

    fn allow_unconditional_update(&self) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use purser_types::resource::LEASES;
    use purser_types::{Key, Map};

    use super::*;

    fn lease(fields: &[&'static str]) -> Object {
        let spec = fields
            .iter()
            .map(|field| (Key::Borrowed(*field), Value::string("x")))
            .collect();
        Object {
            resource: &LEASES,
            body: Map::from([(Key::Borrowed("spec"), Value::Map(spec))]),
        }
    }

    #[test]
    fn fields_of_coordinated_election_are_dropped_unless_in_use() {
        let all = ["holderIdentity", "strategy", "preferredHolder"];
        let mut created = lease(&all);
        Leases.prepare_for_create(&mut created);
        assert_eq!(created, lease(&["holderIdentity"]));
        for (old, kept) in [
            (lease(&["holderIdentity"]), lease(&["holderIdentity"])),
            (lease(&["strategy"]), lease(&["holderIdentity", "strategy"])),
            (lease(&all), lease(&all)),
        ] {
            let mut updated = lease(&all);
            Leases.prepare_for_update(&mut updated, &old);
            assert_eq!(updated, kept);
        }
    }
}
