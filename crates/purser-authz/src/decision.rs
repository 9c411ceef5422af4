//! What one who decides says, and what all of a list say together.
//!
//! Source: `k8s.io/apiserver/pkg/authorization/authorizer` and `union`.

use std::collections::BTreeSet;

/// Yes, no, or neither.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is allowed; nobody after is asked.
    Allow,
    /// It is forbidden; nobody after is asked.
    Deny,
    /// Whoever comes next decides; what nobody allows is refused.
    NoOpinion,
}

/// A verdict, and what there is to say about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// The verdict.
    pub verdict: Verdict,
    /// Why, for the audit log and, of what is not allowed, for who asked. Empty: there is no more to say.
    pub reason: String,
    /// What went wrong on the way. Who asked reads it where it is not allowed: no address, no secret.
    pub error: Option<String>,
}

impl Decision {
    /// It is allowed.
    #[must_use]
    pub fn allow(reason: impl Into<String>) -> Self {
        Self::new(Verdict::Allow, reason)
    }

    /// It is forbidden.
    #[must_use]
    pub fn deny(reason: impl Into<String>) -> Self {
        Self::new(Verdict::Deny, reason)
    }

    /// Somebody else decides.
    #[must_use]
    pub fn no_opinion(reason: impl Into<String>) -> Self {
        Self::new(Verdict::NoOpinion, reason)
    }

    /// The same, with what went wrong.
    #[must_use]
    pub fn failing(self, error: impl Into<String>) -> Self {
        Self {
            error: Some(error.into()),
            ..self
        }
    }

    /// Whether it is allowed.
    #[must_use]
    pub fn is_allowed(&self) -> bool {
        self.verdict == Verdict::Allow
    }

    fn new(verdict: Verdict, reason: impl Into<String>) -> Self {
        Self {
            verdict,
            reason: reason.into(),
            error: None,
        }
    }
}

/// What those say together of whom nobody had an opinion.
#[derive(Debug, Default)]
pub(crate) struct Undecided {
    reasons: Vec<String>,
    errors: Vec<String>,
}

impl Undecided {
    /// Takes in what one said.
    pub(crate) fn add(&mut self, decision: Decision) {
        self.errors.extend(decision.error);
        if !decision.reason.is_empty() {
            self.reasons.push(decision.reason);
        }
    }

    /// What there is to say, a reason a line.
    pub(crate) fn together(self) -> Decision {
        Decision {
            verdict: Verdict::NoOpinion,
            reason: self.reasons.join("\n"),
            error: aggregate(self.errors),
        }
    }
}

/// Several errors as one: `[a, b]`, each once. Source: `k8s.io/apimachinery/pkg/util/errors` `aggregate.Error`.
#[must_use]
pub fn aggregate(errors: Vec<String>) -> Option<String> {
    let mut seen = BTreeSet::new();
    let mut once: Vec<String> = errors
        .into_iter()
        .filter(|error| seen.insert(error.clone()))
        .collect();
    match once.len() {
        0 | 1 => once.pop(),
        _ => Some(format!("[{}]", once.join(", "))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_told_once_and_in_order() {
        let of = |errors: &[&str]| aggregate(errors.iter().map(|&error| error.to_owned()).collect());
        assert_eq!(of(&[]), None);
        assert_eq!(of(&["b"]).unwrap(), "b");
        assert_eq!(of(&["b", "b"]).unwrap(), "b");
        assert_eq!(of(&["b", "a", "b"]).unwrap(), "[b, a]");
    }
}
