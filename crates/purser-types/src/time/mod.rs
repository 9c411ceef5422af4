//! Times as Kubernetes writes them.
//!
//! Sources: `metav1.Time` (RFC 3339, whole seconds), `metav1.MicroTime` (six decimals), and the sentences of Go's
//! `time.Parse`.

mod parse;

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

pub use self::parse::{TimeError, quote};

const DAY: i64 = 86_400;
/// 0001-01-01T00:00:00Z, which Go takes for "no time".
const FIRST: i64 = -62_135_596_800;
/// 9999-12-31T23:59:59Z, the last that RFC 3339 can say.
const LAST: i64 = 253_402_300_799;

/// A `metav1.Time`: seconds since 1970 in UTC. Displays as RFC 3339.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The time that many seconds after 1970 began, or `None` outside the years 1 to 9999.
    #[must_use]
    pub fn from_seconds(seconds: i64) -> Option<Self> {
        (FIRST..=LAST).contains(&seconds).then_some(Self(seconds))
    }

    /// Seconds since 1970, negative before.
    #[must_use]
    pub fn seconds(self) -> i64 {
        self.0
    }

    /// Whether it is the one that Go takes for "no time", 0001-01-01T00:00:00Z.
    #[must_use]
    pub fn is_zero(self) -> bool {
        self.0 == FIRST
    }

    /// Reads RFC 3339, dropping fractions of a second.
    ///
    /// # Errors
    /// With the sentence of Go's `time.Parse`.
    pub fn parse(text: &str) -> Result<Self, TimeError> {
        parse::parse(text, parse::Layout::Seconds).map(|(seconds, _)| Self(seconds))
    }
}

impl From<SystemTime> for Timestamp {
    /// The second of that time; times that RFC 3339 cannot say become the nearest it can.
    fn from(time: SystemTime) -> Self {
        Self(whole_micros(time).div_euclid(1_000_000).clamp(FIRST, LAST))
    }
}

impl From<Timestamp> for SystemTime {
    fn from(time: Timestamp) -> Self {
        offset(time.0, 0)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_seconds(self.0, f)?;
        f.write_str("Z")
    }
}

/// A `metav1.MicroTime`: microseconds since 1970 in UTC. Displays as RFC 3339 with six decimals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MicroTime(i64);

impl MicroTime {
    /// The time that many microseconds after 1970 began, or `None` outside the years 1 to 9999.
    #[must_use]
    pub fn from_micros(micros: i64) -> Option<Self> {
        (FIRST..=LAST)
            .contains(&micros.div_euclid(1_000_000))
            .then_some(Self(micros))
    }

    /// Microseconds since 1970, negative before.
    #[must_use]
    pub fn micros(self) -> i64 {
        self.0
    }

    /// Whether it is the one that Go takes for "no time".
    #[must_use]
    pub fn is_zero(self) -> bool {
        self.0 == FIRST * 1_000_000
    }

    /// Reads RFC 3339 with exactly six decimals.
    ///
    /// # Errors
    /// With the sentence of Go's `time.Parse`.
    pub fn parse(text: &str) -> Result<Self, TimeError> {
        parse::parse(text, parse::Layout::Micros).map(|(seconds, micros)| Self(seconds * 1_000_000 + micros))
    }
}

impl From<SystemTime> for MicroTime {
    fn from(time: SystemTime) -> Self {
        Self(whole_micros(time).clamp(FIRST * 1_000_000, LAST * 1_000_000))
    }
}

impl From<MicroTime> for SystemTime {
    fn from(time: MicroTime) -> Self {
        offset(time.0.div_euclid(1_000_000), time.0.rem_euclid(1_000_000))
    }
}

impl fmt::Display for MicroTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_seconds(self.0.div_euclid(1_000_000), f)?;
        write!(f, ".{:06}Z", self.0.rem_euclid(1_000_000))
    }
}

/// Microseconds since 1970, rounded down; saturated.
fn whole_micros(time: SystemTime) -> i64 {
    match time.duration_since(UNIX_EPOCH) {
        Ok(after) => i64::try_from(after.as_micros()).unwrap_or(i64::MAX),
        Err(before) => {
            let nanos = before.duration().as_nanos().div_ceil(1_000);
            i64::try_from(nanos).map_or(i64::MIN, |micros| -micros)
        }
    }
}

fn offset(seconds: i64, micros: i64) -> SystemTime {
    let fraction = Duration::from_micros(micros.unsigned_abs());
    let whole = Duration::from_secs(seconds.unsigned_abs());
    if seconds < 0 {
        UNIX_EPOCH - whole + fraction
    } else {
        UNIX_EPOCH + whole + fraction
    }
}

