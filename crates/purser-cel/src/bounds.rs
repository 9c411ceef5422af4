//! The bounds of an expression: how long, how deep, how much work. Every loop and every recursion of this
//! crate ends at one of them.

/// Characters of an expression at most, as cel-go's `ExpressionSizeCodePointLimit`.
pub const MAX_SOURCE_CHARS: usize = 100_000;

/// Levels of the tree of an expression at most, as cel-go's `MaxRecursionDepth`; a chain of members, calls or
/// operators of one precedence counts one level each, but for `&&` and `||`, which are flat.
pub const MAX_NESTING: usize = 250;

/// Brackets and choices within each other at most: a bound of the parser's own, which needs more stack for one
/// than what walks the tree afterwards.
pub const MAX_BRACKETS: usize = 100;

/// Work of one evaluation at most, in units of about one node of the tree, one element of a list or ten bytes
/// of a string, as Kubernetes' `PerCallLimit` (apiserver/pkg/apis/cel/config.go). It bounds memory too: nothing
/// is made that has not been paid for.
pub const MAX_COST: u64 = 1_000_000;

/// Levels of lists and maps within a value that an expression makes at most: values are compared, converted and
/// dropped by recursion.
pub const MAX_VALUE_DEPTH: u16 = 300;

/// Levels of a type that are told apart; what is deeper is `dyn`.
pub(crate) const MAX_TYPE_DEPTH: usize = 32;

/// Types within a type that are told apart; what has more is `dyn`. Types share their parts, so that their size is not
/// bounded by their depth.
pub(crate) const MAX_TYPE_PARTS: usize = 256;

/// Types that are looked at while one expression is checked at most.
pub(crate) const MAX_CHECK_STEPS: u64 = 8_000_000;

/// Errors that are told of one expression at most, as cel-go's `errorReportingLimit` of 100.
pub(crate) const MAX_ISSUES: usize = 100;

/// Characters of the line that is shown with an error at most.
pub(crate) const MAX_SNIPPET_CHARS: usize = 400;

/// Groups, classes and repetitions within each other in a regular expression at most.
pub(crate) const MAX_REGEX_NESTING: u32 = 50;
/// Bytes of a compiled regular expression at most.
pub(crate) const MAX_REGEX_BYTES: usize = 256 << 10;

/// Digits behind the point that `format` writes at most.
pub(crate) const MAX_PRECISION: usize = 1_000;

/// Work of compiling a regular expression that is not a literal, see [`MAX_COST`].
pub(crate) const REGEX_COST: u64 = 5_000;
