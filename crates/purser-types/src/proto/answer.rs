//! Objects in protobuf as the API answers them: what is stored, with `metadata.resourceVersion` put in its place.
//!
//! ```text
//! an object       k8s\0 Unknown { typeMeta, raw = the object }
//! an item         the object
//! a list          k8s\0 Unknown { typeMeta, raw = { metadata=1, items=2 … } }, see `list`
//! a watch's frame length (4 bytes, big endian) WatchEvent { type=1, object=2 { raw=1 = k8s\0 Unknown … } }
//! ```
//!
//! Sources: `k8s.io/apimachinery/pkg/runtime/serializer/protobuf`, `pkg/util/framer`, `meta/v1/generated.proto`.

use super::DecodeError;
use super::decode::decode;
use super::encode::{encode_own, message_size, put_message};
use super::envelope::{self, Content};
use super::regular::{self, Irregular, Parts};
use super::wire::{bytes_field_size, put_bytes_key};
use crate::conform::{ConformError, conform_node};
use crate::json;
use crate::node::Node;
use crate::object::Object;
use crate::resource::Resource;
use crate::schema::{Message, OBJECT_META};
use crate::sensitive::Plaintext;
use crate::value::Map;

/// Appends the answer that a stored object is, with `metadata.resourceVersion` set to `revision`. Bytes that
/// gogo-protobuf has written are copied without a tree between.
///
/// # Errors
/// When the bytes are not an object of the resource; `out` is then as it was.
pub fn transcode_protobuf(
    resource: &'static Resource,
    stored: &[u8],
    revision: u64,
    out: &mut Vec<u8>,
) -> Result<(), DecodeError> {
    with_parts(resource, stored, |parts| {
        let version = itoa::Buffer::new().format(revision).to_owned();
        let size = parts.size(&version);
        let api_version = resource.api_version();
        out.reserve(envelope::size(resource.kind, &api_version, size));
        envelope::write(resource.kind, &api_version, size, out, |out| {
            parts.put(&version, out);
        });
    })
}

/// The same without the envelope: an item of a list.
///
/// # Errors
/// As [`transcode_protobuf`].
pub fn transcode_protobuf_item(
    resource: &'static Resource,
    stored: &[u8],
    revision: u64,
    out: &mut Vec<u8>,
) -> Result<(), DecodeError> {
    with_parts(resource, stored, |parts| {
        let version = itoa::Buffer::new().format(revision).to_owned();
        out.reserve(parts.size(&version));
        parts.put(&version, out);
    })
}

