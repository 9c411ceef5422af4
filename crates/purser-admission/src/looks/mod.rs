//! Whether a text looks like a credential.
//!
//! Shapes that only credentials have (`blocks`, `tokens`, `url`) count anywhere in a text. Text without a
//! shape counts when its key is telling and it looks random (`random`). The aim is few false alarms: what is
//! ambiguous (a UUID, a hash under a key that says hash, a placeholder, a reference) is let through.

mod blocks;
mod jwt;
mod keys;
mod lines;
mod random;
mod tokens;
mod url;

/// What was seen in a text, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    /// `a GitHub token`.
    pub what: &'static str,
    /// The line, from 1; 0: the text as a whole.
    pub line: usize,
}

/// The first thing in `text`, which is kept under `key`, that looks like a credential. One pass over the lines.
#[must_use]
pub fn credential(key: &str, text: &str) -> Option<Seen> {
    if let Some(what) = blocks::private_key(text).or_else(|| blocks::login_file(text)) {
        return Some(Seen { what, line: 0 });
    }
    let single = !text.trim_end().contains('\n');
    for (index, line) in text.lines().enumerate() {
        let number = if single { 0 } else { index.saturating_add(1) };
        if let Some(what) = in_line(line) {
            return Some(Seen { what, line: number });
        }
        if let Some(what) = lines::telling_pair(line) {
            return Some(Seen { what, line: number });
        }
    }
    (single && keys::is_telling(key) && random::looks_random(text.trim())).then_some(Seen {
        what: "a credential",
        line: 0,
    })
}

fn in_line(line: &str) -> Option<&'static str> {
    tokens::token(line).or_else(|| url::with_password(line))
}
