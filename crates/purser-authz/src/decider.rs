//! Those who decide, in their order.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use futures_core::future::BoxFuture;
use purser_types::User;

use crate::attributes::Asked;
use crate::decision::{Decision, Verdict};
use crate::objects::AtOnce;

/// Somebody besides RBAC who decides.
pub trait Decider: fmt::Debug + Send + Sync {
    /// What it says. A failure is an opinion, too: [`Decision::failing`].
    fn decide<'a>(&'a self, user: &'a User, asked: Asked<'a>) -> BoxFuture<'a, Decision>;

    /// Whether it speaks at once ([`Decider::at_once`]).
    fn speaks_at_once(&self) -> bool {
        false
    }

    /// What it says before anybody of the list is heard; `None`: it waits for its turn. Who speaks at once is not asked
    /// again when it is.
    fn at_once(&self, user: &User, asked: Asked<'_>) -> Option<AtOnce> {
        let _ = (user, asked);
        None
    }

    /// Whether it may come to say something else while the list stays as it is. Then whoever holds a permit asks
    /// again every time it is looked whether the permit holds.
    fn wavers(&self) -> bool;

    /// Why its rules are not among those that a review of rules lists.
    fn unlisted(&self) -> &'static str;
}

/// One of the list.
#[derive(Debug, Clone)]
pub struct Member {
    /// `RBAC`, `Webhook`, …, as a configuration has it.
    pub kind: &'static str,
    /// The name that a configuration gives it.
    pub name: String,
    /// `None`: the roles and bindings of the authorizer itself.
    pub decider: Option<Arc<dyn Decider>>,
}

impl Member {
    /// RBAC.
    #[must_use]
    pub fn rbac(name: impl Into<String>) -> Self {
        Self {
            kind: "RBAC",
            name: name.into(),
            decider: None,
        }
    }
}

/// How often a member has allowed or forbidden since the start. What it had no opinion on is not counted, as upstream.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    allowed: AtomicU64,
    denied: AtomicU64,
}

impl Tally {
    /// Counts a verdict.
    pub(crate) fn count(&self, verdict: Verdict) {
        let counter = match verdict {
            Verdict::Allow => &self.allowed,
            Verdict::Deny => &self.denied,
            Verdict::NoOpinion => return,
        };
        counter.fetch_add(1, Ordering::Relaxed);
    }

    /// Allowed and denied.
    pub(crate) fn counts(&self) -> [(&'static str, u64); 2] {
        [
            ("allowed", self.allowed.load(Ordering::Relaxed)),
            ("denied", self.denied.load(Ordering::Relaxed)),
        ]
    }
}
