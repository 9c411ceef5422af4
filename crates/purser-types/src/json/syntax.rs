//! What is wrong with a text that is not JSON.

use thiserror::Error;

use crate::quote::quote_byte;

/// Why a text is not one JSON value. The sentences are those of Go's `encoding/json`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum SyntaxError {
    /// The text ends too early.
    #[error("unexpected end of JSON input")]
    UnexpectedEnd,
    /// A byte that cannot stand where it stands.
    #[error("invalid character {} {context}", quote_byte(*.byte))]
    Invalid {
        /// The byte.
        byte: u8,
        /// Where it was met, in Go's words: `looking for beginning of value`.
        context: &'static str,
    },
    /// Nested deeper than [`super::MAX_DEPTH`].
    #[error("exceeded max depth")]
    TooDeep,
    /// Larger than [`super::MAX_BYTES`] or [`super::MAX_VALUES`].
    #[error("the document is too large")]
    TooLarge,
}
