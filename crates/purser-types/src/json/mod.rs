//! JSON as upstream reads and writes it.
//!
//! Sources: Go's `encoding/json` (grammar, sentences, escaping) and `sigs.k8s.io/json` (names match by case, whole
//! numbers stay whole, duplicates are found).

mod read;
mod string;
mod syntax;
mod typed;
mod write;

pub use self::syntax::SyntaxError;
pub use self::typed::{write_object, write_typed};
pub use self::write::write;

pub(crate) use self::read::{compact, read};
pub(crate) use self::string::lossy;
pub(crate) use self::typed::{is_written, is_zero, write_zero};
pub(crate) use self::write::{write_bytes, write_node, write_string};

use crate::value::Value;

/// The deepest nesting that is read. Go stops at 10,000; nothing that is served comes near this, and each level
/// costs stack.
pub const MAX_DEPTH: usize = 512;
/// The largest document that is read, in bytes: well above the 3 MiB of a request body.
pub const MAX_BYTES: usize = 16 << 20;
/// The largest number of values in a document, so that a small body cannot take much memory.
pub const MAX_VALUES: usize = 1 << 18;

/// A parsed document.
#[derive(Debug)]
pub struct Parsed {
    /// The untyped tree.
    pub value: Value,
    /// Dotted paths of members that appear more than once (the last one won), at most 100.
    pub duplicates: Vec<String>,
}

/// Reads a document into an untyped tree.
///
/// Invalid UTF-8 and lone surrogates become U+FFFD, as in Go.
///
/// # Errors
/// With Go's sentence when the text is not one JSON value, is nested deeper than [`MAX_DEPTH`], or is larger than
/// [`MAX_BYTES`] or [`MAX_VALUES`].
pub fn parse(bytes: &[u8]) -> Result<Parsed, SyntaxError> {
    let node = read(bytes)?;
    let mut duplicates = Vec::new();
    let value = node.into_value(&mut String::new(), &mut duplicates);
    Ok(Parsed { value, duplicates })
}

#[cfg(test)]
mod tests;
