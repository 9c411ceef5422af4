//! Judges an object before it is kept: credentials where they do not belong.
//!
//! Practices P02 (ConfigMaps are for what is not confidential) and P20 (no values in manifests): a ConfigMap's
//! value, or any label or annotation, that looks like a credential gets a warning or a refusal; so does a Secret
//! that carries its own values in kubectl's record of what was applied. Sentences name fields, never values.

mod config_map;
mod finding;
mod last_applied;
pub mod looks;
mod metadata;

pub use last_applied::LAST_APPLIED;

use finding::Finding;
use purser_types::resource::{CONFIG_MAPS, SECRETS};
use purser_types::{Object, Status};

/// How many findings of one object are told.
pub const FINDINGS_MAX: usize = 8;
/// How many bytes of one object are looked at: all that the rules of ConfigMaps and annotations let through, twice.
pub const LOOKED_AT_MAX: usize = 4 << 20;

/// How strict to be.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Options {
    /// `--deny-credentials-in-configmaps`: refuse a ConfigMap instead of warning.
    pub deny_credentials_in_configmaps: bool,
}

/// What there is to say about an object.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// For `Warning` headers; never a value.
    pub warnings: Vec<String>,
    /// The object must not be kept.
    pub refusal: Option<Status>,
}

/// Looks at an object about to be kept. The work is bounded by [`LOOKED_AT_MAX`] bytes and linear in them.
#[must_use]
pub fn judge(object: &Object, options: &Options) -> Verdict {
    let mut budget = LOOKED_AT_MAX;
    let mut findings = Vec::new();
    if object.resource == &CONFIG_MAPS {
        config_map::look(object, &mut budget, &mut findings);
    }
    metadata::look(object, &mut budget, &mut findings);
    if object.resource == &CONFIG_MAPS && options.deny_credentials_in_configmaps {
        return Verdict {
            warnings: Vec::new(),
            refusal: refusal(object, &findings),
        };
    }
    let mut warnings = sentences(&findings);
    if object.resource == &SECRETS {
        warnings.extend(last_applied::warning(object));
    }
    Verdict {
        warnings,
        refusal: None,
    }
}

/// The first findings as sentences, and how many more there are.
fn sentences(findings: &[Finding]) -> Vec<String> {
    let mut sentences: Vec<String> = findings
        .iter()
        .take(FINDINGS_MAX)
        .map(Finding::sentence)
        .collect();
    let more = findings.len().saturating_sub(FINDINGS_MAX);
    if more > 0 {
        sentences.push(format!("{more} more fields look like credentials"));
    }
    sentences
}

fn refusal(object: &Object, findings: &[Finding]) -> Option<Status> {
    let sentences = sentences(findings);
    if sentences.is_empty() {
        return None;
    }
    let why = format!("{} (--deny-credentials-in-configmaps)", sentences.join(", "));
    Some(Status::forbidden(object.resource, object.name(), &why))
}
