//! What was measured, kept by each stream on its own and added up at the end.

use std::collections::BTreeMap;
use std::time::Duration;

use hdrhistogram::Histogram;

use crate::operation::Operation;

/// Latencies are kept to three digits, in microseconds, up to ten minutes.
const DIGITS: u8 = 3;
const LONGEST_MICROS: u64 = 600_000_000;

/// Latencies of one kind.
pub(crate) struct Latencies(Option<Histogram<u64>>);

impl Latencies {
    /// None yet.
    pub(crate) fn new() -> Self {
        // INVARIANT: the bounds are ones that the histogram takes, so that there always is one.
        Self(Histogram::new_with_bounds(1, LONGEST_MICROS, DIGITS).ok())
    }

    /// Adds one; what is longer than the bound counts as the bound.
    pub(crate) fn record(&mut self, latency: Duration) {
        if let Some(histogram) = &mut self.0 {
            histogram.saturating_record(u64::try_from(latency.as_micros()).unwrap_or(u64::MAX));
        }
    }

    /// Adds all of `other`.
    pub(crate) fn add(&mut self, other: &Self) {
        if let (Some(histogram), Some(other)) = (&mut self.0, &other.0) {
            // INVARIANT: both have the same bounds, so that this cannot fail.
            let _ = histogram.add(other);
        }
    }

    /// How many.
    pub(crate) fn count(&self) -> u64 {
        self.0.as_ref().map_or(0, Histogram::len)
    }

    /// The latency, in microseconds, that this share of them does not exceed.
    pub(crate) fn micros_at(&self, share: f64) -> u64 {
        self.0
            .as_ref()
            .map_or(0, |histogram| histogram.value_at_quantile(share))
    }

    /// The longest, in microseconds.
    pub(crate) fn max_micros(&self) -> u64 {
        self.0.as_ref().map_or(0, Histogram::max)
    }

    /// The mean, in microseconds.
    pub(crate) fn mean_micros(&self) -> f64 {
        self.0.as_ref().map_or(0.0, Histogram::mean)
    }
}

/// Successes and failures of one or more streams.
#[derive(Default)]
pub(crate) struct Tally {
    /// What succeeded.
    pub(crate) operations: BTreeMap<Operation, Measured>,
    /// What failed, by status code or `connection`, with the first message of each.
    pub(crate) errors: BTreeMap<String, Failures>,
}

/// Successes of one kind.
pub(crate) struct Measured {
    /// From sent to the last byte; with a rate, from when it should have been sent.
    pub(crate) latencies: Latencies,
    /// Bytes of the bodies.
    pub(crate) bytes: u64,
}

/// Failures of one kind.
#[derive(Default)]
pub(crate) struct Failures {
    /// How many.
    pub(crate) count: u64,
    /// What the server said the first time.
    pub(crate) example: String,
}

impl Tally {
    /// Counts a success.
    pub(crate) fn succeeded(&mut self, operation: Operation, latency: Duration, bytes: u64) {
        let measured = self.operations.entry(operation).or_insert_with(|| Measured {
            latencies: Latencies::new(),
            bytes: 0,
        });
        measured.latencies.record(latency);
        measured.bytes = measured.bytes.saturating_add(bytes);
    }

    /// Counts a failure.
    pub(crate) fn failed(&mut self, kind: &str, message: impl FnOnce() -> String) {
        if let Some(failures) = self.errors.get_mut(kind) {
            failures.count += 1;
        } else {
            self.errors.insert(
                kind.to_owned(),
                Failures {
                    count: 1,
                    example: message(),
                },
            );
        }
    }

    /// Adds all of `other`.
    pub(crate) fn add(&mut self, other: Self) {
        for (operation, measured) in other.operations {
            if let Some(mine) = self.operations.get_mut(&operation) {
                mine.latencies.add(&measured.latencies);
                mine.bytes = mine.bytes.saturating_add(measured.bytes);
            } else {
                self.operations.insert(operation, measured);
            }
        }
        for (kind, failures) in other.errors {
            if let Some(mine) = self.errors.get_mut(&kind) {
                mine.count += failures.count;
            } else {
                self.errors.insert(kind, failures);
            }
        }
    }

    /// Successes of every kind.
    pub(crate) fn successes(&self) -> u64 {
        self.operations
            .values()
            .map(|measured| measured.latencies.count())
            .sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_add_up() {
        let mut all = Tally::default();
        for stream in 0..4_u64 {
            let mut tally = Tally::default();
            tally.succeeded(Operation::Get, Duration::from_micros(100 * (stream + 1)), 10);
            tally.failed("429", || format!("message {stream}"));
            all.add(tally);
        }
        assert_eq!((all.successes(), all.errors["429"].count), (4, 4));
        assert_eq!(all.operations[&Operation::Get].bytes, 40);
        assert_eq!(all.operations[&Operation::Get].latencies.micros_at(0.5), 200);
        assert_eq!(all.operations[&Operation::Get].latencies.max_micros(), 400);
        assert_eq!(all.errors["429"].example, "message 0");
    }

    #[test]
    fn a_latency_beyond_the_bound_is_kept_as_the_bound() {
        let mut latencies = Latencies::new();
        latencies.record(Duration::from_secs(100_000));
        assert_eq!(latencies.count(), 1);
        assert!(latencies.max_micros() >= LONGEST_MICROS);
    }
}
