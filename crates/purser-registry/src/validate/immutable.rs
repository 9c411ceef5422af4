//! `immutable: true` of Secrets and ConfigMaps.

use purser_types::status::Cause;
use purser_types::{Object, Value};

use super::causes::forbidden;

const WHY: &str = "field is immutable when `immutable` is set";

/// Whether the object has said that it never changes.
pub(super) fn is_immutable(object: &Object) -> bool {
    object.get("immutable").and_then(Value::as_bool) == Some(true)
}

/// What a change of an immutable object may not touch: the flag itself and `fields`.
pub(super) fn fields_kept(new: &Object, old: &Object, fields: &[&str]) -> Vec<Cause> {
    let mut causes = Vec::new();
    if !is_immutable(new) {
        causes.push(forbidden("immutable", WHY));
    }
    causes.extend(
        fields
            .iter()
            .filter(|field| new.get(field) != old.get(field))
            .map(|field| forbidden(*field, WHY)),
    );
    causes
}
