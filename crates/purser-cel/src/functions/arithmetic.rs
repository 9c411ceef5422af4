//! `+`, `-`, `*`, `/` and `%`: what leaves the range of its type is an error.

use super::Function;
use crate::error::EvaluationError;
use crate::meter::Meter;
use crate::moment::Duration;
use crate::value::Value;

type Outcome = Result<Value, EvaluationError>;

pub(super) const FUNCTIONS: &[Function] = &[
    Function::global(
        "_+_",
        &[
            "int, int -> int",
            "uint, uint -> uint",
            "double, double -> double",
            "string, string -> string",
            "bytes, bytes -> bytes",
            "list(A), list(A) -> list(A)",
            "timestamp, duration -> timestamp",
            "duration, timestamp -> timestamp",
            "duration, duration -> duration",
        ],
        plus,
    ),
    Function::global(
        "_-_",
        &[
            "int, int -> int",
            "uint, uint -> uint",
            "double, double -> double",
            "timestamp, timestamp -> duration",
            "timestamp, duration -> timestamp",
            "duration, duration -> duration",
        ],
        minus,
    ),
    Function::global(
        "_*_",
        &[
            "int, int -> int",
            "uint, uint -> uint",
            "double, double -> double",
        ],
        times,
    ),
    Function::global(
        "_/_",
        &[
            "int, int -> int",
            "uint, uint -> uint",
            "double, double -> double",
        ],
        divided,
    ),
    Function::global("_%_", &["int, int -> int", "uint, uint -> uint"], remainder),
    Function::global("-_", &["int -> int", "double -> double"], negative),
];

fn int(found: Option<i64>) -> Outcome {
    found.map(Value::Int).ok_or(EvaluationError::Overflow("integer"))
}

fn uint(found: Option<u64>) -> Outcome {
    found
        .map(Value::Uint)
        .ok_or(EvaluationError::Overflow("unsigned integer"))
}

pub(super) fn plus(args: &[Value], meter: &mut Meter<'_>) -> Outcome {
    match args {
        [Value::Int(one), Value::Int(other)] => int(one.checked_add(*other)),
        [Value::Uint(one), Value::Uint(other)] => uint(one.checked_add(*other)),
        [Value::Double(one), Value::Double(other)] => Ok(Value::Double(one + other)),
        [Value::String(one), Value::String(other)] => {
            meter.pay_bytes(one.len().saturating_add(other.len()))?;
            Ok(Value::String([&**one, &**other].concat().into()))
        }
        [Value::Bytes(one), Value::Bytes(other)] => {
            meter.pay_bytes(one.len().saturating_add(other.len()))?;
            Ok(Value::Bytes([&**one, &**other].concat().into()))
        }
        [Value::List(one), Value::List(other)] => {
            meter.pay(one.items().len().saturating_add(other.items().len()))?;
            Value::list([one.items(), other.items()].concat())
        }
        [Value::Timestamp(time), Value::Duration(by)] | [Value::Duration(by), Value::Timestamp(time)] => time
            .plus(*by)
            .map(Value::Timestamp)
            .ok_or(EvaluationError::Overflow("timestamp")),
        [Value::Duration(one), Value::Duration(other)] => duration(one.0.checked_add(other.0)),
        _ => Err(EvaluationError::NoSuchOverload),
    }
}

fn duration(found: Option<i64>) -> Outcome {
    found
        .map(|nanos| Value::Duration(Duration(nanos)))
        .ok_or(EvaluationError::Overflow("duration"))
}

fn minus(args: &[Value], _: &mut Meter<'_>) -> Outcome {
    match args {
        [Value::Int(one), Value::Int(other)] => int(one.checked_sub(*other)),
        [Value::Uint(one), Value::Uint(other)] => uint(one.checked_sub(*other)),
        [Value::Double(one), Value::Double(other)] => Ok(Value::Double(one - other)),
        [Value::Timestamp(one), Value::Timestamp(other)] => one
            .since(*other)
            .map(Value::Duration)
            .ok_or(EvaluationError::Overflow("duration")),
        [Value::Timestamp(time), Value::Duration(by)] => time
            .minus(*by)
            .map(Value::Timestamp)
            .ok_or(EvaluationError::Overflow("timestamp")),
        [Value::Duration(one), Value::Duration(other)] => duration(one.0.checked_sub(other.0)),
        _ => Err(EvaluationError::NoSuchOverload),
    }
}

fn times(args: &[Value], _: &mut Meter<'_>) -> Outcome {
    match args {
        [Value::Int(one), Value::Int(other)] => int(one.checked_mul(*other)),
        [Value::Uint(one), Value::Uint(other)] => uint(one.checked_mul(*other)),
        [Value::Double(one), Value::Double(other)] => Ok(Value::Double(one * other)),
        _ => Err(EvaluationError::NoSuchOverload),
    }
}

fn divided(args: &[Value], _: &mut Meter<'_>) -> Outcome {
    match args {
        [Value::Int(_), Value::Int(0)] | [Value::Uint(_), Value::Uint(0)] => {
            Err(EvaluationError::DivisionByZero)
        }
        [Value::Int(one), Value::Int(other)] => int(one.checked_div(*other)),
        [Value::Uint(one), Value::Uint(other)] => uint(one.checked_div(*other)),
        [Value::Double(one), Value::Double(other)] => Ok(Value::Double(one / other)),
        _ => Err(EvaluationError::NoSuchOverload),
    }
}

fn remainder(args: &[Value], _: &mut Meter<'_>) -> Outcome {
    match args {
        [Value::Int(_), Value::Int(0)] | [Value::Uint(_), Value::Uint(0)] => {
            Err(EvaluationError::ModulusByZero)
        }
        [Value::Int(one), Value::Int(other)] => int(one.checked_rem(*other)),
        [Value::Uint(one), Value::Uint(other)] => uint(one.checked_rem(*other)),
        _ => Err(EvaluationError::NoSuchOverload),
    }
}

fn negative(args: &[Value], _: &mut Meter<'_>) -> Outcome {
    match args {
        [Value::Int(number)] => int(number.checked_neg()),
        [Value::Double(number)] => Ok(Value::Double(-number)),
        _ => Err(EvaluationError::NoSuchOverload),
    }
}
