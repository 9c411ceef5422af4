//! `PartialObjectMetadata`.

use purser_types::{Object, json, schema};

use super::values::drop_last_applied;
use crate::negotiate::MetaVersion;

/// Writes the metadata of `object`, whose resourceVersion is set.
pub(crate) fn write(object: &mut Object, version: MetaVersion, out: &mut Vec<u8>) {
    drop_last_applied(object);
    out.extend_from_slice(b"{\"kind\":\"PartialObjectMetadata\",\"apiVersion\":\"");
    out.extend_from_slice(version.api_version().as_bytes());
    out.extend_from_slice(b"\",\"metadata\":");
    json::write_typed(&schema::OBJECT_META, object.meta(), out);
    out.push(b'}');
}
