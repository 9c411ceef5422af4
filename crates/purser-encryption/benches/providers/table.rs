//! Providers and bare ciphers in turns, as the table of `docs/benchmarks.md`.
//!
//! Each turn is so short that what else the machine does falls on few of them, or on both: the ratio is the median of the
//! ratios of neighbours.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

/// How long a turn takes about.
const TURN: Duration = Duration::from_micros(20);
/// How long each comparison takes about.
const LASTING: Duration = Duration::from_millis(300);
const MOST_TURNS: usize = 4000;
const FEWEST_TURNS: usize = 15;

/// A comparison.
pub(crate) struct Compared {
    /// Nanoseconds of the provider.
    took: f64,
    ratio: f64,
}

/// Does both in turns.
pub(crate) fn compare(mut provider: impl FnMut(), mut bare: impl FnMut()) -> Compared {
    let once = turn(1, &mut provider).max(turn(1, &mut provider)).max(1.0);
    let times = f64_to_count(TURN.as_secs_f64() * 1e9 / once).max(1);
    let turns = f64_to_count(LASTING.as_secs_f64() * 1e9 / (2.0 * once * times as f64));
    let (mut took, mut ratios) = (Vec::new(), Vec::new());
    for _ in 0..turns.clamp(FEWEST_TURNS, MOST_TURNS) {
        let (one, other) = (turn(times, &mut provider), turn(times, &mut bare));
        took.push(one);
        ratios.push(one / other);
    }
    Compared {
        took: median(took),
        ratio: median(ratios),
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a positive number of turns"
)]
fn f64_to_count(number: f64) -> usize {
    number as usize
}

/// Nanoseconds that each of so many times took.
fn turn(times: usize, work: &mut impl FnMut()) -> f64 {
    let began = Instant::now();
    (0..times).for_each(|_| work());
    began.elapsed().as_secs_f64() * 1e9 / times as f64
}

fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers.get(numbers.len() / 2).copied().unwrap_or_default()
}

/// The head of the table.
pub(crate) fn head(sizes: &[usize]) -> String {
    let mut text = String::from("| provider | |");
    for size in sizes {
        let _infallible = write!(text, " {size} B | |");
    }
    text.push_str("\n| --- | --- |");
    text.push_str(&" --: | --: |".repeat(sizes.len()));
    text
}

/// A row of it.
pub(crate) fn row(name: &str, operation: &str, found: &[Compared]) -> String {
    let mut text = format!("| {name} | {operation} |");
    for Compared { took, ratio } in found {
        let time = match *took {
            small if small < 10_000.0 => format!("{small:.0} ns"),
            large => format!("{:.1} µs", large / 1000.0),
        };
        let _infallible = write!(text, " {time} | {ratio:.2} |");
    }
    text
}
