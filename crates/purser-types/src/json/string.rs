//! Strings of a JSON text.

use super::SyntaxError;
use crate::node::Str;
use crate::sensitive::Text;

/// Reads a string whose opening quote has been read, from the start of `rest`.
///
/// Returns the string and how many bytes it took, the closing quote among them.
pub(super) fn read(rest: &[u8]) -> Result<(Str<'_>, usize), SyntaxError> {
    let (plain, stop) = run(rest)?;
    if stop == b'"' {
        let taken = plain.len() + 1;
        return Ok(match std::str::from_utf8(plain) {
            Ok(text) => (Str::Borrowed(text), taken),
            Err(_) => (Str::Owned(Text::new(lossy(plain))), taken),
        });
    }
    unescape(rest)
}

/// The bytes up to the next quote or backslash, and which of them it is.
fn run(rest: &[u8]) -> Result<(&[u8], u8), SyntaxError> {
    let end = memchr::memchr2(b'"', b'\\', rest);
    let (plain, after) = rest
        .split_at_checked(end.unwrap_or(rest.len()))
        .unwrap_or((rest, &[]));
    if let Some(&byte) = plain.iter().find(|&&byte| byte < 0x20) {
        return Err(SyntaxError::Invalid {
            byte,
            context: "in string literal",
        });
    }
    after
        .first()
        .map(|&stop| (plain, stop))
        .ok_or(SyntaxError::UnexpectedEnd)
}

/// A string with escapes. The buffer has room for the whole literal at once, so that growing leaves no copies.
fn unescape(rest: &[u8]) -> Result<(Str<'_>, usize), SyntaxError> {
    // Text is made first, so that what has been read is wiped on errors too.
    let mut out = zeroize::Zeroizing::new(String::with_capacity(length(rest)));
    let mut position = 0;
    loop {
        let (plain, stop) = run(rest.get(position..).unwrap_or_default())?;
        match std::str::from_utf8(plain) {
            Ok(text) => out.push_str(text),
            Err(_) => out.push_str(&zeroize::Zeroizing::new(lossy(plain))),
        }
        position += plain.len() + 1;
        if stop == b'"' {
            return Ok((Str::Owned(Text::new(std::mem::take(&mut *out))), position));
        }
        let (c, taken) = escape(rest.get(position..).unwrap_or_default())?;
        out.push(c);
        position += taken;
    }
}

/// An upper bound of the unescaped length: the literal's own, times three where it has bytes that are not UTF-8.
fn length(rest: &[u8]) -> usize {
    let mut position = 0;
    loop {
        let tail = rest.get(position..).unwrap_or_default();
        let Some(next) = memchr::memchr2(b'"', b'\\', tail) else {
            break;
        };
        position += next;
        if rest.get(position) == Some(&b'"') {
            break;
        }
        position += 2;
    }
    let literal = rest.get(..position).unwrap_or(rest);
    if std::str::from_utf8(literal).is_ok() {
        literal.len()
    } else {
        literal.len() * 3
    }
}

/// An escape after its backslash: the character, and how many bytes it took.
fn escape(rest: &[u8]) -> Result<(char, usize), SyntaxError> {
    let c = match rest.first().copied().ok_or(SyntaxError::UnexpectedEnd)? {
        b'"' => '"',
        b'\\' => '\\',
        b'/' => '/',
        b'b' => '\u{8}',
        b'f' => '\u{c}',
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        b'u' => return unicode(rest.get(1..).unwrap_or_default()).map(|(c, taken)| (c, taken + 1)),
        byte => {
            return Err(SyntaxError::Invalid {
                byte,
                context: "in string escape code",
            });
        }
    };
    Ok((c, 1))
}

/// `XXXX`, and `\uXXXX` of the second half of a surrogate pair. A lone half is U+FFFD.
fn unicode(rest: &[u8]) -> Result<(char, usize), SyntaxError> {
    let first = hex(rest)?;
    if let Some(c) = char::from_u32(first) {
        return Ok((c, 4));
    }
    if (0xd800..0xdc00).contains(&first)
        && let Some(tail) = rest.get(4..)
        && let Some(digits) = tail.strip_prefix(b"\\u")
    {
        let second = hex(digits)?;
        if (0xdc00..0xe000).contains(&second) {
            let scalar = 0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00);
            return Ok((char::from_u32(scalar).unwrap_or(char::REPLACEMENT_CHARACTER), 10));
        }
    }
    Ok((char::REPLACEMENT_CHARACTER, 4))
}

fn hex(rest: &[u8]) -> Result<u32, SyntaxError> {
    let mut value = 0;
    for index in 0..4 {
        let byte = rest.get(index).copied().ok_or(SyntaxError::UnexpectedEnd)?;
        let digit = char::from(byte).to_digit(16).ok_or(SyntaxError::Invalid {
            byte,
            context: "in \\u hexadecimal character escape",
        })?;
        value = value << 4 | digit;
    }
    Ok(value)
}

/// UTF-8 with each byte that is not part of a character replaced by U+FFFD, as Go does it (one each, where
/// [`String::from_utf8_lossy`] replaces a truncated sequence as a whole).
pub(crate) fn lossy(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len() * 3);
    let mut rest = bytes;
    loop {
        match std::str::from_utf8(rest) {
            Ok(text) => {
                out.push_str(text);
                return out;
            }
            Err(error) => {
                let (good, bad) = rest.split_at_checked(error.valid_up_to()).unwrap_or((rest, &[]));
                out.push_str(std::str::from_utf8(good).unwrap_or_default());
                out.push(char::REPLACEMENT_CHARACTER);
                rest = bad.get(1..).unwrap_or_default();
            }
        }
    }
}
