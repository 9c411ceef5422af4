//! What became of values of one kind and prefix.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::histogram::{Distribution, Histogram};
use crate::counters::bump;
use crate::transformer::{OpenError, SealError};

/// The status of what ended well.
const OK: &str = "OK";
/// The status when the key holder is away: what gRPC calls so.
const UNAVAILABLE: &str = "Unavailable";
/// The status of any other failure, as upstream has it for what no gRPC call ended with.
const OTHER: &str = "unknown-non-grpc";

/// How many ended how, and how long those took that ended well.
#[derive(Debug)]
pub(crate) struct Series {
    took: Histogram,
    unavailable: AtomicU64,
    other: AtomicU64,
}

impl Default for Series {
    fn default() -> Self {
        Self {
            // Upstream's buckets: 5 µs to 84 s.
            took: Histogram::doubling(Duration::from_micros(5), 25),
            unavailable: AtomicU64::new(0),
            other: AtomicU64::new(0),
        }
    }
}

impl Series {
    /// One was opened in this time, or not.
    pub(crate) fn opened<T>(&self, took: Duration, result: &Result<T, OpenError>) {
        match result {
            Ok(_) => self.took.observe(took),
            Err(OpenError::Unavailable(_)) => bump(&self.unavailable),
            Err(_) => bump(&self.other),
        }
    }

    /// One was sealed in this time, or not.
    pub(crate) fn sealed<T>(&self, took: Duration, result: &Result<T, SealError>) {
        match result {
            Ok(_) => self.took.observe(took),
            Err(SealError::Unavailable(_)) => bump(&self.unavailable),
            Err(_) => bump(&self.other),
        }
    }

    pub(super) fn took(&self) -> Distribution {
        self.took.read()
    }

    pub(super) fn statuses(&self, took: &Distribution) -> [(&'static str, u64); 3] {
        [
            (OK, took.count()),
            (UNAVAILABLE, self.unavailable.load(Ordering::Relaxed)),
            (OTHER, self.other.load(Ordering::Relaxed)),
        ]
    }
}
