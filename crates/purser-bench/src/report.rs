//! What was measured, as it is printed and as JSON.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;

use crate::operation::Operation;
use crate::process::Usage;
use crate::rotation::Rotated;
use crate::tally::{Latencies, Tally};
use crate::watch::Deliveries;

/// Above this share of its threads, or of the machine, what was measured may be the lack of them.
const SATURATED: f64 = 0.9;

/// The whole report. Field names end in their unit.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    /// What was done.
    pub(crate) workload: String,
    /// With which settings.
    pub(crate) settings: Settings,
    /// Length of the measurement.
    pub(crate) measured_seconds: f64,
    /// Successful requests of every kind a second.
    pub(crate) requests_per_second: f64,
    /// By kind of request.
    pub(crate) operations: BTreeMap<&'static str, Requests>,
    /// Failed requests by status code, or `connection`.
    pub(crate) errors: BTreeMap<String, u64>,
    /// What the server said the first time each.
    pub(crate) error_examples: BTreeMap<String, String>,
    /// Of the workload watch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) delivery: Option<Delivery>,
    /// Of the workload rotation; `operations` are those during it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) rotation: Option<Rotation>,
    /// With --pid.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) server: Option<Server>,
    /// The driver itself.
    pub(crate) driver: Driver,
    /// With --pid: server and driver together left next to nothing of this machine, so that latencies are those of a
    /// full machine.
    pub(crate) machine_saturated: bool,
}

/// The settings that a figure depends on.
#[derive(Debug, Serialize)]
pub(crate) struct Settings {
    /// Secrets before the measurement.
    pub(crate) objects: u64,
    /// Bytes of each value.
    pub(crate) size_bytes: u32,
    /// HTTP/2 connections.
    pub(crate) connections: usize,
    /// Requests in flight on each.
    pub(crate) streams: u16,
    /// Watchers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) watchers: Option<u16>,
    /// Requests a second asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) rate: Option<u32>,
    /// Threads of the driver.
    pub(crate) threads: u16,
}

/// Requests of one kind.
#[derive(Debug, Serialize)]
pub(crate) struct Requests {
    /// How many succeeded.
    pub(crate) count: u64,
    /// The same a second.
    pub(crate) per_second: f64,
    /// Mean bytes of an answer's body.
    pub(crate) mean_bytes: u64,
    /// Latencies.
    #[serde(flatten)]
    pub(crate) latency: Latency,
}

/// Latencies in microseconds.
#[derive(Debug, Serialize)]
pub(crate) struct Latency {
    /// Mean.
    pub(crate) mean_us: f64,
    /// Median.
    pub(crate) p50_us: u64,
    /// Nine in ten are not longer.
    pub(crate) p90_us: u64,
    /// 99 in 100.
    pub(crate) p99_us: u64,
    /// 999 in 1,000.
    pub(crate) p999_us: u64,
    /// The longest.
    pub(crate) max_us: u64,
}

/// Events at the watchers.
#[derive(Debug, Serialize)]
pub(crate) struct Delivery {
    /// How many arrived.
    pub(crate) count: u64,
    /// The same a second.
    pub(crate) per_second: f64,
    /// How many should have but did not.
    pub(crate) missing: u64,
    /// Watches that the server ended.
    pub(crate) ended_watches: u64,
    /// With --pid: the server's CPU time for each that arrived, its share of the write included.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) server_cpu_us: Option<f64>,
    /// The driver's.
    pub(crate) driver_cpu_us: f64,
    /// From the sending of the write to the arrival of the event.
    #[serde(flatten)]
    pub(crate) latency: Latency,
}

/// A rotation.
#[derive(Debug, Serialize)]
pub(crate) struct Rotation {
    /// From the sending of what began it until it was seen to be over.
    pub(crate) seconds: f64,
    /// Of that, each of its stages.
    pub(crate) stage_seconds: BTreeMap<String, f64>,
    /// Values that were sealed anew.
    pub(crate) sealed_anew: u64,
    /// The same a second, of the whole.
    pub(crate) values_per_second: f64,
    /// What was asked before it, as long as `--duration` says.
    pub(crate) idle: BTreeMap<&'static str, Requests>,
    /// How many times its value before is the 99th percentile of gets during it.
    pub(crate) get_p99_ratio: f64,
}

/// The driver's process.
#[derive(Debug, Serialize)]
pub(crate) struct Driver {
    /// CPU time in the measurement.
    pub(crate) cpu_seconds: f64,
    /// The same as a number of cores.
    pub(crate) cores: f64,
    /// Near the number of its threads: it may be what was measured.
    pub(crate) saturated: bool,
}

