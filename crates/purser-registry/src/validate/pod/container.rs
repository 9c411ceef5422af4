//! Containers: those of the Pod, those that run before them, those added for a look inside.

use std::collections::BTreeSet;

use purser_types::{Map, Value};

use super::findings::Findings;
use super::resources::Owner;
use super::subject::Pod;
use super::{env, handler, mounts, resources, security};
use crate::validate::causes::too_many;
use crate::validate::names::{dns_label, port_name};
use crate::validate::network::{port_number, protocol};
use crate::validate::read::{message, messages, text};

const MESSAGES: [&str; 2] = ["File", "FallbackToLogsOnError"];
const PULLS: [&str; 3] = ["Always", "IfNotPresent", "Never"];
const RESTARTS: [&str; 3] = ["Always", "Never", "OnFailure"];
const ACTIONS: [&str; 2] = ["Restart", "RestartAllContainers"];
/// The most rules that say what follows a container's end.
const RULES_MAX: usize = 20;
/// The most codes of one rule.
const CODES_MAX: usize = 255;
/// What a container added for a look inside may not say.
const NOT_EPHEMERAL: [&str; 9] = [
    "ports",
    "resources",
    "resizePolicy",
    "restartPolicy",
    "restartPolicyRules",
    "livenessProbe",
    "readinessProbe",
    "startupProbe",
    "lifecycle",
];

/// The containers of a Pod.
pub(super) fn regular(found: &mut Findings, path: &str, pod: &Pod<'_>) {
    let mut names = BTreeSet::new();
    let mut host_ports = BTreeSet::new();
    let list = format!("{path}.containers");
    let all: Vec<&Map> = messages(pod.spec.get("containers")).collect();
    if all.is_empty() {
        found.required(&list, "");
    }
    for (index, one) in all.iter().enumerate() {
        if found.is_full() {
            return;
        }
        let path = format!("{list}[{index}]");
        common(found, &path, one, pod);
        if !names.insert(text(one, "name")) {
            found.duplicate(&format!("{path}.name"), text(one, "name"));
        }
        handler::lifecycle(found, &path, one, pod);
        handler::probes(found, &path, one, pod);
        restarts(found, &path, one);
    }
    for (index, one) in all.iter().enumerate() {
        own_host_ports(found, &format!("{list}[{index}]"), one, &mut host_ports);
    }
}

/// The containers that run before those.
pub(super) fn initial(found: &mut Findings, path: &str, pod: &Pod<'_>) {
    const ONLY_SIDECARS: &str = "may not be set for init containers without restartPolicy=Always";
    let list = format!("{path}.initContainers");
    let mut names: BTreeSet<&str> = messages(pod.spec.get("containers"))
        .map(|one| text(one, "name"))
        .collect();
    for (index, one) in messages(pod.spec.get("initContainers")).enumerate() {
        if found.is_full() {
            return;
        }
        let path = format!("{list}[{index}]");
        common(found, &path, one, pod);
        restarts(found, &path, one);
        let name = text(one, "name");
        if names.contains(name) {
            found.duplicate(&format!("{path}.name"), name);
        } else if !name.is_empty() {
            names.insert(name);
        }
        // Each is looked at as if it were the first of the list, as upstream.
        own_host_ports(found, &format!("{list}[0]"), one, &mut BTreeSet::new());
        if text(one, "restartPolicy") == "Always" {
            handler::lifecycle(found, &path, one, pod);
            handler::probes(found, &path, one, pod);
            continue;
        }
        for field in ["lifecycle", "livenessProbe", "readinessProbe", "startupProbe"] {
            if one.contains_key(field) {
                found.forbidden(&format!("{path}.{field}"), ONLY_SIDECARS);
            }
        }
        for (index, policy) in messages(one.get("resizePolicy")).enumerate() {
            let how = text(policy, "restartPolicy");
            if how == "RestartContainer" {
                let why = "must not be set to 'RestartContainer' for non-sidecar initContainers";
                found.invalid(&format!("{path}.resizePolicy[{index}].restartPolicy"), how, why);
            }
        }
    }
}

/// The containers added for a look inside, which no template may have.
pub(super) fn ephemeral(found: &mut Findings, path: &str, pod: &Pod<'_>) {
    const WHY: &str = "cannot be set for an Ephemeral Container";
    let others: BTreeSet<&str> = ["containers", "initContainers"]
        .iter()
        .flat_map(|list| messages(pod.spec.get(*list)))
        .map(|one| text(one, "name"))
        .collect();
    let mut names = others.clone();
    for (index, one) in messages(pod.spec.get("ephemeralContainers")).enumerate() {
        if found.is_full() {
            return;
        }
        let path = format!("{path}.ephemeralContainers[{index}]");
        common(found, &path, one, pod);
        let (image, name) = (text(one, "image"), text(one, "name"));
        if image.trim() != image {
            let why = "must not have leading or trailing whitespace";
            found.invalid(&format!("{path}.image"), image, why);
        }
        if !names.insert(name) {
            found.duplicate(&format!("{path}.name"), name);
        }
        let target = text(one, "targetContainerName");
        if !target.is_empty() && !others.contains(target) {
            found.not_found(&format!("{path}.targetContainerName"), target);
        }
        for field in NOT_EPHEMERAL {
            let is_set = match one.get(field) {
                None => false,
                Some(Value::Map(map)) => field != "resources" || !map.is_empty(),
                Some(_) => true,
            };
            if is_set {
                found.forbidden(&format!("{path}.{field}"), WHY);
            }
        }
        for (index, mount) in messages(one.get("volumeMounts")).enumerate() {
            for field in ["subPath", "subPathExpr"] {
                if !text(mount, field).is_empty() {
                    found.forbidden(&format!("{path}.volumeMounts[{index}].{field}"), WHY);
                }
            }
        }
    }
}

