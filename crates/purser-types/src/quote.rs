//! Go's spelling of quoted strings and characters, as upstream's sentences print them.
//!
//! Source: `strconv.Quote`, and `quoteChar` of `encoding/json`.

use std::fmt::Write;

/// `text` in double quotes with Go's escapes (`%q`): `"a\tb"`.
#[must_use]
pub fn quote(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        if c == '"' {
            out.push_str("\\\"");
        } else {
            push_escaped(&mut out, c);
        }
    }
    out.push('"');
    out
}

/// A byte as `encoding/json` prints it in syntax errors: `'x'`, `'\''`, `'\n'`, `'\x00'`.
pub(crate) fn quote_byte(byte: u8) -> String {
    let mut out = String::with_capacity(6);
    out.push('\'');
    match byte {
        b'\'' => out.push_str("\\'"),
        _ => push_escaped(&mut out, char::from(byte)),
    }
    out.push('\'');
    out
}

fn push_escaped(out: &mut String, c: char) {
    match c {
        '\\' => out.push_str("\\\\"),
        '\u{7}' => out.push_str("\\a"),
        '\u{8}' => out.push_str("\\b"),
        '\u{c}' => out.push_str("\\f"),
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        '\u{b}' => out.push_str("\\v"),
        c if c < ' ' || c == '\u{7f}' => {
            let _ = write!(out, "\\x{:02x}", u32::from(c));
        }
        c if is_print(c) => out.push(c),
        c if u32::from(c) < 0x1_0000 => {
            let _ = write!(out, "\\u{:04x}", u32::from(c));
        }
        c => {
            let _ = write!(out, "\\U{:08x}", u32::from(c));
        }
    }
}

/// Whether Go prints the character as it is. Rust's own `Debug` escapes the same classes (controls, format
/// characters, separators, unassigned) and prints the rest; combining marks, which it escapes too, Go prints.
fn is_print(c: char) -> bool {
    if c.is_ascii() {
        return !c.is_ascii_control();
    }
    let mut escaped = c.escape_debug();
    let first = escaped.next();
    first != Some('\\') || is_mark(c)
}

/// The blocks of combining marks that text commonly has.
fn is_mark(c: char) -> bool {
    matches!(u32::from(c), 0x300..=0x36f | 0x483..=0x489 | 0x591..=0x5bd | 0x610..=0x61a | 0x64b..=0x65f | 0x1ab0..=0x1aff | 0x1dc0..=0x1dff | 0x20d0..=0x20ff | 0xfe00..=0xfe0f | 0xfe20..=0xfe2f)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_as_go_does() {
        assert_eq!(
            quote("a\"b\\c\n\u{0}\u{7f}é\u{a0}\u{1f600}"),
            "\"a\\\"b\\\\c\\n\\x00\\x7fé\\u00a0😀\""
        );
        assert_eq!(quote("\u{ad}\u{e000}\u{10ffff}"), "\"\\u00ad\\ue000\\U0010ffff\"");
        assert_eq!(quote_byte(b'\''), r"'\''");
        assert_eq!(quote_byte(b'"'), "'\"'");
        assert_eq!(quote_byte(0xff), "'ÿ'");
        assert_eq!(quote_byte(0x80), r"'\u0080'");
    }
}
