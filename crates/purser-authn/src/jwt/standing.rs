//! A token that was found right, against what is known now.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use arc_swap::ArcSwap;
use futures_util::future::BoxFuture;

use super::current::Current;
use super::issuer::{TrustedIssuer, Verified};
use crate::source::{Proof, Vouched};

/// A token that was found right.
pub(super) struct Standing {
    pub(super) current: Arc<ArcSwap<Current>>,
    pub(super) now: Arc<dyn Fn() -> SystemTime + Send + Sync>,
    pub(super) url: String,
    /// Who was trusted then.
    pub(super) issuer: Arc<TrustedIssuer>,
    pub(super) verified: Verified,
}

impl Standing {
    /// Whether it holds, its issuer being the very one that it was found right with: nothing of that is asked again but
    /// its key and its time.
    pub(super) fn holds_as_it_is(&self) -> bool {
        let issuer = self.current.load().issuer(&self.url);
        issuer.is_some_and(|issuer| {
            Arc::ptr_eq(&issuer, &self.issuer) && issuer.has(&self.verified, self.time())
        })
    }

    /// Whether it holds, and still makes the same user.
    fn holds_now(&self) -> bool {
        let Some(issuer) = self.current.load().issuer(&self.url) else {
            return false;
        };
        let is_same = Arc::ptr_eq(&issuer, &self.issuer);
        issuer.has(&self.verified, self.time()) && (is_same || issuer.makes(&self.verified))
    }

    fn time(&self) -> Duration {
        since_epoch((self.now)())
    }

    /// Says so, for these audiences of the server.
    pub(super) fn vouched(self: Arc<Self>, audiences: Vec<String>) -> Vouched {
        Vouched {
            user: Arc::clone(&self.verified.user),
            audiences,
            proof: self,
        }
    }
}

impl Proof for Standing {
    fn holds(&self) -> BoxFuture<'_, bool> {
        Box::pin(std::future::ready(self.holds_now()))
    }
}

/// A time as it is in tokens.
pub(super) fn since_epoch(time: SystemTime) -> Duration {
    time.duration_since(UNIX_EPOCH).unwrap_or_default()
}
