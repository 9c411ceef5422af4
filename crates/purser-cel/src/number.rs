//! Numbers of three kinds, compared and converted with each other.
//!
//! Source: cel-go, common/types/overflow.go and compare.go.

use std::cmp::Ordering;

/// One more than the greatest int, exactly.
const INT_LIMIT: f64 = 9_223_372_036_854_775_808.0;
/// One more than the greatest uint, exactly.
const UINT_LIMIT: f64 = 18_446_744_073_709_551_616.0;

/// The int that a double is cut to; none outside of its range.
#[expect(
    clippy::cast_possible_truncation,
    reason = "the range is checked, and the fraction is to be cut"
)]
pub(crate) fn int_of(number: f64) -> Option<i64> {
    (number > -INT_LIMIT && number < INT_LIMIT).then_some(number as i64)
}

/// The uint that a double is cut to; none outside of its range.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the range is checked, and the fraction is to be cut"
)]
pub(crate) fn uint_of(number: f64) -> Option<u64> {
    (0.0..UINT_LIMIT).contains(&number).then_some(number as u64)
}

/// The int that a double is, when it is one.
#[expect(
    clippy::float_cmp,
    reason = "whether it is exactly that number is what is asked"
)]
pub(crate) fn exact_int(number: f64) -> Option<i64> {
    int_of(number).filter(|int| double(*int) == number)
}

/// The double next to an int.
pub(crate) fn double(number: i64) -> f64 {
    number as f64
}

/// The double next to a uint.
pub(crate) fn double_of(number: u64) -> f64 {
    number as f64
}

/// An int against a double; none for what is not a number.
pub(crate) fn int_to_double(int: i64, number: f64) -> Option<Ordering> {
    if number >= INT_LIMIT {
        return Some(Ordering::Less);
    }
    if number < -INT_LIMIT {
        return Some(Ordering::Greater);
    }
    double(int).partial_cmp(&number)
}

/// A uint against a double; none for what is not a number.
pub(crate) fn uint_to_double(uint: u64, number: f64) -> Option<Ordering> {
    if number >= UINT_LIMIT {
        return Some(Ordering::Less);
    }
    if number < 0.0 {
        return Some(Ordering::Greater);
    }
    double_of(uint).partial_cmp(&number)
}

/// An int against a uint.
pub(crate) fn int_to_uint(int: i64, uint: u64) -> Ordering {
    u64::try_from(int).map_or(Ordering::Less, |int| int.cmp(&uint))
}

/// The shortest text that reads back as this number, as Go's `FormatFloat(number, 'g', -1, 64)` writes it.
pub(crate) fn shown(number: f64) -> String {
    if number.is_nan() {
        return "NaN".to_owned();
    }
    if number.is_infinite() {
        return if number > 0.0 { "+Inf" } else { "-Inf" }.to_owned();
    }
    let scientific = format!("{number:e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    // strconv/ftoa.go: with the shortest digits, an exponent of six and more is written as one.
    if (-4..6).contains(&exponent) {
        return format!("{number}");
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{digits}e{sign}{:02}", exponent.unsigned_abs())
}
