//! What is stored, as a tree.

use purser_registry::kinds::Kind;
use purser_types::{Object, proto};

use super::EncodeError;

/// The typed tree of stored bytes, with its resourceVersion.
pub(super) fn decode(kind: &Kind, stored: &[u8], revision: u64) -> Result<Object, EncodeError> {
    let mut object = proto::decode(kind.resource, stored)?;
    object.set_meta_str("resourceVersion", &revision.to_string());
    Ok(object)
}
