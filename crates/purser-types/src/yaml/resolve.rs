//! What a plain scalar means: YAML 1.1 as `goyaml.v2` has it.

/// The meaning of a plain scalar.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Resolved {
    Null,
    Bool(bool),
    /// In decimal.
    Int(String),
    Float(f64),
    /// Kept as text, but quoted when written.
    Timestamp,
    Merge,
    Text,
}

/// The meaning of `text` without quotes and tag.
pub(super) fn resolve(text: &str) -> Resolved {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Resolved::Null,
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => {
            return Resolved::Bool(true);
        }
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            return Resolved::Bool(false);
        }
        ".nan" | ".NaN" | ".NAN" => return Resolved::Float(f64::NAN),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => return Resolved::Float(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => return Resolved::Float(f64::NEG_INFINITY),
        "<<" => return Resolved::Merge,
        _ => {}
    }
    match text.as_bytes().first() {
        Some(b'+' | b'-' | b'0'..=b'9') => number(text),
        Some(b'.') if is_float(text) => text.parse().map_or(Resolved::Text, Resolved::Float),
        _ => Resolved::Text,
    }
}

fn number(text: &str) -> Resolved {
    if is_timestamp(text) {
        return Resolved::Timestamp;
    }
    let plain: String = text.chars().filter(|&c| c != '_').collect();
    if let Some(value) = int(&plain) {
        return Resolved::Int(value.to_string());
    }
    if is_float(&plain) {
        return plain.parse().map_or(Resolved::Text, Resolved::Float);
    }
    Resolved::Text
}

/// `strconv.ParseInt` and `ParseUint` with base 0: from the least `int64` to the greatest `uint64`.
fn int(text: &str) -> Option<i128> {
    let (negative, digits) = match text.as_bytes() {
        [b'-', ..] => (true, text.get(1..)?),
        [b'+', ..] => (false, text.get(1..)?),
        _ => (false, text),
    };
    let prefixed = |prefixes: [&str; 2]| {
        prefixes
            .into_iter()
            .find_map(|prefix| digits.strip_prefix(prefix))
    };
    let (radix, digits) = if let Some(rest) = prefixed(["0x", "0X"]) {
        (16, rest)
    } else if let Some(rest) = prefixed(["0b", "0B"]) {
        (2, rest)
    } else if let Some(rest) = prefixed(["0o", "0O"]) {
        (8, rest)
    } else if digits.len() > 1 && digits.starts_with('0') {
        (8, digits)
    } else {
        (10, digits)
    };
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return None;
    }
    let value = i128::from(u64::from_str_radix(digits, radix).ok()?);
    let value = if negative { -value } else { value };
    // An explicit sign rules out the unsigned reading.
    let most = if text.starts_with(['-', '+']) {
        i128::from(i64::MAX)
    } else {
        i128::from(u64::MAX)
    };
    (i128::from(i64::MIN)..=most).contains(&value).then_some(value)
}

/// `^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$`
fn is_float(text: &str) -> bool {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let mantissa = match mantissa.split_once('.') {
        Some(("", fraction)) => !fraction.is_empty() && digits(fraction),
        Some((whole, fraction)) => digits(whole) && digits(fraction),
        None => !mantissa.is_empty() && digits(mantissa),
    };
    mantissa
        && exponent.is_none_or(|exponent| {
            let exponent = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
            !exponent.is_empty() && digits(exponent)
        })
}

