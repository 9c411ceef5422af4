//! One cause of a refusal, worded as upstream words it.
//!
//! Source: `k8s.io/apimachinery/pkg/util/validation/field/errors.go`.

use std::fmt::Write as _;

use purser_types::status::Cause;

/// What stands in a sentence in place of a Secret's value.
pub const REDACTED: &str = "<secret contents redacted>";

/// `Invalid value: "x": why`, the value quoted as Go quotes strings.
#[must_use]
pub fn invalid(field: impl Into<String>, value: &str, why: &str) -> Cause {
    invalid_as(field, &quote(value), why)
}

/// `Invalid value: x: why`, the value written as it is (numbers, `null`, dumps of structures).
#[must_use]
pub fn invalid_as(field: impl Into<String>, value: &str, why: &str) -> Cause {
    let message = if why.is_empty() {
        format!("Invalid value: {value}")
    } else {
        format!("Invalid value: {value}: {why}")
    };
    Cause {
        reason: "FieldValueInvalid",
        message,
        field: field.into(),
    }
}

/// `Required value`, with what is required when there is something to say.
#[must_use]
pub fn required(field: impl Into<String>, what: &str) -> Cause {
    Cause {
        reason: "FieldValueRequired",
        message: sentence("Required value", what),
        field: field.into(),
    }
}

/// `Forbidden`, with the reason.
#[must_use]
pub fn forbidden(field: impl Into<String>, why: &str) -> Cause {
    Cause {
        reason: "FieldValueForbidden",
        message: sentence("Forbidden", why),
        field: field.into(),
    }
}

/// `Too long: may not be more than N bytes`.
#[must_use]
pub fn too_long(field: impl Into<String>, max: usize) -> Cause {
    let message = format!("Too long: may not be more than {max} bytes");
    Cause {
        reason: "FieldValueTooLong",
        message,
        field: field.into(),
    }
}

fn sentence(head: &str, tail: &str) -> String {
    if tail.is_empty() {
        head.to_owned()
    } else {
        format!("{head}: {tail}")
    }
}

/// A string as Go's `%q` writes it.
#[must_use]
pub fn quote(text: &str) -> String {
    let mut out = String::with_capacity(text.len().saturating_add(2));
    out.push('"');
    for c in text.chars() {
        quote_char(c, &mut out);
    }
    out.push('"');
    out
}

fn quote_char(c: char, out: &mut String) {
    match c {
        '"' => out.push_str("\\\""),
        '\\' => out.push_str("\\\\"),
        '\u{07}' => out.push_str("\\a"),
        '\u{08}' => out.push_str("\\b"),
        '\u{0c}' => out.push_str("\\f"),
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        '\u{0b}' => out.push_str("\\v"),
        _ if is_print(c) => out.push(c),
        // Writing to a String cannot fail.
        _ if u32::from(c) < 0x80 => drop(write!(out, "\\x{:02x}", u32::from(c))),
        _ if u32::from(c) < 0x1_0000 => drop(write!(out, "\\u{:04x}", u32::from(c))),
        _ => drop(write!(out, "\\U{:08x}", u32::from(c))),
    }
}

/// Whether Go's `unicode.IsPrint` holds: letters, marks, numbers, punctuation, symbols and the ASCII space.
#[must_use]
pub fn is_print(c: char) -> bool {
    if c.is_ascii() {
        return matches!(c, ' '..='~');
    }
    // `str`'s escape_debug escapes what is not printable, and combining marks at the start only.
    let mut text = String::from("a");
    text.push(c);
    text.escape_debug().count() == 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_as_go_does() {
        for (text, quoted) in [
            ("a", r#""a""#),
            ("a\"b\\", r#""a\"b\\""#),
            ("\u{07}\n\t\u{0}\u{7f}", r#""\a\n\t\x00\x7f""#),
            ("é漢\u{301}", "\"é漢\u{301}\""),
            ("\u{a0}\u{200b}\u{feff}", r#""\u00a0\u200b\ufeff""#),
            ("\u{e0001}", r#""\U000e0001""#),
        ] {
            assert_eq!(quote(text), quoted);
        }
    }

    #[test]
    fn empty_reasons_leave_no_colon() {
        assert_eq!(required("data[a]", "").message, "Required value");
        assert_eq!(forbidden("x", "no").message, "Forbidden: no");
    }
}
