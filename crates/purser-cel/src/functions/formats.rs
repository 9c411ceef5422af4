//! `format` and `strings.quote`.
//!
//! Sources: cel-go, ext/formatting.go and ext/strings.go of version 2, in its locale `en_US`. What is wrong with a
//! literal format is told when it is evaluated, not before.

use super::Function;
use crate::bounds::MAX_PRECISION;
use crate::error::EvaluationError;
use crate::meter::Meter;
use crate::text::shown;
use crate::value::{List, Map, Value};

type Outcome = Result<Value, EvaluationError>;
type Written = Result<String, EvaluationError>;

const SUPERSCRIPTS: [char; 10] = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];
const PRECISION: usize = 6;
const BAD_CLAUSE: EvaluationError = EvaluationError::Unreadable("could not parse formatting clause");
const BAD_ARGUMENT: EvaluationError =
    EvaluationError::Unreadable("error during formatting: wrong type for its clause");

pub(super) const FUNCTIONS: &[Function] = &[
    Function::member("format", &["string, list(dyn) -> string"], format),
    Function::global("strings.quote", &["string -> string"], |args, meter| match args {
        [Value::String(text)] => {
            meter.pay_bytes(text.len())?;
            Ok(quoted(text, false).into())
        }
        _ => Err(EvaluationError::NoSuchOverload),
    }),
];

fn format(args: &[Value], meter: &mut Meter<'_>) -> Outcome {
    let [Value::String(text), Value::List(list)] = args else {
        return Err(EvaluationError::NoSuchOverload);
    };
    meter.pay_bytes(text.len())?;
    let mut made = String::new();
    let mut chars = text.chars().peekable();
    let mut values = list.items().iter();
    while let Some(char) = chars.next() {
        if char != '%' {
            made.push(char);
            continue;
        }
        if chars.next_if_eq(&'%').is_some() {
            made.push('%');
            continue;
        }
        let precision = match chars.next_if_eq(&'.') {
            None => PRECISION,
            Some(_) => {
                let mut digits = String::new();
                while let Some(digit) = chars.next_if(char::is_ascii_digit) {
                    digits.push(digit);
                }
                digits
                    .parse()
                    .ok()
                    .filter(|precision| *precision <= MAX_PRECISION)
                    .ok_or(BAD_CLAUSE)?
            }
        };
        let clause = chars.next().ok_or(BAD_CLAUSE)?;
        let value = values.next().ok_or(EvaluationError::OutOfBounds)?;
        let part = written(clause, precision, value, meter)?;
        meter.pay_bytes(part.len())?;
        made.push_str(&part);
    }
    Ok(made.into())
}

fn written(clause: char, precision: usize, value: &Value, meter: &mut Meter<'_>) -> Written {
    match (clause, value) {
        ('s', value) => plain(value, meter),
        ('d', Value::Int(_) | Value::Uint(_)) => shown(value).ok_or(BAD_ARGUMENT),
        ('f', value) => Ok(match double(value)? {
            number if number.is_finite() => grouped(&format!("{number:.precision$}")),
            number => endless(number).to_owned(),
        }),
        ('e', value) => Ok(match double(value)? {
            number if number.is_finite() => scientific(&format!("{number:.precision$e}")),
            number => endless(number).to_owned(),
        }),
        ('b', Value::Bool(bool)) => Ok(if *bool { "1" } else { "0" }.to_owned()),
        ('b', value) => whole(value, |number| format!("{number:b}")),
        ('o', value) => whole(value, |number| format!("{number:o}")),
        ('x', Value::String(text)) => hexadecimal(text.as_bytes(), meter),
        ('x', Value::Bytes(bytes)) => hexadecimal(bytes, meter),
        ('x', value) => whole(value, |number| format!("{number:x}")),
        ('X', value) => Ok(written('x', precision, value, meter)?.to_ascii_uppercase()),
        ('d', _) => Err(BAD_ARGUMENT),
        _ => Err(BAD_CLAUSE),
    }
}

fn double(value: &Value) -> Result<f64, EvaluationError> {
    match value {
        Value::Double(number) => Ok(*number),
        Value::String(text) => match &**text {
            "NaN" => Ok(f64::NAN),
            "Infinity" => Ok(f64::INFINITY),
            "-Infinity" => Ok(f64::NEG_INFINITY),
            _ => Err(BAD_ARGUMENT),
        },
        _ => Err(BAD_ARGUMENT),
    }
}

fn endless(number: f64) -> &'static str {
    match number {
        number if number.is_nan() => "NaN",
        number if number > 0.0 => "∞",
        _ => "-∞",
    }
}

