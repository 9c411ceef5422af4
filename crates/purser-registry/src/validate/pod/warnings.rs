//! What deserves a warning in a template of Pods though it is kept.
//!
//! Source: `pkg/api/pod/warnings.go`, `pkg/api/node/util.go`.

use std::collections::{BTreeMap, BTreeSet};

use purser_types::quantity::Quantity;
use purser_types::{Map, Value};

use crate::validate::causes::quote;
use crate::validate::names::label_value;
use crate::validate::network::address_warning;
use crate::validate::read::{message, messages, text, texts};

/// The most warnings about one template: more would not be sent.
const WARNINGS_MAX: usize = 100;
const NULL_SELECTOR: &str = "a null labelSelector results in matching no pod";
const REQUIRED: &str = "requiredDuringSchedulingIgnoredDuringExecution";
const PREFERRED: &str = "preferredDuringSchedulingIgnoredDuringExecution";
/// Labels of nodes that have other names now.
const OLD_LABELS: [(&str, &str); 5] = [
    (
        "beta.kubernetes.io/arch",
        "deprecated since v1.14; use \"kubernetes.io/arch\" instead",
    ),
    (
        "beta.kubernetes.io/os",
        "deprecated since v1.14; use \"kubernetes.io/os\" instead",
    ),
    (
        "failure-domain.beta.kubernetes.io/region",
        "deprecated since v1.17; use \"topology.kubernetes.io/region\" instead",
    ),
    (
        "failure-domain.beta.kubernetes.io/zone",
        "deprecated since v1.17; use \"topology.kubernetes.io/zone\" instead",
    ),
    (
        "beta.kubernetes.io/instance-type",
        "deprecated since v1.17; use \"node.kubernetes.io/instance-type\" instead",
    ),
];
const OLD_ANNOTATIONS: [(&str, &str); 3] = [
    (
        "scheduler.alpha.kubernetes.io/critical-pod",
        "non-functional in v1.16+; use the \"priorityClassName\" field instead",
    ),
    (
        "security.alpha.kubernetes.io/sysctls",
        "non-functional in v1.11+; use the \"sysctls\" field instead",
    ),
    (
        "security.alpha.kubernetes.io/unsafe-sysctls",
        "non-functional in v1.11+; use the \"sysctls\" field instead",
    ),
];
/// Volumes that no longer work, or will not: the field, how upstream spells it in the warning, and since when.
const OLD_VOLUMES: [(&str, &str, &str); 9] = [
    (
        "photonPersistentDisk",
        "photonPersistentDisk",
        "deprecated in v1.11, non-functional in v1.16+",
    ),
    ("gitRepo", "gitRepo", "deprecated in v1.11"),
    (
        "scaleIO",
        "scaleIO",
        "deprecated in v1.16, non-functional in v1.22+",
    ),
    (
        "flocker",
        "flocker",
        "deprecated in v1.22, non-functional in v1.25+",
    ),
    (
        "storageos",
        "storageOS",
        "deprecated in v1.22, non-functional in v1.25+",
    ),
    (
        "quobyte",
        "quobyte",
        "deprecated in v1.22, non-functional in v1.25+",
    ),
    (
        "glusterfs",
        "glusterfs",
        "deprecated in v1.25, non-functional in v1.26+",
    ),
    (
        "cephfs",
        "cephfs",
        "deprecated in v1.28, non-functional in v1.31+",
    ),
    ("rbd", "rbd", "deprecated in v1.28, non-functional in v1.31+"),
];
const SECCOMP: &str = "seccomp.security.alpha.kubernetes.io/pod";
const SECCOMP_OF: &str = "container.seccomp.security.alpha.kubernetes.io/";
const APP_ARMOR_OF: &str = "container.apparmor.security.beta.kubernetes.io/";

/// The warnings about a template at `path`.
pub(crate) fn warnings(path: &str, template: &Map) -> Vec<String> {
    let (meta, spec) = (message(template, "metadata"), message(template, "spec"));
    let annotations = message(meta, "annotations");
    let annotated = format!("{path}.metadata.annotations");
    let path = format!("{path}.spec");
    let mut out = Vec::new();
    nodes(&mut out, &path, spec);
    for (key, why) in OLD_ANNOTATIONS {
        if annotations.contains_key(key) {
            out.push(format!("{annotated}[{key}]: {why}"));
        }
    }
    for (index, volume) in messages(spec.get("volumes")).enumerate() {
        for (field, shown, why) in OLD_VOLUMES {
            if volume.contains_key(field) {
                out.push(format!("{path}.volumes[{index}].{shown}: {why}"));
            }
        }
    }
    repeated(&mut out, &path, spec);
    amounts(&mut out, &format!("{path}.overhead"), message(spec, "overhead"));
    if !message(spec, "securityContext").contains_key("seccompProfile") && annotations.contains_key(SECCOMP) {
        let why = "non-functional in v1.27+; use the \"seccompProfile\" field instead";
        out.push(format!("{annotated}[{SECCOMP}]: {why}"));
    }
    for list in ["initContainers", "containers", "ephemeralContainers"] {
        for (index, one) in messages(spec.get(list)).enumerate() {
            profiles(&mut out, &annotated, annotations, spec, one);
            container(&mut out, &format!("{path}.{list}[{index}]"), one);
        }
    }
    ports(&mut out, &path, spec);
    if spec
        .get("terminationGracePeriodSeconds")
        .and_then(Value::as_int)
        .is_some_and(|seconds| seconds < 0)
    {
        let why = "must be >= 0; negative values are invalid and will be treated as 1";
        out.push(format!("{path}.terminationGracePeriodSeconds: {why}"));
    }
    addresses(&mut out, &path, spec);
    out.truncate(WARNINGS_MAX);
    out
}

