//! Regular expressions as RE2 reads them: matched in linear time, compiled within a bound.
//!
//! The library's syntax is RE2's but for a few things that are written otherwise here before it reads them:
//! `\d`, `\w`, `\s` and `\b` are ASCII's in RE2, a `[`, `&&` or `~~` in a class is nothing special, nor is `--`,
//! which begins or ends a range; `\<` and `\>` are characters, and so is a `{` that begins no number of times. What
//! RE2 has not (flags `x`, `u` and `R`, repetitions of repetitions, `\u`) is refused.
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
            '\\' => translation.escape(false)?,
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

    /// Behind `[`.
    fn class(&mut self) -> Option<()> {
        self.out.push('[');
        if self.chars.next_if_eq(&'^').is_some() {
            self.out.push('^');
        }
        let (mut first, mut dashed) = (true, false);
        while let Some(char) = self.chars.next() {
            let (opens, after_dash) = (first, dashed);
            (first, dashed) = (false, false);
            match char {
                '\\' => self.escape(true)?,
                // The first of a class is itself.
                ']' if opens => self.out.push_str("\\]"),
                ']' => {
                    self.out.push(']');
                    return Some(());
                }
                '[' if self.chars.peek() == Some(&':') => self.named_class()?,
                '-' if opens || after_dash => self.out.push_str("\\-"),
                '-' => {
                    dashed = true;
                    self.out.push('-');
                }
                '[' | '&' | '~' => {
                    self.out.push('\\');
                    self.out.push(char);
                }
                other => self.out.push(other),
            }
        }
        None
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

    /// Behind a backslash.
    fn escape(&mut self, class: bool) -> Option<()> {
        match self.chars.next()? {
            'd' => self.out.push_str("[0-9]"),
            'D' => self.out.push_str("[^0-9]"),
            'w' => self.out.push_str("[0-9A-Za-z_]"),
            'W' => self.out.push_str("[^0-9A-Za-z_]"),
            's' => self.out.push_str("[\\t\\n\\f\\r ]"),
            'S' => self.out.push_str("[^\\t\\n\\f\\r ]"),
            'b' if !class => self.out.push_str("(?-u:\\b)"),
            'B' if !class => self.out.push_str("(?-u:\\B)"),
            'Q' if !class => self.quoted(),
            letter @ ('A' | 'z') if !class => self.letter(letter),
            letter @ ('a' | 'f' | 'n' | 'r' | 't' | 'v' | 'x' | 'p' | 'P') => self.letter(letter),
            // A sign behind a backslash is itself, whatever the library makes of it.
            sign if sign.is_ascii() && !sign.is_ascii_alphanumeric() => {
                self.out.push_str(&format!("\\x{{{:x}}}", u32::from(sign)));
            }
            _ => return None,
        }
        Some(())
    }

    fn letter(&mut self, letter: char) {
        self.out.push('\\');
        self.out.push(letter);
        // The name of a class or the digits of a character; its bracket begins no repetition.
        if matches!(letter, 'x' | 'p' | 'P') && self.chars.next_if_eq(&'{').is_some() {
            self.out.push('{');
        }
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
        let number = if digits.is_empty() {
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
