//! What a store's values are sealed with, and sealing anew what is stale.
//!
//! A key is replaced in stages, each of which can be interrupted and taken up again: the new key is there to read with
//! and becomes the one to write with (the key holder's part); what is stale is rewritten ([`rewrite`]); it is shown that
//! nothing that is kept needs the old one ([`survey`], [`history`]); the old one is removed (the key holder's again).
//! Nothing here believes a setting: what is told was read from the store.

mod everything;
mod origin;
mod pace;
mod rewriting;
mod sealed_by;
mod surveying;

use std::sync::atomic::{AtomicU64, Ordering};

pub use origin::Origin;
pub use pace::Pace;
pub use rewriting::{Report, rewrite};
pub use sealed_by::SealedBy;
pub use surveying::{Count, MOST_NAMED, Survey, Tally, Unopened, history, survey};

/// How far a long work is, for whoever watches.
#[derive(Debug, Default)]
pub struct Progress {
    /// Values looked at.
    done: AtomicU64,
    /// Values that there were when it began.
    total: AtomicU64,
}

impl Progress {
    /// Values looked at, and how many there are.
    #[must_use]
    pub fn read(&self) -> (u64, u64) {
        let done = self.done.load(Ordering::Relaxed);
        (done, self.total.load(Ordering::Relaxed).max(done))
    }

    fn of(&self, total: usize) {
        self.total
            .store(u64::try_from(total).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    fn step(&self) {
        self.done.fetch_add(1, Ordering::Relaxed);
    }
}