/// `2006-01-02T15:04:05` of a time within the years 1 to 9999.
fn digits(seconds: i64) -> [u8; 19] {
    let (year, month, day) = civil(seconds.div_euclid(DAY));
    let time = seconds.rem_euclid(DAY);
    let mut text = *b"0000-00-00T00:00:00";
    let parts = [
        year / 100,
        year % 100,
        month,
        day,
        time / 3600,
        time / 60 % 60,
        time % 60,
    ];
    for (position, part) in [0, 2, 5, 8, 11, 14, 17].into_iter().zip(parts) {
        if let Some([tens, ones]) = text.get_mut(position..position + 2) {
            *tens = b'0' + u8::try_from(part / 10).unwrap_or(0);
            *ones = b'0' + u8::try_from(part % 10).unwrap_or(0);
        }
    }
    text
}

fn write_seconds(seconds: i64, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.write_str(std::str::from_utf8(&digits(seconds)).unwrap_or_default())
}

/// The date of a day counted from 1970-01-01 in the Gregorian calendar.
///
/// Source: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", `civil_from_days`.
fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 {
        shifted_month + 3
    } else {
        shifted_month - 9
    };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

/// The inverse of [`civil`].
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let shifted_month = if month > 2 { month - 3 } else { month + 9 };
    let of_year = (153 * shifted_month + 2) / 5 + day - 1;
    let of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + of_year;
    era * 146_097 + of_era - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(text: &str) -> String {
        Timestamp::parse(text).unwrap_err().to_string()
    }

    #[test]
    fn formats_and_parses_the_same_instant() {
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (1_763_941_271, "2025-11-23T23:41:11Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (-1, "1969-12-31T23:59:59Z"),
            (FIRST, "0001-01-01T00:00:00Z"),
            (LAST, "9999-12-31T23:59:59Z"),
        ] {
            let time = Timestamp::from_seconds(seconds).unwrap();
            assert_eq!(time.to_string(), text);
            assert_eq!(Timestamp::parse(text), Ok(time));
        }
        assert_eq!(Timestamp::from_seconds(LAST + 1), None);
    }

    #[test]
    fn offsets_and_fractions_are_taken_into_utc_seconds() {
        let text = |text| Timestamp::parse(text).unwrap().to_string();
        assert_eq!(text("2020-01-01T01:00:00+02:00"), "2019-12-31T23:00:00Z");
        assert_eq!(text("2020-01-01T01:00:00.999Z"), "2020-01-01T01:00:00Z");
        assert_eq!(text("2020-01-01T1:00:00,5-00:30"), "2020-01-01T01:30:00Z");
    }

    #[test]
    fn mistakes_read_as_in_go() {
        let layout = "2006-01-02T15:04:05Z07:00";
        let cannot = |text: &str, rest: &str, element: &str| {
            format!("parsing time \"{text}\" as \"{layout}\": cannot parse \"{rest}\" as \"{element}\"")
        };
        assert_eq!(message("yesterday"), cannot("yesterday", "yesterday", "2006"));
        assert_eq!(message(""), cannot("", "", "2006"));
        assert_eq!(message("2020"), cannot("2020", "", "-"));
        assert_eq!(
            message("2020-1-01T00:00:00Z"),
            cannot("2020-1-01T00:00:00Z", "1-01T00:00:00Z", "01")
        );
        assert_eq!(
            message("2020-01-01 00:00:00Z"),
            cannot("2020-01-01 00:00:00Z", " 00:00:00Z", "T")
        );
        assert_eq!(
            message("2020-01-01T00:00:00"),
            cannot("2020-01-01T00:00:00", "", "Z07:00")
        );
        assert_eq!(
            message("2020-13-01T00:00:00Z"),
            "parsing time \"2020-13-01T00:00:00Z\": month out of range"
        );
        assert_eq!(
            message("2021-02-29T00:00:00Z"),
            "parsing time \"2021-02-29T00:00:00Z\": day out of range"
        );
        assert_eq!(
            message("2021-02-20T24:00:00Z"),
            "parsing time \"2021-02-20T24:00:00Z\": hour out of range"
        );
        assert_eq!(
            message("2021-02-20T00:00:00Zé"),
            "parsing time \"2021-02-20T00:00:00Z\\xc3\\xa9\": extra text: \"\\xc3\\xa9\""
        );
    }

    #[test]
    fn micro_times_need_six_decimals() {
        let time = MicroTime::parse("2020-01-01T00:00:00.000001Z").unwrap();
        assert_eq!(time.to_string(), "2020-01-01T00:00:00.000001Z");
        assert_eq!(
            MicroTime::parse("now").unwrap_err().to_string(),
            "parsing time \"now\" as \"2006-01-02T15:04:05.000000Z07:00\": cannot parse \"now\" as \"2006\""
        );
        assert!(MicroTime::parse("2020-01-01T00:00:00Z").is_err());
    }

    #[test]
    fn system_times_before_1970_round_down() {
        let time = UNIX_EPOCH - Duration::from_millis(1);
        assert_eq!(Timestamp::from(time).seconds(), -1);
        assert_eq!(SystemTime::from(MicroTime::from(time)), time);
    }
}