/// The server's process.
#[derive(Debug, Serialize)]
pub(crate) struct Server {
    /// Its id.
    pub(crate) pid: u32,
    /// CPU time in the measurement.
    pub(crate) cpu_seconds: f64,
    /// The same for each successful request.
    pub(crate) cpu_us_per_request: f64,
    /// Resident memory at the end.
    pub(crate) resident_bytes: u64,
    /// The most it ever had.
    pub(crate) peak_resident_bytes: u64,
}

impl Latency {
    fn of(latencies: &Latencies) -> Self {
        Self {
            mean_us: tenths(latencies.mean_micros()),
            p50_us: latencies.micros_at(0.5),
            p90_us: latencies.micros_at(0.9),
            p99_us: latencies.micros_at(0.99),
            p999_us: latencies.micros_at(0.999),
            max_us: latencies.max_micros(),
        }
    }
}

impl Delivery {
    /// From what the watchers saw.
    pub(crate) fn of(
        deliveries: &Deliveries,
        measured: Duration,
        server: Option<&Server>,
        driver: &Driver,
    ) -> Self {
        let count = deliveries.latencies.count();
        let each = |cpu_seconds: f64| hundredths(cpu_seconds * 1e6 / float(count.max(1)));
        Self {
            count,
            per_second: per_second(count, measured),
            missing: deliveries.missing,
            ended_watches: deliveries.ended,
            server_cpu_us: server.map(|server| each(server.cpu_seconds)),
            driver_cpu_us: each(driver.cpu_seconds),
            latency: Latency::of(&deliveries.latencies),
        }
    }
}

impl Rotation {
    /// From what was measured, before it for so long.
    pub(crate) fn of(rotated: &Rotated, idle: Duration) -> Self {
        let p99 = |tally: &Tally| {
            let gets = tally.operations.get(&Operation::Get);
            gets.map_or(0, |gets| gets.latencies.micros_at(0.99))
        };
        let stages = rotated.stages.iter();
        Self {
            seconds: hundredths(rotated.took.as_secs_f64()),
            stage_seconds: stages
                .map(|(name, took)| (name.clone(), hundredths(took.as_secs_f64())))
                .collect(),
            sealed_anew: rotated.sealed_anew,
            values_per_second: per_second(rotated.sealed_anew, rotated.took),
            idle: operations(&rotated.idle, idle),
            get_p99_ratio: hundredths(float(p99(&rotated.during)) / float(p99(&rotated.idle).max(1))),
        }
    }
}

impl Driver {
    /// From its usage at the beginning and the end of the measurement.
    pub(crate) fn of(before: Usage, after: Usage, measured: Duration, threads: u16) -> Self {
        let cpu = after.cpu.saturating_sub(before.cpu).as_secs_f64();
        let cores = cpu / measured.as_secs_f64().max(1e-9);
        Self {
            cpu_seconds: cpu,
            cores: hundredths(cores),
            saturated: cores > SATURATED * f64::from(threads),
        }
    }
}

/// Whether server and driver together used (almost) all that this machine has.
pub(crate) fn fills_the_machine(server: &Server, driver: &Driver, measured: Duration) -> bool {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let has = measured.as_secs_f64() * float(u64::try_from(cores).unwrap_or(1));
    server.cpu_seconds + driver.cpu_seconds > SATURATED * has
}

impl Server {
    /// From its usage at the beginning and the end of the measurement.
    pub(crate) fn of(pid: u32, before: Usage, after: Usage, requests: u64) -> Self {
        let cpu = after.cpu.saturating_sub(before.cpu).as_secs_f64();
        Self {
            pid,
            cpu_seconds: cpu,
            cpu_us_per_request: tenths(cpu * 1e6 / float(requests.max(1))),
            resident_bytes: after.resident,
            peak_resident_bytes: after.peak,
        }
    }
}

/// The rows of the operations.
pub(crate) fn operations(tally: &Tally, measured: Duration) -> BTreeMap<&'static str, Requests> {
    tally
        .operations
        .iter()
        .map(|(operation, measured_one)| {
            let count = measured_one.latencies.count();
            let requests = Requests {
                count,
                per_second: per_second(count, measured),
                mean_bytes: measured_one.bytes.checked_div(count).unwrap_or(0),
                latency: Latency::of(&measured_one.latencies),
            };
            (operation.name(), requests)
        })
        .collect()
}

/// A count in a span, a second, to a tenth.
pub(crate) fn per_second(count: u64, span: Duration) -> f64 {
    tenths(float(count) / span.as_secs_f64().max(1e-9))
}

fn hundredths(number: f64) -> f64 {
    (number * 100.0).round() / 100.0
}

/// Rounds to a tenth: more digits only pretend.
pub(crate) fn tenths(number: f64) -> f64 {
    (number * 10.0).round() / 10.0
}

#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
fn float(count: u64) -> f64 {
    count as f64
}
