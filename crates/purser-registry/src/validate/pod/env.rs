//! Variables of the environment, and what they are taken from.

use purser_types::quantity::Quantity;
use purser_types::{Map, Value};

use super::findings::Findings;
use super::paths::no_backsteps;
use crate::validate::names::{config_key, dns_label, dns_subdomain, qualified_name};
use crate::validate::read::{messages, text};

/// What of a Pod a variable may show.
const SHOWN: [&str; 9] = [
    "metadata.name",
    "metadata.namespace",
    "metadata.uid",
    "spec.nodeName",
    "spec.serviceAccountName",
    "status.hostIP",
    "status.hostIPs",
    "status.podIP",
    "status.podIPs",
];
/// What else the API lets a path of a Pod be, in variables or in files.
const PATHS: [&str; 12] = [
    "metadata.annotations",
    "metadata.labels",
    "metadata.name",
    "metadata.namespace",
    "metadata.uid",
    "spec.nodeName",
    "spec.restartPolicy",
    "spec.serviceAccountName",
    "spec.schedulerName",
    "status.phase",
    "status.hostIP",
    "status.hostIPs",
];
/// What of a container's resources may be shown.
const RESOURCES: [&str; 6] = [
    "limits.cpu",
    "limits.ephemeral-storage",
    "limits.memory",
    "requests.cpu",
    "requests.ephemeral-storage",
    "requests.memory",
];
const HUGE_PAGES: [&str; 2] = ["limits.hugepages-", "requests.hugepages-"];
/// The units in which bytes may be shown.
const UNITS: [&str; 13] = [
    "1", "1k", "1M", "1G", "1T", "1P", "1E", "1Ki", "1Mi", "1Gi", "1Ti", "1Pi", "1Ei",
];

/// What is wrong with the name of a variable.
fn name(found: &mut Findings, field: &str, name: &str) {
    let fits = |byte: u8| (0x20..0x7f).contains(&byte) && byte != b'=';
    if !name.bytes().all(fits) {
        found.invalid(
            field,
            name,
            "a valid environment variable name must consist only of printable ASCII characters other than '='",
        );
    }
}

/// Upstream's `ValidateEnv`.
pub(super) fn variables(found: &mut Findings, path: &str, container: &Map) {
    for (index, variable) in messages(container.get("env")).enumerate() {
        if found.is_full() {
            return;
        }
        let path = format!("{path}.env[{index}]");
        match text(variable, "name") {
            "" => found.required(&format!("{path}.name"), ""),
            known => name(found, &format!("{path}.name"), known),
        }
        if let Some(from) = variable.get("valueFrom").and_then(Value::as_map) {
            value_from(
                found,
                &format!("{path}.valueFrom"),
                from,
                text(variable, "value").is_empty(),
            );
        }
    }
}

fn value_from(found: &mut Findings, path: &str, from: &Map, without_value: bool) {
    let mut sources = 0_usize;
    let mut source = |name: &str| {
        let source = from.get(name).and_then(Value::as_map)?;
        sources = sources.saturating_add(1);
        Some((format!("{path}.{name}"), source))
    };
    if let Some((path, of)) = source("fieldRef") {
        field(found, &path, of, &SHOWN);
    }
    if let Some((path, of)) = source("resourceFieldRef") {
        resource(found, &path, of, false);
    }
    for name in ["configMapKeyRef", "secretKeyRef"] {
        if let Some((path, of)) = source(name) {
            key(found, &path, of);
        }
    }
    if let Some((path, of)) = source("fileKeyRef") {
        file_key(found, &path, of);
    }
    let why = match (sources, without_value) {
        (0, _) => {
            "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`"
        }
        (_, false) => "may not be specified when `value` is not empty",
        (1, true) => return,
        _ => "may not have more than one field specified at a time",
    };
    found.invalid(path, "", why);
}

