//! `purser-bench`: drives any Kubernetes API server and measures it.

mod bare;
mod bindings;
mod cli;
mod client;
mod compare;
mod drive;
mod error;
mod frames;
mod kubeconfig;
mod marker;
mod objects;
mod operation;
mod process;
mod progress;
mod random;
mod report;
mod rotation;
mod run;
mod scene;
mod span;
mod table;
mod tally;
mod target;
mod watch;
mod watchers;

use std::io::Write as _;
use std::process::ExitCode;

use clap::Parser as _;

use crate::cli::{Cli, Command};
use crate::error::Error;

/// The measurement is complete and every request was answered as it should be.
const EXIT_OK: u8 = 0;
/// The measurement is complete, and some requests failed or some events did not arrive: the report says which.
const EXIT_FAILURES: u8 = 1;
/// There is no measurement: the server could not be reached or prepared. (2 is clap's, for usage.)
const EXIT_NOT_MEASURED: u8 = 3;
/// Interrupted; what was made was removed again.
const EXIT_INTERRUPTED: u8 = 130;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let outcome = match cli.command {
        Some(Command::Bare(options)) => bare::serve(&options).map(|()| EXIT_OK),
        Some(Command::Rights(options)) => compare::rights(&options),
        Some(Command::Alike(options)) => compare::alike(&options),
        None => run::run(&cli.drive),
    };
    match outcome {
        Ok(code) => ExitCode::from(code),
        Err(Error::Interrupted) => ExitCode::from(EXIT_INTERRUPTED),
        Err(error) => {
            // Nobody is left to tell when standard error is gone.
            let _ = writeln!(std::io::stderr(), "purser-bench: {error}");
            ExitCode::from(EXIT_NOT_MEASURED)
        }
    }
}
