//! What the documents name exists: tests, recorded requests, constants.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use regex::Regex;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn document(name: &str) -> String {
    fs::read_to_string(root().join("docs").join(name)).expect("the document is there")
}

/// Every source file of the workspace.
fn files() -> Vec<(PathBuf, String)> {
    fn gather(directory: &Path, files: &mut Vec<(PathBuf, String)>) {
        for entry in fs::read_dir(directory).expect("a directory") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                gather(&path, files);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).expect("text");
                files.push((path, text));
            }
        }
    }
    let mut files = Vec::new();
    gather(&root().join("crates"), &mut files);
    files
}

/// The first group of every match.
fn all<'a>(pattern: &str, text: &'a str) -> HashSet<&'a str> {
    let pattern = Regex::new(pattern).expect("a pattern");
    pattern
        .captures_iter(text)
        .filter_map(|captures| captures.get(1))
        .map(|found| found.as_str())
        .collect()
}

#[test]
fn coverage_names_what_exists() {
    let (document, files) = (document("api-coverage.md"), files());
    let tests: HashSet<&str> = files
        .iter()
        .flat_map(|(_, text)| all(r"fn (\w+)\(", text))
        .collect();
    // Names of tests are sentences; two underscores and more.
    let named = all(r"`([a-z0-9]+(?:_[a-z0-9]+){2,})`", &document);
    assert!(named.len() > 80, "{}", named.len());
    let unknown: Vec<_> = named.difference(&tests).collect();
    assert!(unknown.is_empty(), "no such test: {unknown:?}");
}

#[test]
fn coverage_names_recorded_requests() {
    let document = document("api-coverage.md");
    let recording = include_str!("data/api-1.36.2.jsonl");
    let rows = all(r#""name": ?"([^"]+)""#, recording);
    for line in document.lines() {
        let Some((_, named)) = line.split_once("replay: ") else {
            continue;
        };
        for name in all("`([^`]+)`", named) {
            assert!(
                rows.iter().any(|row| row.starts_with(name)),
                "no recorded request begins with {name:?}"
            );
        }
    }
}

/// A row's first cell names constants, and in brackets the files that they are in.
#[test]
fn the_bounds_that_are_listed_are_constants_of_the_files_named_with_them() {
    let (document, files) = (document("running.md"), files());
    let constants: Vec<(&PathBuf, HashSet<&str>)> = files
        .iter()
        .map(|(path, text)| (path, all(r"const ([A-Z][A-Z0-9_]+):", text)))
        .collect();
    let mut count = 0;
    for line in document.lines().filter(|line| line.starts_with("| ")) {
        let bound = line.split(" | ").next().unwrap_or_default();
        let named = all(r"([\w/-]+\.rs)\b", bound);
        let is_named = |path: &Path| named.is_empty() || named.iter().any(|name| path.ends_with(name));
        let here: HashSet<&str> = constants
            .iter()
            .filter(|(path, _)| is_named(path))
            .flat_map(|(_, constants)| constants.iter().copied())
            .collect();
        for name in all("`([A-Z][A-Z0-9_]{3,})`", bound) {
            assert!(here.contains(name), "{name} is not in {named:?}: {bound}");
            count += 1;
        }
    }
    assert!(count > 60, "{count}");
}
