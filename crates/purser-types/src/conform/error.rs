//! Why a tree does not fit its schema.

use thiserror::Error;

use crate::base64::Base64Error;
use crate::quantity::QuantityError;
use crate::time::TimeError;

/// Why a tree does not fit its schema, in the words of Go's decoder.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ConformError {
    /// A value of the wrong type.
    #[error("json: cannot unmarshal {found} into Go {}{wanted}", describe(.place))]
    Type {
        /// What was found: `number`, `number 1.5`, `array`.
        found: String,
        /// The innermost struct and the path of fields, `ObjectMeta.metadata.name`; empty at the top.
        place: String,
        /// Go's name of the type.
        wanted: String,
    },
    /// Bytes that are not base64.
    #[error(transparent)]
    Base64(#[from] Base64Error),
    /// A time that cannot be read.
    #[error(transparent)]
    Time(#[from] TimeError),
    /// A quantity that cannot be read.
    #[error(transparent)]
    Quantity(#[from] QuantityError),
}

fn describe(place: &str) -> String {
    if place.is_empty() {
        "value of type ".to_owned()
    } else {
        format!("struct field {place} of type ")
    }
}
