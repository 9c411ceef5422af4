//! What those who were asked about a token said.

use std::fmt;

/// The sentence when nobody knows a token. Source:
/// `k8s.io/apiserver/pkg/authentication/request/bearertoken/bearertoken.go`.
const NOT_KNOWN: &str = "invalid bearer token";

/// Why nobody takes a token, as upstream joins what each of its authenticators says
/// (`k8s.io/apimachinery/pkg/util/errors`, `NewAggregate`).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Refusals(Vec<String>);

impl Refusals {
    /// This one alone.
    pub(crate) fn of(sentence: String) -> Self {
        Self(vec![sentence])
    }

    /// One more of them.
    pub(crate) fn add(&mut self, sentence: String) {
        if !self.0.contains(&sentence) {
            self.0.push(sentence);
        }
    }
}

impl fmt::Display for Refusals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.as_slice() {
            [] => f.write_str(NOT_KNOWN),
            sentences => write!(f, "[{NOT_KNOWN}, {}]", sentences.join(", ")),
        }
    }
}

impl std::error::Error for Refusals {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_is_joined_and_nothing_said_twice() {
        let mut refusals = Refusals::default();
        assert_eq!(refusals.to_string(), "invalid bearer token");
        for sentence in ["a", "b", "a"] {
            refusals.add(sentence.to_owned());
        }
        assert_eq!(refusals.to_string(), "[invalid bearer token, a, b]");
    }
}
