//! The rules of finalizers.
//!
//! Sources: `ValidateFinalizers` in `k8s.io/apimachinery/pkg/api/validation/objectmeta.go`,
//! `validateKubeFinalizerName` in `pkg/apis/core/validation/validation.go`.

use purser_types::status::Cause;
use purser_types::{Object, Value};

use super::causes::{CAUSES_MAX, invalid, invalid_as, is_full};
use super::names::qualified_name;
use crate::owner::{FOREGROUND, ORPHAN};

/// Finalizers without a domain that upstream knows (`pkg/apis/core/helper`, `IsStandardFinalizerName`).
const STANDARD: [&str; 3] = ["kubernetes", ORPHAN, FOREGROUND];

/// `metadata.finalizers`.
pub(super) fn finalizers_of(object: &Object) -> Vec<&str> {
    strings(object.meta().get("finalizers"))
}

/// The strings of a list.
pub(super) fn strings(value: Option<&Value>) -> Vec<&str> {
    value
        .and_then(Value::as_list)
        .unwrap_or_default()
        .iter()
        .filter_map(Value::as_str)
        .collect()
}

/// Formats, and the two that exclude each other.
pub(super) fn finalizers(field: &str, finalizers: &[&str]) -> Vec<Cause> {
    let mut causes = Vec::new();
    for finalizer in finalizers {
        if is_full(&causes) {
            break;
        }
        causes.extend(
            qualified_name(finalizer)
                .iter()
                .map(|why| invalid(field, finalizer, why)),
        );
    }
    if finalizers.contains(&ORPHAN) && finalizers.contains(&FOREGROUND) {
        let list = serde_json::to_string(finalizers).unwrap_or_default();
        let why = format!("finalizer {ORPHAN} and {FOREGROUND} cannot be both set");
        causes.push(invalid_as(field, &list, &why));
    }
    causes
}

/// Those without a domain must be standard; the causes name the position.
pub(super) fn kube_finalizers(field: &str, finalizers: &[&str]) -> Vec<Cause> {
    finalizers
        .iter()
        .enumerate()
        .filter_map(|(index, finalizer)| kube_finalizer(&format!("{field}[{index}]"), finalizer))
        .take(CAUSES_MAX)
        .collect()
}

/// As [`kube_finalizers`], for one.
pub(super) fn kube_finalizer(field: &str, finalizer: &str) -> Option<Cause> {
    let known = finalizer.contains('/') || STANDARD.contains(&finalizer);
    (!known).then(|| {
        invalid(
            field,
            finalizer,
            "name is neither a standard finalizer name nor is it fully qualified",
        )
    })
}
