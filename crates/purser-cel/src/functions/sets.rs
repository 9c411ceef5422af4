//! Lists as sets.
//!
//! Source: cel-go, ext/sets.go.

use super::Function;
use crate::compare::equal;
use crate::error::EvaluationError;
use crate::meter::Meter;
use crate::value::{List, Value};

const TWO: &[&str] = &["list(A), list(A) -> bool"];

pub(super) const FUNCTIONS: &[Function] = &[
    Function::global("sets.contains", TWO, |args, meter| {
        let (one, other) = lists(args)?;
        has_all(one, other, meter).map(Value::Bool)
    }),
    Function::global("sets.equivalent", TWO, |args, meter| {
        let (one, other) = lists(args)?;
        Ok(Value::Bool(
            has_all(one, other, meter)? && has_all(other, one, meter)?,
        ))
    }),
    Function::global("sets.intersects", TWO, |args, meter| {
        let (one, other) = lists(args)?;
        for item in other.items() {
            if has(one, item, meter)? {
                return Ok(Value::Bool(true));
            }
        }
        Ok(Value::Bool(false))
    }),
];

fn lists(args: &[Value]) -> Result<(&List, &List), EvaluationError> {
    match args {
        [Value::List(one), Value::List(other)] => Ok((one, other)),
        _ => Err(EvaluationError::NoSuchOverload),
    }
}

fn has(list: &List, wanted: &Value, meter: &mut Meter<'_>) -> Result<bool, EvaluationError> {
    for item in list.items() {
        if equal(item, wanted, meter)? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn has_all(list: &List, wanted: &List, meter: &mut Meter<'_>) -> Result<bool, EvaluationError> {
    for item in wanted.items() {
        if !has(list, item, meter)? {
            return Ok(false);
        }
    }
    Ok(true)
}
