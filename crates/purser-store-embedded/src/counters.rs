//! What the store counts, for metrics.

use std::sync::atomic::{AtomicU64, Ordering};

use purser_store::Revision;

/// Counts since the store was opened, and where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Stats {
    /// The current revision.
    pub revision: Revision,
    /// The oldest revision that can be read.
    pub compacted: Revision,
    /// The database file's length in bytes; 0 when the store is not on a file.
    pub file_bytes: u64,
    /// The bytes of everything kept, history with it, without free space and overhead of pages.
    pub live_bytes: u64,
    /// Groups made durable.
    pub flushes: u64,
    /// Transactions committed; divided by `flushes`: the mean group.
    pub commits: u64,
    /// Changes made by them.
    pub changes: u64,
    /// Transactions in the largest group.
    pub largest_group: u64,
    /// Rows of history forgotten.
    pub forgotten: u64,
    /// Watchers cut because they fell behind.
    pub lagged: u64,
}

/// Written by the writer and the watchers, read by anybody.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) live_bytes: AtomicU64,
    pub(crate) flushes: AtomicU64,
    pub(crate) commits: AtomicU64,
    pub(crate) changes: AtomicU64,
    pub(crate) largest_group: AtomicU64,
    pub(crate) forgotten: AtomicU64,
    pub(crate) lagged: AtomicU64,
}

impl Counters {
    pub(crate) fn add(counter: &AtomicU64, count: usize) {
        counter.fetch_add(u64::try_from(count).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    pub(crate) fn note_group(&self, transactions: usize) {
        Self::add(&self.flushes, 1);
        Self::add(&self.commits, transactions);
        self.largest_group
            .fetch_max(u64::try_from(transactions).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    pub(crate) fn read(&self) -> Stats {
        let load = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Stats {
            live_bytes: load(&self.live_bytes),
            flushes: load(&self.flushes),
            commits: load(&self.commits),
            changes: load(&self.changes),
            largest_group: load(&self.largest_group),
            forgotten: load(&self.forgotten),
            lagged: load(&self.lagged),
            ..Stats::default()
        }
    }
}
