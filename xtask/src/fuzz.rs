//! Runs every fuzz target for a bounded time.
//!
//! libFuzzer with coverage works on the pinned stable toolchain as long as no sanitizer is asked for, and this
//! workspace forbids unsafe code, where a sanitizer would earn its keep. So no nightly is needed.

use std::path::PathBuf;

use crate::command::{number, on_path, run as run_command};
use crate::tools::Built;
use crate::{Outcome, place};

/// What runs the targets.
const CARGO_FUZZ: Built = Built {
    name: "cargo-fuzz",
    version: "0.13.2",
    asked: &["fuzz", "--version"],
    takes: "about a minute",
};
/// Seconds of each target, unless said otherwise.
const SECONDS: u32 = 60;
/// The longest input that is tried, bytes: enough for every shape, short enough for thousands of tries a second.
const LONGEST: u32 = 16 * 1024;
/// Memory at which a target counts as broken, MB.
const MEMORY: u32 = 1024;
/// Seconds after which one input counts as a hang.
const HANG: u32 = 10;

/// The task.
pub(crate) fn run(arguments: &[String]) -> Outcome {
    let mut seconds = SECONDS;
    let mut named = Vec::new();
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        if argument == "--seconds" {
            seconds = number(argument, arguments.next())?;
        } else {
            named.push(argument.clone());
        }
    }
    let all = targets()?;
    if let Some(unknown) = named.iter().find(|name| !all.contains(name)) {
        return Err(format!(
            "there is no fuzz target {unknown:?}; there are {}",
            all.join(", ")
        ));
    }
    let chosen = if named.is_empty() { all } else { named };
    let fuzz = bring()?;
    let mut broken = Vec::new();
    for target in &chosen {
        println!("\n== {target}, {seconds} s");
        if let Err(sentence) = one(&fuzz, target, seconds) {
            println!("{sentence}");
            broken.push(target.as_str());
        }
    }
    if broken.is_empty() {
        println!(
            "\n{} fuzz targets ran {seconds} s each and found nothing",
            chosen.len()
        );
        return Ok(());
    }
    Err(format!(
        "broken: {}; the inputs are in target/fuzz/artifacts",
        broken.join(", ")
    ))
}

/// What is found goes to `target/`; the inputs that are kept with the code, under `fuzz/corpus`, are only read.
fn one(fuzz: &PathBuf, target: &str, seconds: u32) -> Outcome {
    let out = place::target().join("fuzz");
    let (corpus, artifacts) = (
        out.join("corpus").join(target),
        out.join("artifacts").join(target),
    );
    place::make(&corpus)?;
    place::make(&artifacts)?;
    let mut command = std::process::Command::new(fuzz);
    crate::command::clean(&mut command);
    command
        .current_dir(place::root())
        .args(["fuzz", "run", "--sanitizer", "none", "--target-dir"]);
    command.arg(out.join("build")).arg(target).arg(corpus);
    let kept = place::root().join("fuzz/corpus").join(target);
    if kept.is_dir() {
        command.arg(kept);
    }
    let limits = [
        ("max_total_time", seconds),
        ("max_len", LONGEST),
        ("rss_limit_mb", MEMORY),
        ("timeout", HANG),
    ];
    command
        .arg("--")
        .args(limits.map(|(name, value)| format!("-{name}={value}")));
    command
        .arg("-print_final_stats=1")
        .arg(format!("-artifact_prefix={}/", artifacts.display()));
    run_command(&mut command)
}

/// The names of the targets: the files of `fuzz/fuzz_targets`.
fn targets() -> Result<Vec<String>, String> {
    let folder = place::root().join("fuzz/fuzz_targets");
    let entries = std::fs::read_dir(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let files = entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|e| e == "rs"));
    let mut names: Vec<String> = files
        .filter_map(|path| Some(path.file_stem()?.to_string_lossy().into_owned()))
        .collect();
    names.sort();
    Ok(names)
}

/// cargo-fuzz, where what it builds with is there.
fn bring() -> Result<PathBuf, String> {
    let compilers = ["c++", "g++", "clang++"];
    if !compilers.iter().any(|name| on_path(name).is_some()) {
        return Err("libFuzzer is C++: install g++ (Debian: apt-get install g++)".to_owned());
    }
    CARGO_FUZZ.bring()
}
