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

impl Strategy for Leases {
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
