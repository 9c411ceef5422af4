//! Label and field selectors.
//!
//! Sources: `k8s.io/apimachinery/pkg/labels/selector.go` and `pkg/fields/selector.go`.

mod field;
mod label;
mod lexer;

use thiserror::Error;

pub use self::field::{FieldRequirement, FieldSelector, Operator};
pub use self::label::LabelSelector;

/// The longest selector that is read, in bytes; requests have bounds of their own.
pub const MAX_SELECTOR: usize = 64 << 10;

/// Why a text is not a selector, in upstream's words.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct SelectorError(String);

impl SelectorError {
    fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }
}

fn check_length(text: &str) -> Result<(), SelectorError> {
    if text.len() > MAX_SELECTOR {
        return Err(SelectorError::new(format!(
            "the selector has more than {MAX_SELECTOR} bytes"
        )));
    }
    Ok(())
}
