//! A file's policies, checked against the schema.

use std::ops::Range;
use std::sync::LazyLock;

use cedar_policy::{Policy, PolicyId, PolicySet, Schema, ValidationMode, Validator};
use miette::Diagnostic;

use crate::bounds::{self, MAX_POLICIES};
use crate::error::Error;
use crate::facts;
use crate::model::SCHEMA;
use crate::place::{Place, Problem};
use crate::rules::Rule;

/// The annotation that names a policy.
const ID: &str = "id";

static VALIDATOR: LazyLock<Result<Validator, String>> = LazyLock::new(|| {
    let (schema, _) = Schema::from_cedarschema_str(SCHEMA).map_err(|error| error.to_string())?;
    Ok(Validator::new(schema))
});

/// What a file holds.
#[derive(Debug, Default)]
pub(crate) struct Checked {
    /// Its policies, in order.
    pub(crate) rules: Vec<Rule>,
    /// What is allowed and probably not meant.
    pub(crate) warnings: Vec<Problem>,
}

/// A file's text with its name.
struct Text<'a> {
    file: &'a str,
    text: &'a str,
}

/// Reads and checks `text`.
///
/// # Errors
/// [`Error::Problems`] with all that is wrong with it.
pub(crate) fn check(file: &str, text: &str) -> Result<Checked, Error> {
    let source = Text { file, text };
    let places =
        bounds::policies(text).map_err(|excess| Error::one(source.problem(excess.bytes, &excess.message)))?;
    if let Some(beyond) = places.get(MAX_POLICIES) {
        let message = format!("there are more than {MAX_POLICIES} policies");
        return Err(Error::one(source.problem(beyond.clone(), &message)));
    }
    let parsed: PolicySet = text.parse().map_err(|error| source.diagnosed(&error))?;
    if let Some(template) = parsed.templates().min_by_key(|template| number(template.id())) {
        let bytes = number(template.id()).and_then(|at| places.get(at)).cloned();
        let message = "templates (policies with ?principal or ?resource) are not supported";
        return Err(Error::one(source.problem(bytes.unwrap_or_default(), message)));
    }
    let mut policies: Vec<&Policy> = parsed.policies().collect();
    policies.sort_by_key(|policy| number(policy.id()));
    let mut rules = Vec::new();
    let mut problems = Vec::new();
    for policy in policies {
        let bytes = number(policy.id()).and_then(|at| places.get(at)).cloned();
        let bytes = bytes.unwrap_or_default();
        match source.rule(policy, &bytes) {
            Ok(rule) => rules.push(rule),
            Err(problem) => problems.push(problem),
        }
    }
    if !problems.is_empty() {
        return Err(Error::Problems(problems));
    }
    let warnings = source.validate(&rules)?;
    Ok(Checked { rules, warnings })
}

/// Which policy of its file it is, as the parser counts them.
fn number(id: &PolicyId) -> Option<usize> {
    AsRef::<str>::as_ref(id).strip_prefix("policy")?.parse().ok()
}

