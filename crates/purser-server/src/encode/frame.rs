//! The frames of a watch: one JSON document a line, or a length and a protobuf message.

use purser_registry::EventKind;
use purser_registry::kinds::Kind;
use purser_types::{Object, Plaintext, Status, Value, proto};

use super::{Document, EncodeError, IncludeObject, Seen, Style};
use crate::negotiate::{Encoding, MetaVersion, Shape};

/// The annotation of the bookmark that ends the initial events.
const INITIAL_EVENTS_END: &str = "k8s.io/initial-events-end";

/// Room for what a frame of protobuf adds to its object.
const FRAME_ROOM: usize = 64;

/// A number for each form a frame can have, by which watches share encodings.
pub(crate) fn frame_format(document: &Document, style: &Style) -> u8 {
    let version = |version| u8::from(version == MetaVersion::V1Beta1);
    let shape = match document.shape {
        Shape::Object => 0,
        Shape::Metadata(v) => 1 + version(v),
        Shape::Table(v) => {
            let include = match style.include {
                IncludeObject::None => 0,
                IncludeObject::Metadata => 1,
                IncludeObject::Object => 2,
            };
            3 + include + 3 * version(v) + 6 * u8::from(document.columns)
        }
    };
    let seen = if document.seen == Seen::Names { 0x80 } else { 0 };
    // The faces of one storage share its events, each in its own words.
    let face = if document.kind.is_storage() { 0 } else { 0x40 };
    let encoding = if style.encoding == Encoding::Protobuf {
        0x20
    } else {
        0
    };
    shape | seen | face | encoding
}

/// `{"type":"ADDED","object":…}` of a stored object, or its like in protobuf.
///
/// # Errors
/// When the bytes are no object of the kind.
pub(crate) fn event_frame(
    kind: EventKind,
    document: &Document,
    stored: &[u8],
    revision: u64,
    style: &Style,
) -> Result<Vec<u8>, EncodeError> {
    if style.encoding == Encoding::Protobuf {
        let mut answer = Plaintext::new(Vec::with_capacity(stored.len() + 32)).into_zeroizing();
        document.stored(stored, revision, style, &mut answer)?;
        return Ok(protobuf_frame(kind.as_str(), &answer));
    }
    // JSON in base64 is a third longer than the bytes.
    let mut out = Vec::with_capacity(stored.len() * 4 / 3 + 512);
    open(kind.as_str(), &mut out);
    document.stored(stored, revision, style, &mut out)?;
    close(&mut out);
    Ok(out)
}

/// A bookmark: an object with nothing but its resourceVersion.
pub(crate) fn bookmark_frame(
    document: &Document,
    revision: u64,
    initial_end: bool,
    style: &Style,
) -> Vec<u8> {
    let mut object = bookmark(document.kind, revision, initial_end);
    let mut out = Vec::new();
    if style.encoding == Encoding::Protobuf {
        document.object(&mut object, style, &mut out);
        return protobuf_frame("BOOKMARK", &out);
    }
    open("BOOKMARK", &mut out);
    document.object(&mut object, style, &mut out);
    close(&mut out);
    out
}

fn bookmark(kind: &Kind, revision: u64, initial_end: bool) -> Object {
    let mut object = Object::new(kind.resource);
    object.set_meta_str("resourceVersion", &revision.to_string());
    if initial_end {
        let annotations = [(INITIAL_EVENTS_END.into(), Value::string("true"))].into();
        object
            .meta_mut()
            .insert("annotations".into(), Value::Map(annotations));
    }
    object
}

/// `{"type":"ERROR","object":…}`; a watch ends after it.
pub(crate) fn error_frame(status: &Status, style: &Style) -> Vec<u8> {
    if style.encoding == Encoding::Protobuf {
        return protobuf_frame("ERROR", &purser_types::status::protobuf(&status.to_json()));
    }
    let mut out = Vec::new();
    open("ERROR", &mut out);
    out.extend_from_slice(&status.to_json());
    close(&mut out);
    out
}

fn protobuf_frame(word: &str, answer: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(answer.len() + FRAME_ROOM);
    proto::put_watch_frame(word, answer, &mut out);
    out
}

fn open(word: &str, out: &mut Vec<u8>) {
    out.extend_from_slice(b"{\"type\":\"");
    out.extend_from_slice(word.as_bytes());
    out.extend_from_slice(b"\",\"object\":");
}

fn close(out: &mut Vec<u8>) {
    out.extend_from_slice(b"}\n");
}
