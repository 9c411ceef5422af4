//! Literals: their types, and those that a function could not read.
//!
//! Source: cel-go, cel/validator.go, as apiserver/pkg/cel/environment/base.go puts them together.

use super::Checker;
use crate::ast::{Call, Kind};
use crate::moment;
use crate::pattern;
use crate::types::Type;
use crate::value::Value;

/// The types that a name may be, with the name that `type()` answers.
const NAMES: &[&str] = &[
    "bool",
    "bytes",
    "double",
    "int",
    "list",
    "map",
    "null_type",
    "string",
    "type",
    "uint",
    "optional_type",
    "google.protobuf.Duration",
    "google.protobuf.Timestamp",
    "net.IP",
    "net.CIDR",
    "kubernetes.URL",
];

pub(super) fn type_of(value: &Value) -> Type {
    match value {
        Value::Null => Type::Null,
        Value::Bool(_) => Type::Bool,
        Value::Int(_) => Type::Int,
        Value::Uint(_) => Type::Uint,
        Value::Double(_) => Type::Double,
        Value::String(_) => Type::String,
        Value::Bytes(_) => Type::Bytes,
        Value::Type(_) => Type::Type,
        _ => Type::Dyn,
    }
}

/// The type that a name without an own variable is, as a value.
pub(super) fn type_named(name: &str) -> Option<Value> {
    NAMES
        .iter()
        .find(|known| **known == name)
        .map(|known| Value::Type(known))
}

/// Refuses a literal that `duration`, `timestamp` or a function of regular expressions could not read, and
/// compiles the regular expressions.
pub(super) fn check_arguments(checker: &mut Checker<'_>, call: &Call) {
    let (argument, is_pattern) = match (&*call.name, call.member) {
        ("duration" | "timestamp", false) => (call.args.first(), false),
        ("matches" | "find" | "findAll", _) => (call.args.get(1), true),
        _ => return,
    };
    let Some(argument) = argument else { return };
    let Kind::Literal(Value::String(text)) = &argument.kind else {
        return;
    };
    let reads = if is_pattern {
        match pattern::compile(text) {
            Ok(compiled) => {
                checker.patterns.insert(text.to_string(), compiled);
                true
            }
            Err(_) => false,
        }
    } else if &*call.name == "duration" {
        moment::Duration::read(text).is_some()
    } else {
        moment::Timestamp::read(text).is_some()
    };
    if !reads {
        checker.wrong(argument.at, format!("invalid {} argument", call.name));
    }
}
