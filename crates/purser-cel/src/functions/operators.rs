//! Equality, order, `in` and `!`.

use std::cmp::Ordering;

use super::Function;
use crate::compare::{equal, order};
use crate::error::EvaluationError;
use crate::meter::Meter;
use crate::value::{Key, Value};

type Outcome = Result<Value, EvaluationError>;

const ORDERED: &[&str] = &[
    "bool, bool -> bool",
    "int, int -> bool",
    "int, uint -> bool",
    "int, double -> bool",
    "uint, uint -> bool",
    "uint, int -> bool",
    "uint, double -> bool",
    "double, double -> bool",
    "double, int -> bool",
    "double, uint -> bool",
    "string, string -> bool",
    "bytes, bytes -> bool",
    "timestamp, timestamp -> bool",
    "duration, duration -> bool",
];

pub(super) const FUNCTIONS: &[Function] = &[
    Function::global("_==_", &["A, A -> bool"], is_equal),
    Function::global("_!=_", &["A, A -> bool"], is_unequal),
    Function::global("_<_", ORDERED, |args, meter| {
        ordered(args, meter, Ordering::is_lt)
    }),
    Function::global("_<=_", ORDERED, |args, meter| {
        ordered(args, meter, Ordering::is_le)
    }),
    Function::global("_>_", ORDERED, |args, meter| {
        ordered(args, meter, Ordering::is_gt)
    }),
    Function::global("_>=_", ORDERED, |args, meter| {
        ordered(args, meter, Ordering::is_ge)
    }),
    Function::global("@in", &["A, list(A) -> bool", "A, map(A, B) -> bool"], is_in),
    Function::global("!_", &["bool -> bool"], not),
];

fn is_equal(args: &[Value], meter: &mut Meter<'_>) -> Outcome {
    match args {
        [one, other] => equal(one, other, meter).map(Value::Bool),
        _ => Err(EvaluationError::NoSuchOverload),
    }
}

fn is_unequal(args: &[Value], meter: &mut Meter<'_>) -> Outcome {
    match args {
        [one, other] => equal(one, other, meter).map(|equal| Value::Bool(!equal)),
        _ => Err(EvaluationError::NoSuchOverload),
    }
}

fn ordered(args: &[Value], meter: &mut Meter<'_>, holds: fn(Ordering) -> bool) -> Outcome {
    let [one, other] = args else {
        return Err(EvaluationError::NoSuchOverload);
    };
    let found = order(one, other, meter)?.ok_or(EvaluationError::NoSuchOverload)?;
    Ok(Value::Bool(found.is_some_and(holds)))
}

fn is_in(args: &[Value], meter: &mut Meter<'_>) -> Outcome {
    match args {
        [wanted, Value::List(list)] => {
            for item in list.items() {
                if equal(wanted, item, meter)? {
                    return Ok(Value::Bool(true));
                }
            }
            Ok(Value::Bool(false))
        }
        [wanted, Value::Map(map)] => {
            let Some(key) = Key::of(wanted) else {
                return Ok(Value::Bool(false));
            };
            meter.pay_key(&key)?;
            Ok(Value::Bool(map.get(&key).is_some()))
        }
        _ => Err(EvaluationError::NoSuchOverload),
    }
}

fn not(args: &[Value], _: &mut Meter<'_>) -> Outcome {
    match args {
        [Value::Bool(bool)] => Ok(Value::Bool(!bool)),
        _ => Err(EvaluationError::NoSuchOverload),
    }
}
