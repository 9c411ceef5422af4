//! An expression, compiled.

use std::fmt;

use crate::ast::{Expr, Kind};
use crate::bindings::Bindings;
use crate::bounds::MAX_SOURCE_CHARS;
use crate::check;
use crate::environment::Environment;
use crate::error::{CompileError, EvaluationError};
use crate::evaluate;
use crate::issue;
use crate::meter::Patterns;
use crate::parser;
use crate::types::Type;
use crate::value::Value;

/// A compiled expression: its names and types are known to fit. Evaluated any number of times, by any number of
/// threads.
pub struct Program {
    root: Expr,
    result: Type,
    patterns: Patterns,
}

impl Program {
    /// Compiles an expression. A stack of 1 MiB is enough without optimization.
    ///
    /// # Errors
    /// [`CompileError`]: it is too long or too deep, does not follow the grammar, names what is not there, or
    /// its types do not fit each other or what the environment wants.
    pub fn compile(source: &str, environment: &Environment) -> Result<Self, CompileError> {
        let length = source.chars().take(MAX_SOURCE_CHARS + 1).count();
        if length > MAX_SOURCE_CHARS {
            return Err(CompileError::TooLong {
                chars: source.chars().count(),
            });
        }
        let chars: Vec<char> = source.chars().collect();
        let told = |issues| CompileError::Issues(issue::shown(&chars, issues));
        let mut root = parser::parse(&chars).map_err(|issue| told(vec![issue]))?;
        let checked = check::check(&mut root, environment).map_err(told)?;
        match environment.refusal_of(&checked.typed) {
            Some(sentence) => Err(CompileError::Result(sentence)),
            None => Ok(Self {
                root,
                result: checked.typed,
                patterns: checked.patterns,
            }),
        }
    }

    /// The value of the expression. Its work is bounded by [`crate::bounds::MAX_COST`], its use of the stack by
    /// [`crate::bounds::MAX_NESTING`]: 768 KiB are enough without optimization.
    ///
    /// # Errors
    /// [`EvaluationError`]; none of its texts has a part of a bound value.
    pub fn evaluate(&self, bindings: &Bindings) -> Result<Value, EvaluationError> {
        evaluate::evaluate(&self.root, bindings, &self.patterns)
    }

    /// What is known of the type of the value.
    #[must_use]
    pub fn result_type(&self) -> &Type {
        &self.result
    }

    /// Whether the expression takes this member of this variable anywhere: `claims.email`, `claims.?email` or
    /// `has(claims.email)`, and not `claims["email"]`, as upstream asks it.
    /// Source: apiserver/pkg/apis/apiserver/validation/validation.go, `hasSelectExp`.
    #[must_use]
    pub fn selects(&self, variable: &str, field: &str) -> bool {
        self.root.any(&mut |kind| {
            matches!(kind, Kind::Select(select) if &*select.field == field
                && select.of.as_ident().is_some_and(|name| &**name == variable))
        })
    }

    /// Whether the expression takes a member of this name of anything, but to ask whether it is there counts
    /// too. Source: apiserver/pkg/authorization/cel/compile.go, `UsesFieldSelector`.
    #[must_use]
    pub fn selects_any(&self, field: &str) -> bool {
        self.root
            .any(&mut |kind| matches!(kind, Kind::Select(select) if &*select.field == field))
    }
}

impl fmt::Debug for Program {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Program({})", self.result)
    }
}
