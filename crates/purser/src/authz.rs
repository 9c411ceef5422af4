//! `purser authz`: policies tried on examples, and what they are written in terms of.

use std::collections::BTreeMap;
use std::io::{self, IsTerminal as _, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use purser_cedar::examples::{Case, Outcome, read, spelled};
use purser_cedar::{Engine, SCHEMA, load};

use crate::cli::{Authz, TestOptions};
use crate::error::Error;
use crate::output::Output;

/// The widest that descriptions make a table, in characters.
const WIDEST: usize = 60;

const GREEN: &str = "\x1b[32m";
const RED: &str = "\x1b[31m";
const PLAIN: &str = "\x1b[0m";

/// Does what the command line says.
///
/// # Errors
/// What is wrong with files, and that examples are decided otherwise than they say.
pub(crate) fn run(what: &Authz) -> Result<(), Error> {
    match what {
        Authz::Schema => Ok(io::stdout().write_all(SCHEMA.as_bytes())?),
        Authz::Test(options) => test(options),
    }
}

/// A file's examples and what came of them.
struct Tried {
    file: PathBuf,
    cases: Vec<(Case, Outcome)>,
}

fn test(options: &TestOptions) -> Result<(), Error> {
    let mut engines = Engines::default();
    let mut tried = Vec::new();
    for file in &options.files {
        let examples = read(file)?;
        let Some(policies) = options.policies.as_ref().or(examples.policies.as_ref()) else {
            let file = file.display();
            return Err(Error::Usage(format!(
                "{file}: it names no policies; say which with --policies PATH"
            )));
        };
        let engine = engines.of(policies)?;
        let cases = examples.cases.into_iter().map(|case| {
            let outcome = case.run(&engine);
            (case, outcome)
        });
        tried.push(Tried {
            file: file.clone(),
            cases: cases.collect(),
        });
    }
    let outcomes = || {
        tried
            .iter()
            .flat_map(|file| &file.cases)
            .map(|(_, outcome)| outcome)
    };
    let all = outcomes().count();
    let failed = outcomes().filter(|outcome| !outcome.passed()).count();
    let mut out = io::stdout().lock();
    match options.output {
        Output::Text => text(&mut out, &tried, all, failed)?,
        Output::Json => writeln!(out, "{}", json(&tried, all, failed))?,
    }
    match failed {
        0 => Ok(()),
        failed => Err(Error::Examples { failed, all }),
    }
}

/// Policies, each loaded once.
#[derive(Default)]
struct Engines(BTreeMap<PathBuf, Arc<Engine>>);

impl Engines {
    fn of(&mut self, policies: &Path) -> Result<Arc<Engine>, Error> {
        if let Some(engine) = self.0.get(policies) {
            return Ok(Arc::clone(engine));
        }
        let loaded = load(policies)?;
        for warning in &loaded.warnings {
            // Nobody is left to tell when standard error is gone.
            let _ = writeln!(io::stderr(), "warning: {warning}");
        }
        self.0.insert(policies.to_owned(), Arc::clone(&loaded.engine));
        Ok(loaded.engine)
    }
}

fn text(out: &mut impl Write, tried: &[Tried], all: usize, failed: usize) -> io::Result<()> {
    let colour = io::stdout().is_terminal();
    let painted = |colour_of: &'static str, word: &str| match colour {
        true => format!("{colour_of}{word}{PLAIN}"),
        false => word.to_owned(),
    };
    for file in tried {
        writeln!(out, "{}", file.file.display())?;
        let titles = file.cases.iter().map(|(case, _)| title(case).chars().count());
        let width = titles.max().unwrap_or_default().min(WIDEST);
        for (case, outcome) in &file.cases {
            let mark = match outcome.passed() {
                true => painted(GREEN, "ok  "),
                false => painted(RED, "FAIL"),
            };
            let said = word(spelled(outcome.verdict), outcome.by.as_deref());
            write!(out, "  {mark}  {:width$}  {said}", title(case))?;
            if !outcome.passed() {
                let expected = word(spelled(outcome.expected), outcome.expected_by.as_deref());
                write!(out, "; expected {expected} ({})", case.place)?;
            }
            writeln!(out)?;
        }
    }
    // What is not is told as an error.
    match failed {
        0 => writeln!(out, "{all} examples, decided as they say"),
        _ => Ok(()),
    }
}

fn title(case: &Case) -> String {
    match case.description.as_str() {
        "" => case.request(),
        description => description.to_owned(),
    }
}

fn word(verdict: &str, by: Option<&str>) -> String {
    by.map_or_else(|| verdict.to_owned(), |by| format!("{verdict} by {by}"))
}

fn json(tried: &[Tried], all: usize, failed: usize) -> serde_json::Value {
    let cases = tried.iter().flat_map(|file| &file.cases);
    let examples = cases.map(|(case, outcome)| {
        serde_json::json!({
            "file": case.place.file,
            "line": case.place.line,
            "column": case.place.column,
            "description": case.description,
            "request": case.request(),
            "verdict": spelled(outcome.verdict),
            "by": outcome.by,
            "expected": spelled(outcome.expected),
            "expectedBy": outcome.expected_by,
            "passed": outcome.passed(),
        })
    });
    serde_json::json!({
        "examples": examples.collect::<Vec<_>>(),
        "all": all,
        "failed": failed,
    })
}
