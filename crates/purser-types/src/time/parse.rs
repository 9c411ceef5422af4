//! `time.Parse` of the two layouts that Kubernetes has, with its sentences.

use thiserror::Error;

use super::{DAY, days};

/// Why a text is not a time. The sentences are those of Go's `time.ParseError`.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum TimeError {
    /// An element of the layout is not there.
    #[error("parsing time {value} as {layout}: cannot parse {rest} as {element}")]
    Unexpected {
        /// The text, quoted.
        value: String,
        /// The layout, quoted.
        layout: String,
        /// What was met, quoted.
        rest: String,
        /// The element, quoted.
        element: String,
    },
    /// Something else about the whole text.
    #[error("parsing time {value}: {problem}")]
    Other {
        /// The text, quoted.
        value: String,
        /// `month out of range` and the like.
        problem: String,
    },
}

/// A layout.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Layout {
    /// `time.RFC3339`
    Seconds,
    /// `metav1.RFC3339Micro`
    Micros,
}

/// Seconds since 1970, and microseconds of the second.
pub(super) fn parse(text: &str, layout: Layout) -> Result<(i64, i64), TimeError> {
    let mut parser = Parser {
        text,
        layout,
        rest: text.as_bytes(),
        range: None,
    };
    let year = parser.digits("2006", 4, 4)?;
    parser.literal("-")?;
    let month = parser.bounded("01", 2, "month", 1..=12)?;
    parser.literal("-")?;
    let day = parser.digits("02", 2, 2)?;
    parser.literal("T")?;
    let hour = parser.bounded("15", 1, "hour", 0..=23)?;
    parser.literal(":")?;
    let minute = parser.bounded("04", 2, "minute", 0..=59)?;
    parser.literal(":")?;
    let second = parser.bounded("05", 2, "second", 0..=59)?;
    let micros = parser.fraction()?;
    let offset = parser.zone()?;
    parser.finish()?;
    if day < 1 || day > month_length(year, month) {
        return Err(parser.other("day out of range"));
    }
    let seconds = days(year, month, day) * DAY + hour * 3600 + minute * 60 + second - offset;
    if super::Timestamp::from_seconds(seconds).is_none() {
        return Err(parser.other("year out of range"));
    }
    Ok((seconds, micros))
}

fn month_length(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

struct Parser<'a> {
    text: &'a str,
    layout: Layout,
    rest: &'a [u8],
    range: Option<&'static str>,
}

impl Parser<'_> {
    fn literal(&mut self, literal: &'static str) -> Result<(), TimeError> {
        self.rest = self
            .rest
            .strip_prefix(literal.as_bytes())
            .ok_or_else(|| self.unexpected(literal))?;
        Ok(())
    }

    /// A number of `least` to `most` digits.
    fn digits(&mut self, element: &'static str, least: usize, most: usize) -> Result<i64, TimeError> {
        let count = self
            .rest
            .iter()
            .take(most)
            .take_while(|byte| byte.is_ascii_digit())
            .count();
        let (number, rest) = self.rest.split_at_checked(count).unwrap_or_default();
        if count < least {
            return Err(self.unexpected(element));
        }
        self.rest = rest;
        Ok(number
            .iter()
            .fold(0, |value, digit| value * 10 + i64::from(digit - b'0')))
    }

    /// A number of at most two digits in a range; outside of it the whole text is refused.
    fn bounded(
        &mut self,
        element: &'static str,
        least: usize,
        name: &'static str,
        range: std::ops::RangeInclusive<i64>,
    ) -> Result<i64, TimeError> {
        let value = self.digits(element, least, 2)?;
        if range.contains(&value) {
            Ok(value)
        } else {
            Err(self.other(&format!("{name} out of range")))
        }
    }

    /// The fraction of a second in microseconds: optional in one layout, six digits in the other.
    fn fraction(&mut self) -> Result<i64, TimeError> {
        let digits = match self.rest {
            [b'.' | b',', digits @ ..] => digits.iter().take_while(|byte| byte.is_ascii_digit()).count(),
            _ => 0,
        };
        match self.layout {
            Layout::Seconds if digits == 0 => return Ok(0),
            Layout::Micros if digits < 6 => return Err(self.unexpected(".000000")),
            Layout::Seconds | Layout::Micros => {}
        }
        let taken = if self.layout == Layout::Micros { 6 } else { digits };
        let (fraction, rest) = self.rest.split_at_checked(taken + 1).unwrap_or_default();
        self.rest = rest;
        let padded = fraction
            .iter()
            .skip(1)
            .copied()
            .chain(std::iter::repeat(b'0'))
            .take(6);
        Ok(padded.fold(0, |value, digit| value * 10 + i64::from(digit - b'0')))
    }

    /// Seconds east of UTC.
    fn zone(&mut self) -> Result<i64, TimeError> {
        if let [b'Z', rest @ ..] = self.rest {
            self.rest = rest;
            return Ok(0);
        }
        let [sign @ (b'+' | b'-'), h1, h2, b':', m1, m2, rest @ ..] = self.rest else {
            return Err(self.unexpected("Z07:00"));
        };
        if ![h1, h2, m1, m2].iter().all(|byte| byte.is_ascii_digit()) {
            return Err(self.unexpected("Z07:00"));
        }
        let hours = i64::from(h1 - b'0') * 10 + i64::from(h2 - b'0');
        let minutes = i64::from(m1 - b'0') * 10 + i64::from(m2 - b'0');
        if hours > 24 {
            self.range = Some("time zone offset hour");
        } else if minutes > 60 {
            self.range = Some("time zone offset minute");
        }
        let size = hours * 3600 + minutes * 60;
        let offset = if *sign == b'-' { -size } else { size };
        self.rest = rest;
        match self.range {
            Some(name) => Err(self.other(&format!("{name} out of range"))),
            None => Ok(offset),
        }
    }

    fn finish(&self) -> Result<(), TimeError> {
        if self.rest.is_empty() {
            return Ok(());
        }
        Err(self.other(&format!("extra text: {}", quote(self.rest))))
    }

    fn unexpected(&self, element: &'static str) -> TimeError {
        let layout = match self.layout {
            Layout::Seconds => "2006-01-02T15:04:05Z07:00",
            Layout::Micros => "2006-01-02T15:04:05.000000Z07:00",
        };
        TimeError::Unexpected {
            value: quote(self.text.as_bytes()),
            layout: quote(layout.as_bytes()),
            rest: quote(self.rest),
            element: quote(element.as_bytes()),
        }
    }

    fn other(&self, problem: &str) -> TimeError {
        TimeError::Other {
            value: quote(self.text.as_bytes()),
            problem: problem.to_owned(),
        }
    }
}

/// The most of a text that an error repeats, in bytes.
const MAX_QUOTED: usize = 256;

/// `time`'s own quoting: ASCII as it is, everything else in hexadecimal; at most 256 bytes of it.
pub fn quote(text: &[u8]) -> String {
    let mut out = String::from("\"");
    for &byte in text.iter().take(MAX_QUOTED) {
        match byte {
            b'"' | b'\\' => out.extend(['\\', char::from(byte)]),
            b' '..=b'\x7f' => out.push(char::from(byte)),
            _ => out.push_str(&format!("\\x{byte:02x}")),
        }
    }
    out.push('"');
    out
}
