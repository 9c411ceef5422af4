//! What a webhook answers.

use serde::Deserialize;

use crate::decision::Decision;

/// The longest reason that is kept, in bytes: it stays in the memory, and goes to the audit log and to who asked.
const REASON_BYTES: usize = 4096;

/// A SubjectAccessReview that came back, as far as it counts.
#[derive(Deserialize)]
struct Review {
    kind: String,
    #[serde(rename = "apiVersion")]
    api_version: String,
    #[serde(default)]
    status: Status,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Status {
    allowed: bool,
    denied: bool,
    reason: String,
}

/// What a webhook said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Answer {
    allowed: bool,
    denied: bool,
    reason: String,
}

impl Answer {
    /// Reads it.
    ///
    /// # Errors
    /// Why it is no answer, without anything of it.
    pub(super) fn read(body: &[u8]) -> Result<Self, String> {
        let review: Review = serde_json::from_slice(body)
            .map_err(|error| format!("its answer is no SubjectAccessReview: {}", category(&error)))?;
        let known = matches!(
            review.api_version.as_str(),
            "authorization.k8s.io/v1" | "authorization.k8s.io/v1beta1"
        );
        if review.kind != "SubjectAccessReview" || !known {
            return Err("its answer is of another kind than SubjectAccessReview".to_owned());
        }
        let Status {
            allowed,
            denied,
            mut reason,
        } = review.status;
        reason.truncate(reason.floor_char_boundary(REASON_BYTES));
        Ok(Self {
            allowed,
            denied,
            reason,
        })
    }

    /// Whether it is a yes, for how long it is remembered.
    pub(super) fn is_yes(&self) -> bool {
        self.allowed
    }

    /// The decision that it is.
    pub(super) fn decision(&self) -> Decision {
        let reason = self.reason.as_str();
        match (self.denied, self.allowed) {
            (true, true) => Decision::deny(reason)
                .failing("webhook subject access review returned both allow and deny response"),
            (true, false) => Decision::deny(reason),
            (false, true) => Decision::allow(reason),
            (false, false) => Decision::no_opinion(reason),
        }
    }
}

fn category(error: &serde_json::Error) -> &'static str {
    use serde_json::error::Category;
    match error.classify() {
        Category::Io | Category::Eof => "it ends too early",
        Category::Syntax => "it is no JSON",
        Category::Data => "a field is missing or of another type",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(status: &str) -> Result<Decision, String> {
        let body = format!(
            r#"{{"kind":"SubjectAccessReview","apiVersion":"authorization.k8s.io/v1","spec":{{}},"status":{status}}}"#
        );
        Answer::read(body.as_bytes()).map(|answer| answer.decision())
    }

    #[test]
    fn an_answer_is_yes_no_or_neither() {
        assert_eq!(said(r#"{"allowed":true,"reason":"r"}"#), Ok(Decision::allow("r")));
        assert_eq!(said(r#"{"denied":true,"reason":"r"}"#), Ok(Decision::deny("r")));
        assert_eq!(said(r#"{"allowed":false}"#), Ok(Decision::no_opinion("")));
        assert_eq!(said("{}"), Ok(Decision::no_opinion("")));
        let both = said(r#"{"allowed":true,"denied":true}"#).unwrap();
        assert_eq!(
            both,
            Decision::deny("").failing("webhook subject access review returned both allow and deny response")
        );
    }

    #[test]
    fn what_is_no_review_is_no_answer() {
        for body in [
            "",
            "yes",
            "{}",
            r#"{"kind":"Status","apiVersion":"v1"}"#,
            r#"{"kind":"SubjectAccessReview","apiVersion":"v1","status":{"allowed":true}}"#,
            r#"{"kind":"SubjectAccessReview","apiVersion":"authorization.k8s.io/v1","status":{"allowed":"true"}}"#,
            r#"{"kind":"SubjectAccessReview","apiVersion":"authorization.k8s.io/v1","status":{"allowed":1}}"#,
            r#"{"kind":"SubjectAccessReview","apiVersion":"authorization.k8s.io/v1","status":{"allowed":true}"#,
            r#"{"kind":"SubjectAccessReview","apiVersion":"authorization.k8s.io/v1","status":{"allowed":true,"allowed":false}}"#,
        ] {
            assert!(Answer::read(body.as_bytes()).is_err(), "{body}");
        }
    }

    #[test]
    fn a_reason_has_a_bound() {
        let long = "é".repeat(REASON_BYTES);
        let reason = said(&format!(r#"{{"allowed":true,"reason":"{long}"}}"#))
            .unwrap()
            .reason;
        assert_eq!(reason.len(), REASON_BYTES);
    }
}
