//! Regular expressions as RE2 reads them: matched in linear time, compiled within a bound.
//!
//! The library's syntax is RE2's but for a few things that are written otherwise here before it reads them:
//! `\d`, `\w`, `\s` and `\b` are ASCII's in RE2, and a `[`, `&&` or `~~` in a class is nothing special, nor is `--`,
//! which begins or ends a range.

use regex::{Regex, RegexBuilder};

use crate::bounds::{MAX_REGEX_BYTES, MAX_REGEX_NESTING};
use crate::error::EvaluationError;

/// # Errors
/// [`EvaluationError::Unreadable`]: not a regular expression, or one that becomes too large.
pub(crate) fn compile(text: &str) -> Result<Regex, EvaluationError> {
    RegexBuilder::new(&translated(text))
        .size_limit(MAX_REGEX_BYTES)
        .dfa_size_limit(MAX_REGEX_BYTES)
        .nest_limit(MAX_REGEX_NESTING)
        .build()
        .map_err(|_| EvaluationError::Unreadable("invalid regular expression"))
}

fn translated(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    let mut class = false;
    let mut first = false;
    let mut dashed = false;
    while let Some(char) = chars.next() {
        let opens = first;
        let after_dash = dashed;
        (first, dashed) = (false, false);
        match char {
            '\\' => out.push_str(&escape(chars.next(), class)),
            '[' if !class => {
                class = true;
                first = true;
                out.push('[');
                if chars.next_if_eq(&'^').is_some() {
                    out.push('^');
                }
            }
            // The first of a class is itself.
            ']' if class && opens => out.push_str("\\]"),
            ']' if class => {
                class = false;
                out.push(']');
            }
            '[' if chars.peek() == Some(&':') => {
                out.push('[');
                for char in chars.by_ref() {
                    out.push(char);
                    if char == ']' {
                        break;
                    }
                }
            }
            '[' => out.push_str("\\["),
            '-' if class && (opens || after_dash) => out.push_str("\\-"),
            '-' => {
                dashed = true;
                out.push('-');
            }
            '&' | '~' if class => {
                out.push('\\');
                out.push(char);
            }
            _ => out.push(char),
        }
    }
    out
}

fn escape(escaped: Option<char>, class: bool) -> String {
    match escaped {
        Some('d') => "[0-9]".to_owned(),
        Some('D') => "[^0-9]".to_owned(),
        Some('w') => "[0-9A-Za-z_]".to_owned(),
        Some('W') => "[^0-9A-Za-z_]".to_owned(),
        Some('s') => "[\\t\\n\\f\\r ]".to_owned(),
        Some('S') => "[^\\t\\n\\f\\r ]".to_owned(),
        Some('b') if !class => "(?-u:\\b)".to_owned(),
        Some('B') if !class => "(?-u:\\B)".to_owned(),
        Some(other) => format!("\\{other}"),
        None => "\\".to_owned(),
    }
}
