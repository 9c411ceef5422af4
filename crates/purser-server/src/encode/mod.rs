//! Objects as bytes: whole, as metadata, as tables; one, many, or as they change.

mod document;
mod frame;
mod list;
mod metadata;
mod protobuf;
mod stored;
mod table;
mod values;

pub(crate) use document::{Document, shows_values};
pub(crate) use frame::{bookmark_frame, error_frame, event_frame, frame_format};
pub(crate) use list::{ListHead, ListWriter};
pub(crate) use protobuf::ProtobufList;
pub(crate) use table::IncludeObject;
pub(crate) use values::Seen;

use purser_types::proto::DecodeError;
use purser_types::time::Timestamp;
use purser_types::{json, yaml};

use crate::answer::Indenter;
use crate::negotiate::Encoding;

/// What every encoding of an object depends on besides the object.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Style {
    /// How bytes are written.
    pub(crate) encoding: Encoding,
    /// Whether JSON is indented.
    pub(crate) pretty: bool,
    /// What a table carries of each object.
    pub(crate) include: IncludeObject,
    /// What ages are counted to.
    pub(crate) now: Timestamp,
}

/// Why an object could not be written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum EncodeError {
    /// It could not be opened.
    #[error(transparent)]
    Registry(#[from] purser_registry::Error),
    /// What was opened is no object of its kind.
    #[error("the stored object cannot be decoded: {0}")]
    Decode(#[from] DecodeError),
}

/// Finishes a compact JSON document in the style asked for; protobuf is finished.
pub(crate) fn finish(mut document: Vec<u8>, style: &Style) -> Vec<u8> {
    match style.encoding {
        Encoding::Json if style.pretty => {
            let indented = Indenter::whole(&document);
            drop(purser_types::Plaintext::new(document));
            indented
        }
        Encoding::Json => {
            document.push(b'\n');
            document
        }
        Encoding::Protobuf => document,
        Encoding::Yaml => {
            let mut out = Vec::with_capacity(document.len());
            if let Ok(parsed) = json::parse(&document) {
                yaml::write(&parsed.value, &mut out);
            }
            drop(purser_types::Plaintext::new(document));
            out
        }
    }
}

/// Finishes the compact JSON of a `Status` in the style asked for.
pub(crate) fn finish_status(document: Vec<u8>, style: &Style) -> Vec<u8> {
    match style.encoding {
        Encoding::Protobuf => purser_types::status::protobuf(&document),
        Encoding::Json | Encoding::Yaml => finish(document, style),
    }
}

/// Writes `text` as a JSON string.
pub(crate) fn quote(text: &str, out: &mut Vec<u8>) {
    // Writing a string to memory does not fail.
    let _ = serde_json::to_writer(out, text);
}
