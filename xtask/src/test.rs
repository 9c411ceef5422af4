//! Every test, after bringing what they need.

use std::process::Command;

use crate::command::{cargo, on_path, output, run as run_command};
use crate::{Outcome, place, tools};

/// Brings the tools, builds the binary under test once, and runs unit, integration, end-to-end and doc tests.
/// What follows `--` goes to the runner as filters.
pub(crate) fn run(arguments: &[String]) -> Outcome {
    let filters: Vec<&String> = arguments
        .iter()
        .skip_while(|argument| *argument != "--")
        .skip(1)
        .collect();
    if let Some(stray) = arguments.iter().take_while(|argument| *argument != "--").next() {
        return Err(format!("test takes filters after `--`, not {stray:?}"));
    }
    let found = tools::bring()?;
    println!("{found}");
    let binary = build()?;
    let with_tools = |command: &mut Command| {
        command
            .env("PURSER_BIN", &binary)
            .env("PURSER_KUBECTL", &found.kubectl)
            .env("PURSER_PYTHON", &found.python)
            .env("PURSER_NODE", &found.node)
            .env("PURSER_ETCD", &found.etcd);
    };
    if filters.is_empty() {
        let mut docs = cargo(["test", "--locked", "--workspace", "--doc"]);
        with_tools(&mut docs);
        run_command(&mut docs)?;
    }
    let mut tests = if on_path("cargo-nextest").is_some() {
        cargo(["nextest", "run", "--locked", "--workspace", "--no-fail-fast"])
    } else {
        cargo([
            "test",
            "--locked",
            "--workspace",
            "--no-fail-fast",
            "--lib",
            "--bins",
            "--tests",
        ])
    };
    with_tools(&mut tests);
    run_command(tests.args(&filters))?;
    Ok(())
}

/// Builds `purser` and says where it is.
///
/// # Errors
///
/// A sentence when the build fails or cargo does not say where the binary is.
pub(crate) fn build() -> Result<std::path::PathBuf, String> {
    run_command(&mut cargo(["build", "--locked", "--package", "purser"]))?;
    let metadata = output(&mut cargo([
        "metadata",
        "--locked",
        "--no-deps",
        "--format-version",
        "1",
    ]))?;
    let metadata: serde_json::Value =
        serde_json::from_str(&metadata).map_err(|error| format!("cargo metadata cannot be read: {error}"))?;
    let target = metadata
        .get("target_directory")
        .and_then(serde_json::Value::as_str);
    let binary = target
        .map_or_else(place::target, std::path::PathBuf::from)
        .join("debug/purser");
    if binary.is_file() {
        Ok(binary)
    } else {
        Err(format!("{} was not built", binary.display()))
    }
}
