//! The tests that are too slow for every run, or bound in time: those marked `#[ignore]`.

use crate::Outcome;
use crate::command::{cargo, run as run_command};

/// Runs them alone, in a release build.
pub(crate) fn run(arguments: &[String]) -> Outcome {
    if let Some(stray) = arguments.first() {
        return Err(format!("slow takes nothing, not {stray:?}"));
    }
    run_command(&mut cargo([
        "test",
        "--locked",
        "--release",
        "--workspace",
        "--tests",
        "--",
        "--ignored",
        "--nocapture",
    ]))
}
