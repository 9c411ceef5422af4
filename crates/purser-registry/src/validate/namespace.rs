//! The rules of a Namespace's own fields.
//!
//! Source: `ValidateNamespace` in `pkg/apis/core/validation/validation.go`.

use purser_types::status::Cause;
use purser_types::{Object, Value};

use super::causes::{invalid, is_full};
use super::finalizers::{finalizers, kube_finalizer, strings};

/// As [`validate`] through `finalize`, where the causes name the position.
///
/// Source: `ValidateNamespaceFinalizeUpdate`.
#[must_use]
pub fn validate_finalize(object: &Object) -> Vec<Cause> {
    let spec = object.get("spec").and_then(Value::as_map);
    let mut causes = Vec::new();
    for (index, finalizer) in strings(spec.and_then(|spec| spec.get("finalizers")))
        .into_iter()
        .enumerate()
    {
        if is_full(&causes) {
            break;
        }
        let field = format!("spec.finalizers[{index}]");
        causes.extend(finalizers(&field, &[finalizer]));
        causes.extend(kube_finalizer(&field, finalizer));
    }
    causes
}

/// A namespace is terminating when, and only when, its deletion has begun.
///
/// Source: `ValidateNamespaceStatusUpdate`, the case of the field included.
#[must_use]
pub fn validate_phase(object: &Object, phase: &str) -> Option<Cause> {
    let (due, when) = match object.meta().contains_key("deletionTimestamp") {
        false => ("Active", "empty"),
        true => ("Terminating", "not empty"),
    };
    let why = format!("may only be '{due}' if `deletionTimestamp` is {when}");
    (phase != due).then(|| invalid("status.Phase", phase, &why))
}

/// `spec.finalizers` are qualified names, or standard ones.
#[must_use]
pub fn validate(object: &Object) -> Vec<Cause> {
    const FIELD: &str = "spec.finalizers";
    let list = object
        .get("spec")
        .and_then(Value::as_map)
        .and_then(|spec| spec.get("finalizers"));
    let mut causes = Vec::new();
    for finalizer in strings(list) {
        if is_full(&causes) {
            break;
        }
        causes.extend(finalizers(FIELD, &[finalizer]));
        causes.extend(kube_finalizer(FIELD, finalizer));
    }
    causes
}
