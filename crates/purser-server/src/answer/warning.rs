//! `Warning` headers.
//!
//! Source: `k8s.io/apiserver/pkg/endpoints/filters/warning.go` and RFC 7234, section 5.5.

use http::HeaderMap;
use http::header::{HeaderValue, WARNING};

/// Most characters of all warnings of one answer together.
const CHARACTERS_OF_ALL: usize = 4 * 1024;
/// Most characters of one warning once the bound on all is passed.
const CHARACTERS_OF_ONE: usize = 256;
/// Most warnings of one answer. Upstream has no such bound, and many clients read no more than a hundred headers: with
/// this one they read the answer to a body full of mistakes.
const HEADERS: usize = 64;

/// Collects the warnings of one answer: each once, in order, bounded.
#[derive(Debug, Default)]
pub(crate) struct Warnings {
    texts: Vec<String>,
}

impl Warnings {
    /// Adds a sentence.
    pub(crate) fn add(&mut self, text: impl Into<String>) {
        let text = text.into();
        if !text.is_empty() && !self.texts.contains(&text) {
            self.texts.push(text);
        }
    }

    /// Adds several.
    pub(crate) fn extend(&mut self, texts: impl IntoIterator<Item = String>) {
        for text in texts {
            self.add(text);
        }
    }

    /// Writes them as headers. When they are too long together, each is cut, and those past the bound are left out.
    pub(crate) fn write(&self, headers: &mut HeaderMap) {
        let total: usize = self.texts.iter().map(|text| text.chars().count()).sum();
        let each = if total > CHARACTERS_OF_ALL {
            CHARACTERS_OF_ONE
        } else {
            usize::MAX
        };
        let mut left = CHARACTERS_OF_ALL;
        for text in self.texts.iter().take(HEADERS) {
            let text: String = text.chars().take(each).collect();
            let Some(rest) = left.checked_sub(text.chars().count()) else {
                break;
            };
            left = rest;
            if let Ok(value) = HeaderValue::from_str(&quoted(&text)) {
                headers.append(WARNING, value);
            }
        }
    }
}

/// `299 - "…"`: backslashes and quotes escaped, control characters left out, the rest UTF-8.
fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    out.push_str("299 - \"");
    for character in text.chars() {
        match character {
            '"' | '\\' => out.extend(['\\', character]),
            '\n' | '\t' => out.push(' '),
            character if character.is_control() => {}
            character => out.push(character),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(texts: &[String]) -> Vec<String> {
        let mut warnings = Warnings::default();
        warnings.extend(texts.iter().cloned());
        let mut headers = HeaderMap::new();
        warnings.write(&mut headers);
        headers
            .get_all(WARNING)
            .iter()
            .map(|value| String::from_utf8(value.as_bytes().to_vec()).unwrap())
            .collect()
    }

    #[test]
    fn each_warning_is_quoted_and_sent_once() {
        let texts = ["unknown field \"Data\"", "unknown field \"Data\"", "a\\b\r\nc"].map(str::to_owned);
        assert_eq!(
            written(&texts),
            [r#"299 - "unknown field \"Data\"""#, r#"299 - "a\\b c""#]
        );
    }

    #[test]
    fn no_answer_has_more_headers_than_clients_read() {
        let texts: Vec<_> = (0..100).map(|i| format!("unknown field \"f{i}\"")).collect();
        assert_eq!(written(&texts).len(), HEADERS);
    }

    #[test]
    fn all_together_are_bounded() {
        let texts: Vec<_> = (0..100).map(|i| format!("{i} {}", "x".repeat(1000))).collect();
        let written = written(&texts);
        assert_eq!(written.len(), CHARACTERS_OF_ALL / CHARACTERS_OF_ONE);
        assert!(
            written
                .iter()
                .all(|warning| warning.len() < CHARACTERS_OF_ONE + 10)
        );
    }
}
