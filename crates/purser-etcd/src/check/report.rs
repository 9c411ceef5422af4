//! What was found, what was found to be right, and what was not looked at: three lists, so that nothing counts as right
//! because nobody looked.

use serde::Serialize;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// It should be otherwise.
    Low,
    /// It takes away a layer of protection.
    Medium,
    /// Somebody who should not can read, or soon nobody can.
    High,
    /// Anybody on the network can read and write, or data is lost.
    Critical,
}

impl Severity {
    /// In one word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

/// Something that is not right.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// Which check.
    pub check: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// What was looked at: an endpoint, a file, the cluster.
    pub subject: String,
    /// What was tried and what came of it. Never a value.
    pub evidence: String,
    /// What to do, as commands where there are some.
    pub fix: String,
}

/// Something that is right.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Passed {
    /// Which check.
    pub check: &'static str,
    /// What was looked at.
    pub subject: String,
    /// What was tried and what came of it.
    pub evidence: String,
}

/// Something that was not looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NotLookedAt {
    /// Which check.
    pub check: &'static str,
    /// Of what.
    pub subject: String,
    /// Why not.
    pub reason: String,
    /// Whether it was asked for, and failed; or else nothing was given to look at.
    pub asked: bool,
}

/// All of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// What is not right.
    pub findings: Vec<Finding>,
    /// What could not be looked at, or was not asked for.
    pub not_looked_at: Vec<NotLookedAt>,
    /// What is right.
    pub passed: Vec<Passed>,
}

impl Report {
    pub(super) fn find(
        &mut self,
        severity: Severity,
        check: &'static str,
        subject: impl Into<String>,
        evidence: impl Into<String>,
        fix: impl Into<String>,
    ) {
        let finding = Finding {
            check,
            severity,
            subject: plain(subject),
            evidence: plain(evidence),
            fix: plain(fix),
        };
        // One thing that is seen on two ways is one finding.
        if !self.findings.contains(&finding) {
            self.findings.push(finding);
        }
    }

    pub(super) fn pass(
        &mut self,
        check: &'static str,
        subject: impl Into<String>,
        evidence: impl Into<String>,
    ) {
        self.passed.push(Passed {
            check,
            subject: plain(subject),
            evidence: plain(evidence),
        });
    }

    /// It was tried, and could not be told.
    pub(super) fn failed(
        &mut self,
        check: &'static str,
        subject: impl Into<String>,
        reason: impl Into<String>,
    ) {
        self.not_looked_at(check, subject, reason, true);
    }

    /// Nothing was given to look at.
    pub(super) fn left(
        &mut self,
        check: &'static str,
        subject: impl Into<String>,
        reason: impl Into<String>,
    ) {
        self.not_looked_at(check, subject, reason, false);
    }

    fn not_looked_at(
        &mut self,
        check: &'static str,
        subject: impl Into<String>,
        reason: impl Into<String>,
        asked: bool,
    ) {
        self.not_looked_at.push(NotLookedAt {
            check,
            subject: plain(subject),
            reason: plain(reason),
            asked,
        });
    }

    /// The worst first.
    pub(super) fn sort(&mut self) {
        self.findings
            .sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    }

    /// Whether something that was asked for could not be looked at.
    #[must_use]
    pub fn is_partial(&self) -> bool {
        self.not_looked_at.iter().any(|one| one.asked)
    }
}

/// On one line, and without what a terminal would obey: names, URLs and sentences are what a server says.
fn plain(said: impl Into<String>) -> String {
    let mut said = said.into();
    if said.contains(char::is_control) {
        said = said.replace(char::is_control, " ");
    }
    said
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_server_says_is_told_on_one_line_and_moves_no_terminal() {
        let mut report = Report::default();
        report.find(Severity::Low, "a", "b\u{1b}[2J", "c\nd", "e\rf");
        report.pass("a", "\u{9b}b", "c");
        report.left("a", "b", "c\u{7}");
        let told = format!("{report:?}");
        assert!(!told.contains('\\'), "{told}");
        assert!(told.contains("b [2J") && told.contains("c d"), "{told}");
    }
}
