//! The rules of what is in a Pod, as far as a template of Pods has them.
//!
//! Source: `ValidatePodSpec` in `pkg/apis/core/validation/validation.go` at 1.36, with its sentences in its order; what
//! features decide that are off is decided so.

mod affinity;
pub(super) mod annotations;
mod container;
mod dns;
mod env;
mod findings;
mod handler;
mod labels;
mod mounts;
mod paths;
mod projected;
mod resources;
mod scheduling;
mod security;
mod subject;
mod volume;
pub(crate) mod warnings;
mod windows;

use std::collections::{BTreeMap, BTreeSet};

use purser_types::status::Cause;
use purser_types::{Map, Value};

use super::go_struct::{RESOURCE_CLAIM, shown};
use super::names::{dns_label, dns_subdomain};
use super::read::{message, messages, text};
use findings::Findings;
use subject::Pod;

/// What is wrong with a label selector of any kind of object.
pub(super) fn label_selector(path: &str, selector: &Map) -> Vec<Cause> {
    let mut found = Findings::default();
    labels::selects(&mut found, path, selector);
    found.into_causes()
}

const RESTARTS: [&str; 3] = ["Always", "OnFailure", "Never"];
const DNS: [&str; 4] = ["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"];
/// The longest that a Pod may be active, in seconds.
const DEADLINE_MAX: i64 = 2_147_483_647;

/// What is wrong with the specification of a Pod.
pub(super) fn spec(path: &str, spec: &Map) -> Vec<Cause> {
    let mut found = Findings::default();
    let out = &mut found;
    if !spec.contains_key("terminationGracePeriodSeconds") {
        out.required(&format!("{path}.terminationGracePeriodSeconds"), "");
    }
    let pod = Pod {
        spec,
        volumes: volume::volumes(out, path, spec),
        claims: messages(spec.get("resourceClaims"))
            .map(|claim| text(claim, "name"))
            .filter(|name| !name.is_empty())
            .collect(),
    };
    claims(out, path, spec);
    container::regular(out, path, &pod);
    container::initial(out, path, &pod);
    container::ephemeral(out, path, &pod);
    whole(out, path, spec);
    host_ports(out, path, &pod);
    out.required_one_of(
        &format!("{path}.restartPolicy"),
        text(spec, "restartPolicy"),
        &RESTARTS,
    );
    out.required_one_of(&format!("{path}.dnsPolicy"), text(spec, "dnsPolicy"), &DNS);
    labels::labels(
        out,
        &format!("{path}.nodeSelector"),
        message(spec, "nodeSelector"),
    );
    security::of_pod(out, path, &pod);
    affinity::affinity(out, path, spec);
    dns::config(out, path, spec);
    scheduling::gates(out, path, spec);
    scheduling::spread(out, path, spec);
    windows::host_process(out, path, &pod);
    host_users(out, path, &pod);
    dns::host_name(out, path, &pod);
    named(out, path, spec, &["serviceAccountName", "nodeName"]);
    deadline(out, path, spec);
    dns::names(out, path, spec);
    scheduling::tolerations(out, path, spec);
    dns::aliases(out, path, spec);
    named(out, path, spec, &["priorityClassName", "runtimeClassName"]);
    if let Some(policy) = spec.get("preemptionPolicy").and_then(Value::as_str) {
        let field = format!("{path}.preemptionPolicy");
        out.required_one_of(&field, policy, &["PreemptLowerPriority", "Never"]);
    }
    overhead(out, path, spec);
    windows::system(out, path, &pod);
    file_keys(out, path, &pod);
    found.into_causes()
}

/// Names that may be left out.
fn named(found: &mut Findings, path: &str, spec: &Map, fields: &[&str]) {
    for field in fields {
        if let Some(name) = spec.get(*field).and_then(Value::as_str)
            && (!name.is_empty() || *field == "runtimeClassName")
        {
            found.each(&format!("{path}.{field}"), name, &dns_subdomain(name));
        }
    }
}

fn deadline(found: &mut Findings, path: &str, spec: &Map) {
    if let Some(seconds) = spec.get("activeDeadlineSeconds").and_then(Value::as_int)
        && !(1..=DEADLINE_MAX).contains(&seconds)
    {
        let why = format!("must be between 1 and {DEADLINE_MAX}, inclusive");
        found.invalid_as(
            &format!("{path}.activeDeadlineSeconds"),
            &seconds.to_string(),
            &why,
        );
    }
}

