//! What a client reads when a patch cannot be used.
//!
//! Source: `pkg/endpoints/handlers/patch.go` of kube-apiserver.

use purser_types::Status;
use purser_types::status::Details;

use super::operations::OPERATIONS_MAX;
use crate::validate::causes::{REDACTED, invalid};

/// 422: the patch does not apply. Upstream hides why.
pub(super) fn rejected() -> Status {
    let message = "the server rejected our request due to an error in our request";
    Status::new(422, "Invalid", message, Some(Details::default()))
}

/// 422: a patch of a Secret copies or moves values to where they would be shown, in sentences and to who may only see
/// metadata. Upstream does as it is told; this is a deliberate difference.
pub(super) fn moves_secrets() -> Status {
    let message = "the data of a Secret cannot be copied or moved out of its map by a JSON patch";
    Status::new(422, "Invalid", message, Some(Details::default()))
}

/// 413: too many operations.
pub(super) fn too_many(operations: usize) -> Status {
    let message = format!(
        "Request entity too large: The allowed maximum operations in a JSON patch is {OPERATIONS_MAX}, got {operations}"
    );
    Status::new(413, "RequestEntityTooLarge", message, None)
}

/// 413: too many bytes.
pub(super) fn too_large(limit: usize) -> Status {
    Status::new(
        413,
        "RequestEntityTooLarge",
        format!("Request entity too large: limit is {limit}"),
        None,
    )
}

/// 422: what the patch makes is no object of the kind. `document` is how it reads; `None` for a Secret.
///
/// Upstream repeats the whole object here, a Secret's values included. That is a leak, so for a Secret the document
/// is left out, deliberately.
pub(super) fn not_an_object(document: Option<&str>, why: &str) -> Status {
    let cause = invalid("patch", document.unwrap_or(REDACTED), why);
    Status::invalid("", "", "", vec![cause])
}
