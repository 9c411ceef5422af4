//! Quantities: amounts with a suffix, `100m`, `1Gi`, `1e3`.
//!
//! Source: `k8s.io/apimachinery/pkg/api/resource/quantity.go`; amounts are exact to a billionth and, unlike
//! upstream's, bounded by what 127 bits of billionths can say.

use std::cmp::Ordering;
use std::fmt;

/// Billionths in one.
const NANOS: i128 = 1_000_000_000;
/// The most that is kept of an amount with a binary suffix, as upstream.
const MAX_BINARY: i128 = i64::MAX as i128 * NANOS;

/// Decimal suffixes with their exponents of ten.
const DECIMAL: [(&str, i32); 10] = [
    ("n", -9),
    ("u", -6),
    ("m", -3),
    ("", 0),
    ("k", 3),
    ("M", 6),
    ("G", 9),
    ("T", 12),
    ("P", 15),
    ("E", 18),
];
/// Binary suffixes with their exponents of two.
const BINARY: [(&str, u32); 6] = [
    ("Ki", 10),
    ("Mi", 20),
    ("Gi", 30),
    ("Ti", 40),
    ("Pi", 50),
    ("Ei", 60),
];

/// How an amount was written, and so is written again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Style {
    Decimal,
    Binary,
    Exponent,
}

/// An amount. Displays in upstream's canonical form; compares by amount, whatever the suffix.
#[derive(Debug, Clone, Copy)]
pub struct Quantity {
    nanos: i128,
    style: Style,
}

/// Why a text is no quantity, in upstream's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum QuantityError {
    /// It does not look like one.
    #[error("quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'")]
    Format,
    /// The number cannot be read.
    #[error("unable to parse numeric part of quantity")]
    Numeric,
    /// There is no such suffix.
    #[error("unable to parse quantity's suffix")]
    Suffix,
}

impl Quantity {
    /// Nothing.
    pub const ZERO: Self = Self {
        nanos: 0,
        style: Style::Decimal,
    };

    /// A whole number.
    #[must_use]
    pub fn whole(number: i64) -> Self {
        Self {
            nanos: i128::from(number) * NANOS,
            style: Style::Decimal,
        }
    }

    /// Reads a quantity. What is finer than a billionth is rounded away from zero.
    ///
    /// # Errors
    /// With upstream's sentence.
    pub fn parse(text: &str) -> Result<Self, QuantityError> {
        if text.is_empty() {
            return Err(QuantityError::Format);
        }
        let parts = Parts::of(text)?;
        let (base, exponent, style) = interpret(parts.suffix).ok_or(QuantityError::Suffix)?;
        let nanos = amount(&parts, base, exponent).ok_or(QuantityError::Numeric)?;
        let (nanos, style) = match style {
            Style::Binary if nanos > 0 && nanos < NANOS => (nanos, Style::Decimal),
            Style::Binary => (nanos.min(MAX_BINARY), style),
            style => (nanos, style),
        };
        let nanos = if parts.negative { -nanos } else { nanos };
        Ok(Self { nanos, style })
    }

    /// Whether it is a whole number.
    #[must_use]
    pub fn is_whole(self) -> bool {
        self.nanos % NANOS == 0
    }

    /// Whether it is some times a part, which is more than nothing.
    #[must_use]
    pub fn is_multiple_of(self, part: Self) -> bool {
        part.nanos > 0 && self.nanos % part.nanos == 0
    }

    /// Whether it is less than nothing.
    #[must_use]
    pub fn is_negative(self) -> bool {
        self.nanos < 0
    }

    /// Whether it is nothing.
    #[must_use]
    pub fn is_zero(self) -> bool {
        self.nanos == 0
    }

    /// The amount as a number that is near enough to tell ratios.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "it is said to be near, not exact")]
    pub fn approximately(self) -> f64 {
        self.nanos as f64 / NANOS as f64
    }

    /// The sum, in the style of this one (of `other` when this is nothing); saturated.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            nanos: self.nanos.saturating_add(other.nanos),
            style: if self.nanos == 0 { other.style } else { self.style },
        }
    }
}

impl PartialEq for Quantity {
    fn eq(&self, other: &Self) -> bool {
        self.nanos == other.nanos
    }
}

impl Eq for Quantity {}

impl PartialOrd for Quantity {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Quantity {
    fn cmp(&self, other: &Self) -> Ordering {
        self.nanos.cmp(&other.nanos)
    }
}

/// A quantity taken apart.
struct Parts<'a> {
    negative: bool,
    whole: &'a str,
    fraction: &'a str,
    suffix: &'a str,
}

impl<'a> Parts<'a> {
    fn of(text: &'a str) -> Result<Self, QuantityError> {
        let negative = text.starts_with('-');
        let rest = text.strip_prefix(['-', '+']).unwrap_or(text);
        let (whole, rest) = split(rest, |byte| byte.is_ascii_digit());
        let (fraction, suffix) = match rest.strip_prefix('.') {
            Some(rest) => split(rest, |byte| byte.is_ascii_digit()),
            None => ("", rest),
        };
        let (_, rest) = split(suffix, |byte| b"eEinumkKMGTP".contains(&byte));
        let rest = rest.strip_prefix(['-', '+']).unwrap_or(rest);
        if !split(rest, |byte| byte.is_ascii_digit()).1.is_empty() {
            return Err(QuantityError::Format);
        }
        Ok(Self {
            negative,
            whole,
            fraction,
            suffix,
        })
    }
}

