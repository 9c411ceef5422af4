//! The rules of a whole configuration.
//!
//! Source: `ValidateAuthorizationConfiguration`, and `LoadAndValidateData` in `pkg/kubeapiserver/authorizer/config.go`.

use std::collections::BTreeSet;
use std::path::PathBuf;

use purser_types::names::dns1123_subdomain;
use purser_types::problems::Problems;

use super::settings::{AuthorizerSettings, CedarSettings, Configuration};
use super::webhook;
use crate::webhook::Settings;

/// Most that a list has: each of them is asked about every request.
const AUTHORIZERS: usize = 64;

/// Those that a list may have, and of these which more than once.
const KNOWN: [&str; 3] = ["Cedar", "RBAC", "Webhook"];
const REPEATABLE: [&str; 2] = ["Cedar", "Webhook"];

/// Those that kube-apiserver has besides, and why not here.
const REFUSED: [(&str, &str); 4] = [
    (
        "ABAC",
        "is not here: roles and bindings say the same, and change without a restart",
    ),
    (
        "AlwaysAllow",
        "is not here: it gives every Secret to everybody; bind the role cluster-admin to whom you mean",
    ),
    (
        "AlwaysDeny",
        "is not here: what nobody allows is refused, so it says nothing",
    ),
    ("Node", "is not here: no Pods are served of which it could tell"),
];

/// A configuration that is right.
#[derive(Debug)]
pub struct Checked {
    pub(super) authorizers: Vec<CheckedAuthorizer>,
}

#[derive(Debug)]
pub(super) struct CheckedAuthorizer {
    pub(super) name: String,
    pub(super) kind: CheckedKind,
}

#[derive(Debug)]
pub(super) enum CheckedKind {
    Rbac,
    Webhook { settings: Settings, kubeconfig: PathBuf },
    Cedar { policies: PathBuf },
}

impl Configuration {
    /// Checks it. Looks whether the files that it names are there, and reads none of them.
    ///
    /// # Errors
    /// With all that is wrong.
    pub fn check(&self) -> Result<Checked, Problems> {
        let mut problems = Problems::default();
        match self.authorizers.len() {
            0 => problems.required("authorizers", "at least one authorization mode must be defined"),
            many if many > AUTHORIZERS => {
                problems.too_many("authorizers", many, AUTHORIZERS);
                return Err(problems);
            }
            _ => {}
        }
        let mut seen = Seen::default();
        let mut authorizers = Vec::new();
        for (at, settings) in self.authorizers.iter().enumerate() {
            let field = format!("authorizers[{at}]");
            authorizers.extend(seen.check(&field, settings, &mut problems));
        }
        if problems.is_empty() {
            named_as_their_kind(&self.authorizers, &mut problems);
        }
        match problems.is_empty() {
            true => Ok(Checked { authorizers }),
            false => Err(problems),
        }
    }
}

/// The types and names of those before.
#[derive(Default)]
struct Seen<'a> {
    kinds: BTreeSet<&'a str>,
    names: BTreeSet<&'a str>,
}

impl<'a> Seen<'a> {
    /// Checks one; `None` only when something is wrong with it.
    fn check(
        &mut self,
        field: &str,
        settings: &'a AuthorizerSettings,
        problems: &mut Problems,
    ) -> Option<CheckedAuthorizer> {
        let kind = settings.kind.as_str();
        let of_kind = format!("{field}.type");
        if kind.is_empty() {
            problems.required(&of_kind, "");
            return None;
        }
        if let Some((_, why)) = REFUSED.iter().find(|(refused, _)| *refused == kind) {
            problems.invalid(&of_kind, kind, why);
            return None;
        }
        if !KNOWN.contains(&kind) {
            problems.unsupported(&of_kind, kind, &KNOWN);
            return None;
        }
        if !self.kinds.insert(kind) && !REPEATABLE.contains(&kind) {
            problems.duplicate(&of_kind, kind);
            return None;
        }
        self.check_name(&format!("{field}.name"), &settings.name, problems);
        let kind = checked_kind(field, settings, problems)?;
        Some(CheckedAuthorizer {
            name: settings.name.clone(),
            kind,
        })
    }

    fn check_name(&mut self, field: &str, name: &'a str, problems: &mut Problems) {
        let wrong = dns1123_subdomain(name);
        if name.is_empty() {
            problems.required(field, "");
        } else if self.names.contains(name) {
            problems.duplicate(field, name);
        } else if !wrong.is_empty() {
            let why = format!("authorizer name is invalid: {}", wrong.join(", "));
            problems.invalid(field, name, &why);
        }
        self.names.insert(name);
    }
}

fn checked_kind(field: &str, settings: &AuthorizerSettings, problems: &mut Problems) -> Option<CheckedKind> {
    if settings.kind != "Webhook" && settings.webhook.is_some() {
        problems.invalid(
            &format!("{field}.webhook"),
            "non-null",
            "may only be specified when type=Webhook",
        );
    }
    if settings.kind != "Cedar" && settings.cedar.is_some() {
        problems.invalid(
            &format!("{field}.cedar"),
            "non-null",
            "may only be specified when type=Cedar",
        );
    }
    match (settings.kind.as_str(), &settings.webhook, &settings.cedar) {
        ("Webhook", Some(settings), _) => {
            let (settings, kubeconfig) = webhook::check(field, settings, problems)?;
            Some(CheckedKind::Webhook { settings, kubeconfig })
        }
        ("Webhook", None, _) => {
            problems.required(&format!("{field}.webhook"), "required when type=Webhook");
            None
        }
        ("Cedar", _, Some(settings)) => cedar(&format!("{field}.cedar"), settings, problems),
        ("Cedar", _, None) => {
            problems.required(&format!("{field}.cedar"), "required when type=Cedar");
            None
        }
        _ => Some(CheckedKind::Rbac),
    }
}

fn cedar(field: &str, settings: &CedarSettings, problems: &mut Problems) -> Option<CheckedKind> {
    let field = format!("{field}.policies");
    let policies = PathBuf::from(&settings.policies);
    if settings.policies.is_empty() {
        problems.required(&field, "");
        return None;
    }
    if !policies.is_absolute() {
        problems.invalid(&field, &settings.policies, "must be an absolute path");
        return None;
    }
    Some(CheckedKind::Cedar { policies })
}

/// Whoever there is one of is called after its type, in kube-apiserver's file too.
fn named_as_their_kind(authorizers: &[AuthorizerSettings], problems: &mut Problems) {
    let alone = authorizers
        .iter()
        .filter(|settings| !REPEATABLE.contains(&settings.kind.as_str()));
    for settings in alone {
        let name = settings.kind.to_lowercase();
        if settings.name != name {
            problems.say(format!(
                "expected name {name} for authorizer {} instead of {}",
                settings.kind, settings.name
            ));
        }
    }
}
