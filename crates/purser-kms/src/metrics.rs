//! What a plugin counts.

use std::fmt;
use std::time::Duration;

use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

/// Buckets of durations, seconds: from what a key at hand takes to the time that API servers wait, and beyond.
const DURATIONS: [f64; 15] = [
    0.000_05, 0.000_1, 0.000_2, 0.000_5, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1.0, 3.0, 10.0,
];

/// What was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EncodeLabelValue)]
#[expect(non_camel_case_types, reason = "they are the values of labels")]
pub enum Operation {
    /// To wrap a secret.
    encrypt,
    /// To unwrap one.
    decrypt,
    /// How the holder is.
    status,
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EncodeLabelValue)]
#[expect(non_camel_case_types, reason = "they are the values of labels")]
pub enum Outcome {
    /// It was done.
    ok,
    /// The question was wrong.
    refused,
    /// The key that it names is not there.
    no_key,
    /// What was to be unwrapped does not authenticate.
    damaged,
    /// The holder did not answer as it should.
    unavailable,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Labels {
    operation: Operation,
    outcome: Outcome,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OperationLabel {
    operation: Operation,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OutcomeLabel {
    outcome: Outcome,
}

/// The numbers of a plugin, in a registry of their own.
pub struct Metrics {
    registry: Registry,
    operations: Family<Labels, Counter>,
    durations: Family<OperationLabel, Histogram, fn() -> Histogram>,
    key_id_changes: Counter,
    holder_up: Gauge,
    rotations: Family<OutcomeLabel, Counter>,
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Metrics")
    }
}

impl Default for Metrics {
    fn default() -> Self {
        let durations: fn() -> Histogram = || Histogram::new(DURATIONS);
        let mut metrics = Self {
            registry: Registry::with_prefix("purser_kms"),
            operations: Family::default(),
            durations: Family::new_with_constructor(durations),
            key_id_changes: Counter::default(),
            holder_up: Gauge::default(),
            rotations: Family::default(),
        };
        let registry = &mut metrics.registry;
        registry.register(
            "operations",
            "Questions of API servers, by kind and what came of them",
            metrics.operations.clone(),
        );
        registry.register(
            "operation_duration_seconds",
            "How long they took, without their way through the socket",
            metrics.durations.clone(),
        );
        registry.register(
            "key_id_changes",
            "How often the key holder was found to use another key",
            metrics.key_id_changes.clone(),
        );
        registry.register(
            "holder_up",
            "Whether the key holder was well when an API server last asked",
            metrics.holder_up.clone(),
        );
        registry.register(
            "rotations",
            "Keys made by schedule, by what came of it",
            metrics.rotations.clone(),
        );
        metrics
    }
}

impl Metrics {
    /// Counts an operation that took so long.
    pub(crate) fn done(&self, operation: Operation, outcome: Outcome, took: Duration) {
        self.operations
            .get_or_create(&Labels { operation, outcome })
            .inc();
        self.durations
            .get_or_create(&OperationLabel { operation })
            .observe(took.as_secs_f64());
    }

    pub(crate) fn key_id_changed(&self) {
        self.key_id_changes.inc();
    }

    pub(crate) fn holder_is(&self, well: bool) {
        self.holder_up.set(i64::from(well));
    }

    /// Counts a key that was made by schedule, or could not be.
    pub fn rotated(&self, well: bool) {
        let outcome = if well { Outcome::ok } else { Outcome::unavailable };
        self.rotations.get_or_create(&OutcomeLabel { outcome }).inc();
    }

    /// How many operations came out so.
    #[must_use]
    pub fn count(&self, operation: Operation, outcome: Outcome) -> u64 {
        self.operations
            .get_or_create(&Labels { operation, outcome })
            .get()
    }

    /// All of it, as OpenMetrics 1.0 writes it.
    ///
    /// # Errors
    /// Never, as text grows as it needs.
    pub fn text(&self) -> Result<String, fmt::Error> {
        let mut out = String::new();
        text::encode(&mut out, &self.registry)?;
        Ok(out)
    }
}
