//! The rules of a ResourceQuota's own fields.
//!
//! Source: `ValidateResourceQuota` in `pkg/apis/core/validation/validation.go`.

use std::collections::BTreeSet;

use purser_types::status::Cause;
use purser_types::{Map, Object, json};

use super::causes::{CAUSES_MAX, cut, invalid, invalid_as, is_full, required};
use super::go_struct::{SCOPE_SELECTOR, shown};
use super::metadata::IMMUTABLE;
use super::read::{amounts, message, messages, text, texts};
use super::resource_names::{amount, is_standard_of_quota, quota_resource_name};

const SCOPES: [&str; 7] = [
    "Terminating",
    "NotTerminating",
    "BestEffort",
    "NotBestEffort",
    "PriorityClass",
    "CrossNamespacePodAffinity",
    "VolumeAttributesClass",
];
/// Scopes that exclude each other.
const CONFLICTING: [[&str; 2]; 2] = [["BestEffort", "NotBestEffort"], ["Terminating", "NotTerminating"]];
/// What Pods use, as quotas name it.
const OF_PODS: [&str; 7] = [
    "pods",
    "cpu",
    "memory",
    "limits.cpu",
    "limits.memory",
    "requests.cpu",
    "requests.memory",
];

/// The most bytes of a list in a sentence.
const PRINTED_MAX: usize = 1024;

/// Names and amounts, in the specification and the status.
#[must_use]
pub fn validate(object: &Object) -> Vec<Cause> {
    let mut causes = validate_spec(object);
    causes.extend(validate_status(object));
    causes
}

/// Names, amounts and scopes.
#[must_use]
pub fn validate_spec(object: &Object) -> Vec<Cause> {
    let spec = message(&object.body, "spec");
    let mut causes = limits(spec, "hard", "spec.hard");
    causes.extend(scopes(spec));
    causes.extend(selector(spec));
    causes
}

/// Names and amounts of what is used.
#[must_use]
pub fn validate_status(object: &Object) -> Vec<Cause> {
    let status = message(&object.body, "status");
    let mut causes = limits(status, "hard", "status.hard");
    causes.extend(limits(status, "used", "status.used"));
    causes
}

/// The scopes stay as they are.
#[must_use]
pub fn validate_update(new: &Object, old: &Object) -> Vec<Cause> {
    fn set(object: &Object) -> BTreeSet<&str> {
        texts(message(&object.body, "spec"), "scopes")
            .into_iter()
            .collect()
    }
    if set(new) == set(old) {
        return Vec::new();
    }
    vec![invalid_as(
        "spec.scopes",
        &printed(message(&new.body, "spec"), "scopes"),
        IMMUTABLE,
    )]
}

fn limits(of: &Map, field: &str, path: &str) -> Vec<Cause> {
    let mut causes = Vec::new();
    for (name, quantity) in amounts(of, field) {
        if is_full(&causes) {
            break;
        }
        let path = format!("{path}[{name}]");
        causes.extend(quota_resource_name(&path, name));
        causes.extend(amount(&path, name, quantity));
    }
    causes
}

/// A field as upstream prints it in a sentence: as JSON, but at most [`PRINTED_MAX`] bytes of it, since a sentence
/// about each element of a list holds the list.
fn printed(of: &Map, field: &str) -> String {
    let mut out = Vec::new();
    match of.get(field) {
        Some(value) => json::write(value, &mut out),
        None => out.extend_from_slice(b"null"),
    }
    cut(String::from_utf8_lossy(&out).into_owned(), PRINTED_MAX)
}

fn fits(scope: &str, resource: &str) -> bool {
    match scope {
        "BestEffort" => resource == "pods",
        "VolumeAttributesClass" => matches!(resource, "persistentvolumeclaims" | "requests.storage"),
        scope if SCOPES.contains(&scope) => OF_PODS.contains(&resource),
        _ => true,
    }
}