/// The longest start of bytes that fit, and the rest.
fn split(text: &str, fits: impl Fn(u8) -> bool) -> (&str, &str) {
    let end = text.bytes().position(|byte| !fits(byte)).unwrap_or(text.len());
    text.split_at_checked(end).unwrap_or((text, ""))
}

fn interpret(suffix: &str) -> Option<(i128, i32, Style)> {
    if let Some((_, exponent)) = DECIMAL.iter().find(|(known, _)| *known == suffix) {
        return Some((10, *exponent, Style::Decimal));
    }
    if let Some((_, exponent)) = BINARY.iter().find(|(known, _)| *known == suffix) {
        return Some((2, i32::try_from(*exponent).ok()?, Style::Binary));
    }
    let exponent = suffix.strip_prefix(['e', 'E'])?;
    Some((10, exponent.parse().ok()?, Style::Exponent))
}

/// The amount in billionths, without its sign; `None` when it is too large.
fn amount(parts: &Parts<'_>, base: i128, exponent: i32) -> Option<i128> {
    let digits = || parts.whole.bytes().chain(parts.fraction.bytes());
    let mut number = 0_i128;
    for digit in digits() {
        number = number
            .checked_mul(10)?
            .checked_add(i128::from(digit.wrapping_sub(b'0')))?;
    }
    if number == 0 {
        return Some(0);
    }
    let decimals = i32::try_from(parts.fraction.len()).ok()?;
    let mut scale = 9_i32.checked_sub(decimals)?;
    if base == 2 {
        number = number.checked_mul(2_i128.checked_pow(exponent.unsigned_abs())?)?;
    } else {
        scale = scale.checked_add(exponent)?;
    }
    if scale >= 0 {
        return number.checked_mul(10_i128.checked_pow(scale.unsigned_abs())?);
    }
    // Rounded up: who wants something gets something.
    Some(match 10_i128.checked_pow(scale.unsigned_abs()) {
        Some(divisor) => number / divisor + i128::from(number % divisor != 0),
        None => 1,
    })
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.nanos == 0 {
            return f.write_str("0");
        }
        let small = self.nanos.unsigned_abs() < (1024 * NANOS).unsigned_abs();
        match self.style {
            Style::Binary if !small && self.is_whole() => write_binary(self.nanos / NANOS, f),
            Style::Exponent => write_decimal(self.nanos, true, f),
            Style::Binary | Style::Decimal => write_decimal(self.nanos, false, f),
        }
    }
}

fn write_binary(mut number: i128, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let mut suffix = "";
    for (next, _) in BINARY {
        if number % 1024 != 0 {
            break;
        }
        number /= 1024;
        suffix = next;
    }
    write!(f, "{number}{suffix}")
}

fn write_decimal(mut number: i128, as_exponent: bool, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let mut exponent = -9;
    while number % 1000 == 0 && (as_exponent || exponent < 18) {
        number /= 1000;
        exponent += 3;
    }
    if as_exponent {
        return match exponent {
            0 => write!(f, "{number}"),
            exponent => write!(f, "{number}e{exponent}"),
        };
    }
    let suffix = DECIMAL.iter().find(|(_, known)| *known == exponent);
    write!(f, "{number}{}", suffix.map_or("", |(suffix, _)| suffix))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn canonical(text: &str) -> String {
        Quantity::parse(text).unwrap().to_string()
    }

    /// Rows of upstream's own test (`quantity_test.go`, `TestQuantityParseEmit`), and more.
    #[test]
    fn quantities_are_written_in_canonical_form() {
        for (text, expected) in [
            ("1Ki", "1Ki"),
            ("1Mi", "1Mi"),
            ("1024", "1024"),
            ("1024Ki", "1Mi"),
            ("1000Ki", "1000Ki"),
            ("1.5Gi", "1536Mi"),
            ("0.5Ki", "512"),
            ("1000", "1k"),
            ("1000m", "1"),
            ("0.1", "100m"),
            ("1.5", "1500m"),
            ("1e3", "1e3"),
            ("1E6", "1e6"),
            ("1000000", "1M"),
            ("12345", "12345"),
            ("1E", "1E"),
            ("-1", "-1"),
            ("+0", "0"),
            ("0Ki", "0"),
            ("1n", "1n"),
            ("0.0000000001", "1n"),
            ("100Ki", "100Ki"),
            ("0.001Ki", "1024m"),
        ] {
            assert_eq!(canonical(text), expected, "{text}");
        }
    }

    #[test]
    fn mistakes_have_upstreams_sentences() {
        for (text, expected) in [
            ("", QuantityError::Format),
            ("abc", QuantityError::Format),
            ("1 ", QuantityError::Format),
            ("1x", QuantityError::Format),
            ("1.2.3", QuantityError::Format),
            ("1KM", QuantityError::Suffix),
            ("1ki", QuantityError::Suffix),
            ("1e", QuantityError::Suffix),
        ] {
            assert_eq!(Quantity::parse(text), Err(expected), "{text}");
        }
    }

    #[test]
    fn amounts_compare_whatever_their_suffix() {
        let parse = |text| Quantity::parse(text).unwrap();
        assert_eq!(parse("1"), parse("1000m"));
        assert!(parse("1Ki") > parse("1k"));
        assert!(parse("-1").is_negative() && !parse("1.5").is_whole());
        assert_eq!(parse("1").plus(parse("500m")).to_string(), "1500m");
    }

    #[test]
    fn a_sum_beyond_what_can_be_said_is_the_most_that_can() {
        let most = Quantity::parse("-170141183460469231731687303715").unwrap();
        let sum = most.plus(most);
        assert!(sum < most && sum.is_negative());
        assert_eq!(sum.to_string(), "-170141183460469231731687303715884105728n");
    }
}
