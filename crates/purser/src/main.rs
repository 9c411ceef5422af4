//! `purser`: the command line, and the only place that puts the parts together.

mod access;
mod advertise;
mod aside;
mod at_rest;
mod authorization;
#[cfg(feature = "cedar")]
mod authz;
mod banner;
mod cli;
mod custody;
mod error;
mod etcd;
mod hardening;
mod health;
mod identity;
mod initialised;
mod kms;
mod kubeconfig;
mod layout;
mod logging;
mod login;
mod measured;
mod notify;
mod output;
mod panics;
mod pki;
mod policies;
mod private;
mod reload;
mod renewal;
mod serve;
mod serve_options;
mod sign_in;
mod signals;
mod span;
mod store;
mod token_keys;
mod x509;

use std::io::{self, Write as _};
use std::process::ExitCode;
use std::time::Instant;

use clap::{CommandFactory as _, Parser as _};

use crate::cli::{Cli, Command, Kubeconfig};
use crate::error::Error;
use crate::kms::KmsCommand;
use crate::logging::Logging;
use crate::output::Output;

/// Wipes all memory that is given back: the belt to the braces of `purser_types::Plaintext`, and the only protection
/// of what libraries buffer (TLS records, HTTP frames).
#[global_allocator]
static ALLOCATOR: zeroizing_alloc::ZeroAlloc<std::alloc::System> =
    zeroizing_alloc::ZeroAlloc(std::alloc::System);

/// The exit code of wrong usage, as clap has it.
const WRONG_USAGE: u8 = 2;

/// The exit code of a check that found nothing wrong, and could not look everywhere.
const PARTIAL: u8 = 2;

/// Level of the Kubernetes API that is served.
const KUBERNETES: &str = "1.36";

fn main() -> ExitCode {
    let began = Instant::now();
    let outcome = match Cli::parse().command {
        Command::Serve(options) => {
            let logging = Logging::new(options.log_level, options.log_format, serve::banner_wanted());
            logged(logging, || serve::serve(&options, began))
        }
        Command::Kubeconfig(Kubeconfig::Create(options)) => login::create(&options),
        #[cfg(feature = "cedar")]
        Command::Authz(what) => authz::run(&what),
        Command::Etcd(command) => etcd::run(&command),
        Command::Kms(KmsCommand::Serve(options)) => {
            let logging = Logging::new(options.log_level, options.log_format, false);
            logged(logging, || kms::serve(&options))
        }
        Command::Kms(KmsCommand::Rotate { key_holder }) => kms::rotate(&key_holder),
        Command::Kms(KmsCommand::Status(options)) => kms::status(&options),
        Command::AtRest(command) => custody::run(&command),
        Command::Completion { shell } => completion(shell),
        Command::Version { output } => version(output),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(Error::Logged) => ExitCode::FAILURE,
        Err(error) => {
            // Nobody is left to tell when standard error is gone.
            let _ = writeln!(io::stderr(), "purser: {error}");
            match error {
                Error::Usage(_) => ExitCode::from(WRONG_USAGE),
                Error::Partial(_) => ExitCode::from(PARTIAL),
                _ => ExitCode::FAILURE,
            }
        }
    }
}

/// Runs what logs; where lines are for machines, what goes wrong is one of them.
fn logged(logging: Logging, run: impl FnOnce() -> Result<(), Error>) -> Result<(), Error> {
    logging.start();
    panics::report_places_only();
    match run() {
        Err(error) if logging.is_json() => {
            tracing::error!("{error}");
            Err(Error::Logged)
        }
        outcome => outcome,
    }
}

fn completion(shell: clap_complete::Shell) -> Result<(), Error> {
    // Into memory first: the generator panics when a pipe is closed early.
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "purser", &mut script);
    Ok(io::stdout().write_all(&script)?)
}

fn version(output: Output) -> Result<(), Error> {
    let version = env!("CARGO_PKG_VERSION");
    let mut out = io::stdout();
    match output {
        Output::Text => writeln!(out, "purser {version} (Kubernetes API {KUBERNETES})")?,
        Output::Json => {
            writeln!(
                out,
                "{}",
                serde_json::json!({ "version": version, "kubernetesApi": KUBERNETES })
            )?;
        }
    }
    Ok(())
}
