//! The issuers that are trusted at one time.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::task::JoinHandle;

use super::issuer::TrustedIssuer;

/// The issuers that are trusted, by the claim `iss`.
#[derive(Default)]
pub(super) struct Current {
    pub(super) issuers: BTreeMap<String, Kept>,
}

/// An issuer, and what keeps its keys up to date.
pub(super) struct Kept {
    pub(super) issuer: Arc<TrustedIssuer>,
    pub(super) keeping: Arc<Keeping>,
}

/// Keeps the keys of an issuer up to date for as long as this is there.
pub(super) struct Keeping(JoinHandle<()>);

impl Keeping {
    /// The task that does it.
    pub(super) fn of(task: JoinHandle<()>) -> Self {
        Self(task)
    }
}

impl Drop for Keeping {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Current {
    pub(super) fn issuer(&self, url: &str) -> Option<Arc<TrustedIssuer>> {
        self.issuers.get(url).map(|kept| Arc::clone(&kept.issuer))
    }
}
