//! Spans of time as kube-apiserver's flags write them: `30s`, `1m30s`, `500ms`, `2h`.

use std::time::Duration;

/// The shortest bound on how long tokens last, as upstream's (`pkg/controlplane/apiserver/options`).
const LEAST_BOUND: Duration = Duration::from_secs(60 * 60);

/// The shortest that the API lets anybody ask for (`pkg/apis/certificates/validation`); of tokens as well.
const SHORTEST_CERTIFICATE: Duration = Duration::from_secs(10 * 60);

/// Longest span taken: a year.
const LONGEST: Duration = Duration::from_secs(365 * 86_400);

/// Reads a span.
///
/// # Errors
/// What is wrong with the text, for clap to show.
pub(crate) fn parse(text: &str) -> Result<Duration, String> {
    let wrong = || "write it as 30s, 1m30s or 500ms".to_owned();
    if text == "0" {
        return Ok(Duration::ZERO);
    }
    let mut total = Duration::ZERO;
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).ok_or_else(wrong)?;
        let (number, after) = rest.split_at_checked(digits).ok_or_else(wrong)?;
        let number: u64 = number.parse().map_err(|_| wrong())?;
        let end = after.find(|c: char| c.is_ascii_digit()).unwrap_or(after.len());
        let (unit, after) = after.split_at_checked(end).ok_or_else(wrong)?;
        let part = match unit {
            "ms" => Some(Duration::from_millis(number)),
            "s" => Some(Duration::from_secs(number)),
            "m" => number.checked_mul(60).map(Duration::from_secs),
            "h" => number.checked_mul(3_600).map(Duration::from_secs),
            _ => None,
        };
        total = part.and_then(|part| total.checked_add(part)).ok_or_else(wrong)?;
        rest = after;
    }
    if text.is_empty() {
        Err(wrong())
    } else if total > LONGEST {
        Err("at most a year".to_owned())
    } else {
        Ok(total)
    }
}

/// As [`parse`], of a time within which something has to happen.
///
/// # Errors
/// As [`parse`], and when it is none.
pub(crate) fn parse_some(text: &str) -> Result<Duration, String> {
    match parse(text)? {
        Duration::ZERO => Err("nothing happens in no time".to_owned()),
        some => Ok(some),
    }
}

/// How long a certificate is to be good.
///
/// # Errors
/// When it is no time, or too short.
pub(crate) fn certificate(text: &str) -> Result<Duration, String> {
    let lasts = parse(text)?;
    if lasts < SHORTEST_CERTIFICATE {
        return Err("10m at least".to_owned());
    }
    Ok(lasts)
}

/// A bound on how long tokens last.
///
/// # Errors
/// When it is no time, or too short.
pub(crate) fn longest(text: &str) -> Result<Duration, String> {
    let longest = parse(text)?;
    if longest < LEAST_BOUND {
        return Err("1h at least".to_owned());
    }
    Ok(longest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_units_and_sums_of_them() {
        assert_eq!(parse("30s"), Ok(Duration::from_secs(30)));
        assert_eq!(parse("1m30s"), Ok(Duration::from_secs(90)));
        assert_eq!(parse("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(parse("2h"), Ok(Duration::from_secs(7_200)));
        assert_eq!(parse("0"), Ok(Duration::ZERO));
    }

    #[test]
    fn refuses_what_is_no_span() {
        for text in [
            "",
            "30",
            "s",
            "-1s",
            "1.5s",
            "1d",
            "1s2",
            "99999999999999999999s",
            "9000h",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn the_bound_is_itself_bounded() {
        assert_eq!(longest("24h"), Ok(Duration::from_secs(86_400)));
        assert!(longest("10m").is_err() && longest("8761h").is_err());
        assert_eq!(certificate("10m"), Ok(Duration::from_secs(600)));
        assert!(certificate("599s").is_err() && certificate("8761h").is_err());
    }
}
