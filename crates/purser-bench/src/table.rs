//! The report for people: one row for each kind of request, then what else there is to say.

use std::collections::BTreeMap;
use std::io::{self, Write};

use crate::report::{Latency, Report, Requests};

/// Writes the report.
///
/// # Errors
/// When `out` does.
pub(crate) fn write(report: &Report, out: &mut impl Write) -> io::Result<()> {
    let settings = &report.settings;
    writeln!(
        out,
        "{}: {} objects of {} B, {} connections x {} streams, {:.1} s",
        report.workload,
        settings.objects,
        settings.size_bytes,
        settings.connections,
        settings.streams,
        report.measured_seconds
    )?;
    writeln!(
        out,
        "{:<10} {:>10} {:>10} {:>9} {:>9} {:>9} {:>9} {:>9}",
        "", "requests", "per s", "p50", "p90", "p99", "p99.9", "max"
    )?;
    if let Some(rotation) = &report.rotation {
        writeln!(out, "before")?;
        rows(&rotation.idle, out)?;
        writeln!(out, "during")?;
    }
    rows(&report.operations, out)?;
    if let Some(rotation) = &report.rotation {
        writeln!(
            out,
            "rotation   {} values in {:.1} s, {:.0} a second; p99 of gets is {:.2} times that before",
            rotation.sealed_anew, rotation.seconds, rotation.values_per_second, rotation.get_p99_ratio
        )?;
        for (stage, seconds) in &rotation.stage_seconds {
            writeln!(out, "           {seconds:.1} s {stage}")?;
        }
    }
    if let Some(delivery) = &report.delivery {
        write!(
            out,
            "{:<10} {:>10} {:>10.1}",
            "delivery", delivery.count, delivery.per_second
        )?;
        latency(&delivery.latency, out)?;
        if delivery.missing > 0 || delivery.ended_watches > 0 {
            writeln!(
                out,
                "missing    {} events, {} watches ended",
                delivery.missing, delivery.ended_watches
            )?;
        }
        if let Some(server_cpu) = delivery.server_cpu_us {
            writeln!(
                out,
                "each       {server_cpu:.2} us of the server's CPU, {:.2} us of the driver's",
                delivery.driver_cpu_us
            )?;
        }
    }
    for (kind, count) in &report.errors {
        let example = report.error_examples.get(kind).map_or("", String::as_str);
        writeln!(out, "error {kind}  {count} times, first: {}", example.trim_end())?;
    }
    if let Some(server) = &report.server {
        writeln!(
            out,
            "server     {:.2} s of CPU, {:.1} us a request; {:.1} MB resident, {:.1} MB at most",
            server.cpu_seconds,
            server.cpu_us_per_request,
            megabytes(server.resident_bytes),
            megabytes(server.peak_resident_bytes)
        )?;
    }
    writeln!(
        out,
        "driver     {:.2} s of CPU, {:.2} cores",
        report.driver.cpu_seconds, report.driver.cores
    )?;
    if report.driver.saturated {
        writeln!(
            out,
            "beware     the driver has {} thread(s): it may be the bottleneck, see --threads",
            settings.threads
        )?;
    }
    if report.machine_saturated {
        writeln!(
            out,
            "beware     server and driver together used the whole machine"
        )?;
    }
    Ok(())
}

fn rows(operations: &BTreeMap<&'static str, Requests>, out: &mut impl Write) -> io::Result<()> {
    for (name, row) in operations {
        write!(out, "{name:<10} {:>10} {:>10.1}", row.count, row.per_second)?;
        latency(&row.latency, out)?;
    }
    Ok(())
}

fn latency(latency: &Latency, out: &mut impl Write) -> io::Result<()> {
    for micros in [
        latency.p50_us,
        latency.p90_us,
        latency.p99_us,
        latency.p999_us,
        latency.max_us,
    ] {
        write!(out, " {:>9}", span(micros))?;
    }
    writeln!(out)
}

/// Three digits and a unit.
fn span(micros: u64) -> String {
    match micros {
        0..1_000 => format!("{micros} us"),
        1_000..10_000 => format!("{}.{:02} ms", micros / 1_000, micros % 1_000 / 10),
        10_000..100_000 => format!("{}.{} ms", micros / 1_000, micros % 1_000 / 100),
        100_000..1_000_000 => format!("{} ms", micros / 1_000),
        _ => format!("{}.{:02} s", micros / 1_000_000, micros % 1_000_000 / 10_000),
    }
}

#[expect(clippy::cast_precision_loss, reason = "memory stays far below 2^53 bytes")]
fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_have_three_digits_and_a_unit() {
        let spans = [7, 999, 1_234, 12_345, 123_456, 1_234_567].map(span);
        assert_eq!(
            spans,
            ["7 us", "999 us", "1.23 ms", "12.3 ms", "123 ms", "1.23 s"]
        );
    }
}
