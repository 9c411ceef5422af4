//! From one type to another, and the type of a value.

use super::Function;
use crate::error::EvaluationError;
use crate::meter::Meter;
use crate::moment::{Duration, Timestamp};
use crate::number;
use crate::text::shown;
use crate::value::Value;

type Outcome = Result<Value, EvaluationError>;

pub(super) const FUNCTIONS: &[Function] = &[
    Function::global(
        "int",
        &[
            "int -> int",
            "uint -> int",
            "double -> int",
            "string -> int",
            "timestamp -> int",
            "duration -> int",
        ],
        int,
    ),
    Function::global(
        "uint",
        &["uint -> uint", "int -> uint", "double -> uint", "string -> uint"],
        uint,
    ),
    Function::global(
        "double",
        &[
            "double -> double",
            "int -> double",
            "uint -> double",
            "string -> double",
        ],
        double,
    ),
    Function::global("bool", &["bool -> bool", "string -> bool"], bool),
    Function::global(
        "string",
        &[
            "string -> string",
            "bool -> string",
            "int -> string",
            "uint -> string",
            "double -> string",
            "bytes -> string",
            "timestamp -> string",
            "duration -> string",
            "IP -> string",
            "CIDR -> string",
        ],
        string,
    ),
    Function::global("bytes", &["bytes -> bytes", "string -> bytes"], bytes),
    Function::global(
        "timestamp",
        &[
            "timestamp -> timestamp",
            "string -> timestamp",
            "int -> timestamp",
        ],
        timestamp,
    ),
    Function::global(
        "duration",
        &["duration -> duration", "string -> duration", "int -> duration"],
        duration,
    ),
    Function::global("dyn", &["A -> dyn"], same),
    Function::global("type", &["A -> type"], type_of),
];

fn read<T: std::str::FromStr>(text: &str, sentence: &'static str) -> Result<T, EvaluationError> {
    text.parse().map_err(|_| EvaluationError::Unreadable(sentence))
}

fn int(args: &[Value], meter: &mut Meter<'_>) -> Outcome {
    let overflow = EvaluationError::Overflow("integer");
    match args {
        [Value::Int(number)] => Some(*number),
        [Value::Uint(number)] => i64::try_from(*number).ok(),
        [Value::Double(number)] => number::int_of(*number),
        [Value::Timestamp(time)] => Some(time.0.unix_timestamp()),
        // Nanoseconds: cel-go, common/types/duration.go (`ConvertToType`).
        [Value::Duration(duration)] => Some(duration.0),
        [Value::String(text)] => {
            meter.pay_bytes(text.len())?;
            Some(read(text, "type conversion error from 'string' to 'int'")?)
        }
        _ => return Err(EvaluationError::NoSuchOverload),
    }
    .map(Value::Int)
    .ok_or(overflow)
}

fn uint(args: &[Value], meter: &mut Meter<'_>) -> Outcome {
    let overflow = EvaluationError::Overflow("unsigned integer");
    match args {
        [Value::Uint(number)] => Some(*number),
        [Value::Int(number)] => u64::try_from(*number).ok(),
        [Value::Double(number)] => number::uint_of(*number),
        [Value::String(text)] => {
            meter.pay_bytes(text.len())?;
            // As Go's ParseUint: without a sign.
            let digits = if text.starts_with('+') { "" } else { text };
            Some(read(digits, "type conversion error from 'string' to 'uint'")?)
        }
        _ => return Err(EvaluationError::NoSuchOverload),
    }
    .map(Value::Uint)
    .ok_or(overflow)
}

fn double(args: &[Value], meter: &mut Meter<'_>) -> Outcome {
    Ok(Value::Double(match args {
        [Value::Double(number)] => *number,
        [Value::Int(number)] => number::double(*number),
        [Value::Uint(number)] => number::double_of(*number),
        [Value::String(text)] => {
            meter.pay_bytes(text.len())?;
            let sentence = "type conversion error from 'string' to 'double'";
            let number: f64 = read(text, sentence)?;
            // As Go's ParseFloat: what is written in digits and becomes infinite is out of range.
            if number.is_infinite() && text.bytes().any(|byte| byte.is_ascii_digit()) {
                return Err(EvaluationError::Unreadable(sentence));
            }
            number
        }
        _ => return Err(EvaluationError::NoSuchOverload),
    }))
}

