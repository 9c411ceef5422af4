//! Lists: `size` and Kubernetes' functions.
//!
//! Source: apiserver/pkg/cel/library/lists.go.

use std::cmp::Ordering;

use super::{Function, arithmetic};
use crate::compare::{equal, order};
use crate::error::EvaluationError;
use crate::meter::Meter;
use crate::moment::Duration;
use crate::types::Type;
use crate::value::{List, Value};

type Outcome = Result<Value, EvaluationError>;

const SIZED: &[&str] = &[
    "string -> int",
    "bytes -> int",
    "list(A) -> int",
    "map(A, B) -> int",
];

const EXTREME: &[&str] = &[
    "list(int) -> int",
    "list(uint) -> uint",
    "list(double) -> double",
    "list(bool) -> bool",
    "list(duration) -> duration",
    "list(timestamp) -> timestamp",
    "list(string) -> string",
    "list(bytes) -> bytes",
];

const SUMMED: &[&str] = &[
    "list(int) -> int",
    "list(uint) -> uint",
    "list(double) -> double",
    "list(duration) -> duration",
];

pub(super) const FUNCTIONS: &[Function] = &[
    Function::global("size", SIZED, size),
    Function::member("size", SIZED, size),
    Function::member(
        "isSorted",
        &[
            "list(int) -> bool",
            "list(uint) -> bool",
            "list(double) -> bool",
            "list(bool) -> bool",
            "list(duration) -> bool",
            "list(timestamp) -> bool",
            "list(string) -> bool",
            "list(bytes) -> bool",
        ],
        is_sorted,
    ),
    Function::member("sum", SUMMED, |args, meter| sum(args, meter, &Value::Int(0))),
    Function::member("min", EXTREME, |args, meter| {
        extreme(args, meter, Ordering::Less, "min called on empty list")
    }),
    Function::member("max", EXTREME, |args, meter| {
        extreme(args, meter, Ordering::Greater, "max called on empty list")
    }),
];

fn size(args: &[Value], meter: &mut Meter<'_>) -> Outcome {
    let size = match args {
        [Value::String(text)] => {
            meter.pay_bytes(text.len())?;
            text.chars().count()
        }
        [Value::Bytes(bytes)] => bytes.len(),
        [Value::List(list)] => list.items().len(),
        [Value::Map(map)] => map.entries().len(),
        _ => return Err(EvaluationError::NoSuchOverload),
    };
    number(size)
}

pub(super) fn number(count: usize) -> Outcome {
    i64::try_from(count)
        .map(Value::Int)
        .map_err(|_| EvaluationError::Overflow("integer"))
}

fn compared(one: &Value, other: &Value, meter: &mut Meter<'_>) -> Result<Option<Ordering>, EvaluationError> {
    meter.pay(1)?;
    order(one, other, meter)?.ok_or(EvaluationError::NoSuchOverload)
}

fn is_sorted(args: &[Value], meter: &mut Meter<'_>) -> Outcome {
    let [Value::List(list)] = args else {
        return Err(EvaluationError::NoSuchOverload);
    };
    for (one, next) in list.items().iter().zip(list.items().iter().skip(1)) {
        if compared(one, next, meter)? == Some(Ordering::Greater) {
            return Ok(Value::Bool(false));
        }
    }
    Ok(Value::Bool(true))
}

/// `sum` by the type of what it gives: of an empty list it is that type's zero. Of a type that is not known, an int.
static SUMS: &[(Type, Function)] = &[
    (
        Type::Uint,
        Function::member("sum", SUMMED, |args, meter| sum(args, meter, &Value::Uint(0))),
    ),
    (
        Type::Double,
        Function::member("sum", SUMMED, |args, meter| sum(args, meter, &Value::Double(0.0))),
    ),
    (
        Type::Duration,
        Function::member("sum", SUMMED, |args, meter| {
            sum(args, meter, &Value::Duration(Duration(0)))
        }),
    ),
];

/// The function to call for `function`, which gives this type here.
pub(super) fn giving(function: &'static Function, gives: &Type) -> &'static Function {
    let summed = SUMS
        .iter()
        .find(|(typed, _)| function.name == "sum" && typed == gives);
    summed.map_or(function, |(_, sum)| sum)
}

fn sum(args: &[Value], meter: &mut Meter<'_>, zero: &Value) -> Outcome {
    let [Value::List(list)] = args else {
        return Err(EvaluationError::NoSuchOverload);
    };
    let mut items = list.items().iter();
    let mut total = match items.next() {
        None => return Ok(zero.clone()),
        Some(first @ (Value::Int(_) | Value::Uint(_) | Value::Double(_) | Value::Duration(_))) => {
            first.clone()
        }
        Some(_) => return Err(EvaluationError::NoSuchOverload),
    };
    for item in items {
        meter.pay(1)?;
        total = arithmetic::plus(&[total, item.clone()], meter)?;
    }
    Ok(total)
}

fn extreme(args: &[Value], meter: &mut Meter<'_>, wanted: Ordering, empty: &'static str) -> Outcome {
    let [Value::List(list)] = args else {
        return Err(EvaluationError::NoSuchOverload);
    };
    let mut items = list.items().iter();
    let mut best = items.next().ok_or(EvaluationError::Unreadable(empty))?;
    for item in items {
        if compared(item, best, meter)? == Some(wanted) {
            best = item;
        }
    }
    Ok(best.clone())
}

/// Where in a list a value stands first, or last; -1 when it does not.
pub(super) fn index_of(list: &List, wanted: &Value, last: bool, meter: &mut Meter<'_>) -> Outcome {
    let mut found = None;
    for (at, item) in list.items().iter().enumerate() {
        if equal(item, wanted, meter)? {
            found = Some(at);
            if !last {
                break;
            }
        }
    }
    found.map_or(Ok(Value::Int(-1)), number)
}
