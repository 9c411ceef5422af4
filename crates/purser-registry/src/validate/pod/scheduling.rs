//! How Pods are spread, what they tolerate, and what they wait for.

use std::collections::{BTreeMap, BTreeSet};

use purser_types::{Map, Value};

use super::findings::Findings;
use super::labels::{label_keys, label_selector};
use crate::validate::names::{label_value, qualified_name};
use crate::validate::read::{messages, text};

const EFFECTS: [&str; 3] = ["NoSchedule", "PreferNoSchedule", "NoExecute"];
const POLICIES: [&str; 2] = ["Honor", "Ignore"];

/// Upstream's `ValidateTolerations`.
pub(super) fn tolerations(found: &mut Findings, path: &str, spec: &Map) {
    for (index, one) in messages(spec.get("tolerations")).enumerate() {
        if found.is_full() {
            return;
        }
        let path = format!("{path}.tolerations[{index}]");
        let [key, operator, value, effect] =
            ["key", "operator", "value", "effect"].map(|field| text(one, field));
        let operated = format!("{path}.operator");
        if !key.is_empty() {
            found.each(&format!("{path}.key"), key, &qualified_name(key));
        } else if operator != "Exists" {
            let why =
                "operator must be Exists when `key` is empty, which means \"match all values and all keys\"";
            found.invalid(&operated, operator, why);
        }
        if one.contains_key("tolerationSeconds") && effect != "NoExecute" {
            let why = "effect must be 'NoExecute' when `tolerationSeconds` is set";
            found.invalid(&format!("{path}.effect"), effect, why);
        }
        match operator {
            "Equal" | "" => {
                let wrong = label_value(value);
                if !wrong.is_empty() {
                    found.invalid(&operated, value, &wrong.join(";"));
                }
            }
            "Exists" if !value.is_empty() => {
                found.invalid(
                    &operated,
                    value,
                    "value must be empty when `operator` is 'Exists'",
                );
            }
            "Exists" => {}
            // Known, but for a feature that is off.
            "Lt" | "Gt" => found.unsupported(&operated, operator, &["Equal", "Exists", "Lt", "Gt"]),
            other => found.one_of(&operated, other, &["Equal", "Exists"]),
        }
        if !effect.is_empty() {
            found.one_of(&format!("{path}.effect"), effect, &EFFECTS);
        }
    }
}

/// What tells a constraint from others.
fn pair(one: &Map) -> (&str, &str) {
    (text(one, "topologyKey"), text(one, "whenUnsatisfiable"))
}

/// Upstream's `validateTopologySpreadConstraints`.
pub(super) fn spread(found: &mut Findings, path: &str, spec: &Map) {
    let all: Vec<&Map> = messages(spec.get("topologySpreadConstraints")).collect();
    // How many of each kind follow.
    let mut later: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for one in &all {
        let count = later.entry(pair(one)).or_default();
        *count = count.saturating_add(1);
    }
    for (index, one) in all.into_iter().enumerate() {
        if found.is_full() {
            return;
        }
        let path = format!("{path}.topologySpreadConstraints[{index}]");
        let (key, when) = pair(one);
        let number = |field: &str| one.get(field).and_then(Value::as_int);
        const POSITIVE: &str = "must be greater than 0";
        found.at_least(
            &format!("{path}.maxSkew"),
            number("maxSkew").unwrap_or(0),
            1,
            POSITIVE,
        );
        if key.is_empty() {
            found.required(&format!("{path}.topologyKey"), "can not be empty");
        }
        found.one_of(
            &format!("{path}.whenUnsatisfiable"),
            when,
            &["DoNotSchedule", "ScheduleAnyway"],
        );
        let follow = later.entry((key, when)).or_default();
        *follow = follow.saturating_sub(1);
        if *follow > 0 {
            let field = format!("{path}.{{topologyKey, whenUnsatisfiable}}");
            found.duplicate(&field, &format!("{{{key}, {when}}}"));
        }
        if let Some(least) = number("minDomains") {
            let field = format!("{path}.minDomains");
            found.at_least(&field, least, 1, POSITIVE);
            if when != "DoNotSchedule" {
                let why = format!("can only use minDomains if whenUnsatisfiable=DoNotSchedule, not {when}");
                found.invalid_as(&field, &least.to_string(), &why);
            }
        }
        for field in ["nodeAffinityPolicy", "nodeTaintsPolicy"] {
            if let Some(policy) = one.get(field).and_then(Value::as_str) {
                found.one_of(&format!("{path}.{field}"), policy, &POLICIES);
            }
        }
        label_keys(found, &path, one);
        label_selector(found, &format!("{path}.labelSelector"), one.get("labelSelector"));
    }
}

/// What a Pod waits for before it is ready, and before it is scheduled.
pub(super) fn gates(found: &mut Findings, path: &str, spec: &Map) {
    for (index, gate) in messages(spec.get("readinessGates")).enumerate() {
        let kind = text(gate, "conditionType");
        let field = format!("{path}.readinessGates[{index}].conditionType");
        found.each(&field, kind, &qualified_name(kind));
    }
    let mut seen = BTreeSet::new();
    for (index, gate) in messages(spec.get("schedulingGates")).enumerate() {
        let field = format!("{path}.schedulingGates[{index}]");
        let name = text(gate, "name");
        found.each(&field, name, &qualified_name(name));
        if !seen.insert(name) {
            found.duplicate(&field, name);
        }
    }
}
