//! How long things took, counted without a lock.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::counters::bump;

/// Counts of durations, in buckets whose bounds double.
#[derive(Debug)]
pub(crate) struct Histogram {
    /// The first bound, nanoseconds.
    first: u64,
    /// One a bound, and one for what is beyond the last.
    buckets: Box<[AtomicU64]>,
    /// Nanoseconds in all.
    sum: AtomicU64,
}

/// What a histogram held when it was read.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Distribution {
    /// The bounds, in seconds, each with how many were within it and beyond the one before.
    pub buckets: Vec<(f64, u64)>,
    /// How many were beyond the last bound.
    pub beyond: u64,
    /// Seconds in all.
    pub sum: f64,
}

impl Distribution {
    /// How many there were.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.buckets.iter().map(|(_, count)| count).sum::<u64>() + self.beyond
    }

    /// Adds another with the same bounds.
    pub fn add(&mut self, other: &Self) {
        if self.buckets.is_empty() {
            self.buckets.clone_from(&other.buckets);
        } else {
            for (mine, theirs) in self.buckets.iter_mut().zip(&other.buckets) {
                mine.1 += theirs.1;
            }
        }
        self.beyond += other.beyond;
        self.sum += other.sum;
    }
}

impl Histogram {
    /// One with `bounds` bounds, of which the first is given and each other is twice the one before, as upstream's
    /// `ExponentialBuckets(first, 2, bounds)`.
    pub(crate) fn doubling(first: Duration, bounds: usize) -> Self {
        Self {
            first: nanoseconds(first).max(1),
            buckets: (0..=bounds).map(|_| AtomicU64::new(0)).collect(),
            sum: AtomicU64::new(0),
        }
    }

    /// Counts one.
    pub(crate) fn observe(&self, took: Duration) {
        let took = nanoseconds(took);
        let times = took.saturating_sub(1) / self.first;
        // The bound that is the first one doubled this often is the smallest that is not exceeded.
        let doubled = usize::try_from(u64::BITS - times.leading_zeros()).unwrap_or(usize::MAX);
        if let Some(bucket) = self.buckets.get(doubled).or(self.buckets.last()) {
            bump(bucket);
        }
        self.sum.fetch_add(took, Ordering::Relaxed);
    }

    /// What it holds.
    pub(crate) fn read(&self) -> Distribution {
        let mut bound = seconds(self.first);
        let mut buckets = Vec::with_capacity(self.buckets.len());
        for bucket in &self.buckets {
            buckets.push((bound, bucket.load(Ordering::Relaxed)));
            bound *= 2.0;
        }
        let beyond = buckets.pop().map_or(0, |(_, count)| count);
        Distribution {
            buckets,
            beyond,
            sum: seconds(self.sum.load(Ordering::Relaxed)),
        }
    }
}

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

fn seconds(nanoseconds: u64) -> f64 {
    Duration::from_nanos(nanoseconds).as_secs_f64()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bound_belongs_to_what_is_within_it() {
        let histogram = Histogram::doubling(Duration::from_micros(5), 3);
        for nanoseconds in [0, 1, 5_000, 5_001, 10_000, 10_001, 20_000, 20_001, u64::MAX / 2] {
            histogram.observe(Duration::from_nanos(nanoseconds));
        }
        let read = histogram.read();
        let counts: Vec<u64> = read.buckets.iter().map(|(_, count)| *count).collect();
        assert_eq!(counts, [3, 2, 2]);
        assert_eq!((read.beyond, read.count()), (2, 9));
        let bounds: Vec<String> = read.buckets.iter().map(|(bound, _)| bound.to_string()).collect();
        assert_eq!(bounds, ["0.000005", "0.00001", "0.00002"]);
    }

    #[test]
    fn sums_add_up() {
        let histogram = Histogram::doubling(Duration::from_secs(1), 2);
        histogram.observe(Duration::from_millis(500));
        histogram.observe(Duration::from_secs(9));
        let mut all = Distribution::default();
        all.add(&histogram.read());
        all.add(&histogram.read());
        assert_eq!((all.count(), all.beyond), (4, 2));
        assert!((all.sum - 19.0).abs() < 1e-9);
    }
}
