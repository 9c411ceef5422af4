//! The page of figures.

use std::fmt::Write as _;
use std::time::Duration;

use serde_json::Value;

use super::Measured;
use super::compared::Compared;

const BINDINGS: &str = "\n## Bindings\n\n\
    From the sending of the write that makes or removes a RoleBinding to the end of the first request that is allowed or\n\
    refused because of it. Its subject asks one request after the other, on a connection of their own.\n\n\
    | binding | times | p50 ms | p90 ms | p99 ms | p99.9 ms | longest ms | errors |\n\
    | --- | --: | --: | --: | --: | --: | --: | --: |\n";

const ROTATION: &str = "\n## Another key for everything\n\n\
    99% gets and 1% updates at a rate, first with nothing else going on, then while the server makes another key, seals\n\
    everything with it, and destroys the old one. Latencies are from the sending, or from when it should have been while\n\
    an earlier answer was waited for.\n\n\
    | request | rotation | times | requests/s | p50 ms | p90 ms | p99 ms | p99.9 ms | longest ms |\n\
    | --- | --- | --: | --: | --: | --: | --: | --: | --: |\n";

/// Writes the page.
pub(crate) fn write(measured: &[Measured], compared: &Compared, version: &str, ready_in: Duration) -> String {
    let cores = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
    let now = time::OffsetDateTime::now_utc();
    let mut page = String::from("# Benchmarks\n\n");
    let _ = writeln!(
        page,
        "Written by `cargo xtask bench` on {} with {version}, on {cores} cores ({}); driver and server on the same\n\
         machine, TLS, encryption at rest and durable writes on, nothing else set.\n\n\
         Took its first connection {} ms after the start of the process, on an empty data directory.\n",
        now.date(),
        processor(),
        ready_in.as_millis()
    );
    let of = |workload: &'static str| measured.iter().filter(move |one| one.workload == workload);
    let requests = measured
        .iter()
        .filter(|one| !["watch", "bindings", "rotation"].contains(&one.workload));
    page.push_str(
        "| workload | server | requests/s | p50 ms | p90 ms | p99 ms | p99.9 ms | CPU µs/request | resident MB | errors |\n\
         | --- | --- | --: | --: | --: | --: | --: | --: | --: | --: |\n",
    );
    for one in requests {
        request_row(&mut page, one);
    }
    ratio(&mut page, measured);
    page.push_str(
        "\n## Watches\n\n\
         From the sending of a write to the arrival of its event, for every watcher. The CPU time of a delivery includes\n\
         its share of the write and, for the server, of whatever else it did.\n\n\
         | watchers | writes/s | deliveries/s | p50 ms | p90 ms | p99 ms | p99.9 ms | server's CPU µs/delivery | driver's CPU µs/delivery | missing | watches ended | failed writes |\n\
         | --: | --: | --: | --: | --: | --: | --: | --: | --: | --: | --: | --: |\n",
    );
    for one in of("watch") {
        watch_row(&mut page, one);
    }
    page.push_str(BINDINGS);
    for one in of("bindings") {
        binding_rows(&mut page, one);
    }
    page.push_str(&rotation(measured));
    saturation(&mut page, measured);
    compared.write(&mut page);
    page.push_str("\n## The commands\n\n```sh\n");
    for one in measured {
        let _ = writeln!(page, "{}   # {}", one.command, one.server);
    }
    page.push_str("```\n");
    page
}

/// The number at `path` of a report; 0 when there is none.
fn number(one: &Measured, path: &str) -> f64 {
    one.report.pointer(path).and_then(Value::as_f64).unwrap_or(0.0)
}

/// Four columns of latencies.
fn latencies(latency: Option<&Value>) -> String {
    let ms = |name: &str| {
        let micros = latency.and_then(|latency| latency.get(name)?.as_f64());
        micros.unwrap_or(0.0) / 1000.0
    };
    let columns = ["p50_us", "p90_us", "p99_us", "p999_us"].map(|name| format!("{:.2}", ms(name)));
    columns.join(" | ")
}

fn errors(one: &Measured) -> u64 {
    let errors = one.report.get("errors").and_then(Value::as_object);
    errors.map_or(0, |errors| errors.values().filter_map(Value::as_u64).sum())
}

fn request_row(page: &mut String, one: &Measured) {
    let _ = writeln!(
        page,
        "| {} | {} | {:.0} | {} | {:.1} | {:.0} | {} |",
        one.workload,
        one.server,
        number(one, "/requests_per_second"),
        latencies(busiest(&one.report)),
        number(one, "/server/cpu_us_per_request"),
        number(one, "/server/resident_bytes") / 1e6,
        errors(one),
    );
}

