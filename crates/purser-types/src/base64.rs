//! Base64 as Go's `base64.StdEncoding` reads it: padded, line breaks skipped, spare bits ignored.

use zeroize::Zeroizing;

/// Where a text stops being base64: `illegal base64 data at input byte 0`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("illegal base64 data at input byte {0}")]
pub struct Base64Error(pub usize);

/// Decodes a text.
///
/// # Errors
/// With the position that Go names.
pub(crate) fn decode(text: &[u8]) -> Result<Vec<u8>, Base64Error> {
    match base64_simd::STANDARD.decode_to_vec(text) {
        Ok(bytes) => Ok(bytes),
        // Line breaks, spare bits, or a mistake: rare, and slow is fine.
        Err(_) => forgiving(text).map(|mut bytes| std::mem::take(&mut *bytes)),
    }
}

fn forgiving(text: &[u8]) -> Result<Zeroizing<Vec<u8>>, Base64Error> {
    let mut out = Zeroizing::new(Vec::with_capacity(text.len() / 4 * 3 + 3));
    let mut position = 0;
    while let Some(quantum) = quantum(text, &mut position)? {
        out.extend_from_slice(quantum.bytes.get(..quantum.length).unwrap_or_default());
    }
    Ok(out)
}

/// Up to three bytes.
struct Quantum {
    bytes: [u8; 3],
    length: usize,
}

/// Reads four digits or a padded end; `None` at the end of the text.
fn quantum(text: &[u8], position: &mut usize) -> Result<Option<Quantum>, Base64Error> {
    let mut bits = 0_u32;
    let mut digits = 0;
    while digits < 4 {
        let Some(&byte) = text.get(*position) else {
            return if digits == 0 {
                Ok(None)
            } else {
                Err(Base64Error(*position - digits))
            };
        };
        *position += 1;
        match (digit(byte), byte) {
            (Some(value), _) => {
                bits = bits << 6 | value;
                digits += 1;
            }
            (None, b'\n' | b'\r') => {}
            (None, b'=') => {
                padding(text, position, digits)?;
                break;
            }
            (None, _) => return Err(Base64Error(*position - 1)),
        }
    }
    let [_, a, b, c] = (bits << (6 * (4 - digits))).to_be_bytes();
    Ok(Some(Quantum {
        bytes: [a, b, c],
        length: digits - 1,
    }))
}

/// After the first `=`: the second where it is due, and then nothing more.
fn padding(text: &[u8], position: &mut usize, digits: usize) -> Result<(), Base64Error> {
    if digits < 2 {
        return Err(Base64Error(*position - 1));
    }
    if digits == 2 {
        skip_line_breaks(text, position);
        match text.get(*position) {
            Some(b'=') => *position += 1,
            Some(_) => return Err(Base64Error(*position - 1)),
            None => return Err(Base64Error(text.len())),
        }
    }
    skip_line_breaks(text, position);
    if *position < text.len() {
        Err(Base64Error(*position))
    } else {
        Ok(())
    }
}

fn skip_line_breaks(text: &[u8], position: &mut usize) {
    while matches!(text.get(*position), Some(b'\n' | b'\r')) {
        *position += 1;
    }
}

fn digit(byte: u8) -> Option<u32> {
    let value = match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    };
    Some(u32::from(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decodes_what_go_decodes() {
        for (text, bytes) in [
            ("", ""),
            ("YQ==", "a"),
            ("YR==", "a"),
            ("YWI=", "ab"),
            ("YWJj\nZGVm", "abcdef"),
            ("Y\nQ=\r=\n", "a"),
        ] {
            assert_eq!(decode(text.as_bytes()), Ok(bytes.as_bytes().to_vec()), "{text:?}");
        }
    }

    #[test]
    fn names_the_byte_that_go_names() {
        for (text, at) in [
            ("!!", 0),
            ("YQ", 0),
            ("_-8=", 0),
            ("YWJjYQ", 4),
            ("YWJj!", 4),
            ("=", 0),
            ("Y===", 1),
            ("YQ=", 3),
            ("YQ=a", 2),
            ("YQ==YQ==", 4),
            ("YWI=x", 4),
        ] {
            assert_eq!(decode(text.as_bytes()), Err(Base64Error(at)), "{text:?}");
        }
    }
}