/// Addresses that are not written as they should be.
fn addresses(out: &mut Vec<String>, path: &str, spec: &Map) {
    for (index, server) in texts(message(spec, "dnsConfig"), "nameservers")
        .into_iter()
        .enumerate()
    {
        let field = format!("{path}.dnsConfig.nameservers[{index}]");
        out.extend(address_warning(&field, server));
    }
    for (index, alias) in messages(spec.get("hostAliases")).enumerate() {
        let field = format!("{path}.hostAliases[{index}].ip");
        out.extend(address_warning(&field, text(alias, "ip")));
    }
}

fn old_label(key: &str) -> Option<&'static str> {
    let old = OLD_LABELS.iter().find(|(known, _)| *known == key);
    old.map(|(_, why)| *why)
}

/// Old labels of nodes, and selectors that select nothing.
fn nodes(out: &mut Vec<String>, path: &str, spec: &Map) {
    for key in message(spec, "nodeSelector").keys() {
        if let Some(why) = old_label(key) {
            out.push(format!("{path}.nodeSelector[{key}]: {why}"));
        }
    }
    let affinity = message(spec, "affinity");
    let of_node = message(affinity, "nodeAffinity");
    let place = format!("{path}.affinity.nodeAffinity");
    for (index, term) in messages(message(of_node, REQUIRED).get("nodeSelectorTerms")).enumerate() {
        let path = format!("{place}.{REQUIRED}.nodeSelectorTerms[{index}]");
        node_term(out, &path, term, false);
    }
    for (index, term) in messages(of_node.get(PREFERRED)).enumerate() {
        let path = format!("{place}.{PREFERRED}[{index}].preference");
        node_term(out, &path, message(term, "preference"), true);
    }
    for which in ["podAffinity", "podAntiAffinity"] {
        let of_pods = message(affinity, which);
        let path = format!("{path}.affinity.{which}");
        for (index, term) in messages(of_pods.get(REQUIRED)).enumerate() {
            if !term.contains_key("labelSelector") {
                out.push(format!(
                    "{path}.{REQUIRED}[{index}].labelSelector: {NULL_SELECTOR}"
                ));
            }
        }
        for (index, term) in messages(of_pods.get(PREFERRED)).enumerate() {
            if !message(term, "podAffinityTerm").contains_key("labelSelector") {
                let field = format!("{path}.{PREFERRED}[{index}].podAffinityTerm.labelSelector");
                out.push(format!("{field}: {NULL_SELECTOR}"));
            }
        }
    }
    for (index, one) in messages(spec.get("topologySpreadConstraints")).enumerate() {
        let path = format!("{path}.topologySpreadConstraints[{index}]");
        let key = text(one, "topologyKey");
        if let Some(why) = old_label(key) {
            out.push(format!("{path}.topologyKey: {key} is {why}"));
        }
        if !one.contains_key("labelSelector") {
            out.push(format!("{path}.labelSelector: {NULL_SELECTOR}"));
        }
    }
}

fn node_term(out: &mut Vec<String>, path: &str, term: &Map, judges_values: bool) {
    for (index, one) in messages(term.get("matchExpressions")).enumerate() {
        let path = format!("{path}.matchExpressions[{index}]");
        let key = text(one, "key");
        if let Some(why) = old_label(key) {
            out.push(format!("{path}.key: {key} is {why}"));
        }
        let values = texts(one, "values").into_iter().enumerate();
        for (index, value) in values.filter(|_| judges_values) {
            for why in label_value(value) {
                out.push(format!("{path}.values[{index}]: {value} is invalid, {why}"));
            }
        }
    }
}

/// What is there twice.
fn repeated(out: &mut Vec<String>, path: &str, spec: &Map) {
    for (list, field, what) in [("hostAliases", "ip", "ip"), ("imagePullSecrets", "name", "name")] {
        let mut seen = BTreeSet::new();
        for (index, one) in messages(spec.get(list)).enumerate() {
            if !seen.insert(text(one, field)) {
                let value = quote(text(one, field));
                out.push(format!(
                    "{path}.{list}[{index}].{field}: duplicate {what} {value}"
                ));
            }
        }
    }
    for (index, one) in messages(spec.get("imagePullSecrets")).enumerate() {
        if text(one, "name").is_empty() {
            out.push(format!(
                "{path}.imagePullSecrets[{index}].name: invalid empty name \"\""
            ));
        }
    }
}

