//! Why policies cannot be used.

use crate::place::Problem;

/// Why policies, or examples of what they decide, cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// What is wrong, in the order of files and lines.
    #[error("{}", listed(.0))]
    Problems(Vec<Problem>),
    /// A request does not fit the terms that policies are written in. Never for want of care in policies.
    #[error("a request cannot be put in Cedar's terms: {0}")]
    Model(String),
}

impl Error {
    pub(crate) fn one(problem: Problem) -> Self {
        Self::Problems(vec![problem])
    }
}

fn listed(problems: &[Problem]) -> String {
    let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
    problems.join("\n")
}
