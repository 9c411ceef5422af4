//! Informers on many objects for a long time, with writes, disconnects and compactions: the ignored test of the
//! end-to-end tests, with its length and size.

use crate::command::{cargo, number, run as run_command};
use crate::{Outcome, test};

/// Minutes, unless said otherwise.
const MINUTES: u32 = 20;
/// Objects, unless said otherwise.
const OBJECTS: u32 = 20_000;

/// The task.
pub(crate) fn run(arguments: &[String]) -> Outcome {
    let (mut minutes, mut objects) = (MINUTES, OBJECTS);
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        let bound = match argument.as_str() {
            "--minutes" => &mut minutes,
            "--objects" => &mut objects,
            other => {
                return Err(format!("soak takes --minutes N and --objects N, not {other:?}"));
            }
        };
        *bound = number(argument, arguments.next())?;
    }
    let binary = test::build()?;
    let mut soak = cargo([
        "test",
        "--locked",
        "--package",
        "purser-e2e",
        "--test",
        "informers",
        "--",
        "--ignored",
        "--nocapture",
        "soak::",
    ]);
    run_command(
        soak.env("PURSER_BIN", binary)
            .env("PURSER_SOAK_MINUTES", minutes.to_string())
            .env("PURSER_SOAK_OBJECTS", objects.to_string()),
    )
}