/// Upstream's `validateContainerCommon`.
fn common(found: &mut Findings, path: &str, one: &Map, pod: &Pod<'_>) {
    let at = |field: &str| format!("{path}.{field}");
    match text(one, "name") {
        "" => found.required(&at("name"), ""),
        name => found.each(&at("name"), name, &dns_label(name)),
    }
    found.required_text(&at("image"), text(one, "image"));
    found.required_one_of(
        &at("terminationMessagePolicy"),
        text(one, "terminationMessagePolicy"),
        &MESSAGES,
    );
    ports(found, path, one);
    env::variables(found, path, one);
    env::sources(found, path, one);
    mounts::mounts(found, path, one, pod);
    mounts::devices(found, path, one, pod);
    found.required_one_of(&at("imagePullPolicy"), text(one, "imagePullPolicy"), &PULLS);
    let asked = message(one, "resources");
    resources::requirements(found, &at("resources"), asked, &pod.claims, Owner::Container);
    resources::resize(found, path, one, text(pod.spec, "restartPolicy"));
    security::of_container(found, path, one, pod);
}

/// Upstream's `validateContainerPorts`.
fn ports(found: &mut Findings, path: &str, one: &Map) {
    let mut names = BTreeSet::new();
    for (index, port) in messages(one.get("ports")).enumerate() {
        if found.is_full() {
            return;
        }
        let path = format!("{path}.ports[{index}]");
        let name = text(port, "name");
        if !name.is_empty() {
            let wrong = port_name(name);
            let field = format!("{path}.name");
            if wrong.is_empty() && !names.insert(name) {
                found.duplicate(&field, name);
            }
            found.each(&field, name, &wrong);
        }
        let number = |field: &str| port.get(field).and_then(Value::as_int).unwrap_or(0);
        match number("containerPort") {
            0 => found.required(&format!("{path}.containerPort"), ""),
            other => found.add(port_number(&format!("{path}.containerPort"), other)),
        }
        if number("hostPort") != 0 {
            found.add(port_number(&format!("{path}.hostPort"), number("hostPort")));
        }
        found.add(protocol(&path, port));
    }
}

/// Ports of the host that a container takes, beside those `taken`.
fn own_host_ports(found: &mut Findings, path: &str, one: &Map, taken: &mut BTreeSet<String>) {
    for (index, port) in messages(one.get("ports")).enumerate() {
        let number = port.get("hostPort").and_then(Value::as_int).unwrap_or(0);
        if number == 0 || found.is_full() {
            continue;
        }
        let name = format!("{}/{}/{number}", text(port, "protocol"), text(port, "hostIP"));
        if taken.contains(&name) {
            found.duplicate(&format!("{path}.ports[{index}].hostPort"), &name);
        } else {
            taken.insert(name);
        }
    }
}

/// Upstream's `validateContainerRestartPolicy`.
fn restarts(found: &mut Findings, path: &str, one: &Map) {
    let field = format!("{path}.restartPolicy");
    let rules: Vec<&Map> = messages(one.get("restartPolicyRules")).collect();
    match one.get("restartPolicy").and_then(Value::as_str) {
        Some(policy) => found.one_of(&field, policy, &RESTARTS),
        None if rules.is_empty() => return,
        None => found.required(&field, "must specify restartPolicy when restart rules are used"),
    }
    let list = format!("{path}.restartPolicyRules");
    if rules.len() > RULES_MAX {
        found.add([too_many(&list, rules.len(), RULES_MAX)]);
    }
    for (index, rule) in rules.into_iter().enumerate() {
        if found.is_full() {
            return;
        }
        let path = format!("{list}[{index}]");
        found.one_of(&format!("{path}.action"), text(rule, "action"), &ACTIONS);
        let path = format!("{path}.exitCodes");
        let Some(codes) = rule.get("exitCodes").and_then(Value::as_map) else {
            found.required(&path, "must be specified");
            continue;
        };
        found.one_of(
            &format!("{path}.operator"),
            text(codes, "operator"),
            &["In", "NotIn"],
        );
        let values = codes.get("values").and_then(Value::as_list).unwrap_or_default();
        if values.len() > CODES_MAX {
            found.add([too_many(&format!("{path}.values"), values.len(), CODES_MAX)]);
        }
    }
}
