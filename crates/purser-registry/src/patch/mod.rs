//! The three ways to change parts of an object: JSON Patch, merge patch, strategic merge patch.

use purser_types::decode::FieldValidation;
use purser_types::{Object, Status};

/// How a patch is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PatchKind {
    /// RFC 6902, `application/json-patch+json`.
    Json,
    /// RFC 7386, `application/merge-patch+json`.
    Merge,
    /// `application/strategic-merge-patch+json`.
    Strategic,
}

/// `current` as the patch changes it, and warnings about its fields.
///
/// # Errors
/// 400 for a patch that cannot be read, 413 and 422 for one that is too long or does not apply, 500 where
/// upstream answers so.
pub fn apply(
    kind: PatchKind,
    patch: &[u8],
    yaml: bool,
    current: &Object,
    validation: FieldValidation,
) -> Result<(Object, Vec<String>), Status> {
    let _ = (kind, patch, yaml, current, validation);
    Err(Status::new(501, "NotImplemented", "patch", None))
}
