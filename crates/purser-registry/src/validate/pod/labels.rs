//! Labels, and what selects by them.

use std::collections::{BTreeMap, BTreeSet};

use purser_types::{Map, Value};

use super::findings::Findings;
use crate::validate::names::{label_value, qualified_name};
use crate::validate::read::{message, messages, text, texts};

/// Upstream's `ValidateLabels`.
pub(super) fn labels(found: &mut Findings, field: &str, labels: &Map) {
    for (key, value) in labels {
        if found.is_full() {
            return;
        }
        let value = value.as_str().unwrap_or_default();
        found.each(field, key, &qualified_name(key));
        found.each(field, value, &label_value(value));
    }
}

/// Upstream's `ValidateLabelSelector`.
pub(super) fn label_selector(found: &mut Findings, path: &str, selector: Option<&Value>) {
    if let Some(selector) = selector.and_then(Value::as_map) {
        selects(found, path, selector);
    }
}

/// The same of a selector that is there.
pub(super) fn selects(found: &mut Findings, path: &str, selector: &Map) {
    labels(
        found,
        &format!("{path}.matchLabels"),
        message(selector, "matchLabels"),
    );
    for (index, one) in messages(selector.get("matchExpressions")).enumerate() {
        if found.is_full() {
            return;
        }
        requirement(
            found,
            &format!("{path}.matchExpressions[{index}]"),
            one,
            false,
            true,
        );
    }
}

/// What is wrong with one requirement of a selector; nodes can be compared too.
pub(super) fn requirement(found: &mut Findings, path: &str, one: &Map, of_nodes: bool, judges_values: bool) {
    let (operator, key, values) = (text(one, "operator"), text(one, "key"), texts(one, "values"));
    let field = format!("{path}.values");
    match operator {
        "In" | "NotIn" if values.is_empty() => {
            found.required(&field, "must be specified when `operator` is 'In' or 'NotIn'");
        }
        "Exists" | "DoesNotExist" if !values.is_empty() => {
            found.forbidden(
                &field,
                "may not be specified when `operator` is 'Exists' or 'DoesNotExist'",
            );
        }
        "Gt" | "Lt" if of_nodes => {
            if values.len() != 1 {
                found.required(
                    &field,
                    "must be specified single value when `operator` is 'Lt' or 'Gt'",
                );
            }
        }
        "In" | "NotIn" | "Exists" | "DoesNotExist" => {}
        other => found.invalid(
            &format!("{path}.operator"),
            other,
            "not a valid selector operator",
        ),
    }
    found.each(&format!("{path}.key"), key, &qualified_name(key));
    if judges_values {
        for (index, value) in values.into_iter().enumerate() {
            found.each(&format!("{field}[{index}]"), value, &label_value(value));
        }
    }
}

/// Upstream's `ValidateMatchLabelKeysAndMismatchLabelKeys`.
pub(super) fn label_keys(found: &mut Findings, path: &str, one: &Map) {
    const UNSET: &str = "must not be specified when labelSelector is not set";
    let selector = one.get("labelSelector").and_then(Value::as_map);
    let (matched, mismatched) = (texts(one, "matchLabelKeys"), texts(one, "mismatchLabelKeys"));
    for (field, keys) in [("matchLabelKeys", &matched), ("mismatchLabelKeys", &mismatched)] {
        let field = format!("{path}.{field}");
        if selector.is_none() && !keys.is_empty() {
            found.forbidden(&field, UNSET);
            continue;
        }
        for (index, key) in keys.iter().enumerate() {
            found.each(&format!("{field}[{index}]"), key, &qualified_name(key));
        }
    }
    if let Some(selector) = selector {
        let mut seen: BTreeSet<&str> = message(selector, "matchLabels")
            .keys()
            .map(AsRef::as_ref)
            .collect();
        let places: BTreeMap<&str, usize> = matched.iter().copied().zip(0..).collect();
        for term in messages(selector.get("matchExpressions")) {
            let key = text(term, "key");
            if let (Some(index), true) = (places.get(key), seen.contains(key)) {
                let why = "exists in both matchLabelKeys and labelSelector";
                found.invalid(&format!("{path}[{index}]"), key, why);
            }
            seen.insert(key);
        }
    }
    let others: BTreeSet<&&str> = mismatched.iter().collect();
    for (index, key) in matched.iter().enumerate() {
        if others.contains(key) {
            let why = "exists in both matchLabelKeys and mismatchLabelKeys";
            found.invalid(&format!("{path}.matchLabelKeys[{index}]"), key, why);
        }
    }
}
