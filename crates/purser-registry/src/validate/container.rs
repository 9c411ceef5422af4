//! The rules of containers.
//!
//! Source: `validateContainers`, `validateInitContainers` and what they call in
//! `pkg/apis/core/validation/validation.go`.

use std::collections::BTreeSet;

use purser_types::status::Cause;
use purser_types::{Map, Value};

use super::causes::{duplicate, invalid, is_full, not_found, one_of, required};
use super::names::{dns_label, port_name};
use super::network::{port_number, protocol};
use super::read::{messages, text};

const MESSAGES: [&str; 2] = ["File", "FallbackToLogsOnError"];
const PULLS: [&str; 3] = ["Always", "IfNotPresent", "Never"];
const SOURCES: [&str; 5] = [
    "fieldRef",
    "resourceFieldRef",
    "configMapKeyRef",
    "secretKeyRef",
    "fileKeyRef",
];

/// Containers and those that run before them; `volumes`: the names of volumes there are.
pub(super) fn containers(path: &str, spec: &Map, volumes: &BTreeSet<&str>) -> Vec<Cause> {
    let mut causes = Vec::new();
    let mut names = BTreeSet::new();
    if messages(spec.get("containers")).next().is_none() {
        causes.push(required(format!("{path}.containers"), ""));
    }
    for list in ["containers", "initContainers"] {
        for (index, one) in messages(spec.get(list)).enumerate() {
            if is_full(&causes) {
                return causes;
            }
            let path = format!("{path}.{list}[{index}]");
            causes.extend(container(&path, one, volumes));
            let name = text(one, "name");
            if !names.insert(name) && !name.is_empty() {
                causes.push(duplicate(format!("{path}.name"), name));
            }
        }
    }
    causes
}

fn container(path: &str, one: &Map, volumes: &BTreeSet<&str>) -> Vec<Cause> {
    let mut causes = Vec::new();
    let name = text(one, "name");
    if name.is_empty() {
        causes.push(required(format!("{path}.name"), ""));
    } else {
        causes.extend(
            dns_label(name)
                .iter()
                .map(|why| invalid(format!("{path}.name"), name, why)),
        );
    }
    if text(one, "image").is_empty() {
        causes.push(required(format!("{path}.image"), ""));
    }
    let policy = text(one, "terminationMessagePolicy");
    causes.extend(one_of(
        &format!("{path}.terminationMessagePolicy"),
        policy,
        &MESSAGES,
    ));
    causes.extend(ports(path, one));
    causes.extend(variables(path, one));
    causes.extend(mounts(path, one, volumes));
    causes.extend(one_of(
        &format!("{path}.imagePullPolicy"),
        text(one, "imagePullPolicy"),
        &PULLS,
    ));
    causes
}

fn ports(path: &str, one: &Map) -> Vec<Cause> {
    let mut causes = Vec::new();
    let mut names = BTreeSet::new();
    for (index, port) in messages(one.get("ports")).enumerate() {
        if is_full(&causes) {
            break;
        }
        let path = format!("{path}.ports[{index}]");
        let name = text(port, "name");
        if !name.is_empty() {
            let wrong = port_name(name);
            let field = format!("{path}.name");
            if wrong.is_empty() && !names.insert(name) {
                causes.push(duplicate(field.clone(), name));
            }
            causes.extend(wrong.iter().map(|why| invalid(field.clone(), name, why)));
        }
        let number = |field: &str| port.get(field).and_then(Value::as_int).unwrap_or(0);
        match number("containerPort") {
            0 => causes.push(required(format!("{path}.containerPort"), "")),
            other => causes.extend(port_number(&format!("{path}.containerPort"), other)),
        }
        if number("hostPort") != 0 {
            causes.extend(port_number(&format!("{path}.hostPort"), number("hostPort")));
        }
        causes.extend(protocol(&path, port));
    }
    causes
}

fn variables(path: &str, one: &Map) -> Vec<Cause> {
    const NAME: &str =
        "a valid environment variable name must consist only of printable ASCII characters other than '='";
    let mut causes = Vec::new();
    for (index, variable) in messages(one.get("env")).enumerate() {
        if is_full(&causes) {
            break;
        }
        let path = format!("{path}.env[{index}]");
        let name = text(variable, "name");
        let fits = |byte: u8| (0x20..0x7f).contains(&byte) && byte != b'=';
        if name.is_empty() {
            causes.push(required(format!("{path}.name"), ""));
        } else if !name.bytes().all(fits) {
            causes.push(invalid(format!("{path}.name"), name, NAME));
        }
        if let Some(from) = variable.get("valueFrom").and_then(Value::as_map) {
            let count = SOURCES
                .iter()
                .filter(|source| from.contains_key(**source))
                .count();
            let why = match (count, text(variable, "value").is_empty()) {
                (0, _) => {
                    "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef` or `secretKeyRef`"
                }
                (_, false) => "may not be specified when `value` is not empty",
                (1, true) => continue,
                _ => "may not have more than one field specified at a time",
            };
            causes.push(invalid(format!("{path}.valueFrom"), "", why));
        }
    }
    causes
}

fn mounts(path: &str, one: &Map, volumes: &BTreeSet<&str>) -> Vec<Cause> {
    let mut causes = Vec::new();
    let mut places = BTreeSet::new();
    for (index, mount) in messages(one.get("volumeMounts")).enumerate() {
        if is_full(&causes) {
            break;
        }
        let path = format!("{path}.volumeMounts[{index}]");
        let (name, place) = (text(mount, "name"), text(mount, "mountPath"));
        if name.is_empty() {
            causes.push(required(format!("{path}.name"), ""));
        }
        if !volumes.contains(name) {
            causes.push(not_found(format!("{path}.name"), name));
        }
        if place.is_empty() {
            causes.push(required(format!("{path}.mountPath"), ""));
        }
        if !places.insert(place) {
            causes.push(invalid(format!("{path}.mountPath"), place, "must be unique"));
        }
    }
    causes
}
