//! Paths of files, as volumes and mounts name them.

use super::findings::Findings;

/// A path without steps upwards.
pub(super) fn no_backsteps(found: &mut Findings, field: &str, path: &str) {
    if path.split('/').any(|step| step == "..") {
        found.invalid(field, path, "must not contain '..'");
    }
}

/// A relative path without steps upwards.
pub(super) fn descending(found: &mut Findings, field: &str, path: &str) {
    if path.starts_with('/') {
        found.invalid(field, path, "must be a relative path");
    }
    no_backsteps(found, field, path);
}

/// As [`descending`], and not of the names that are reserved.
pub(super) fn unreserved(found: &mut Findings, field: &str, path: &str) {
    descending(found, field, path);
    if path.starts_with("..") && !path.starts_with("../") {
        found.invalid(field, path, "must not start with '..'");
    }
}
