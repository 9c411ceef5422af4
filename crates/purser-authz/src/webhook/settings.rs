//! How a webhook is asked.

use std::time::Duration;

use super::condition::Condition;

/// What it is when a webhook does not answer, or its conditions cannot be evaluated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailurePolicy {
    /// Whoever comes next decides.
    NoOpinion,
    /// It is forbidden.
    Deny,
}

/// The version of the question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReviewVersion {
    /// `authorization.k8s.io/v1`
    V1,
    /// `authorization.k8s.io/v1beta1`, which calls the groups `group`.
    V1beta1,
}

/// How a webhook is asked.
#[derive(Debug)]
pub struct Settings {
    /// The longest that it is waited for, all tries together.
    pub timeout: Duration,
    /// How long a yes is remembered; zero: it is not.
    pub authorized_ttl: Duration,
    /// How long anything else is remembered; zero: it is not.
    pub unauthorized_ttl: Duration,
    /// The version of the question.
    pub version: ReviewVersion,
    /// What no answer is.
    pub on_failure: FailurePolicy,
    /// When it is asked at all: when all of them hold.
    pub conditions: Vec<Condition>,
}
