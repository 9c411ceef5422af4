//! Why an expression is refused, and why an evaluation ends without a value.

use std::sync::Arc;

use crate::bounds::{MAX_COST, MAX_SOURCE_CHARS};

/// Why an expression is refused. The text is what kube-apiserver writes behind `Invalid value: "…": ` for one of
/// its own configuration; where a sentence there names every token that the grammar would take, it is shorter
/// here.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CompileError {
    /// The expression is longer than [`MAX_SOURCE_CHARS`].
    #[error(
        "compilation failed: ERROR: <input>:-1:0: expression code point size exceeds limit: size: {chars}, \
         limit {MAX_SOURCE_CHARS}"
    )]
    TooLong {
        /// Characters of the expression.
        chars: usize,
    },
    /// The expression does not follow the grammar, or its types do not fit; one paragraph an error, with line,
    /// column and the line of the expression.
    #[error("compilation failed: {0}")]
    Issues(String),
    /// The result is not of the type that was asked for.
    #[error("{0}")]
    Result(String),
}

/// Why an evaluation has no value. No text of an error has a part of a value that the expression was given.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EvaluationError {
    /// A map has no such key; named only when the expression itself names it.
    #[error("no such key{}", named(.0.as_deref()))]
    NoSuchKey(Option<Arc<str>>),
    /// A variable was not bound.
    #[error("no such attribute(s): {0}")]
    NoSuchVariable(Arc<str>),
    /// No function of this name takes values of these types.
    #[error("no such overload")]
    NoSuchOverload,
    /// An index is outside of its list or text.
    #[error("index out of bounds")]
    OutOfBounds,
    /// A number is divided by zero.
    #[error("division by zero")]
    DivisionByZero,
    /// A remainder by zero.
    #[error("modulus by zero")]
    ModulusByZero,
    /// A number, a duration or a timestamp leaves its range.
    #[error("{0} overflow")]
    Overflow(&'static str),
    /// A text is not what a function reads.
    #[error("{0}")]
    Unreadable(&'static str),
    /// The value of an optional that has none.
    #[error("optional.none() dereference")]
    NoValue,
    /// The same key twice in a map.
    #[error("insert failed: key already exists")]
    DuplicateKey,
    /// The evaluation did more than [`MAX_COST`]; nothing absorbs it.
    #[error("operation cancelled: actual cost limit exceeded ({MAX_COST})")]
    CostExceeded,
    /// A value became deeper than [`crate::bounds::MAX_VALUE_DEPTH`].
    #[error("value is nested too deeply")]
    TooDeep,
}

impl EvaluationError {
    /// Whether `&&`, `||` and the macros made of them may answer in spite of it.
    pub(crate) fn is_absorbed(&self) -> bool {
        !matches!(self, Self::CostExceeded | Self::TooDeep)
    }
}

fn named(key: Option<&str>) -> String {
    key.map(|key| format!(": {key}")).unwrap_or_default()
}
