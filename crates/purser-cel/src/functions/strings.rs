//! Text. Places are counted in characters.
//!
//! Sources: the CEL specification, langdef.md; cel-go, ext/strings.go of version 2, which Kubernetes takes.

use super::Function;
use super::lists;
use crate::error::EvaluationError;
use crate::meter::Meter;
use crate::value::Value;

type Outcome = Result<Value, EvaluationError>;

const TEST: &[&str] = &["string, string -> bool"];
const SAME: &[&str] = &["string -> string"];
const INDEX: &[&str] = &[
    "string, string -> int",
    "string, string, int -> int",
    "list(A), A -> int",
];

pub(super) const FUNCTIONS: &[Function] = &[
    Function::member("startsWith", TEST, |args, meter| {
        test(args, meter, |text, part| text.starts_with(part))
    }),
    Function::member("endsWith", TEST, |args, meter| {
        test(args, meter, |text, part| text.ends_with(part))
    }),
    Function::member("contains", TEST, |args, meter| {
        test(args, meter, |text, part| text.contains(part))
    }),
    Function::member("charAt", &["string, int -> string"], char_at),
    Function::member("indexOf", INDEX, |args, meter| index_of(args, meter, false)),
    Function::member("lastIndexOf", INDEX, |args, meter| index_of(args, meter, true)),
    Function::member("lowerAscii", SAME, |args, meter| {
        made(args, meter, |text| text.to_ascii_lowercase())
    }),
    Function::member("upperAscii", SAME, |args, meter| {
        made(args, meter, |text| text.to_ascii_uppercase())
    }),
    Function::member("trim", SAME, |args, meter| {
        made(args, meter, |text| text.trim().to_owned())
    }),
    Function::member(
        "replace",
        &[
            "string, string, string -> string",
            "string, string, string, int -> string",
        ],
        replace,
    ),
    Function::member(
        "split",
        &[
            "string, string -> list(string)",
            "string, string, int -> list(string)",
        ],
        split,
    ),
    Function::member(
        "join",
        &["list(string) -> string", "list(string), string -> string"],
        join,
    ),
    Function::member(
        "substring",
        &["string, int -> string", "string, int, int -> string"],
        substring,
    ),
];

fn test(args: &[Value], meter: &mut Meter<'_>, holds: fn(&str, &str) -> bool) -> Outcome {
    let [Value::String(text), Value::String(part)] = args else {
        return Err(EvaluationError::NoSuchOverload);
    };
    meter.pay_bytes(text.len().saturating_add(part.len()))?;
    Ok(Value::Bool(holds(text, part)))
}

fn made(args: &[Value], meter: &mut Meter<'_>, make: fn(&str) -> String) -> Outcome {
    let [Value::String(text)] = args else {
        return Err(EvaluationError::NoSuchOverload);
    };
    meter.pay_bytes(text.len())?;
    Ok(make(text).into())
}

/// A place in a text of so many characters, its end included.
fn place(at: i64, length: usize) -> Result<usize, EvaluationError> {
    usize::try_from(at)
        .ok()
        .filter(|at| *at <= length)
        .ok_or(EvaluationError::OutOfBounds)
}

fn char_at(args: &[Value], meter: &mut Meter<'_>) -> Outcome {
    let [Value::String(text), Value::Int(at)] = args else {
        return Err(EvaluationError::NoSuchOverload);
    };
    meter.pay_bytes(text.len())?;
    let at = place(*at, text.chars().count())?;
    Ok(text.chars().nth(at).map(String::from).unwrap_or_default().into())
}

