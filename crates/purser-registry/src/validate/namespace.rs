//! The rules of a Namespace's own fields.
//!
//! Source: `ValidateNamespace` in `pkg/apis/core/validation/validation.go`.

use purser_types::status::Cause;
use purser_types::{Object, Value};

use super::causes::CAUSES_MAX;
use super::finalizers::{finalizers, kube_finalizer, strings};

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
        if causes.len() >= CAUSES_MAX {
            break;
        }
        causes.extend(finalizers(FIELD, &[finalizer]));
        causes.extend(kube_finalizer(FIELD, finalizer));
    }
    causes
}