/// `2006-1-2`, `2006-1-2T15:4:5.999Z07:00` (also with `t`), `2006-1-2 15:4:5.999`.
fn is_timestamp(text: &str) -> bool {
    let (date, time) = match text.split_once(['T', 't', ' ']) {
        Some((date, time)) => (date, Some(time)),
        None => (text, None),
    };
    let mut parts = date.split('-');
    let year = parts
        .next()
        .is_some_and(|part| part.len() == 4 && is_within(part, 0, 9999));
    let month = parts
        .next()
        .is_some_and(|part| part.len() <= 2 && is_within(part, 1, 12));
    let day = parts
        .next()
        .is_some_and(|part| part.len() <= 2 && is_within(part, 1, 31));
    if !(year && month && day && parts.next().is_none()) {
        return false;
    }
    let Some(time) = time else { return true };
    if text.contains(' ') {
        return is_clock(time);
    }
    if let Some(time) = time.strip_suffix('Z') {
        return is_clock(time);
    }
    time.rsplit_once(['+', '-']).is_some_and(|(clock, zone)| {
        let zone = zone.split_once(':');
        is_clock(clock)
            && zone.is_some_and(|(hours, minutes)| {
                hours.len() == 2 && minutes.len() == 2 && is_within(hours, 0, 24) && is_within(minutes, 0, 60)
            })
    })
}

/// `15:4:5` with an optional fraction.
fn is_clock(text: &str) -> bool {
    let (whole, fraction) = match text.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (text, None),
    };
    let mut parts = whole.split(':');
    let hour = parts
        .next()
        .is_some_and(|part| part.len() <= 2 && is_within(part, 0, 23));
    let minute = parts
        .next()
        .is_some_and(|part| part.len() <= 2 && is_within(part, 0, 59));
    let second = parts
        .next()
        .is_some_and(|part| part.len() <= 2 && is_within(part, 0, 59));
    let fraction =
        fraction.is_none_or(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()));
    hour && minute && second && fraction && parts.next().is_none()
}

fn is_within(text: &str, least: u32, most: u32) -> bool {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits
        && text
            .parse::<u32>()
            .is_ok_and(|value| (least..=most).contains(&value))
}

/// `^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?$`: other readers take these for numbers.
pub(super) fn is_base_60_float(text: &str) -> bool {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (whole, fraction) = match unsigned.split_once('.') {
        Some((whole, fraction)) => (whole, fraction),
        None => (unsigned, ""),
    };
    let mut parts = whole.split(':');
    let first = parts.next().unwrap_or_default();
    let loose = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_');
    let mut count = 0;
    let sixty = parts.all(|part| {
        count += 1;
        part.len() <= 2 && is_within(part, 0, 59)
    });
    first.bytes().next().is_some_and(|byte| byte.is_ascii_digit())
        && loose(first)
        && sixty
        && count > 0
        && loose(fraction)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_scalars_mean_what_yaml_1_1_says() {
        for text in ["y", "Yes", "on", "TRUE"] {
            assert_eq!(resolve(text), Resolved::Bool(true), "{text}");
        }
        for text in ["n", "No", "off", "False"] {
            assert_eq!(resolve(text), Resolved::Bool(false), "{text}");
        }
        for (text, value) in [
            ("12", "12"),
            ("-1_000", "-1000"),
            ("0x1F", "31"),
            ("010", "8"),
            ("0o17", "15"),
            ("0b101", "5"),
            ("18446744073709551615", "18446744073709551615"),
        ] {
            assert_eq!(resolve(text), Resolved::Int(value.to_owned()), "{text}");
        }
        for (text, value) in [
            ("1.5", 1.5),
            ("09", 9.0),
            (".5", 0.5),
            ("1e3", 1000.0),
            ("-1.", -1.0),
        ] {
            assert_eq!(resolve(text), Resolved::Float(value), "{text}");
        }
        for text in [
            "2020-01-01",
            "2020-1-2T3:4:5Z",
            "2020-01-01T00:00:00.5+02:00",
            "2020-01-01 10:00:00",
        ] {
            assert_eq!(resolve(text), Resolved::Timestamp, "{text}");
        }
        for text in [
            "a",
            "yEs",
            "1a",
            "0x",
            "1.2.3",
            "-",
            "+",
            ".",
            "2020-13-01",
            "1e",
            "12:30",
            "a b",
            "= ",
        ] {
            assert_eq!(resolve(text), Resolved::Text, "{text}");
        }
        assert!(is_base_60_float("12:30") && is_base_60_float("+1_0:59.5") && !is_base_60_float("12:60"));
    }
}