fn index_of(args: &[Value], meter: &mut Meter<'_>, last: bool) -> Outcome {
    let (text, part, from) = match args {
        [Value::List(list), wanted] => return lists::index_of(list, wanted, last, meter),
        [Value::String(text), Value::String(part)] => (text, part, None),
        [Value::String(text), Value::String(part), Value::Int(from)] => (text, part, Some(*from)),
        _ => return Err(EvaluationError::NoSuchOverload),
    };
    meter.pay_bytes(text.len().saturating_add(part.len()))?;
    let length = text.chars().count();
    // Behind the end of the text nothing is found: cel-go, ext/strings.go (`indexOfOffset`).
    if !part.is_empty()
        && from
            .and_then(|from| usize::try_from(from).ok())
            .is_some_and(|from| from >= length)
    {
        return Ok(Value::Int(-1));
    }
    let from = from.map(|from| place(from, length)).transpose()?;
    if part.is_empty() {
        return lists::number(from.unwrap_or(if last { length } else { 0 }));
    }
    let byte = |place: usize| text.char_indices().nth(place).map_or(text.len(), |(at, _)| at);
    let found = if last {
        let end = from.map_or(text.len(), |from| {
            byte(from).saturating_add(part.len()).min(text.len())
        });
        // A match may begin at `from` at most: the text is cut where such a match would end.
        let cut = (0..=end)
            .rev()
            .find(|end| text.is_char_boundary(*end))
            .unwrap_or(0);
        text.get(..cut).and_then(|text| text.rfind(&**part))
    } else {
        let start = byte(from.unwrap_or(0));
        text.get(start..)
            .and_then(|text| text.find(&**part))
            .map(|at| start + at)
    };
    match found.and_then(|at| text.get(..at)) {
        Some(before) => lists::number(before.chars().count()),
        None => Ok(Value::Int(-1)),
    }
}

fn replace(args: &[Value], meter: &mut Meter<'_>) -> Outcome {
    let (text, from, to, limit) = match args {
        [Value::String(text), Value::String(from), Value::String(to)] => (text, from, to, -1),
        [
            Value::String(text),
            Value::String(from),
            Value::String(to),
            Value::Int(limit),
        ] => (text, from, to, *limit),
        _ => return Err(EvaluationError::NoSuchOverload),
    };
    meter.pay_bytes(text.len())?;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let count = text.matches(&**from).take(limit).count();
    meter.pay_bytes(count.saturating_mul(to.len()).saturating_add(text.len()))?;
    Ok(text.replacen(&**from, to, limit).into())
}

/// As Go's `strings.SplitN`: an empty separator splits into characters.
fn split(args: &[Value], meter: &mut Meter<'_>) -> Outcome {
    let (text, by, limit) = match args {
        [Value::String(text), Value::String(by)] => (text, by, -1),
        [Value::String(text), Value::String(by), Value::Int(limit)] => (text, by, *limit),
        _ => return Err(EvaluationError::NoSuchOverload),
    };
    meter.pay_bytes(text.len())?;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let count = if by.is_empty() {
        text.chars().count()
    } else {
        text.matches(&**by).count() + 1
    };
    meter.pay(count.min(limit))?;
    if limit == 0 {
        return Value::list(Vec::new());
    }
    if !by.is_empty() {
        return Value::list(text.splitn(limit, &**by).map(Value::from).collect());
    }
    let mut rest = &**text;
    let mut parts = Vec::new();
    while let Some(first) = rest.chars().next() {
        if parts.len() + 1 >= limit {
            parts.push(rest.into());
            break;
        }
        let (one, after) = rest.split_at_checked(first.len_utf8()).unwrap_or((rest, ""));
        parts.push(one.into());
        rest = after;
    }
    Value::list(parts)
}

fn join(args: &[Value], meter: &mut Meter<'_>) -> Outcome {
    let (list, by) = match args {
        [Value::List(list)] => (list, ""),
        [Value::List(list), Value::String(by)] => (list, &**by),
        _ => return Err(EvaluationError::NoSuchOverload),
    };
    let mut made = String::new();
    for (at, item) in list.items().iter().enumerate() {
        let part = item.as_str().ok_or(EvaluationError::NoSuchOverload)?;
        meter.pay(1)?;
        meter.pay_bytes(part.len().saturating_add(by.len()))?;
        if at > 0 {
            made.push_str(by);
        }
        made.push_str(part);
    }
    Ok(made.into())
}

fn substring(args: &[Value], meter: &mut Meter<'_>) -> Outcome {
    let (text, start, end) = match args {
        [Value::String(text), Value::Int(start)] => (text, *start, None),
        [Value::String(text), Value::Int(start), Value::Int(end)] => (text, *start, Some(*end)),
        _ => return Err(EvaluationError::NoSuchOverload),
    };
    meter.pay_bytes(text.len())?;
    let length = text.chars().count();
    let start = place(start, length)?;
    let end = end.map_or(Ok(length), |end| place(end, length))?;
    let count = end.checked_sub(start).ok_or(EvaluationError::OutOfBounds)?;
    Ok(text.chars().skip(start).take(count).collect::<String>().into())
}
