//! What the store counts, for metrics.

use std::sync::atomic::{AtomicU64, Ordering};

use purser_store::Revision;

/// Counts since the store was opened, and where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Stats {
    /// The latest revision whose changes are known here.
    pub revision: Revision,
    /// The bytes of the database of the member that was last asked whether writes are taken; 0: none was yet.
    pub database_bytes: u64,
    /// Requests to members, watches aside.
    pub requests: u64,
    /// Those that were not answered as they should be, or not in time.
    pub failures: u64,
    /// How often another member was turned to.
    pub turns: u64,
    /// How often the watch of everything was taken up again.
    pub watch_restarts: u64,
    /// Watchers cut because they fell behind.
    pub lagged: u64,
}

/// Written by whoever does it, read by anybody.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) database_bytes: AtomicU64,
    pub(crate) requests: AtomicU64,
    pub(crate) failures: AtomicU64,
    pub(crate) turns: AtomicU64,
    pub(crate) watch_restarts: AtomicU64,
    pub(crate) lagged: AtomicU64,
}

impl Counters {
    pub(crate) fn read(&self) -> Stats {
        let load = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Stats {
            revision: 0,
            database_bytes: load(&self.database_bytes),
            requests: load(&self.requests),
            failures: load(&self.failures),
            turns: load(&self.turns),
            watch_restarts: load(&self.watch_restarts),
            lagged: load(&self.lagged),
        }
    }
}

/// Counts one more.
pub(crate) fn bump(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}
