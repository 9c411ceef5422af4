//! Where a Pod is wanted: near what, far from what.

use purser_types::{Map, Value};

use super::findings::Findings;
use super::labels::{label_keys, label_selector, requirement};
use crate::validate::names::{dns_label, dns_subdomain, qualified_name};
use crate::validate::read::{message, messages, text, texts};

const REQUIRED: &str = "requiredDuringSchedulingIgnoredDuringExecution";
const PREFERRED: &str = "preferredDuringSchedulingIgnoredDuringExecution";

/// Upstream's `validateAffinity`.
pub(super) fn affinity(found: &mut Findings, path: &str, spec: &Map) {
    let affinity = message(spec, "affinity");
    of_node(
        found,
        &format!("{path}.affinity.nodeAffinity"),
        message(affinity, "nodeAffinity"),
    );
    for which in ["podAffinity", "podAntiAffinity"] {
        of_pods(
            found,
            &format!("{path}.affinity.{which}"),
            message(affinity, which),
        );
    }
}

fn of_node(found: &mut Findings, path: &str, affinity: &Map) {
    if let Some(selector) = affinity.get(REQUIRED).and_then(Value::as_map) {
        let path = format!("{path}.{REQUIRED}.nodeSelectorTerms");
        let mut terms = messages(selector.get("nodeSelectorTerms")).enumerate().peekable();
        if terms.peek().is_none() {
            found.required(&path, "must have at least one node selector term");
        }
        for (index, one) in terms {
            term(found, &format!("{path}[{index}]"), one, true);
        }
    }
    for (index, one) in messages(affinity.get(PREFERRED)).enumerate() {
        let path = format!("{path}.{PREFERRED}[{index}]");
        weight(found, &path, one);
        term(
            found,
            &format!("{path}.preference"),
            message(one, "preference"),
            false,
        );
    }
}

fn weight(found: &mut Findings, path: &str, one: &Map) {
    let weight = one.get("weight").and_then(Value::as_int).unwrap_or(0);
    if !(1..=100).contains(&weight) {
        let field = format!("{path}.weight");
        found.invalid_as(&field, &weight.to_string(), "must be in the range 1-100");
    }
}

/// Upstream's `ValidateNodeSelectorTerm`. The values of what is only preferred are not judged.
fn term(found: &mut Findings, path: &str, term: &Map, judges_values: bool) {
    for (index, one) in messages(term.get("matchExpressions")).enumerate() {
        if found.is_full() {
            return;
        }
        requirement(
            found,
            &format!("{path}.matchExpressions[{index}]"),
            one,
            true,
            judges_values,
        );
    }
    for (index, one) in messages(term.get("matchFields")).enumerate() {
        if found.is_full() {
            return;
        }
        field_requirement(found, &format!("{path}.matchFields[{index}]"), one);
    }
}

/// Upstream's `ValidateNodeFieldSelectorRequirement`.
fn field_requirement(found: &mut Findings, path: &str, one: &Map) {
    let (operator, key, values) = (text(one, "operator"), text(one, "key"), texts(one, "values"));
    match operator {
        "In" | "NotIn" if values.len() == 1 => {}
        "In" | "NotIn" => found.required(
            &format!("{path}.values"),
            "must be only one value when `operator` is 'In' or 'NotIn' for node field selector",
        ),
        other => found.invalid(
            &format!("{path}.operator"),
            other,
            "not a valid selector operator",
        ),
    }
    if key != "metadata.name" {
        return found.invalid(&format!("{path}.key"), key, "not a valid field selector key");
    }
    for (index, value) in values.into_iter().enumerate() {
        found.each(&format!("{path}.values[{index}]"), value, &dns_subdomain(value));
    }
}

fn of_pods(found: &mut Findings, path: &str, affinity: &Map) {
    for (index, one) in messages(affinity.get(REQUIRED)).enumerate() {
        pod_term(found, &format!("{path}.{REQUIRED}[{index}]"), one);
    }
    for (index, one) in messages(affinity.get(PREFERRED)).enumerate() {
        let path = format!("{path}.{PREFERRED}[{index}]");
        weight(found, &path, one);
        pod_term(
            found,
            &format!("{path}.podAffinityTerm"),
            message(one, "podAffinityTerm"),
        );
    }
}

/// Upstream's `validatePodAffinityTerm`.
fn pod_term(found: &mut Findings, path: &str, term: &Map) {
    if found.is_full() {
        return;
    }
    for field in ["labelSelector", "namespaceSelector"] {
        label_selector(found, &format!("{path}.{field}"), term.get(field));
    }
    for name in texts(term, "namespaces") {
        found.each(&format!("{path}.namespace"), name, &dns_label(name));
    }
    label_keys(found, path, term);
    let (field, key) = (format!("{path}.topologyKey"), text(term, "topologyKey"));
    if key.is_empty() {
        found.required(&field, "can not be empty");
    }
    found.each(&field, key, &qualified_name(key));
}
