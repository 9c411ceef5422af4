//! Policies tried on examples of what they are to decide.

mod fields;
mod node;
mod read;

use std::path::PathBuf;
use std::sync::Arc;

use purser_authz::{MASTERS, ObjectFacts, Verdict};
use purser_types::User;

pub use read::read;

use crate::engine::{Engine, Said, is_of_objects};
use crate::model::What;
use crate::place::Place;

/// A file of examples.
#[derive(Debug)]
pub struct Examples {
    /// The policies that are tried; `None`: the file names none.
    pub policies: Option<PathBuf>,
    /// In order.
    pub cases: Vec<Case>,
}

/// A request and what is to come of it.
#[derive(Debug)]
pub struct Case {
    /// Where it is.
    pub place: Place,
    /// What it shows; empty: the request says enough.
    pub description: String,
    user: User,
    verb: String,
    asked: Asked,
    expect: Verdict,
    by: Option<String>,
}

/// What is asked for.
#[derive(Debug, Default)]
struct Asked {
    path: Option<String>,
    group: String,
    resource: String,
    subresource: String,
    namespace: String,
    name: String,
    labels: Vec<(String, String)>,
    annotations: Vec<(String, String)>,
}

/// What came of a case.
#[derive(Debug)]
pub struct Outcome {
    /// What policies say.
    pub verdict: Verdict,
    /// By which policy.
    pub by: Option<String>,
    /// What was expected.
    pub expected: Verdict,
    /// By which policy; `None`: any.
    pub expected_by: Option<String>,
}

/// A verdict as examples spell it.
#[must_use]
pub fn spelled(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Allow => "allow",
        Verdict::Deny => "deny",
        Verdict::NoOpinion => "no-opinion",
    }
}

impl Case {
    /// Asks `engine`.
    #[must_use]
    pub fn run(&self, engine: &Arc<Engine>) -> Outcome {
        let Said { verdict, by, .. } = self.said(engine);
        Outcome {
            verdict,
            by,
            expected: self.expect,
            expected_by: self.by.clone(),
        }
    }

    /// The request in a few words.
    #[must_use]
    pub fn request(&self) -> String {
        let Asked {
            path,
            group,
            resource,
            subresource,
            namespace,
            name,
            ..
        } = &self.asked;
        let what = match path {
            Some(path) => path.clone(),
            None => {
                let dot = if group.is_empty() { "" } else { "." };
                let slash = if subresource.is_empty() { "" } else { "/" };
                let parts = [namespace, name].map(String::as_str);
                let place: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
                format!("{resource}{dot}{group}{slash}{subresource} {}", place.join("/"))
            }
        };
        format!("{} {} {what}", self.user.name, self.verb)
            .trim_end()
            .to_owned()
    }

    fn said(&self, engine: &Arc<Engine>) -> Said {
        if self.user.groups.iter().any(|group| group == MASTERS) {
            return Said {
                verdict: Verdict::Allow,
                by: None,
                error: None,
            };
        }
        let asked = &self.asked;
        let what = match &asked.path {
            Some(path) => What::Path(path),
            None => What::Resource {
                group: &asked.group,
                resource: &asked.resource,
                subresource: &asked.subresource,
                namespace: &asked.namespace,
                name: &asked.name,
            },
        };
        if asked.path.is_some() || !is_of_objects(&self.verb) {
            return engine.decide(&self.user, &self.verb, &what).said;
        }
        let object = ObjectFacts {
            namespace: &asked.namespace,
            name: &asked.name,
            labels: &borrowed(&asked.labels),
            annotations: &borrowed(&asked.annotations),
        };
        engine.decide_with(&self.user, &self.verb, &what, &object)
    }
}

fn borrowed(pairs: &[(String, String)]) -> Vec<(&str, &str)> {
    pairs
        .iter()
        .map(|(key, value)| (key.as_str(), value.as_str()))
        .collect()
}

impl Outcome {
    /// Whether it is as expected.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.verdict == self.expected && (self.expected_by.is_none() || self.expected_by == self.by)
    }
}
