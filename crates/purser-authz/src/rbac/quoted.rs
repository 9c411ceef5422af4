//! Names in double quotes, written where they go: reasons are made for every request that is allowed.

use std::fmt;

use purser_types::quote::quote;

/// The parts as one text in double quotes, with Go's escapes.
pub(super) struct Quoted<'a>(pub(super) &'a [&'a str]);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.0.iter().all(|part| is_plain(part)) {
            return f.write_str(&quote(&self.0.concat()));
        }
        f.write_str("\"")?;
        self.0.iter().try_for_each(|part| f.write_str(part))?;
        f.write_str("\"")
    }
}

/// Whether nothing of it is escaped.
fn is_plain(text: &str) -> bool {
    text.bytes()
        .all(|byte| matches!(byte, b' '..=b'~') && byte != b'"' && byte != b'\\')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_what_go_quotes() {
        for text in ["plain", "", "a b", "a\"b", "a\\b", "tab\t", "é", "\u{7f}", "😀"] {
            assert_eq!(Quoted(&[text]).to_string(), quote(text), "{text:?}");
            let joined = Quoted(&[text, "/", "x"]).to_string();
            assert_eq!(joined, quote(&format!("{text}/x")));
        }
    }
}
