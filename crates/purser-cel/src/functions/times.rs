//! Parts of timestamps and durations.

use ::time::OffsetDateTime;

use super::Function;
use crate::error::EvaluationError;
use crate::meter::Meter;
use crate::value::Value;

type Outcome = Result<Value, EvaluationError>;

const DATES: &[&str] = &["timestamp -> int", "timestamp, string -> int"];
const CLOCKS: &[&str] = &["timestamp -> int", "timestamp, string -> int", "duration -> int"];

pub(super) const FUNCTIONS: &[Function] = &[
    Function::member("getFullYear", DATES, |args, _| {
        date(args, |time| time.year().into())
    }),
    Function::member("getMonth", DATES, |args, _| {
        date(args, |time| i64::from(u8::from(time.month())) - 1)
    }),
    Function::member("getDate", DATES, |args, _| date(args, |time| time.day().into())),
    Function::member("getDayOfMonth", DATES, |args, _| {
        date(args, |time| i64::from(time.day()) - 1)
    }),
    Function::member("getDayOfWeek", DATES, |args, _| {
        date(args, |time| time.weekday().number_days_from_sunday().into())
    }),
    Function::member("getDayOfYear", DATES, |args, _| {
        date(args, |time| i64::from(time.ordinal()) - 1)
    }),
    Function::member("getHours", CLOCKS, |args, _| {
        clock(args, 3_600_000_000_000, |time| time.hour().into())
    }),
    Function::member("getMinutes", CLOCKS, |args, _| {
        clock(args, 60_000_000_000, |time| time.minute().into())
    }),
    Function::member("getSeconds", CLOCKS, |args, _| {
        clock(args, 1_000_000_000, |time| time.second().into())
    }),
    Function::member("getMilliseconds", CLOCKS, milliseconds),
];

fn date(args: &[Value], part: fn(OffsetDateTime) -> i64) -> Outcome {
    let time = match args {
        [Value::Timestamp(time)] => Some(time.0),
        [Value::Timestamp(time), Value::String(zone)] => time.within_zone(zone),
        _ => return Err(EvaluationError::NoSuchOverload),
    };
    time.map(part)
        .map(Value::Int)
        .ok_or(EvaluationError::Unreadable("unknown time zone"))
}

fn clock(args: &[Value], nanos: i64, part: fn(OffsetDateTime) -> i64) -> Outcome {
    match args {
        [Value::Duration(duration)] => Ok(Value::Int(duration.0.checked_div(nanos).unwrap_or(0))),
        _ => date(args, part),
    }
}

fn milliseconds(args: &[Value], _: &mut Meter<'_>) -> Outcome {
    clock(args, 1_000_000, |time| time.millisecond().into())
}