/// Upstream's `validateObjectFieldSelector`.
pub(super) fn field(found: &mut Findings, path: &str, of: &Map, shown: &[&str]) {
    let (version, label) = (text(of, "apiVersion"), text(of, "fieldPath"));
    let place = format!("{path}.fieldPath");
    if version.is_empty() {
        return found.required(&format!("{path}.apiVersion"), "");
    }
    if label.is_empty() {
        return found.required(&place, "");
    }
    let refuse = |found: &mut Findings, why: &str| {
        found.invalid(&place, label, &format!("error converting fieldPath: {why}"));
    };
    if version != "v1" {
        return refuse(found, &format!("unsupported pod version: {version}"));
    }
    let subscripted = label
        .strip_suffix("']")
        .and_then(|label| label.split_once("['"))
        .filter(|(before, _)| !before.is_empty());
    if let Some((before, key)) = subscripted {
        let reasons = match before {
            "metadata.annotations" => qualified_name(&key.to_lowercase()),
            "metadata.labels" => qualified_name(key),
            _ => return refuse(found, &format!("field label does not support subscript: {label}")),
        };
        return found.each(path, key, &reasons);
    }
    let label = if label == "spec.host" {
        "spec.nodeName"
    } else {
        label
    };
    if !PATHS.contains(&label) && !SHOWN.contains(&label) {
        return refuse(found, &format!("field label not supported: {label}"));
    }
    found.one_of(&place, label, shown);
}

/// Upstream's `validateContainerResourceFieldSelector`.
pub(super) fn resource(found: &mut Findings, path: &str, of: &Map, in_volume: bool) {
    let name = text(of, "resource");
    let huge = HUGE_PAGES.iter().any(|prefix| name.starts_with(prefix));
    if in_volume && text(of, "containerName").is_empty() {
        found.required(&format!("{path}.containerName"), "");
    } else if name.is_empty() {
        found.required(&format!("{path}.resource"), "");
    } else if !huge {
        found.one_of(&format!("{path}.resource"), name, &RESOURCES);
    }
    let divisor = of.get("divisor").and_then(Value::as_str).unwrap_or("0");
    let Some(divisor) = Quantity::parse(divisor).ok().filter(|divisor| !divisor.is_zero()) else {
        return;
    };
    let divisor = divisor.to_string();
    let what = match name {
        "limits.cpu" | "requests.cpu" if !["1m", "1"].contains(&divisor.as_str()) => {
            let why = "only divisor's values 1m and 1 are supported with the cpu resource";
            return found.invalid(&format!("{path}.divisor"), name, why);
        }
        "limits.memory" | "requests.memory" => "memory",
        "limits.ephemeral-storage" | "requests.ephemeral-storage" => "local ephemeral storage",
        _ if huge => "hugepages",
        _ => return,
    };
    if !UNITS.contains(&divisor.as_str()) {
        let why = format!(
            "only divisor's values {} are supported with the {what} resource",
            UNITS.join(", ")
        );
        found.invalid(&format!("{path}.divisor"), name, &why);
    }
}

/// A key of a ConfigMap or a Secret.
fn key(found: &mut Findings, path: &str, of: &Map) {
    let (name, key) = (text(of, "name"), text(of, "key"));
    found.each(&format!("{path}.name"), name, &dns_subdomain(name));
    match key {
        "" => found.required(&format!("{path}.key"), ""),
        key => found.each(&format!("{path}.key"), key, &config_key(key)),
    }
}

fn file_key(found: &mut Findings, path: &str, of: &Map) {
    let [key, volume, file] = ["key", "volumeName", "path"].map(|field| text(of, field));
    match key {
        "" => found.required(&format!("{path}.key"), ""),
        key => name(found, &format!("{path}.key"), key),
    }
    match volume {
        "" => found.required(&format!("{path}.volumeName"), ""),
        volume => found.each(&format!("{path}.volumeName"), volume, &dns_label(volume)),
    }
    match file {
        "" => found.required(&format!("{path}.path"), ""),
        file => no_backsteps(found, &format!("{path}.path"), file),
    }
}

/// Upstream's `ValidateEnvFrom`: some of its sentences are about the whole list.
pub(super) fn sources(found: &mut Findings, path: &str, container: &Map) {
    let list = format!("{path}.envFrom");
    for (index, from) in messages(container.get("envFrom")).enumerate() {
        if found.is_full() {
            return;
        }
        let path = format!("{list}[{index}]");
        name(found, &format!("{path}.prefix"), text(from, "prefix"));
        let mut count = 0_usize;
        for source in ["configMapRef", "secretRef"] {
            let Some(of) = from.get(source).and_then(Value::as_map) else {
                continue;
            };
            count = count.saturating_add(1);
            let field = format!("{path}.{source}.name");
            match text(of, "name") {
                "" => found.required(&field, ""),
                known => {
                    let rule = crate::validate::names::NameRule::DnsSubdomain;
                    found.each(&field, known, &rule.check(known, true));
                }
            }
        }
        match count {
            0 => found.invalid(&list, "", "must specify one of: `configMapRef` or `secretRef`"),
            1 => {}
            _ => found.invalid(&list, "", "may not have more than one field specified at a time"),
        }
    }
}