fn with_parts(
    resource: &'static Resource,
    stored: &[u8],
    write: impl FnOnce(&Parts<'_>),
) -> Result<(), DecodeError> {
    // What is stored for a face is another type's.
    if resource.face.is_none()
        && let Content::Protobuf(raw) = envelope::open(resource, stored)?
        && let Ok(()) = regular::check(resource.message, raw)
        && let Ok(parts) = Parts::of(raw)
    {
        write(&parts);
        return Ok(());
    }
    let again = encode_own(resource, &decode(resource, stored)?.body);
    with_encoded(resource, &again, write)
}

/// As [`with_parts`], of what [`encode_own`] has just written.
fn with_encoded(
    resource: &'static Resource,
    encoded: &Plaintext,
    write: impl FnOnce(&Parts<'_>),
) -> Result<(), DecodeError> {
    let Content::Protobuf(raw) = envelope::open(resource, encoded.expose())? else {
        return Err(DecodeError::UnknownFormat);
    };
    let parts = Parts::of(raw).map_err(|Irregular| DecodeError::UnknownFormat)?;
    write(&parts);
    Ok(())
}

impl Parts<'_> {
    fn metadata_size(&self, version: &str) -> usize {
        self.before.len() + bytes_field_size(6, version.len()) + self.after.len()
    }

    fn size(&self, version: &str) -> usize {
        bytes_field_size(1, self.metadata_size(version)) + self.rest.len()
    }

    fn put(&self, version: &str, out: &mut Vec<u8>) {
        put_bytes_key(1, self.metadata_size(version), out);
        out.extend_from_slice(self.before);
        put_bytes_key(6, version.len(), out);
        out.extend_from_slice(version.as_bytes());
        out.extend_from_slice(self.after);
        out.extend_from_slice(self.rest);
    }
}

/// The answer that an object is, with the `metadata.resourceVersion` that it names.
#[must_use]
pub fn answer_protobuf(object: &Object) -> Plaintext {
    let resource = object.resource;
    let (encoded, version) = (
        encode_own(object.resource, &object.body),
        object.meta_str("resourceVersion"),
    );
    let mut out = Vec::new();
    // What has just been encoded is regular.
    let _ = with_encoded(resource, &encoded, |parts| {
        let (size, api_version) = (parts.size(version), resource.api_version());
        out.reserve_exact(envelope::size(resource.kind, &api_version, size));
        envelope::write(resource.kind, &api_version, size, &mut out, |out| {
            parts.put(version, out);
        });
    });
    Plaintext::new(out)
}

/// The same without the envelope: an item of a list.
#[must_use]
pub fn answer_protobuf_item(object: &Object) -> Plaintext {
    let (encoded, version) = (
        encode_own(object.resource, &object.body),
        object.meta_str("resourceVersion"),
    );
    let mut out = Vec::new();
    // As above.
    let _ = with_encoded(object.resource, &encoded, |parts| {
        out.reserve_exact(parts.size(version));
        parts.put(version, &mut out);
    });
    Plaintext::new(out)
}

/// `PartialObjectMetadata` of an object, in the version given: `meta.k8s.io/v1`.
#[must_use]
pub fn metadata_protobuf(object: &Object, api_version: &str) -> Plaintext {
    let item = metadata_protobuf_item(object);
    Plaintext::new(envelope::around(
        "PartialObjectMetadata",
        api_version,
        item.expose(),
    ))
}

/// The same without the envelope: an item of a list.
#[must_use]
pub fn metadata_protobuf_item(object: &Object) -> Plaintext {
    let (meta, version) = (object.meta(), object.meta_str("resourceVersion"));
    let mut raw = Vec::with_capacity(bytes_field_size(1, message_size(&OBJECT_META, meta)));
    put_bytes_key(1, message_size(&OBJECT_META, meta), &mut raw);
    put_message(&OBJECT_META, meta, &mut raw);
    let raw = Plaintext::new(raw);
    let mut out = Vec::new();
    // What has just been encoded is regular.
    if let Ok(parts) = Parts::of(raw.expose()) {
        out.reserve_exact(parts.size(version));
        parts.put(version, &mut out);
    }
    Plaintext::new(out)
}

/// A document that is no stored object (`Status`, discovery), from its JSON, in its envelope.
///
/// # Errors
/// When the JSON is none, or does not fit `message`.
pub fn document_protobuf(message: &'static Message, document: &[u8]) -> Result<Vec<u8>, DecodeError> {
    let node = json::read(document)?;
    let member = |name: &str| match &node {
        Node::Object(members) => members.iter().find_map(|(key, node)| match node {
            Node::String(text) if key.as_str() == name => Some(text.as_str().to_owned()),
            _ => None,
        }),
        _ => None,
    };
    let (api_version, kind) = (member("apiVersion"), member("kind"));
    let body: Map = conform_node(message, node)
        .map_err(|error: ConformError| DecodeError::from(error))?
        .0;
    let mut raw = Vec::with_capacity(message_size(message, &body));
    put_message(message, &body, &mut raw);
    Ok(envelope::around(
        &kind.unwrap_or_default(),
        &api_version.unwrap_or_default(),
        &raw,
    ))
}

/// Appends the frame of a watch: an event of the type `word` with an answer that is already in its envelope.
pub fn put_watch_frame(word: &str, answer: &[u8], out: &mut Vec<u8>) {
    let object = bytes_field_size(1, answer.len());
    let event = bytes_field_size(1, word.len()) + bytes_field_size(2, object);
    out.reserve(4 + event);
    // A frame that is longer than its length can say does not come up: objects are bounded far below.
    out.extend_from_slice(&u32::try_from(event).unwrap_or(u32::MAX).to_be_bytes());
    put_bytes_key(1, word.len(), out);
    out.extend_from_slice(word.as_bytes());
    put_bytes_key(2, object, out);
    put_bytes_key(1, answer.len(), out);
    out.extend_from_slice(answer);
}
