//! The rules of a Service's own fields.
//!
//! Source: `ValidateService` and `ValidateServiceUpdate` in `pkg/apis/core/validation/validation.go`.

use purser_types::status::Cause;
use purser_types::{Map, Object, Value};

use super::causes::{forbidden, invalid, invalid_as, is_full, not_supported, required};
use super::names::{dns_subdomain, label_value, qualified_name};
use super::network::{legacy_address, plain_address};
use super::read::message;
use super::{service_addresses, service_balancing, service_ports};
use crate::service_spec::{NO_ADDRESS, ports, text, texts};

const TYPES: [&str; 4] = ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"];
const AFFINITIES: [&str; 2] = ["ClientIP", "None"];
/// The longest that a client stays with one Pod, in seconds.
const AFFINITY_MAX: i64 = 86_400;
/// Names of one annotation: before it was renamed, and after.
pub(super) const TOPOLOGY: [&str; 2] = [
    "service.kubernetes.io/topology-aware-hints",
    "service.kubernetes.io/topology-mode",
];

/// Ports, addresses, type and affinity. `before` is what it was, when it is changed.
#[must_use]
pub fn validate(object: &Object, before: Option<&Object>) -> Vec<Cause> {
    let spec = message(&object.body, "spec");
    let before = before.map(|before| message(&before.body, "spec"));
    let mut causes = Vec::from_iter(topology(object));
    causes.extend(of_type(spec));
    causes.extend(service_ports::each(spec));
    causes.extend(selector(spec));
    causes.extend(affinity(spec));
    causes.extend(service_addresses::validate(spec, before));
    causes.extend(outside(spec, before));
    let kind = text(spec, "type");
    match kind {
        "" => causes.push(required("spec.type", "")),
        known if TYPES.contains(&known) => {}
        other => causes.push(not_supported("spec.type", other, &TYPES)),
    }
    causes.extend(service_ports::together(spec, kind));
    causes.extend(service_balancing::balancing(object, spec, before));
    causes.extend(service_balancing::traffic(spec));
    causes
}

/// What is wrong with a change: what was given stays.
#[must_use]
pub fn validate_update(new: &Object, old: &Object) -> Vec<Cause> {
    let (now, before) = (message(&new.body, "spec"), message(&old.body, "spec"));
    let mut causes = service_addresses::validate_update(now, before);
    causes.extend(service_balancing::validate_update(now, before));
    causes
}

fn topology(object: &Object) -> Option<Cause> {
    let [old, new] = TOPOLOGY;
    let noted = |name: &str| {
        object
            .annotations()
            .find(|(key, _)| *key == name)
            .map(|(_, value)| value)
    };
    let (before, now) = (noted(old)?, noted(new)?);
    (before != now).then(|| {
        let why = format!("must match annotations[{old}] when both are specified");
        invalid(format!("metadata.annotations[{new}]"), now, &why)
    })
}

/// What each type asks for.
fn of_type(spec: &Map) -> Vec<Cause> {
    let kind = text(spec, "type");
    let headless = texts(spec, "clusterIPs") == [NO_ADDRESS];
    let mut causes = Vec::new();
    if ports(spec).next().is_none() && !headless && kind != "ExternalName" {
        causes.push(required("spec.ports", ""));
    }
    if matches!(kind, "LoadBalancer" | "NodePort") && headless {
        let why = format!("may not be set to 'None' for {kind} services");
        causes.push(invalid("spec.clusterIPs[0]", NO_ADDRESS, &why));
    }
    if kind == "ExternalName" {
        causes.extend(of_name(spec));
    }
    causes
}

fn of_name(spec: &Map) -> Vec<Cause> {
    const FIELD: &str = "spec.externalName";
    const WHY: &str = "may not be set for ExternalName services";
    let set = [
        ("clusterIPs", !texts(spec, "clusterIPs").is_empty()),
        ("ipFamilies", !texts(spec, "ipFamilies").is_empty()),
        ("ipFamilyPolicy", spec.contains_key("ipFamilyPolicy")),
    ];
    let set = set.iter().filter(|(_, is_set)| *is_set);
    let mut causes: Vec<Cause> = set
        .map(|(field, _)| forbidden(format!("spec.{field}"), WHY))
        .collect();
    let name = text(spec, "externalName");
    match name.strip_suffix('.').unwrap_or(name) {
        "" => causes.push(required(FIELD, "")),
        name => causes.extend(dns_subdomain(name).iter().map(|why| invalid(FIELD, name, why))),
    }
    causes
}

fn selector(spec: &Map) -> Vec<Cause> {
    const FIELD: &str = "spec.selector";
    let mut causes = Vec::new();
    for (key, value) in message(spec, "selector") {
        if is_full(&causes) {
            break;
        }
        let value = value.as_str().unwrap_or_default();
        causes.extend(qualified_name(key).iter().map(|why| invalid(FIELD, key, why)));
        causes.extend(label_value(value).iter().map(|why| invalid(FIELD, value, why)));
    }
    causes
}

fn affinity(spec: &Map) -> Vec<Cause> {
    const CONFIG: &str = "spec.sessionAffinityConfig";
    const TIMEOUT: &str = "spec.sessionAffinityConfig.clientIP.timeoutSeconds";
    let needed = |field: &str| required(field, "when session affinity type is ClientIP");
    match text(spec, "sessionAffinity") {
        "" => vec![required("spec.sessionAffinity", "")],
        "None" if spec.contains_key("sessionAffinityConfig") => {
            vec![forbidden(CONFIG, "must not be set when session affinity is None")]
        }
        "None" => Vec::new(),
        "ClientIP" => {
            let Some(config) = spec.get("sessionAffinityConfig").and_then(Value::as_map) else {
                return vec![needed(CONFIG)];
            };
            let Some(client) = config.get("clientIP").and_then(Value::as_map) else {
                return vec![needed("spec.sessionAffinityConfig.clientIP")];
            };
            match client.get("timeoutSeconds").and_then(Value::as_int) {
                None => vec![needed(TIMEOUT)],
                Some(1..=AFFINITY_MAX) => Vec::new(),
                Some(other) => {
                    let why = format!("must be greater than 0 and less than {AFFINITY_MAX}");
                    vec![invalid_as(TIMEOUT, &other.to_string(), &why)]
                }
            }
        }
        other => vec![not_supported("spec.sessionAffinity", other, &AFFINITIES)],
    }
}

/// Addresses outside of the cluster.
fn outside(spec: &Map, before: Option<&Map>) -> Vec<Cause> {
    let known = before.map_or_else(Vec::new, |before| texts(before, "externalIPs"));
    let mut causes = Vec::new();
    for (index, ip) in texts(spec, "externalIPs").into_iter().enumerate() {
        if is_full(&causes) {
            break;
        }
        let field = format!("spec.externalIPs[{index}]");
        match legacy_address(&field, ip, &known) {
            Some(cause) => causes.push(cause),
            None => causes.extend(plain_address(&field, ip)),
        }
    }
    causes
}
