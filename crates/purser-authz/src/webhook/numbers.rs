//! What is counted about a webhook, under kube-apiserver's names.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Upper ends of how long calls take, seconds: `compbasemetrics.DefBuckets`.
const CALLS: [f64; 11] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// Upper ends of how long conditions take, seconds: from one millisecond on, each twice the one before.
const CONDITIONS: [f64; 11] = [
    0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.064, 0.128, 0.256, 0.512, 1.024,
];

/// What became of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It was answered.
    Success,
    /// It was not answered in time.
    Timeout,
    /// Anything else.
    Error,
}

/// What is counted about one webhook. It outlives the webhook: one that comes back goes on counting.
#[derive(Debug, Default)]
pub struct WebhookNumbers {
    success: Times<11>,
    timeout: Times<11>,
    error: Times<11>,
    open_timeout: AtomicU64,
    open_error: AtomicU64,
    conditions: Times<11>,
    condition_errors: AtomicU64,
    exclusions: AtomicU64,
}

/// How often something took how long.
#[derive(Debug)]
struct Times<const N: usize> {
    /// By the upper end; what is longer is in none.
    buckets: [AtomicU64; N],
    count: AtomicU64,
    micros: AtomicU64,
}

impl<const N: usize> Default for Times<N> {
    fn default() -> Self {
        Self {
            buckets: std::array::from_fn(|_| AtomicU64::new(0)),
            count: AtomicU64::new(0),
            micros: AtomicU64::new(0),
        }
    }
}

impl<const N: usize> Times<N> {
    fn add(&self, ends: &[f64; N], took: Duration) {
        let bucket = ends.iter().position(|end| took.as_secs_f64() <= *end);
        if let Some(bucket) = bucket.and_then(|at| self.buckets.get(at)) {
            bucket.fetch_add(1, Ordering::Relaxed);
        }
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        self.micros.fetch_add(micros, Ordering::Relaxed);
        self.count.fetch_add(1, Ordering::Relaxed);
    }

    fn read(&self, ends: &[f64; N]) -> Histogram {
        let buckets = ends.iter().zip(&self.buckets);
        Histogram {
            buckets: buckets
                .map(|(end, count)| (*end, count.load(Ordering::Relaxed)))
                .collect(),
            count: self.count.load(Ordering::Relaxed),
            sum: Duration::from_micros(self.micros.load(Ordering::Relaxed)).as_secs_f64(),
        }
    }
}

/// A histogram, as it is now.
#[derive(Debug, Clone, PartialEq)]
pub struct Histogram {
    /// Upper ends, in seconds, and how many lie between it and the one before.
    pub buckets: Vec<(f64, u64)>,
    /// How many there are.
    pub count: u64,
    /// Their sum in seconds.
    pub sum: f64,
}

/// What was counted about a webhook until now.
#[derive(Debug, Clone, PartialEq)]
pub struct Counted {
    /// How long calls took, by what became of them: `success`, `timeout`, `error`.
    pub calls: [(&'static str, Histogram); 3],
    /// How often no answer was no opinion, by why: `timeout`, `error`.
    pub fail_open: [(&'static str, u64); 2],
    /// How long match conditions took.
    pub conditions: Histogram,
    /// How often match conditions could not be evaluated.
    pub condition_errors: u64,
    /// How often match conditions did not hold.
    pub exclusions: u64,
}

impl WebhookNumbers {
    pub(super) fn called(&self, outcome: Outcome, took: Duration) {
        let times = match outcome {
            Outcome::Success => &self.success,
            Outcome::Timeout => &self.timeout,
            Outcome::Error => &self.error,
        };
        times.add(&CALLS, took);
    }

    pub(super) fn failed_open(&self, outcome: Outcome) {
        let counter = match outcome {
            Outcome::Timeout => &self.open_timeout,
            Outcome::Success | Outcome::Error => &self.open_error,
        };
        counter.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn judged(&self, hold: &Result<bool, String>, took: Duration) {
        self.conditions.add(&CONDITIONS, took);
        match hold {
            Ok(true) => {}
            Ok(false) => drop(self.exclusions.fetch_add(1, Ordering::Relaxed)),
            Err(_) => drop(self.condition_errors.fetch_add(1, Ordering::Relaxed)),
        }
    }

    /// All of it, as it is now.
    #[must_use]
    pub fn read(&self) -> Counted {
        let load = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Counted {
            calls: [
                ("success", self.success.read(&CALLS)),
                ("timeout", self.timeout.read(&CALLS)),
                ("error", self.error.read(&CALLS)),
            ],
            fail_open: [
                ("timeout", load(&self.open_timeout)),
                ("error", load(&self.open_error)),
            ],
            conditions: self.conditions.read(&CONDITIONS),
            condition_errors: load(&self.condition_errors),
            exclusions: load(&self.exclusions),
        }
    }
}
