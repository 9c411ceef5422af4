//! Expressions in CEL with the functions that Kubernetes adds, checked before and bounded while they are
//! evaluated. No I/O, no clock, no randomness: an expression and its values give the same answer always.
//!
//! ```
//! use purser_cel::{Bindings, Environment, Program, Type, Value};
//!
//! let rule = Program::compile("claims.exp - claims.nbf <= 86400", &Environment::claims().wants(Type::Bool))?;
//! let claims = serde_json::json!({"exp": 7200, "nbf": 0});
//! let claims = Value::try_from(&claims)?;
//! assert_eq!(rule.evaluate(&Bindings::new().with("claims", claims))?.as_bool(), Some(true));
//!
//! let refused = Program::compile("user.nope == 'x'", &Environment::user()).unwrap_err();
//! assert!(refused.to_string().contains("undefined field 'nope'"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! - [`Environment`]: the variables and their types; [`Environment::claims`], [`Environment::user`] and
//!   [`Environment::subject_access_review`] are those of kube-apiserver's configuration files.
//! - [`Program::compile`] refuses what kube-apiserver refuses, with its sentences; [`CompileError`]'s text is what
//!   stands there behind `Invalid value: "…": `.
//! - [`Program::evaluate`] ends: at [`bounds::MAX_COST`] with an error.
//! - [`Program::selects`]: whether an expression takes `claims.email`, as validation asks.
//!
//! The dialect is that of Kubernetes 1.36: standard CEL with optionals, comparisons of numbers of different kinds,
//! two-variable macros, and the libraries of lists, text (version 2), sets, regular expressions, URLs, addresses
//! and blocks of addresses. Not here: quantities, semantic versions, named formats, images, the authorizer, and
//! time zones by the names of places.

pub mod bounds;

mod ast;
mod bindings;
mod check;
mod compare;
mod environment;
mod error;
mod evaluate;
mod functions;
mod issue;
mod json;
mod lexer;
mod literal;
mod macros;
mod meter;
mod moment;
mod net;
mod number;
mod parser;
mod pattern;
mod program;
mod signature;
mod solver;
mod text;
mod token;
mod types;
mod url;
mod value;

pub use bindings::Bindings;
pub use environment::Environment;
pub use error::{CompileError, EvaluationError};
pub use moment::{Duration, Timestamp};
pub use net::Cidr;
pub use program::Program;
pub use types::{ObjectType, Type};
pub use url::Url;
pub use value::{Key, List, Map, Value};
