//! Errors of a text, each with the place, as cel-go prints them.

use crate::bounds::{MAX_ISSUES, MAX_SNIPPET_CHARS};

/// An error and the character where it stands.
#[derive(Debug)]
pub(crate) struct Issue {
    pub(crate) at: usize,
    pub(crate) message: String,
}

impl Issue {
    pub(crate) fn new(at: usize, message: impl Into<String>) -> Self {
        Self {
            at,
            message: message.into(),
        }
    }

    pub(crate) fn syntax(at: usize, message: impl std::fmt::Display) -> Self {
        Self::new(at, format!("Syntax error: {message}"))
    }
}

/// The errors in the order of their places, a paragraph each: the sentence, the line, and a mark below it.
/// Source: cel-go, common/error.go (`ToDisplayString`).
pub(crate) fn shown(source: &[char], mut issues: Vec<Issue>) -> String {
    issues.sort_by_key(|issue| issue.at);
    issues.truncate(MAX_ISSUES);
    let paragraphs: Vec<String> = issues.iter().map(|issue| paragraph(source, issue)).collect();
    paragraphs.join("\n")
}

fn paragraph(source: &[char], issue: &Issue) -> String {
    let (before, after) = source.split_at(issue.at.min(source.len()));
    let line = before.iter().filter(|char| **char == '\n').count() + 1;
    let head: Vec<char> = before
        .rsplit(|char| *char == '\n')
        .next()
        .unwrap_or_default()
        .to_vec();
    let tail = after.split(|char| *char == '\n').next().unwrap_or_default();
    let column = head.len();
    let message = format!("ERROR: <input>:{line}:{}: {}", column + 1, issue.message);
    if column + tail.len() > MAX_SNIPPET_CHARS {
        return message;
    }
    let text: String = head
        .iter()
        .chain(tail)
        .map(|char| if *char == '\t' { ' ' } else { *char })
        .collect();
    format!("{message}\n | {text}\n | {}^", ".".repeat(column))
}
