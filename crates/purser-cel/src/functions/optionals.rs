//! Values that may be absent.
//!
//! Source: cel-go, cel/library.go, `OptionalTypes`.

use super::Function;
use crate::error::EvaluationError;
use crate::meter::Meter;
use crate::value::Value;

type Outcome = Result<Value, EvaluationError>;

pub(super) const FUNCTIONS: &[Function] = &[
    Function::global("optional.of", &["A -> optional(A)"], of),
    Function::global("optional.ofNonZeroValue", &["A -> optional(A)"], of_non_zero),
    Function::global("optional.none", &["-> optional(A)"], none),
    Function::member("hasValue", &["optional(A) -> bool"], has_value),
    Function::member("value", &["optional(A) -> A"], value),
    Function {
        name: "or",
        member: true,
        overloads: &["optional(A), optional(A) -> optional(A)"],
        run: or,
        is_answered: true,
    },
    Function {
        name: "orValue",
        member: true,
        overloads: &["optional(A), A -> A"],
        run: or_value,
        is_answered: true,
    },
];

fn of(args: &[Value], _: &mut Meter<'_>) -> Outcome {
    match args {
        [value] => Value::some(value.clone()),
        _ => Err(EvaluationError::NoSuchOverload),
    }
}

fn of_non_zero(args: &[Value], _: &mut Meter<'_>) -> Outcome {
    match args {
        [value] if is_zero(value) => Ok(Value::Optional(None)),
        [value] => Value::some(value.clone()),
        _ => Err(EvaluationError::NoSuchOverload),
    }
}

fn is_zero(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) | Value::Int(0) | Value::Uint(0) | Value::Optional(None) => true,
        Value::Double(number) => *number == 0.0,
        Value::String(text) => text.is_empty(),
        Value::Bytes(bytes) => bytes.is_empty(),
        Value::List(list) => list.items().is_empty(),
        Value::Map(map) => map.entries().is_empty(),
        Value::Duration(duration) => duration.0 == 0,
        _ => false,
    }
}

fn none(args: &[Value], _: &mut Meter<'_>) -> Outcome {
    if args.is_empty() {
        Ok(Value::Optional(None))
    } else {
        Err(EvaluationError::NoSuchOverload)
    }
}

fn has_value(args: &[Value], _: &mut Meter<'_>) -> Outcome {
    match args {
        [Value::Optional(value)] => Ok(Value::Bool(value.is_some())),
        _ => Err(EvaluationError::NoSuchOverload),
    }
}

fn value(args: &[Value], _: &mut Meter<'_>) -> Outcome {
    match args {
        [Value::Optional(Some(value))] => Ok((**value).clone()),
        [Value::Optional(None)] => Err(EvaluationError::NoValue),
        _ => Err(EvaluationError::NoSuchOverload),
    }
}

/// The second, for the first without a value: the evaluator answers the other case.
fn or(args: &[Value], _: &mut Meter<'_>) -> Outcome {
    match args {
        [Value::Optional(None), other @ Value::Optional(_)] => Ok(other.clone()),
        _ => Err(EvaluationError::NoSuchOverload),
    }
}

/// As [`or`].
fn or_value(args: &[Value], _: &mut Meter<'_>) -> Outcome {
    match args {
        [Value::Optional(None), other] => Ok(other.clone()),
        _ => Err(EvaluationError::NoSuchOverload),
    }
}
