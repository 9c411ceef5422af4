//! One object in the shape a client asked for.

use purser_registry::kinds::Kind;
use purser_types::resource::SECRETS;
use purser_types::{Object, Plaintext, proto};

use super::stored::decode;
use super::values::{drop_last_applied, drop_values};
use super::{EncodeError, IncludeObject, Seen, Style, metadata, table};
use crate::negotiate::{Encoding, Shape};

/// How one object is written.
#[derive(Clone, Copy)]
pub(crate) struct Document {
    /// What it is.
    pub(crate) kind: &'static Kind,
    /// What of it is written.
    pub(crate) shape: Shape,
    /// Whether with values.
    pub(crate) seen: Seen,
    /// Whether a table names its columns.
    pub(crate) columns: bool,
}

impl Document {
    /// Writes a stored object as compact JSON, `{"kind":…}`, or as protobuf.
    ///
    /// # Errors
    /// When the bytes are no object of the kind.
    pub(crate) fn stored(
        &self,
        stored: &[u8],
        revision: u64,
        style: &Style,
        out: &mut Vec<u8>,
    ) -> Result<(), EncodeError> {
        if self.shape == Shape::Object && self.seen == Seen::Values {
            let transcode = match style.encoding {
                Encoding::Protobuf => proto::transcode_protobuf,
                Encoding::Json | Encoding::Yaml => proto::transcode_json,
            };
            return Ok(transcode(self.kind.resource, stored, revision, out)?);
        }
        let mut object = decode(self.kind, stored, revision)?;
        self.object(&mut object, style, out);
        Ok(())
    }

    /// Writes an object whose resourceVersion is set as compact JSON, or as protobuf.
    pub(crate) fn object(&self, object: &mut Object, style: &Style, out: &mut Vec<u8>) {
        if self.seen == Seen::Names && !matches!(self.shape, Shape::Table(_)) {
            drop_values(object);
        }
        if style.encoding == Encoding::Protobuf {
            out.extend_from_slice(protobuf(object, self.shape).expose());
            return;
        }
        match self.shape {
            Shape::Object => purser_types::json::write_object(object, out),
            Shape::Metadata(version) => metadata::write(object, version, out),
            Shape::Table(version) => {
                let meta = format!(
                    "{{\"resourceVersion\":\"{}\"}}",
                    object.meta_str("resourceVersion")
                );
                table::open(self.kind, version, meta.as_bytes(), self.columns, out);
                table::row(self.kind, object, version, (self.seen, style), out);
                out.extend_from_slice(b"]}");
            }
        }
    }
}

/// An object whose resourceVersion is set, as an answer.
fn protobuf(object: &mut Object, shape: Shape) -> Plaintext {
    match shape {
        Shape::Metadata(version) => {
            drop_last_applied(object);
            proto::metadata_protobuf(object, version.api_version())
        }
        // Tables have no protobuf, and negotiation knows it.
        Shape::Object | Shape::Table(_) => proto::answer_protobuf(object),
    }
}

/// Whether an answer in this form holds values of Secrets.
pub(crate) fn shows_values(kind: &Kind, shape: Shape, seen: Seen, style: &Style) -> bool {
    let whole = match shape {
        Shape::Object => true,
        Shape::Metadata(_) => false,
        Shape::Table(_) => style.include == IncludeObject::Object,
    };
    whole && seen == Seen::Values && kind.resource == &SECRETS
}
