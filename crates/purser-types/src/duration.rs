//! Go's durations, `1m30s`.

use std::time::Duration;

use crate::time::quote;

/// Units and their seconds.
const UNITS: [(&str, f64); 8] = [
    ("ns", 1e-9),
    ("us", 1e-6),
    ("µs", 1e-6),
    ("μs", 1e-6),
    ("ms", 1e-3),
    ("s", 1.0),
    ("m", 60.0),
    ("h", 3600.0),
];

/// Reads a duration as Go's `time.ParseDuration`; negative ones are zero.
///
/// # Errors
/// Go's sentence.
pub fn parse_duration(text: &str) -> Result<Duration, String> {
    let quoted = |text: &str| quote(text.as_bytes());
    let invalid = || format!("time: invalid duration {}", quoted(text));
    let (negative, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Ok(Duration::ZERO);
    }
    if rest.is_empty() {
        return Err(invalid());
    }
    let mut seconds = 0.0;
    while !rest.is_empty() {
        let digits = rest
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .unwrap_or(rest.len());
        let (number, after) = rest.split_at_checked(digits).ok_or_else(invalid)?;
        let letters = after
            .find(|c: char| c.is_ascii_digit() || c == '.')
            .unwrap_or(after.len());
        let (unit, next) = after.split_at_checked(letters).ok_or_else(invalid)?;
        let number: f64 = number.parse().map_err(|_| invalid())?;
        if unit.is_empty() {
            return Err(format!("time: missing unit in duration {}", quoted(text)));
        }
        let (_, scale) = UNITS
            .iter()
            .find(|(name, _)| *name == unit)
            .ok_or_else(|| format!("time: unknown unit {} in duration {}", quoted(unit), quoted(text)))?;
        seconds += number * scale;
        rest = next;
    }
    if negative {
        return Ok(Duration::ZERO);
    }
    Duration::try_from_secs_f64(seconds).map_err(|_| invalid())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_as_gos() {
        assert_eq!(parse_duration("32s"), Ok(Duration::from_secs(32)));
        assert_eq!(parse_duration("1m1.5s"), Ok(Duration::from_millis(61_500)));
        assert_eq!(parse_duration("0"), Ok(Duration::ZERO));
        assert_eq!(
            parse_duration("x"),
            Err("time: invalid duration \"x\"".to_owned())
        );
        assert_eq!(
            parse_duration("3\u{b5}\n"),
            Err(r#"time: unknown unit "\xc2\xb5\x0a" in duration "3\xc2\xb5\x0a""#.to_owned())
        );
        assert_eq!(
            parse_duration("3"),
            Err("time: missing unit in duration \"3\"".to_owned())
        );
        assert_eq!(
            parse_duration("3y"),
            Err("time: unknown unit \"y\" in duration \"3y\"".to_owned())
        );
        assert!(parse_duration(".s").is_err() && parse_duration("99999999999999999999h").is_err());
    }
}
