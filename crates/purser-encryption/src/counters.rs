//! What happened, as numbers that a metrics endpoint reads.

use std::sync::atomic::{AtomicU64, Ordering};

/// What a [`crate::SealedStore`] did since it was made.
#[derive(Debug, Default)]
pub struct Counters {
    /// Values sealed.
    pub seals: AtomicU64,
    /// Values opened.
    pub opens: AtomicU64,
    /// Values that could not be sealed.
    pub seal_failures: AtomicU64,
    /// Values that could not be opened.
    pub open_failures: AtomicU64,
    /// Values opened that the next write should rewrite.
    pub stale_opens: AtomicU64,
}

/// How often an unwrapped seed was at hand.
#[derive(Debug, Default)]
pub struct CacheCounters {
    /// The seed was at hand.
    pub hits: AtomicU64,
    /// The key holder had to unwrap it.
    pub misses: AtomicU64,
    /// Seeds pushed out by the cache's bound.
    pub evictions: AtomicU64,
}

pub(crate) fn bump(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}
