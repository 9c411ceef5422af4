//! Regular expressions as RE2 reads them: matched in linear time, compiled within a bound.
//!
//! The library's syntax is RE2's but for a few things that are written otherwise here before it reads them:
//! `\d`, `\w`, `\s` and `\b` are ASCII's in RE2; a class has characters, ranges and sets and no operations between
//! them; `\<` and `\>` are characters, `\012` is one, and so is a `{` that begins no number of times. What RE2 has not
//! (flags `x`, `u` and `R`, repetitions of repetitions, `\u`) is refused.
//!
//! Source: Go, regexp/syntax/parse.go.

use std::iter::Peekable;
use std::str::Chars;

use regex::{Regex, RegexBuilder};

use crate::bounds::{MAX_REGEX_BYTES, MAX_REGEX_NESTING};
use crate::error::EvaluationError;

/// Times that a repetition may ask for at most, as RE2's.
const MAX_TIMES: u32 = 1_000;

/// The classes that have a name between `[:` and `:]`.
const CLASSES: &[&str] = &[
    "alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph", "lower", "print", "punct", "space",
    "upper", "word", "xdigit",
];

/// # Errors
/// [`EvaluationError::Unreadable`]: not a regular expression, or one that becomes too large.
pub(crate) fn compile(text: &str) -> Result<Regex, EvaluationError> {
    let invalid = EvaluationError::Unreadable("invalid regular expression");
    let Some(translated) = translated(text) else {
        return Err(invalid);
    };
    RegexBuilder::new(&translated)
        .size_limit(MAX_REGEX_BYTES)
        .dfa_size_limit(MAX_REGEX_BYTES)
        .nest_limit(MAX_REGEX_NESTING)
        .build()
        .map_err(|_| invalid)
}

/// None: RE2 would not read it.
fn translated(text: &str) -> Option<String> {
    let mut translation = Translation {
        chars: text.chars().peekable(),
        out: String::with_capacity(text.len()),
    };
    while let Some(char) = translation.chars.next() {
        match char {
            '\\' => translation.escape()?,
            '[' => translation.class()?,
            '(' => translation.group()?,
            '*' | '+' | '?' => {
                translation.out.push(char);
                translation.repeated()?;
            }
            '{' if times(&translation.chars).is_some() => {
                times(&translation.chars).filter(|times| *times <= MAX_TIMES)?;
                translation.out.push('{');
                for char in translation.chars.by_ref().take_while(|char| *char != '}') {
                    translation.out.push(char);
                }
                translation.out.push('}');
                translation.repeated()?;
            }
            '{' => translation.out.push_str("\\{"),
            other => translation.out.push(other),
        }
    }
    Some(translation.out)
}

struct Translation<'a> {
    chars: Peekable<Chars<'a>>,
    out: String,
}