/// Parts of bytes.
fn amounts(out: &mut Vec<String>, path: &str, of: &Map) {
    for name in ["memory", "ephemeral-storage"] {
        let amount = of
            .get(name)
            .and_then(Value::as_str)
            .and_then(|amount| Quantity::parse(amount).ok());
        if let Some(amount) = amount.filter(|amount| !amount.is_whole()) {
            out.push(format!(
                "{path}[{name}]: fractional byte value {} is invalid, must be an integer",
                quote(&amount.to_string())
            ));
        }
    }
}

/// Annotations that a field took the place of.
fn profiles(out: &mut Vec<String>, annotated: &str, annotations: &Map, spec: &Map, one: &Map) {
    let has = |of: &Map, field: &str| message(of, "securityContext").contains_key(field);
    let name = text(one, "name");
    let key = format!("{SECCOMP_OF}{name}");
    if !has(one, "seccompProfile") && annotations.contains_key(key.as_str()) {
        let why = "non-functional in v1.27+; use the \"seccompProfile\" field instead";
        out.push(format!("{annotated}[{key}]: {why}"));
    }
    let key = format!("{APP_ARMOR_OF}{name}");
    let armored = has(one, "appArmorProfile") || has(spec, "appArmorProfile");
    if !armored && annotations.contains_key(key.as_str()) {
        let why = "deprecated since v1.30; use the \"appArmorProfile\" field instead";
        out.push(format!("{annotated}[{key}]: {why}"));
    }
}

fn container(out: &mut Vec<String>, path: &str, one: &Map) {
    let asked = message(one, "resources");
    for name in ["memory", "ephemeral-storage"] {
        for which in ["limits", "requests"] {
            if let Some((key, value)) = message(asked, which).get_key_value(name) {
                let alone = Map::from_iter([(key.clone(), value.duplicate())]);
                amounts(out, &format!("{path}.resources.{which}"), &alone);
            }
        }
    }
    let mut seen = BTreeSet::new();
    for (index, variable) in messages(one.get("env")).enumerate() {
        let (name, value) = (text(variable, "name"), text(variable, "value"));
        if seen.insert(name) {
            continue;
        }
        let reference = format!("$({name})");
        let adds = value != reference && value.contains(&reference);
        if variable.contains_key("valueFrom") || !adds {
            let why = format!(
                "hides previous definition of {}, which may be dropped when using apply",
                quote(name)
            );
            out.push(format!("{path}.env[{index}]: {why}"));
        }
    }
}

/// The most ports of one number that are compared with each other.
const COMPARED_MAX: usize = 100;

/// A port of a container, and where it is.
struct Port<'a> {
    field: String,
    host: i64,
    ip: &'a str,
}

fn ports(out: &mut Vec<String>, path: &str, spec: &Map) {
    let mut all: BTreeMap<(i64, &str), Vec<Port<'_>>> = BTreeMap::new();
    for list in ["initContainers", "containers", "ephemeralContainers"] {
        for (index, container) in messages(spec.get(list)).enumerate() {
            for (port, one) in messages(container.get("ports")).enumerate() {
                if out.len() >= WARNINGS_MAX {
                    return;
                }
                let number = |field: &str| one.get(field).and_then(Value::as_int).unwrap_or(0);
                let here = Port {
                    field: format!("{path}.{list}[{index}].ports[{port}]"),
                    host: number("hostPort"),
                    ip: text(one, "hostIP"),
                };
                if !here.ip.is_empty() && here.host == 0 {
                    // As Go prints the port.
                    out.push(format!(
                        "{}: hostIP set without hostPort: {{Name:{} HostPort:0 ContainerPort:{} Protocol:{} HostIP:{}}}",
                        here.field,
                        text(one, "name"),
                        number("containerPort"),
                        text(one, "protocol"),
                        here.ip
                    ));
                }
                let others = all
                    .entry((number("containerPort"), text(one, "protocol")))
                    .or_default();
                let found = others.iter().filter_map(|other| {
                    Some(format!(
                        "{}: {} port definition with {}",
                        here.field,
                        clash(&here, other)?,
                        other.field
                    ))
                });
                out.extend(found.take(WARNINGS_MAX));
                if others.len() < COMPARED_MAX {
                    others.push(here);
                }
            }
        }
    }
}

/// How two ports of one number get in each other's way.
fn clash(here: &Port<'_>, other: &Port<'_>) -> Option<&'static str> {
    if (here.ip, here.host) == (other.ip, other.host) {
        return Some("duplicate");
    }
    if here.host == 0 || other.host == 0 {
        return Some("overlapping");
    }
    (here.host == other.host && here.ip.is_empty() != other.ip.is_empty()).then_some("dangerously ambiguous")
}
