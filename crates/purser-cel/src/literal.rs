//! Quoted text and bytes, with their escapes.
//!
//! Source: the CEL specification, langdef.md, "String and Bytes Values".

use crate::issue::Issue;
use crate::token::Token;

/// What a quoted literal needs of the text it stands in.
pub(crate) trait Chars {
    fn peek(&self, ahead: usize) -> Option<char>;
    fn take(&mut self) -> Option<char>;
    fn place(&self) -> usize;
}

/// The quoted literal that starts here, when one does.
pub(crate) fn quoted(chars: &mut impl Chars) -> Result<Option<Token>, Issue> {
    let (mut raw, mut bytes, mut prefix) = (false, false, 0);
    while let Some(letter) = chars.peek(prefix) {
        match letter {
            'r' | 'R' if !raw => raw = true,
            'b' | 'B' if !bytes => bytes = true,
            _ => break,
        }
        prefix += 1;
    }
    let Some(quote) = chars.peek(prefix).filter(|char| matches!(char, '"' | '\'')) else {
        return Ok(None);
    };
    let long = chars.peek(prefix + 1) == Some(quote) && chars.peek(prefix + 2) == Some(quote);
    let start = chars.place();
    for _ in 0..prefix + if long { 3 } else { 1 } {
        chars.take();
    }
    let mut made = Made {
        bytes: Vec::new(),
        are_bytes: bytes,
    };
    loop {
        if ends(chars, quote, long) {
            return made
                .token()
                .map(Some)
                .ok_or_else(|| Issue::syntax(start, "invalid unicode code point"));
        }
        let at = chars.place();
        match chars.take() {
            None => return Err(Issue::syntax(start, "unterminated string literal")),
            Some('\n' | '\r') if !long => return Err(Issue::syntax(start, "unterminated string literal")),
            Some('\\') if !raw => {
                escape(chars, &mut made).ok_or_else(|| Issue::syntax(at, "invalid escape sequence"))?;
            }
            // The end of a line is `\n`, however it is written.
            Some('\r') if chars.peek(0) == Some('\n') => {}
            Some('\r') => made.char('\n'),
            Some(char) => made.char(char),
        }
    }
}

/// Takes the closing quotes, when they stand here.
fn ends(chars: &mut impl Chars, quote: char, long: bool) -> bool {
    let count = if long { 3 } else { 1 };
    let closes = (0..count).all(|ahead| chars.peek(ahead) == Some(quote));
    if closes {
        for _ in 0..count {
            chars.take();
        }
    }
    closes
}

struct Made {
    bytes: Vec<u8>,
    are_bytes: bool,
}

impl Made {
    fn char(&mut self, char: char) {
        self.bytes
            .extend_from_slice(char.encode_utf8(&mut [0; 4]).as_bytes());
    }

    /// A code that `\x` or an octal escape gives: a byte of bytes, a character of text.
    fn code(&mut self, code: u32) -> Option<()> {
        if self.are_bytes {
            self.bytes.push(u8::try_from(code).ok()?);
        } else {
            self.char(char::from_u32(code)?);
        }
        Some(())
    }

    fn token(self) -> Option<Token> {
        if self.are_bytes {
            return Some(Token::Bytes(self.bytes.into()));
        }
        String::from_utf8(self.bytes)
            .ok()
            .map(|text| Token::String(text.into()))
    }
}

/// None: there is no such escape.
fn escape(chars: &mut impl Chars, made: &mut Made) -> Option<()> {
    let simple = match chars.take()? {
        'a' => '\u{7}',
        'b' => '\u{8}',
        'f' => '\u{c}',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'v' => '\u{b}',
        same @ ('\\' | '?' | '\'' | '"' | '`') => same,
        'x' | 'X' => return made.code(digits(chars, 2, 16, 0)?),
        'u' if !made.are_bytes => char::from_u32(digits(chars, 4, 16, 0)?)?,
        'U' if !made.are_bytes => char::from_u32(digits(chars, 8, 16, 0)?)?,
        first @ '0'..='3' => return made.code(digits(chars, 2, 8, first.to_digit(8)?)?),
        _ => return None,
    };
    made.char(simple);
    Some(())
}

fn digits(chars: &mut impl Chars, count: usize, radix: u32, first: u32) -> Option<u32> {
    (0..count).try_fold(first, |code, _| {
        let digit = chars.take()?.to_digit(radix)?;
        code.checked_mul(radix)?.checked_add(digit)
    })
}
