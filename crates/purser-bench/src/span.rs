//! Spans of time as people write them: `500ms`, `10s`, `2m`, or plain seconds.

use std::time::Duration;

/// Longest span taken: a day.
const LONGEST: Duration = Duration::from_secs(86_400);

/// Reads a span.
///
/// # Errors
/// What is wrong with the text, for clap to show.
pub(crate) fn parse(text: &str) -> Result<Duration, String> {
    let (number, scale) = if let Some(number) = text.strip_suffix("ms") {
        (number, 0.001)
    } else if let Some(number) = text.strip_suffix('s') {
        (number, 1.0)
    } else if let Some(number) = text.strip_suffix('m') {
        (number, 60.0)
    } else {
        (text, 1.0)
    };
    let number: f64 = number
        .parse()
        .map_err(|_| "write it as 500ms, 10s or 2m".to_owned())?;
    let span =
        Duration::try_from_secs_f64(number * scale).map_err(|_| "it must not be negative".to_owned())?;
    if span > LONGEST {
        Err("at most a day".to_owned())
    } else {
        Ok(span)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_each_unit_and_plain_seconds() {
        assert_eq!(parse("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(parse("10s"), Ok(Duration::from_secs(10)));
        assert_eq!(parse("2m"), Ok(Duration::from_secs(120)));
        assert_eq!(parse("1.5"), Ok(Duration::from_millis(1500)));
    }

    #[test]
    fn refuses_what_is_no_span() {
        for text in ["", "s", "-1s", "ten", "1h", "NaN", "100000000s"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