/// Upstream's `validatePodResourceClaims`.
fn claims(found: &mut Findings, path: &str, spec: &Map) {
    let mut names = BTreeSet::new();
    for (index, claim) in messages(spec.get("resourceClaims")).enumerate() {
        if found.is_full() {
            return;
        }
        let path = format!("{path}.resourceClaims[{index}]");
        let (field, name) = (format!("{path}.name"), text(claim, "name"));
        if name.is_empty() {
            found.required(&field, "");
        } else if names.insert(name) {
            found.each(&field, name, &dns_label(name));
        } else {
            found.duplicate(&field, name);
        }
        let sources = ["resourceClaimName", "resourceClaimTemplateName"]
            .map(|field| (field, claim.get(field).and_then(Value::as_str)));
        let why = match sources {
            [(_, Some(_)), (_, Some(_))] => {
                "at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified"
            }
            [(_, None), (_, None)] => "must specify one of: `resourceClaimName`, `resourceClaimTemplateName`",
            _ => "",
        };
        if !why.is_empty() {
            found.invalid_as(&path, &shown(RESOURCE_CLAIM, claim), why);
        }
        for (field, source) in sources {
            if let Some(source) = source {
                found.each(&format!("{path}.{field}"), source, &dns_subdomain(source));
            }
        }
    }
}

/// What the Pod as a whole asks for.
fn whole(found: &mut Findings, path: &str, spec: &Map) {
    let Some(asked) = spec.get("resources").and_then(Value::as_map) else {
        return;
    };
    let path = format!("{path}.resources");
    if text(message(spec, "os"), "name") == "windows" {
        return found.forbidden(&path, "may not be set for a windows pod");
    }
    if asked.contains_key("claims") {
        let why = "claims may not be set for Resources at pod-level";
        found.forbidden(&format!("{path}.claims"), why);
    }
    resources::requirements(found, &path, asked, &BTreeSet::new(), resources::Owner::Pod);
    resources::consistent(found, &path, asked, spec);
}

fn overhead(found: &mut Findings, path: &str, spec: &Map) {
    let Some(overhead) = spec.get("overhead") else {
        return;
    };
    let limits = Map::from_iter([("limits".into(), overhead.duplicate())]);
    let path = format!("{path}.overhead");
    resources::requirements(
        found,
        &path,
        &limits,
        &BTreeSet::new(),
        resources::Owner::Container,
    );
}

/// Upstream's `validatePodHostNetworkDeps`.
fn host_ports(found: &mut Findings, path: &str, pod: &Pod<'_>) {
    if !pod.says("hostNetwork") {
        return;
    }
    for (index, container) in messages(pod.spec.get("containers")).enumerate() {
        for (port, one) in messages(container.get("ports")).enumerate() {
            let number = |field: &str| one.get(field).and_then(Value::as_int).unwrap_or(0);
            let (host, own) = (number("hostPort"), number("containerPort"));
            if host != 0 && host != own {
                let field = format!("{path}.containers[{index}].ports[{port}].hostPort");
                let why = "must match `containerPort` when `hostNetwork` is true";
                found.invalid_as(&field, &host.to_string(), why);
            }
        }
    }
}

/// Upstream's `validateHostUsers`.
fn host_users(found: &mut Findings, path: &str, pod: &Pod<'_>) {
    const WHY: &str = "when `hostUsers` is false";
    if pod.uses_host_users() {
        return;
    }
    for (field, shown) in [
        ("hostNetwork", "hostNetwork"),
        ("hostPID", "HostPID"),
        ("hostIPC", "HostIPC"),
    ] {
        if pod.says(field) {
            found.forbidden(&format!("{path}.{shown}"), WHY);
        }
    }
    for (place, container) in pod.containers(path) {
        if messages(container.get("volumeDevices")).next().is_some() {
            found.forbidden(&format!("{place}.volumeDevices"), WHY);
        }
    }
}

/// Upstream's `validateFileKeyRefVolumes`: whatever is wrong with a volume, it is looked at here.
fn file_keys(found: &mut Findings, path: &str, pod: &Pod<'_>) {
    let volumes: BTreeMap<&str, &Map> = messages(pod.spec.get("volumes"))
        .map(|volume| (text(volume, "name"), volume))
        .collect();
    for (place, container) in pod.containers(path) {
        for (index, variable) in messages(container.get("env")).enumerate() {
            let from = message(variable, "valueFrom");
            let Some(of) = from.get("fileKeyRef").and_then(Value::as_map) else {
                continue;
            };
            let field = format!("{place}.env[{index}].valueFrom.fileKeyRef.volumeName");
            let name = text(of, "volumeName");
            match volumes.get(name) {
                None => found.not_found(&field, name),
                Some(volume) if volume.contains_key("emptyDir") => {}
                Some(_) => found.invalid(&field, name, "referenced volume must be of type emptyDir"),
            }
        }
    }
}
