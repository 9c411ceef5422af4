//! How often who decides was taken anew from a file.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// How often a configuration was taken anew, and when last, under kube-apiserver's names.
#[derive(Debug, Default)]
pub(crate) struct Reloads {
    succeeded: Tally,
    failed: Tally,
}

#[derive(Debug, Default)]
struct Tally {
    count: AtomicU64,
    /// In seconds since 1970; 0: never.
    last: AtomicU64,
}

impl Reloads {
    /// Counts one.
    pub(crate) fn count(&self, succeeded: bool, now: SystemTime) {
        let tally = if succeeded { &self.succeeded } else { &self.failed };
        let seconds = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        tally.last.store(seconds, Ordering::Relaxed);
        tally.count.fetch_add(1, Ordering::Relaxed);
    }

    /// `success` and `failure`: how often, and when last in seconds since 1970, 0 for never.
    pub(crate) fn read(&self) -> [(&'static str, u64, u64); 2] {
        let read = |name, tally: &Tally| {
            let (count, last) = (&tally.count, &tally.last);
            (name, count.load(Ordering::Relaxed), last.load(Ordering::Relaxed))
        };
        [read("success", &self.succeeded), read("failure", &self.failed)]
    }
}