fn watch_row(page: &mut String, one: &Measured) {
    let _ = writeln!(
        page,
        "| {:.0} | {:.0} | {:.0} | {} | {:.1} | {:.1} | {:.0} | {:.0} | {} |",
        number(one, "/settings/watchers"),
        number(one, "/requests_per_second"),
        number(one, "/delivery/per_second"),
        latencies(one.report.get("delivery")),
        number(one, "/delivery/server_cpu_us"),
        number(one, "/delivery/driver_cpu_us"),
        number(one, "/delivery/missing"),
        number(one, "/delivery/ended_watches"),
        errors(one),
    );
}

fn binding_rows(page: &mut String, one: &Measured) {
    for (operation, change) in [("bind", "made"), ("unbind", "removed")] {
        let measured = one.report.pointer(&format!("/operations/{operation}"));
        let _ = writeln!(
            page,
            "| {change} | {:.0} | {} | {:.2} | {} |",
            number(one, &format!("/operations/{operation}/count")),
            latencies(measured),
            number(one, &format!("/operations/{operation}/max_us")) / 1000.0,
            errors(one),
        );
    }
}

/// The section about rotations; empty: none was measured.
pub(crate) fn rotation(measured: &[Measured]) -> String {
    let mut page = String::new();
    for one in measured.iter().filter(|one| one.workload == "rotation") {
        page.push_str(ROTATION);
        for operation in ["get", "update"] {
            for (when, at) in [("before", "/rotation/idle"), ("during", "/operations")] {
                let path = format!("{at}/{operation}");
                let row = one.report.pointer(&path);
                let _ = writeln!(
                    page,
                    "| {operation} | {when} | {:.0} | {:.0} | {} | {:.2} |",
                    number(one, &format!("{path}/count")),
                    number(one, &format!("{path}/per_second")),
                    latencies(row),
                    number(one, &format!("{path}/max_us")) / 1000.0,
                );
            }
        }
        let _ = writeln!(
            page,
            "\n{:.0} values in {:.1} s, {:.0} a second; the 99th percentile of gets is {:.2} times that before. The server used\n\
             {:.2} cores meanwhile; {} requests failed.",
            number(one, "/rotation/sealed_anew"),
            number(one, "/rotation/seconds"),
            number(one, "/rotation/values_per_second"),
            number(one, "/rotation/get_p99_ratio"),
            number(one, "/server/cpu_seconds") / number(one, "/rotation/seconds").max(0.01),
            errors(one),
        );
    }
    page
}

/// Says which figures are those of a driver that could do no more, or of a full machine.
fn saturation(page: &mut String, measured: &[Measured]) {
    let is = |one: &Measured, path: &str| one.report.pointer(path) == Some(&Value::Bool(true));
    for one in measured.iter().filter(|one| is(one, "/driver/saturated")) {
        let _ = writeln!(
            page,
            "\n{} against {}: the driver used all of its threads ({:.1} cores), so that it may be what was measured.",
            title(one),
            one.server,
            number(one, "/driver/cores")
        );
    }
    for one in measured.iter().filter(|one| is(one, "/machine_saturated")) {
        let _ = writeln!(
            page,
            "\n{} against {}: server and driver together used the whole machine.",
            title(one),
            one.server
        );
    }
}

/// The workload, told from others of its name.
fn title(one: &Measured) -> String {
    match one.report.pointer("/settings/watchers").and_then(Value::as_u64) {
        Some(watchers) => format!("{} ({watchers} watchers)", one.workload),
        None => one.workload.to_owned(),
    }
}

/// The operation that was done most.
fn busiest(report: &Value) -> Option<&Value> {
    let operations = report.get("operations")?.as_object()?;
    operations
        .values()
        .max_by_key(|operation| operation.get("count").and_then(Value::as_u64))
}

/// What share of the bare server's throughput and CPU a get has.
fn ratio(page: &mut String, measured: &[Measured]) {
    let of = |server: &str, path: &str| {
        let one = measured
            .iter()
            .find(|one| one.server == server && one.workload == "get")?;
        one.report.pointer(path)?.as_f64()
    };
    let share = |path: &str| Some(of("purser", path)? / of("bare TLS server", path)?);
    if let (Some(throughput), Some(cpu)) =
        (share("/requests_per_second"), share("/server/cpu_us_per_request"))
    {
        let _ = writeln!(
            page,
            "\nA get has {:.0}% of the bare server's throughput and {cpu:.1} × its CPU time a request.",
            throughput * 100.0
        );
    }
}

/// The processor as Linux names it.
fn processor() -> String {
    let text = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let line = text.lines().find(|line| line.starts_with("model name"));
    line.and_then(|line| line.split_once(':'))
        .map_or_else(|| "unknown".to_owned(), |(_, name)| name.trim().to_owned())
}
