//! The page of figures.

use std::fmt::Write as _;
use std::time::Duration;

use serde_json::Value;

use super::Measured;

/// Writes the page.
pub(crate) fn write(measured: &[Measured], version: &str, ready_in: Duration) -> String {
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
    page.push_str(
        "| workload | server | requests/s | p50 ms | p90 ms | p99 ms | p99.9 ms | CPU µs/request | resident MB | errors |\n\
         | --- | --- | --: | --: | --: | --: | --: | --: | --: | --: |\n",
    );
    for one in measured {
        row(&mut page, one);
    }
    ratio(&mut page, measured);
    page.push_str("\n## The commands\n\n```sh\n");
    for one in measured {
        let _ = writeln!(page, "{}   # {}", one.command, one.server);
    }
    page.push_str("```\n");
    page
}

fn row(page: &mut String, one: &Measured) {
    let number = |value: Option<&Value>| value.and_then(Value::as_f64).unwrap_or(0.0);
    let latency = one
        .report
        .get("delivery")
        .filter(|delivery| !delivery.is_null())
        .or_else(|| busiest(&one.report));
    let ms = |name: &str| number(latency.and_then(|latency| latency.get(name))) / 1000.0;
    let server = one.report.get("server");
    let errors = one.report.get("errors").and_then(Value::as_object);
    let errors: u64 = errors.map_or(0, |errors| errors.values().filter_map(Value::as_u64).sum());
    let _ = writeln!(
        page,
        "| {}{} | {} | {:.0} | {:.2} | {:.2} | {:.2} | {:.2} | {:.1} | {:.0} | {errors} |",
        one.workload,
        if one.workload == "watch" {
            " (delivery)"
        } else {
            ""
        },
        one.server,
        number(one.report.get("requests_per_second")),
        ms("p50_us"),
        ms("p90_us"),
        ms("p99_us"),
        ms("p999_us"),
        number(server.and_then(|server| server.get("cpu_us_per_request"))),
        number(server.and_then(|server| server.get("resident_bytes"))) / 1e6,
    );
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
