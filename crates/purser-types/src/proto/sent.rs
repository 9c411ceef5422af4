//! What a client sends in protobuf: the envelope, whose type may be left out, and a message.

use super::DecodeError;
use super::decode::{Budget, message};
use super::envelope::{self, MAGIC};
use crate::conform::fill;
use crate::schema::Message;
use crate::value::Map;

const NO_PREFIX: &str =
    "provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]";

/// A body opened as far as what it says it is.
pub(crate) struct Sent<'a> {
    pub(crate) api_version: &'a str,
    pub(crate) kind: &'a str,
    raw: &'a [u8],
}

impl<'a> Sent<'a> {
    /// Opens the envelope.
    ///
    /// # Errors
    /// With the sentence of upstream's decoder.
    pub(crate) fn open(body: &'a [u8]) -> Result<Self, String> {
        if body.is_empty() {
            return Err("empty data".to_owned());
        }
        let Some(rest) = body.strip_prefix(MAGIC) else {
            return Err(NO_PREFIX.to_owned());
        };
        if rest.is_empty() {
            return Err("empty body".to_owned());
        }
        let unknown = envelope::unknown(rest).map_err(|error| sentence(&error))?;
        let text = |bytes| std::str::from_utf8(bytes).map_err(|_| sentence(&DecodeError::UnknownFormat));
        Ok(Self {
            api_version: text(unknown.api_version)?,
            kind: text(unknown.kind)?,
            raw: unknown.raw,
        })
    }

    /// The fields of what is in the envelope; those that `of` does not know are left out.
    ///
    /// # Errors
    /// With the sentence of upstream's decoder.
    pub(crate) fn body(&self, of: &'static Message) -> Result<Map, String> {
        let mut body = Map::new();
        message(of, self.raw, &mut body, &mut Budget::of_a_body()).map_err(|error| sentence(&error))?;
        fill(of, &mut body);
        Ok(body)
    }
}

/// How gogo-protobuf says it.
fn sentence(error: &DecodeError) -> String {
    match error {
        DecodeError::Truncated => "unexpected EOF",
        DecodeError::Overflow => "proto: integer overflow",
        DecodeError::IllegalTag => "proto: illegal tag 0",
        DecodeError::WireType => "proto: wrong wireType",
        DecodeError::TooLarge => "the document is too large",
        _ => "proto: the message cannot be read",
    }
    .to_owned()
}