fn bool(args: &[Value], _: &mut Meter<'_>) -> Outcome {
    match args {
        [Value::Bool(bool)] => Ok(Value::Bool(*bool)),
        // The spellings of Go's ParseBool.
        [Value::String(text)] => match &**text {
            "1" | "t" | "T" | "true" | "TRUE" | "True" => Ok(Value::Bool(true)),
            "0" | "f" | "F" | "false" | "FALSE" | "False" => Ok(Value::Bool(false)),
            _ => Err(EvaluationError::Unreadable(
                "type conversion error from 'string' to 'bool'",
            )),
        },
        _ => Err(EvaluationError::NoSuchOverload),
    }
}

fn string(args: &[Value], meter: &mut Meter<'_>) -> Outcome {
    match args {
        [Value::String(text)] => Ok(Value::String(text.clone())),
        [Value::Bytes(bytes)] => {
            meter.pay_bytes(bytes.len())?;
            let invalid = EvaluationError::Unreadable("invalid UTF-8 in bytes, cannot convert to string");
            str::from_utf8(bytes).map(Value::from).map_err(|_| invalid)
        }
        [value] => shown(value)
            .map(Value::from)
            .ok_or(EvaluationError::NoSuchOverload),
        _ => Err(EvaluationError::NoSuchOverload),
    }
}

fn bytes(args: &[Value], meter: &mut Meter<'_>) -> Outcome {
    match args {
        [Value::Bytes(bytes)] => Ok(Value::Bytes(bytes.clone())),
        [Value::String(text)] => {
            meter.pay_bytes(text.len())?;
            Ok(Value::Bytes(text.as_bytes().into()))
        }
        _ => Err(EvaluationError::NoSuchOverload),
    }
}

fn timestamp(args: &[Value], meter: &mut Meter<'_>) -> Outcome {
    match args {
        [Value::Timestamp(time)] => Ok(Value::Timestamp(*time)),
        [Value::Int(seconds)] => Timestamp::of_seconds(*seconds)
            .map(Value::Timestamp)
            .ok_or(EvaluationError::Overflow("timestamp")),
        [Value::String(text)] => {
            meter.pay_bytes(text.len())?;
            Timestamp::read(text)
                .map(Value::Timestamp)
                .ok_or(EvaluationError::Unreadable(
                    "type conversion error from 'string' to 'google.protobuf.Timestamp'",
                ))
        }
        _ => Err(EvaluationError::NoSuchOverload),
    }
}

fn duration(args: &[Value], meter: &mut Meter<'_>) -> Outcome {
    match args {
        [Value::Duration(duration)] => Ok(Value::Duration(*duration)),
        // Declared and never converted: cel-go, common/types/int.go (`ConvertToType`).
        [Value::Int(_)] => Err(EvaluationError::Unreadable(
            "type conversion error from 'int' to 'google.protobuf.Duration'",
        )),
        [Value::String(text)] => {
            meter.pay_bytes(text.len())?;
            Duration::read(text)
                .map(Value::Duration)
                .ok_or(EvaluationError::Unreadable(
                    "type conversion error from 'string' to 'google.protobuf.Duration'",
                ))
        }
        _ => Err(EvaluationError::NoSuchOverload),
    }
}

fn same(args: &[Value], _: &mut Meter<'_>) -> Outcome {
    args.first().cloned().ok_or(EvaluationError::NoSuchOverload)
}

fn type_of(args: &[Value], _: &mut Meter<'_>) -> Outcome {
    args.first()
        .map(|value| Value::Type(value.type_name()))
        .ok_or(EvaluationError::NoSuchOverload)
}
