//! Numbers that other parts keep and the server tells.

use std::fmt;
use std::sync::Arc;

use parking_lot::Mutex;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;

/// A number to tell on `/metrics`.
pub struct Observation {
    /// The metric's name; of a counter without `_total`, which is added.
    pub name: &'static str,
    /// What it counts.
    pub help: &'static str,
    /// Whether it only grows.
    pub counter: bool,
    /// Reads it; called whenever metrics are asked for.
    pub read: Box<dyn Fn() -> u64 + Send + Sync>,
}

/// A count as gauges hold it.
pub(super) fn gauge(value: usize) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// All of them.
#[derive(Clone, Default)]
pub(super) struct Observed(Arc<Mutex<Vec<Observation>>>);

impl Observed {
    pub(super) fn add(&self, observation: Observation) {
        self.0.lock().push(observation);
    }
}

impl fmt::Debug for Observed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Observed").field(&self.0.lock().len()).finish()
    }
}

impl Collector for Observed {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        for Observation {
            name,
            help,
            counter,
            read,
        } in self.0.lock().iter()
        {
            let value = read();
            let (counted, gauged);
            let metric: &dyn EncodeMetric = if *counter {
                counted = ConstCounter::new(value);
                &counted
            } else {
                gauged = ConstGauge::new(i64::try_from(value).unwrap_or(i64::MAX));
                &gauged
            };
            metric.encode(encoder.encode_descriptor(name, help, None, metric.metric_type())?)?;
        }
        Ok(())
    }
}