/// With commas between thousands.
fn grouped(text: &str) -> String {
    let (sign, digits) = text.strip_prefix('-').map_or(("", text), |digits| ("-", digits));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let mut made = sign.to_owned();
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) {
            made.push(',');
        }
        made.push(digit);
    }
    if !fraction.is_empty() {
        made.push('.');
        made.push_str(fraction);
    }
    made
}

/// `3.14e0` as `3.14 × 10⁰⁰`, with narrow spaces.
fn scientific(text: &str) -> String {
    let (digits, exponent) = text.split_once('e').unwrap_or((text, "0"));
    let (sign, exponent) = exponent
        .strip_prefix('-')
        .map_or(("", exponent), |exponent| ("⁻", exponent));
    let superscript = format!("{exponent:0>2}")
        .chars()
        .filter_map(|digit| SUPERSCRIPTS.get(usize::try_from(digit.to_digit(10)?).ok()?))
        .collect::<String>();
    format!("{digits}\u{202f}×\u{202f}10{sign}{superscript}")
}

/// A whole number by its size, with its sign.
fn whole(value: &Value, write: fn(u64) -> String) -> Written {
    match value {
        Value::Int(number) => Ok(format!(
            "{}{}",
            if *number < 0 { "-" } else { "" },
            write(number.unsigned_abs())
        )),
        Value::Uint(number) => Ok(write(*number)),
        _ => Err(BAD_ARGUMENT),
    }
}

fn hexadecimal(bytes: &[u8], meter: &mut Meter<'_>) -> Written {
    meter.pay_bytes(bytes.len().saturating_mul(2))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// What `%s` makes.
fn plain(value: &Value, meter: &mut Meter<'_>) -> Written {
    meter.pay(1)?;
    match value {
        Value::Null => Ok("null".to_owned()),
        Value::Type(name) => Ok((*name).to_owned()),
        Value::List(list) => of_list(list, meter),
        Value::Map(map) => of_map(map, meter),
        Value::String(text) => {
            meter.pay_bytes(text.len())?;
            Ok(text.to_string())
        }
        other => shown(other).ok_or(BAD_ARGUMENT),
    }
}

/// What an element of a list or a map is written as: as in an expression.
fn literal(value: &Value, meter: &mut Meter<'_>) -> Written {
    let text = plain(value, meter)?;
    Ok(match value {
        Value::String(_) => quoted(&text, true),
        Value::Bytes(_) => format!("b{}", quoted(&text, true)),
        Value::Timestamp(_) => format!("timestamp({})", quoted(&text, true)),
        Value::Duration(_) => format!("duration({})", quoted(&text, true)),
        Value::Double(number) if number.is_finite() => format!("{number:.PRECISION$}"),
        Value::Double(_) => quoted(&text, true),
        _ => text,
    })
}

fn of_list(list: &List, meter: &mut Meter<'_>) -> Written {
    let mut parts = Vec::new();
    for item in list.items() {
        parts.push(literal(item, meter)?);
    }
    Ok(format!("[{}]", parts.join(", ")))
}

fn of_map(map: &Map, meter: &mut Meter<'_>) -> Written {
    let mut parts = Vec::new();
    for (key, value) in map.entries() {
        parts.push((literal(&key.value(), meter)?, literal(value, meter)?));
    }
    parts.sort();
    let parts: Vec<String> = parts
        .into_iter()
        .map(|(key, value)| format!("{key}:{value}"))
        .collect();
    Ok(format!("{{{}}}", parts.join(", ")))
}

/// Between quotes, with what has an escape of its own escaped, and other control characters too if `all`.
fn quoted(text: &str, all: bool) -> String {
    let mut made = String::with_capacity(text.len() + 2);
    made.push('"');
    for char in text.chars() {
        match char {
            '\u{7}' => made.push_str("\\a"),
            '\u{8}' => made.push_str("\\b"),
            '\u{c}' => made.push_str("\\f"),
            '\n' => made.push_str("\\n"),
            '\r' => made.push_str("\\r"),
            '\t' => made.push_str("\\t"),
            '\u{b}' => made.push_str("\\v"),
            '\\' => made.push_str("\\\\"),
            '"' => made.push_str("\\\""),
            control if all && control.is_ascii_control() => {
                made.push_str(&format!("\\x{:02x}", u32::from(control)));
            }
            control if all && control.is_control() => {
                made.push_str(&format!("\\u{:04x}", u32::from(control)));
            }
            other => made.push(other),
        }
    }
    made.push('"');
    made
}
