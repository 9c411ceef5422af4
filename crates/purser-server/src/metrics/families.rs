//! Numbers with labels that other parts keep and the server tells.

use std::fmt;
use std::sync::Arc;

use parking_lot::Mutex;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, MetricEncoder, NoLabelSet};
use prometheus_client::metrics::MetricType;

/// A metric with labels, as it is when metrics are asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct MetricFamily {
    /// The metric's name; of a counter without `_total`, which is added.
    pub name: &'static str,
    /// What it counts.
    pub help: &'static str,
    /// Of what kind all of its samples are.
    pub kind: MetricKind,
    /// One for each set of labels. Without any the metric is not told.
    pub samples: Vec<Sample>,
}

/// What a metric's samples are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MetricKind {
    /// They only grow.
    Counter,
    /// They vary.
    Gauge,
    /// They count sizes in buckets.
    Histogram,
}

/// The value of a set of labels.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// The labels; their values come from closed sets, or are bounded in number by who tells them.
    pub labels: Vec<(&'static str, String)>,
    /// The value.
    pub value: SampleValue,
}

/// A value, of the kind that its family is.
#[derive(Debug, Clone, PartialEq)]
pub enum SampleValue {
    /// Of a counter.
    Count(u64),
    /// Of a gauge.
    Level(f64),
    /// Of a histogram.
    Buckets {
        /// Bounds, each with how many were within it and beyond the one before.
        buckets: Vec<(f64, u64)>,
        /// How many were beyond the last.
        beyond: u64,
        /// The sum of all.
        sum: f64,
    },
}

type Tell = Box<dyn Fn() -> Vec<MetricFamily> + Send + Sync>;

/// Who tells them.
#[derive(Clone, Default)]
pub(super) struct Families(Arc<Mutex<Vec<Tell>>>);

impl Families {
    pub(super) fn add(&self, tell: Tell) {
        self.0.lock().push(tell);
    }
}

impl fmt::Debug for Families {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Families").field(&self.0.lock().len()).finish()
    }
}

impl Collector for Families {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        for tell in self.0.lock().iter() {
            for family in tell().iter().filter(|family| !family.samples.is_empty()) {
                let kind = match family.kind {
                    MetricKind::Counter => MetricType::Counter,
                    MetricKind::Gauge => MetricType::Gauge,
                    MetricKind::Histogram => MetricType::Histogram,
                };
                let mut metric = encoder.encode_descriptor(family.name, family.help, None, kind)?;
                for sample in &family.samples {
                    value(&mut metric, sample)?;
                }
            }
        }
        Ok(())
    }
}

fn value(metric: &mut MetricEncoder<'_>, sample: &Sample) -> Result<(), fmt::Error> {
    let labels = sample.labels.as_slice();
    let mut labelled = metric.encode_family(&labels)?;
    match &sample.value {
        SampleValue::Count(count) => labelled.encode_counter::<NoLabelSet, _, u64>(count, None),
        SampleValue::Level(level) => labelled.encode_gauge(level),
        SampleValue::Buckets { buckets, beyond, sum } => {
            let mut all = buckets.clone();
            all.push((f64::INFINITY, *beyond));
            let count = all.iter().map(|(_, count)| count).sum();
            labelled.encode_histogram::<NoLabelSet>(*sum, count, &all, None)
        }
    }
}
