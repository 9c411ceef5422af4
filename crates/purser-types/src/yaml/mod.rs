//! YAML as upstream reads and writes it: through JSON, with the scalars of YAML 1.1.
//!
//! Sources: `sigs.k8s.io/yaml` and its `goyaml.v2`. The grammar is a parser's (YAML 1.2, a superset in all that
//! manifests use); what scalars mean, what strings need quotes, how lines fold and what errors say is upstream's.

mod emit;
mod error;
mod order;
mod read;
mod resolve;
mod scalar;

pub use self::emit::write;
pub use self::error::SyntaxError;
pub(crate) use self::read::{Document, Duplicate, read};

use crate::json::Parsed;
use crate::value::Value;

/// The deepest nesting that is read.
pub const MAX_DEPTH: usize = 128;
/// How many values aliases may add to a document.
pub const MAX_ALIASED_VALUES: usize = 10_000;
/// How many bytes of text aliases may add to a document.
pub const MAX_ALIASED_BYTES: usize = 4 << 20;

/// Reads the first document of a stream into an untyped tree; no document is null.
///
/// # Errors
/// When the text is not YAML, is nested too deep, or its aliases add too much; the sentence begins with `yaml: `.
pub fn parse(bytes: &[u8]) -> Result<Parsed, SyntaxError> {
    let Document { node, duplicates } = read(bytes)?;
    let value = node.into_value(&mut String::new(), &mut Vec::new());
    Ok(Parsed {
        value,
        duplicates: duplicates.into_iter().map(|duplicate| duplicate.path).collect(),
    })
}

/// As [`parse`], with upstream's sentence about each repeated key (`line 4: key "a" already set in map`) in place of
/// its path.
///
/// # Errors
/// As [`parse`].
pub fn parse_strictly(bytes: &[u8]) -> Result<(Value, Vec<String>), SyntaxError> {
    let Document { node, duplicates } = read(bytes)?;
    let value = node.into_value(&mut String::new(), &mut Vec::new());
    Ok((value, duplicates.iter().map(ToString::to_string).collect()))
}

#[cfg(test)]
mod tests;