impl Text<'_> {
    fn problem(&self, bytes: Range<usize>, message: &str) -> Problem {
        let first_line = |bytes: Range<usize>| {
            let text = self.text.get(bytes.clone()).unwrap_or_default();
            bytes.start..bytes.start + text.lines().next().map_or(0, str::len)
        };
        Problem::at(self.file, self.text, first_line(bytes), message)
    }

    /// A policy under the id that its annotation gives it, or its place.
    fn rule(&self, policy: &Policy, bytes: &Range<usize>) -> Result<Rule, Problem> {
        let place = Place::of(self.file, self.text, bytes.start);
        let named = policy.annotation(ID);
        if named == Some("") {
            return Err(self.problem(bytes.clone(), "@id says no name"));
        }
        let parsed = policy
            .to_pst()
            .map_err(|error| self.problem(bytes.clone(), &error.to_string()))?;
        if let Some(wrong) = facts::misnamed(parsed.body()) {
            let message = format!("{wrong} is nothing that can be named");
            let help = "there is one resource in a request; say which by its attributes: when { resource.namespace == \
                        \"payments\" }";
            return Err(self.problem(bytes.clone(), &message).helped(help));
        }
        let id = named.map_or_else(
            || format!("{}:{}:{}", short(self.file), place.line, place.column),
            str::to_owned,
        );
        Ok(Rule {
            policy: policy.new_id(PolicyId::new(id)),
            place,
        })
    }

    /// Checks types; answers warnings.
    fn validate(&self, rules: &[Rule]) -> Result<Vec<Problem>, Error> {
        let validator = VALIDATOR.as_ref().map_err(|error| Error::Model(error.clone()))?;
        let policies = rules.iter().enumerate().map(|(at, rule)| {
            // Under numbers, since two may have been given one name.
            rule.policy.new_id(PolicyId::new(format!("policy{at}")))
        });
        let set = PolicySet::from_policies(policies).map_err(|error| Error::Model(error.to_string()))?;
        let result = validator.validate(&set, ValidationMode::Strict);
        let mut errors: Vec<Problem> = result
            .validation_errors()
            .map(|error| self.found(error))
            .collect();
        let in_order = |problem: &Problem| {
            let Place { line, column, .. } = problem.place;
            (line, column, problem.message.clone())
        };
        if !errors.is_empty() {
            errors.sort_by_key(in_order);
            errors.dedup();
            return Err(Error::Problems(errors));
        }
        let mut warnings: Vec<Problem> = result
            .validation_warnings()
            .map(|warning| self.found(warning))
            .collect();
        warnings.sort_by_key(in_order);
        Ok(warnings)
    }

    /// What the parser found, all of it.
    fn diagnosed(&self, error: &dyn Diagnostic) -> Error {
        let others = error.related().into_iter().flatten();
        Error::Problems(
            [error]
                .into_iter()
                .chain(others)
                .map(|error| self.found(error))
                .collect(),
        )
    }

    fn found(&self, error: &dyn Diagnostic) -> Problem {
        let label = error.labels().and_then(|mut labels| labels.next());
        let message = match label.as_ref().and_then(|label| label.label()) {
            Some(more) => format!("{error}: {more}"),
            None => error.to_string(),
        };
        let message = unnumbered(&message).to_owned();
        let advice = advice(&message);
        let problem = match label {
            Some(label) => {
                let start = label.offset();
                Problem::at(self.file, self.text, start..start + label.len(), message)
            }
            None => Problem::with_file(self.file, message),
        };
        match (advice, error.help()) {
            (Some(advice), _) => problem.helped(advice),
            (None, Some(help)) => problem.helped(unnumbered(&help.to_string())),
            (None, None) => problem,
        }
    }
}

/// The library counts policies; the place says which is meant.
fn unnumbered(message: &str) -> &str {
    let numbered = message.strip_prefix("for policy `policy");
    numbered
        .and_then(|rest| rest.split_once("`, "))
        .map_or(message, |(_, rest)| rest)
}

/// What to do about mistakes that are easily made with this schema.
fn advice(message: &str) -> Option<&'static str> {
    let of = |kind: &str| message.contains(&format!("on entity type `k8s::{kind}` not found"));
    match () {
        () if of("Labels") => {
            Some("labels are tags: resource.labels.hasTag(\"a\") && resource.labels.getTag(\"a\") == \"b\"")
        }
        () if of("Annotations") => Some(
            "annotations are tags: resource.annotations.hasTag(\"a\") && resource.annotations.getTag(\"a\") == \"b\"",
        ),
        () if of("NonResourceURL") => Some("say in the scope: resource is k8s::Resource"),
        () if of("User") && message.contains("`namespace`") => {
            Some("say in the scope: principal is k8s::ServiceAccount")
        }
        () => None,
    }
}

/// The last part of a path.
fn short(file: &str) -> &str {
    file.rsplit('/').next().unwrap_or(file)
}
