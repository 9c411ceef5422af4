//! Expressions in CEL about claims and users.

use purser_cel::{CompileError, Environment, Program, Type};

/// An expression that is compiled, with its text.
#[derive(Debug)]
pub struct Expression {
    source: String,
    program: Program,
}

impl Expression {
    /// One over `claims`, with any result.
    ///
    /// # Errors
    /// When it does not compile.
    pub fn mapping(source: &str) -> Result<Self, CompileError> {
        Self::compile(source, &Environment::claims())
    }

    /// One over `claims` that is true or false.
    ///
    /// # Errors
    /// When it does not compile.
    pub fn claim_rule(source: &str) -> Result<Self, CompileError> {
        Self::compile(source, &Environment::claims().wants(Type::Bool))
    }

    /// One over `user` that is true or false.
    ///
    /// # Errors
    /// When it does not compile.
    pub fn user_rule(source: &str) -> Result<Self, CompileError> {
        Self::compile(source, &Environment::user())
    }

    fn compile(source: &str, environment: &Environment) -> Result<Self, CompileError> {
        Ok(Self {
            program: Program::compile(source, environment)?,
            source: source.to_owned(),
        })
    }

    /// Its text.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }

    /// What it is made into.
    #[must_use]
    pub fn program(&self) -> &Program {
        &self.program
    }
}
