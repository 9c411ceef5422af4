//! Lengths of time and points in time.
//!
//! Sources: the CEL specification, langdef.md, "Timestamp"/"Duration"; Go's time.ParseDuration.

use std::fmt;

use ::time::format_description::well_known::Rfc3339;
use ::time::{OffsetDateTime, UtcOffset};

/// A length of time, in nanoseconds: 292 years at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Duration(pub(crate) i64);

/// A point in time of the years 1 to 9999.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Timestamp(pub(crate) OffsetDateTime);

const SECOND: i64 = 1_000_000_000;

/// Longest first: `ms` is no `m`.
const UNITS: &[(&str, i64)] = &[
    ("ns", 1),
    ("us", 1_000),
    ("µs", 1_000),
    ("μs", 1_000),
    ("ms", 1_000_000),
    ("s", SECOND),
    ("m", 60 * SECOND),
    ("h", 3_600 * SECOND),
];

impl Duration {
    /// Reads `1h30m`, `-1.5s`, `0`.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let (negative, mut rest) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        if rest == "0" {
            return Some(Self(0));
        }
        let mut total: i128 = 0;
        loop {
            let end = rest.find(|char: char| !char.is_ascii_digit() && char != '.')?;
            let (number, after) = rest.split_at_checked(end)?;
            let (unit, scale) = UNITS.iter().find(|(unit, _)| after.starts_with(unit))?;
            total = total.checked_add(scaled(number, *scale)?)?;
            rest = after.strip_prefix(unit)?;
            if rest.is_empty() {
                break;
            }
        }
        i64::try_from(if negative { -total } else { total })
            .ok()
            .map(Self)
    }
}

fn scaled(number: &str, scale: i64) -> Option<i128> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() && fraction.is_empty() || fraction.contains('.') {
        return None;
    }
    let mut total = match whole {
        "" => 0,
        digits => i128::from(digits.parse::<u64>().ok()?).checked_mul(i128::from(scale))?,
    };
    let mut unit = i128::from(scale);
    for digit in fraction.chars() {
        unit /= 10;
        total += i128::from(digit.to_digit(10)?) * unit;
    }
    Some(total)
}

impl fmt::Display for Duration {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let (seconds, nanos) = (
            self.0.unsigned_abs() / 1_000_000_000,
            self.0.unsigned_abs() % 1_000_000_000,
        );
        if nanos == 0 {
            return write!(out, "{sign}{seconds}s");
        }
        let fraction = format!("{nanos:09}");
        write!(out, "{sign}{seconds}.{}s", fraction.trim_end_matches('0'))
    }
}

impl Timestamp {
    /// Reads RFC 3339.
    pub(crate) fn read(text: &str) -> Option<Self> {
        OffsetDateTime::parse(text, &Rfc3339).ok().and_then(Self::within)
    }

    /// So many seconds since 1970.
    pub(crate) fn of_seconds(seconds: i64) -> Option<Self> {
        OffsetDateTime::from_unix_timestamp(seconds)
            .ok()
            .and_then(Self::within)
    }

    fn within(time: OffsetDateTime) -> Option<Self> {
        let time = time.checked_to_offset(UtcOffset::UTC)?;
        (1..=9999).contains(&time.year()).then_some(Self(time))
    }

    pub(crate) fn plus(self, duration: Duration) -> Option<Self> {
        self.0
            .checked_add(::time::Duration::nanoseconds(duration.0))
            .and_then(Self::within)
    }

    pub(crate) fn minus(self, duration: Duration) -> Option<Self> {
        self.0
            .checked_sub(::time::Duration::nanoseconds(duration.0))
            .and_then(Self::within)
    }

    pub(crate) fn since(self, other: Self) -> Option<Duration> {
        i64::try_from((self.0 - other.0).whole_nanoseconds())
            .ok()
            .map(Duration)
    }

    /// The same in a zone: `UTC`, or an offset as `+02:00`. Names of places are not known.
    pub(crate) fn within_zone(self, zone: &str) -> Option<OffsetDateTime> {
        if matches!(zone, "UTC" | "") {
            return Some(self.0);
        }
        let (sign, digits) = match zone.strip_prefix('-') {
            Some(digits) => (-1, digits),
            None => (1, zone.strip_prefix('+').unwrap_or(zone)),
        };
        let (hours, minutes) = digits.split_once(':')?;
        let two = |text: &str| (text.len() == 2).then(|| text.parse::<u8>().ok()).flatten();
        let (hours, minutes) = (i8::try_from(two(hours)?).ok()?, i8::try_from(two(minutes)?).ok()?);
        let offset = UtcOffset::from_hms(sign * hours, sign * minutes, 0).ok()?;
        self.0.checked_to_offset(offset)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0.format(&Rfc3339).map_err(|_| fmt::Error)?)
    }
}
