//! What was measured, as the table of `docs/benchmarks.md`.

use std::fmt::Write as _;
use std::path::Path;

use serde_json::Value;

/// The medians of `cases` and their ratios to the bare ciphers, as far as they were measured.
pub(crate) fn text(results: &Path, cases: &[&str], sizes: &[usize]) -> String {
    let mut text = String::from("\n| provider | |");
    for size in sizes {
        let _infallible = write!(text, " {size} B | |");
    }
    text.push_str("\n| --- | --- |");
    text.push_str(&" --: | --: |".repeat(sizes.len()));
    text.push('\n');
    for case in cases {
        for operation in ["seal", "open"] {
            row(&mut text, results, (case, case), operation, sizes);
        }
    }
    // What a key of its own for each value costs.
    for operation in ["seal", "open"] {
        row(&mut text, results, ("purser-local", "aesgcm"), operation, sizes);
    }
    text
}

fn row(text: &mut String, results: &Path, (case, beside): (&str, &str), operation: &str, sizes: &[usize]) {
    let name = match case == beside {
        true => case.to_owned(),
        false => format!("{case}, to bare {beside}"),
    };
    let _infallible = write!(text, "| {name} | {operation} |");
    for size in sizes {
        let took = median(results, case, operation, *size);
        let bare = median(results, beside, &format!("{operation}, bare"), *size);
        let cells = match took.zip(bare) {
            Some((took, bare)) => format!(" {} | {:.2} |", time(took), took / bare),
            None => " | |".to_owned(),
        };
        text.push_str(&cells);
    }
    text.push('\n');
}

fn time(nanoseconds: f64) -> String {
    match nanoseconds {
        small if small < 10_000.0 => format!("{small:.0} ns"),
        large => format!("{:.1} µs", large / 1000.0),
    }
}

/// Nanoseconds, of the last measurement.
fn median(results: &Path, case: &str, operation: &str, size: usize) -> Option<f64> {
    let path = results.join(format!("{case}/{operation}/{size}/new/estimates.json"));
    let found: Value = serde_json::from_slice(&std::fs::read(path).ok()?).ok()?;
    found.pointer("/median/point_estimate")?.as_f64()
}
