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

/// Every source file of the workspace, in one text.
fn sources() -> String {
    fn gather(directory: &Path, text: &mut String) {
        for entry in fs::read_dir(directory).expect("a directory") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                gather(&path, text);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                text.push_str(&fs::read_to_string(&path).expect("text"));
            }
        }
    }
    let mut text = String::new();
    gather(&root().join("crates"), &mut text);
    text
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
    let (document, sources) = (document("api-coverage.md"), sources());
    let tests = all(r"fn (\w+)\(", &sources);
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

#[test]
fn the_bounds_that_are_listed_are_constants() {
    let (document, sources) = (document("running.md"), sources());
    let constants = all(r"const ([A-Z][A-Z0-9_]+):", &sources);
    let named = all(r"`([A-Z]+(?:_[A-Z]+)+)`", &document);
    assert!(named.len() > 40, "{}", named.len());
    let unknown: Vec<_> = named.difference(&constants).collect();
    assert!(unknown.is_empty(), "no such constant: {unknown:?}");
}
