//! Regular expressions.
//!
//! Source: apiserver/pkg/cel/library/regex.go; cel-go, `matches`.

use super::Function;
use crate::error::EvaluationError;
use crate::meter::Meter;
use crate::value::Value;

type Outcome = Result<Value, EvaluationError>;

pub(super) const FUNCTIONS: &[Function] = &[
    Function::global("matches", &["string, string -> bool"], matches),
    Function::member("matches", &["string, string -> bool"], matches),
    Function::member("find", &["string, string -> string"], find),
    Function::member(
        "findAll",
        &[
            "string, string -> list(string)",
            "string, string, int -> list(string)",
        ],
        find_all,
    ),
];

/// Pays for a search: the length of the text times that of the expression, as upstream counts.
fn pay(text: &str, pattern: &str, meter: &mut Meter<'_>) -> Result<(), EvaluationError> {
    meter.pay(
        text.len()
            .div_ceil(10)
            .saturating_mul(pattern.len().div_ceil(4).max(1)),
    )
}

fn matches(args: &[Value], meter: &mut Meter<'_>) -> Outcome {
    let [Value::String(text), Value::String(pattern)] = args else {
        return Err(EvaluationError::NoSuchOverload);
    };
    pay(text, pattern, meter)?;
    Ok(Value::Bool(meter.pattern(pattern)?.is_match(text)))
}

fn find(args: &[Value], meter: &mut Meter<'_>) -> Outcome {
    let [Value::String(text), Value::String(pattern)] = args else {
        return Err(EvaluationError::NoSuchOverload);
    };
    pay(text, pattern, meter)?;
    Ok(meter
        .pattern(pattern)?
        .find(text)
        .map_or("", |found| found.as_str())
        .into())
}

fn find_all(args: &[Value], meter: &mut Meter<'_>) -> Outcome {
    let (text, pattern, limit) = match args {
        [Value::String(text), Value::String(pattern)] => (text, pattern, -1),
        [Value::String(text), Value::String(pattern), Value::Int(limit)] => (text, pattern, *limit),
        _ => return Err(EvaluationError::NoSuchOverload),
    };
    pay(text, pattern, meter)?;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let compiled = meter.pattern(pattern)?;
    let mut found = Vec::new();
    for part in compiled.find_iter(text).take(limit) {
        // A search may look at all that is left, and find one character.
        meter.pay(1)?;
        meter.pay_bytes(text.len().saturating_sub(part.start()))?;
        found.push(Value::from(part.as_str()));
    }
    Value::list(found)
}
