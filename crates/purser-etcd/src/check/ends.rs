//! When certificates end.

use time::{Duration, OffsetDateTime};

use super::report::{Report, Severity};
use crate::certificate::Facts;

/// The check.
const CHECK: &str = "expiry";
/// A certificate that ends within this is told.
const SOON: Duration = Duration::days(30);
/// And within this it is urgent.
const URGENT: Duration = Duration::days(7);
/// An authority takes longer to replace.
const SOON_FOR_AUTHORITIES: Duration = Duration::days(365);

/// What the certificate is of, and so how it is replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Of {
    /// A server, a peer or a client.
    Leaf,
    /// An authority.
    Authority,
}

/// Judges a certificate's end.
pub(super) fn judge(report: &mut Report, subject: &str, facts: &Facts, of: Of, now: OffsetDateTime) {
    let left = facts.not_after - now;
    let date = facts.not_after.date();
    let (soon, fix) = match of {
        Of::Leaf => (
            SOON,
            "purser etcd renew --dir DIR, or have its authority sign another; etcd reads it without a restart",
        ),
        Of::Authority => (
            SOON_FOR_AUTHORITIES,
            "purser etcd renew --dir DIR --authority peers|servers|clients --step trust, and the steps after it",
        ),
    };
    let said = format!("the certificate of {} ended on {date}", facts.subject);
    let says = format!(
        "the certificate of {} ends on {date}, in {} days",
        facts.subject,
        left.whole_days()
    );
    if left <= Duration::ZERO {
        report.find(Severity::High, CHECK, subject, said, fix);
    } else if left < URGENT {
        report.find(Severity::High, CHECK, subject, says, fix);
    } else if left < soon {
        report.find(Severity::Medium, CHECK, subject, says, fix);
    } else {
        report.pass(CHECK, subject, says);
    }
}
