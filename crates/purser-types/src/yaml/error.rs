//! What is wrong with a text that is not YAML, in the words of `goyaml.v2`.

use granit_parser::{ErrorKind, ScanError};
use thiserror::Error;

/// Why a text is not YAML.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SyntaxError {
    /// Something is where it cannot be.
    #[error("yaml: {}{problem}", prefix(*.line))]
    Syntax {
        /// The line as upstream counts it; 0: it names none.
        line: usize,
        /// What is wrong.
        problem: &'static str,
    },
    /// A number that JSON cannot say.
    #[error("json: unsupported value: {0}")]
    Unsupported(&'static str),
    /// Larger than [`crate::json::MAX_BYTES`] or [`crate::json::MAX_VALUES`].
    #[error("yaml: the document is too large")]
    TooLarge,
}

fn prefix(line: usize) -> String {
    if line == 0 {
        String::new()
    } else {
        format!("line {line}: ")
    }
}

impl SyntaxError {
    /// An error without a line.
    pub(super) fn of(problem: &'static str) -> Self {
        Self::Syntax { line: 0, problem }
    }
}

impl From<ScanError> for SyntaxError {
    fn from(error: ScanError) -> Self {
        let (problem, by_parser) = problem(error.kind());
        // Upstream counts lines from 0 and takes 0 for "no line"; its scanner adds one before it reports.
        let before = error.marker().line().saturating_sub(1);
        let line = if before == 0 || by_parser {
            before
        } else {
            before + 1
        };
        Self::Syntax { line, problem }
    }
}

/// Upstream's sentence, and whether its parser, not its scanner, says it.
fn problem(kind: &ErrorKind) -> (&'static str, bool) {
    use ErrorKind as K;
    match kind {
        K::TabNotAllowed | K::TabInBlockIndentation | K::UnexpectedCharacter { .. } | K::TabInPlainScalar => {
            ("found character that cannot start any token", false)
        }
        K::TabInIndentation | K::TabAtBlockScalarStart => {
            ("found a tab character that violates indentation", false)
        }
        K::UnexpectedEofFlowSequence
        | K::ExpectedFlowSequenceSeparator
        | K::UnclosedFlowCollection { open: '[' }
        | K::MismatchedFlowCollectionEnd { open: '[', .. } => ("did not find expected ',' or ']'", true),
        K::UnexpectedEofFlowMapping
        | K::UnexpectedEofImplicitFlowMapping
        | K::ExpectedFlowMappingSeparator
        | K::UnclosedFlowCollection { .. }
        | K::MismatchedFlowCollectionEnd { .. } => ("did not find expected ',' or '}'", true),
        K::ExpectedBlockMappingKey | K::UnexpectedEofBlockMapping | K::InvalidIndentation => {
            ("did not find expected key", true)
        }
        K::ExpectedBlockSequenceEntry | K::UnexpectedEofBlockSequence => {
            ("did not find expected '-' indicator", true)
        }
        K::ExpectedNodeContent | K::MisplacedFlowCollectionEnd => {
            ("did not find expected node content", true)
        }
        K::ExpectedDocumentStart => ("did not find expected <document start>", true),
        K::SimpleKeyExpected | K::InvalidSimpleKey => ("could not find expected ':'", false),
        K::MappingValueNotAllowed | K::InvalidColonPlacement => {
            ("mapping values are not allowed in this context", false)
        }
        K::MappingKeyNotAllowed => ("mapping keys are not allowed in this context", false),
        K::BlockSequenceEntryNotAllowed | K::BlockEntryInFlowCollection => {
            ("block sequence entries are not allowed in this context", false)
        }
        K::UnclosedQuotedScalar | K::UnexpectedEof => ("found unexpected end of stream", false),
        K::DocumentIndicatorInQuotedScalar => ("found unexpected document indicator", false),
        K::UnknownQuotedScalarEscape => ("found unknown escape character", false),
        K::InvalidQuotedScalarHexEscape => ("did not find expected hexdecimal number", false),
        K::UnknownAnchor => ("unknown anchor referenced", true),
        K::UndeclaredTagHandle => ("found undefined tag handle", true),
        K::RecursionLimitExceeded => ("exceeded max depth", false),
        K::UnsupportedYamlMajorVersion => ("found incompatible YAML document", true),
        _ => ("could not parse the document", false),
    }
}