impl Translation<'_> {
    /// Behind a repetition: one may be lazy, and is not repeated again.
    fn repeated(&mut self) -> Option<()> {
        if self.chars.next_if_eq(&'?').is_some() {
            self.out.push('?');
        }
        match self.chars.peek() {
            Some('*' | '+' | '?') => None,
            Some('{') => {
                let mut after = self.chars.clone();
                after.next();
                times(&after).is_none().then_some(())
            }
            _ => Some(()),
        }
    }

    /// Behind `(`: the flags, if there are any, are those that RE2 has.
    fn group(&mut self) -> Option<()> {
        self.out.push('(');
        if self.chars.next_if_eq(&'?').is_none() {
            return Some(());
        }
        self.out.push('?');
        while let Some(flag) = self
            .chars
            .next_if(|char| char.is_ascii_alphabetic() || *char == '-')
        {
            if !"imsUP-".contains(flag) {
                return None;
            }
            self.out.push(flag);
        }
        Some(())
    }

    /// Behind `[`: sets, characters and ranges (`parseClass`).
    fn class(&mut self) -> Option<()> {
        self.out.push('[');
        if self.chars.next_if_eq(&'^').is_some() {
            self.out.push('^');
        }
        // The first `]` is itself.
        let mut first = true;
        while first || self.chars.next_if_eq(&']').is_none() {
            first = false;
            match self.chars.next()? {
                '[' if self.chars.peek() == Some(&':') => self.named_class()?,
                '\\' if self.set()? => {}
                least => {
                    self.character(least)?;
                    self.end_of_range()?;
                }
            }
        }
        self.out.push(']');
        Some(())
    }

    /// Behind a character of a class: a dash that is not the last of the class is followed by the end of a range.
    fn end_of_range(&mut self) -> Option<()> {
        let mut after = self.chars.clone();
        if after.next() != Some('-') || matches!(after.next(), Some(']') | None) {
            return Some(());
        }
        self.chars.next();
        self.out.push('-');
        let most = self.chars.next()?;
        self.character(most)
    }

    /// One character, whose first is read; what it is to the library besides is taken from it.
    fn character(&mut self, first: char) -> Option<()> {
        let char = if first == '\\' { self.escaped()? } else { first };
        self.out.push_str(&format!("\\x{{{:x}}}", u32::from(char)));
        Some(())
    }

    /// Behind the `[` of `[:alpha:]`.
    fn named_class(&mut self) -> Option<()> {
        self.chars.next();
        let not = if self.chars.next_if_eq(&'^').is_some() {
            "^"
        } else {
            ""
        };
        let mut name = String::new();
        while let Some(letter) = self.chars.next_if(char::is_ascii_lowercase) {
            name.push(letter);
        }
        let ends = self.chars.next() == Some(':') && self.chars.next() == Some(']');
        if !ends || !CLASSES.contains(&name.as_str()) {
            return None;
        }
        self.out.push_str(&format!("[:{not}{name}:]"));
        Some(())
    }

    /// Behind a backslash that is in no class.
    fn escape(&mut self) -> Option<()> {
        let first = *self.chars.peek()?;
        let whole = match first {
            'A' => "\\A",
            'z' => "\\z",
            'b' => "(?-u:\\b)",
            'B' => "(?-u:\\B)",
            'Q' => {
                self.chars.next();
                self.quoted();
                return Some(());
            }
            _ if self.set()? => return Some(()),
            _ => return self.character('\\'),
        };
        self.chars.next();
        self.out.push_str(whole);
        Some(())
    }

    /// Behind a backslash: whether a set of characters is there, which is read then.
    fn set(&mut self) -> Option<bool> {
        let first = *self.chars.peek()?;
        let set = match first {
            'd' => "[0-9]",
            'D' => "[^0-9]",
            'w' => "[0-9A-Za-z_]",
            'W' => "[^0-9A-Za-z_]",
            's' => "[\\t\\n\\f\\r ]",
            'S' => "[^\\t\\n\\f\\r ]",
            'p' | 'P' => return self.property().map(|()| true),
            _ => return Some(false),
        };
        self.chars.next();
        self.out.push_str(set);
        Some(true)
    }

    /// At the `p` of `\pL`, `\p{Greek}` or `\P{^Greek}`: the set of a category or of a script (`parseUnicodeClass`).
    fn property(&mut self) -> Option<()> {
        let mut negated = self.chars.next()? == 'P';
        let mut name = String::new();
        match self.chars.next()? {
            '{' => {
                negated ^= self.chars.next_if_eq(&'^').is_some();
                while let Some(letter) = self
                    .chars
                    .next_if(|letter| letter.is_ascii_alphabetic() || "_- ".contains(*letter))
                {
                    name.push(letter);
                }
                self.chars.next_if_eq(&'}')?;
            }
            letter => name.push(letter),
        }
        // In brackets it is a set, and no end of a range, wherever it stands.
        let letter = if negated { 'P' } else { 'p' };
        self.out.push_str(&format!("[\\{letter}{{{name}}}]"));
        Some(())
    }

    /// Behind a backslash: the character that is meant (`parseEscape`).
    fn escaped(&mut self) -> Option<char> {
        let first = self.chars.next()?;
        Some(match first {
            'a' => '\u{7}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'v' => '\u{b}',
            'x' => return self.hexadecimal(),
            // One digit alone would be what a group found, which RE2 has not.
            '1'..='7' if !matches!(self.chars.peek(), Some('0'..='7')) => return None,
            '0'..='7' => {
                let mut number = first.to_digit(8)?;
                for _ in 0..2 {
                    if let Some(digit) = self.chars.next_if(|digit| digit.is_digit(8)) {
                        number = number * 8 + digit.to_digit(8)?;
                    }
                }
                return char::from_u32(number);
            }
            sign if sign.is_ascii() && !sign.is_ascii_alphanumeric() => sign,
            _ => return None,
        })
    }

    /// Behind `\x`: two digits, or any in braces.
    fn hexadecimal(&mut self) -> Option<char> {
        let number = if self.chars.next_if_eq(&'{').is_some() {
            let mut number: Option<u32> = None;
            while let Some(digit) = self.chars.next_if(char::is_ascii_hexdigit) {
                let so_far = number.unwrap_or_default().checked_mul(16)?;
                number = Some(so_far + digit.to_digit(16)?);
            }
            self.chars.next_if_eq(&'}')?;
            number?
        } else {
            let mut digit = || self.chars.next()?.to_digit(16);
            digit()? * 16 + digit()?
        };
        char::from_u32(number)
    }

    /// Everything up to `\E`, or to the end, as it is.
    fn quoted(&mut self) {
        let mut text = String::new();
        while let Some(char) = self.chars.next() {
            if char == '\\' && self.chars.next_if_eq(&'E').is_some() {
                break;
            }
            text.push(char);
        }
        self.out.push_str(&regex::escape(&text));
    }
}

/// The greatest number of times that a repetition asks for, behind its `{`; none when it is no repetition.
fn times(after: &Peekable<Chars<'_>>) -> Option<u32> {
    let mut after = after.clone();
    let mut number = || {
        let mut digits = String::new();
        while let Some(digit) = after.next_if(char::is_ascii_digit) {
            digits.push(digit);
        }
        // A number has no zero before it (`parseInt`).
        let number = if digits.is_empty() || digits.len() > 1 && digits.starts_with('0') {
            None
        } else {
            Some(digits.parse().unwrap_or(u32::MAX))
        };
        (number, after.next())
    };
    match number() {
        (Some(times), Some('}')) => Some(times),
        (Some(least), Some(',')) => match number() {
            (most, Some('}')) => Some(most.unwrap_or(least).max(least)),
            _ => None,
        },
        _ => None,
    }
}
