//! Why stored bytes are not an object.

use thiserror::Error;

use crate::conform::ConformError;
use crate::json::SyntaxError;

/// Why stored bytes are not an object. It never repeats what is stored.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum DecodeError {
    /// Neither `k8s\0` nor JSON.
    #[error("the stored value is neither protobuf nor json")]
    UnknownFormat,
    /// An object of another kind.
    #[error("the stored value is a {found}, not a {wanted}")]
    WrongKind {
        /// `apiVersion, Kind` as stored, cut at 64 characters each.
        found: String,
        /// The one asked for.
        wanted: String,
    },
    /// An encoding of the content that is not known.
    #[error("the stored value has a content encoding or type that is not supported")]
    UnknownEncoding,
    /// A length that reaches beyond the end, or a number that does not end.
    #[error("the stored value is truncated")]
    Truncated,
    /// A number of more than 64 bits.
    #[error("the stored value has an overlong number")]
    Overflow,
    /// A field number that protobuf does not have.
    #[error("the stored value has an illegal field number")]
    IllegalTag,
    /// A group, or another wire type than the field's.
    #[error("the stored value has a field of an unexpected wire type")]
    WireType,
    /// More elements than a document may have.
    #[error("the value has too many elements")]
    TooLarge,
    /// A time outside the years 1 to 9999.
    #[error("the stored value has a time out of range")]
    Time,
    /// A quantity that cannot be read.
    #[error("the stored value has a quantity that cannot be read")]
    Quantity,
    /// `FieldsV1` that are not JSON.
    #[error("the stored value has managed fields that are not json")]
    Fields,
    /// A stored JSON text that is not JSON.
    #[error("the stored json cannot be parsed: {0}")]
    Json(#[from] SyntaxError),
    /// A stored JSON text that does not fit the schema.
    #[error("the stored json does not fit its kind")]
    Conform,
}

impl From<ConformError> for DecodeError {
    /// The mistake may name a value, so it is not kept.
    fn from(_: ConformError) -> Self {
        Self::Conform
    }
}