/// The limits that a scope has to fit.
fn standard(spec: &Map) -> Vec<&str> {
    let names = amounts(spec, "hard").map(|(name, _)| name);
    names.filter(|name| is_standard_of_quota(name)).collect()
}

/// How many of these limits do not fit a scope, as far as a refusal tells.
fn misfits(standard: &[&str], scope: &str) -> usize {
    let misfits = standard.iter().filter(|name| !fits(scope, name));
    misfits.take(CAUSES_MAX).count()
}

fn scopes(spec: &Map) -> Vec<Cause> {
    const FIELD: &str = "spec.scopes";
    let (scopes, standard) = (texts(spec, "scopes"), standard(spec));
    let shown = printed(spec, "scopes");
    let refuse = |why: &str| invalid_as(FIELD, &shown, why);
    let mut causes = Vec::new();
    for scope in &scopes {
        if is_full(&causes) {
            break;
        }
        if !SCOPES.contains(scope) {
            causes.push(refuse("unsupported scope"));
        }
        let misfit = || refuse("unsupported scope applied to resource");
        causes.extend(std::iter::repeat_with(misfit).take(misfits(&standard, scope)));
    }
    let conflicting = CONFLICTING
        .iter()
        .filter(|pair| pair.iter().all(|one| scopes.contains(one)));
    causes.extend(conflicting.map(|_| refuse("conflicting scopes")));
    causes
}

fn selector(spec: &Map) -> Vec<Cause> {
    const FIELD: &str = "spec.scopeSelector.matchExpressions";
    let selector = message(spec, "scopeSelector");
    let standard = standard(spec);
    let shown = cut(shown(SCOPE_SELECTOR, selector), PRINTED_MAX);
    let whole = |why: &str| invalid_as(FIELD, &shown, why);
    let mut causes = Vec::new();
    let mut seen = Vec::new();
    for term in messages(selector.get("matchExpressions")) {
        if is_full(&causes) {
            break;
        }
        let scope = text(term, "scopeName");
        if !SCOPES.contains(&scope) {
            causes.push(invalid(format!("{FIELD}.scopeName"), scope, "unsupported scope"));
        }
        let misfit = || whole("unsupported scope applied to resource");
        causes.extend(std::iter::repeat_with(misfit).take(misfits(&standard, scope)));
        causes.extend(operator(FIELD, term));
        seen.push(scope);
    }
    let conflicting = CONFLICTING
        .iter()
        .filter(|pair| pair.iter().all(|one| seen.contains(one)));
    // The list of the other field, as upstream.
    let listed = printed(spec, "scopes");
    causes.extend(conflicting.map(|_| invalid_as(FIELD, &listed, "conflicting scopes")));
    causes
}

fn operator(field: &str, term: &Map) -> Vec<Cause> {
    let (scope, operator) = (text(term, "scopeName"), text(term, "operator"));
    let mut causes = Vec::new();
    let only_exists = matches!(
        scope,
        "BestEffort" | "NotBestEffort" | "Terminating" | "NotTerminating" | "CrossNamespacePodAffinity"
    );
    if only_exists && operator != "Exists" {
        let why = "must be 'Exists' when scope is any of ResourceQuotaScopeTerminating, \
                   ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort \
                   or ResourceQuotaScopeCrossNamespacePodAffinity";
        causes.push(invalid(format!("{field}.operator"), operator, why));
    }
    let values = texts(term, "values");
    match operator {
        "In" | "NotIn" if values.is_empty() => causes.push(required(
            format!("{field}.values"),
            "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector",
        )),
        "Exists" | "DoesNotExist" if !values.is_empty() => causes.push(invalid_as(
            format!("{field}.values"),
            &printed(term, "values"),
            "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector",
        )),
        "In" | "NotIn" | "Exists" | "DoesNotExist" => {}
        _ => causes.push(invalid(
            format!("{field}.operator"),
            operator,
            "not a valid selector operator",
        )),
    }
    causes
}
