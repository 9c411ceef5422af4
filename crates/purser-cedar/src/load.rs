//! From files to an engine.

use std::collections::HashMap;
use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::bounds::{MAX_BYTES, MAX_FILES, MAX_POLICIES};
use crate::check::{Checked, check};
use crate::engine::Engine;
use crate::error::Error;
use crate::place::{Place, Problem};
use crate::rules::{Rule, Rules};

/// How files of policies end.
const EXTENSION: &str = "cedar";

/// Policies that can be used.
#[derive(Debug)]
pub struct Loaded {
    /// They.
    pub engine: Arc<Engine>,
    /// What is allowed and probably not meant: a condition that never holds, characters that look like others.
    pub warnings: Vec<Problem>,
}

/// Reads the policies of a file, or of all files `*.cedar` of a directory in the order of their names; what is below
/// it is not looked at.
///
/// # Errors
/// [`Error::Problems`] with all that is wrong, in files that cannot be read, too.
pub fn load(path: &Path) -> Result<Loaded, Error> {
    let texts = texts(path)?;
    let (engine, warnings) = from_texts(texts.iter().map(|(file, text)| (file.as_str(), text.as_str())))?;
    Ok(Loaded {
        engine: Arc::new(engine),
        warnings,
    })
}

/// The names and texts of the files that [`load`] reads, in order.
///
/// # Errors
/// [`Error::Problems`] for the first that cannot be read.
pub fn texts(path: &Path) -> Result<Vec<(String, String)>, Error> {
    let files = files(path).map_err(|error| unreadable(path, &error))?;
    let mut left = MAX_BYTES;
    let mut texts = Vec::new();
    for file in files {
        let text = read(&file, left).map_err(|error| unreadable(&file, &error))?;
        left = left.saturating_sub(text.len());
        texts.push((shown(&file), text));
    }
    Ok(texts)
}

fn unreadable(path: &Path, error: &io::Error) -> Error {
    Error::one(Problem::with_file(&shown(path), error.to_string()))
}

/// The policies of these files, by name and text.
///
/// # Errors
/// As [`load`].
pub fn from_texts<'a>(
    files: impl IntoIterator<Item = (&'a str, &'a str)>,
) -> Result<(Engine, Vec<Problem>), Error> {
    let mut rules: Vec<Rule> = Vec::new();
    let mut warnings = Vec::new();
    let mut problems = Vec::new();
    for (file, text) in files {
        match check(file, text) {
            Ok(Checked {
                rules: more,
                warnings: noted,
            }) => {
                rules.extend(more);
                warnings.extend(noted);
            }
            Err(Error::Problems(found)) => problems.extend(found),
            Err(error) => return Err(error),
        }
    }
    problems.extend(named_twice(&rules));
    if let Some(rule) = rules.get(MAX_POLICIES) {
        problems.push(Problem::placed(
            &rule.place,
            format!("there are more than {MAX_POLICIES} policies"),
        ));
    }
    if !problems.is_empty() {
        return Err(Error::Problems(problems));
    }
    Ok((Engine::new(Rules::new(&rules)?)?, warnings))
}

fn named_twice(rules: &[Rule]) -> Vec<Problem> {
    let mut first: HashMap<&str, &Place> = HashMap::new();
    let mut twice = Vec::new();
    for rule in rules {
        let id: &str = rule.policy.id().as_ref();
        match first.get(id) {
            Some(place) => twice.push(Problem::placed(
                &rule.place,
                format!("the policy at {place} is named {id:?}, too"),
            )),
            None => {
                first.insert(id, &rule.place);
            }
        }
    }
    twice
}

fn files(path: &Path) -> io::Result<Vec<PathBuf>> {
    if !fs::metadata(path)?.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut files = Vec::new();
    for entry in fs::read_dir(path)? {
        let file = entry?.path();
        let hidden = file
            .file_name()
            .is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
        if !hidden && file.extension().is_some_and(|extension| extension == EXTENSION) {
            files.push(file);
        }
    }
    if files.len() > MAX_FILES {
        return Err(io::Error::other(format!("there are more than {MAX_FILES} files")));
    }
    if files.is_empty() {
        return Err(io::Error::other(format!("there is no file *.{EXTENSION} in it")));
    }
    files.sort();
    Ok(files)
}

fn read(file: &Path, left: usize) -> io::Result<String> {
    let mut text = String::new();
    let most = u64::try_from(left).unwrap_or(u64::MAX);
    fs::File::open(file)?
        .take(most.saturating_add(1))
        .read_to_string(&mut text)?;
    if text.len() > left {
        return Err(io::Error::other(format!(
            "all policies together have more than {MAX_BYTES} bytes"
        )));
    }
    Ok(text)
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}
