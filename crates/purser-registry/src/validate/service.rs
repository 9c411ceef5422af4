//! The rules of a Service's own fields.
//!
//! Source: `ValidateService` in `pkg/apis/core/validation/validation.go`. Addresses and ports of nodes are not given
//! out here, so what is about giving them out is left out.

use std::collections::BTreeSet;
use std::net::IpAddr;

use purser_types::status::Cause;
use purser_types::{Map, Object, Value};

use super::causes::{CAUSES_MAX, duplicate, forbidden, invalid, invalid_as, not_supported, required};
use super::names::{dns_label, dns_subdomain, label_value, port_name, qualified_name};
use super::network::{plain_address, port_number, protocol};
use super::read::{message, messages, text, texts};
use super::service_balancing::{balancing, distribution, families, health_check};

/// What stands in place of an address of a service that has none.
pub const NO_ADDRESS: &str = "None";
const TYPES: [&str; 4] = ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"];
const AFFINITIES: [&str; 2] = ["ClientIP", "None"];
/// The longest that a client stays with one Pod, in seconds.
const AFFINITY_MAX: i64 = 86_400;
/// The port of the kubelet, which load balancers must not open.
const KUBELET: i64 = 10_250;

/// Ports, addresses, type and affinity.
#[must_use]
pub fn validate(object: &Object) -> Vec<Cause> {
    let spec = message(&object.body, "spec");
    let mut causes = of_type(spec);
    causes.extend(ports(spec));
    causes.extend(selector(spec));
    causes.extend(affinity(spec));
    causes.extend(addresses(spec));
    let kind = text(spec, "type");
    match kind {
        "" => causes.push(required("spec.type", "")),
        known if TYPES.contains(&known) => {}
        other => causes.push(not_supported("spec.type", other, &TYPES)),
    }
    causes.extend(node_ports(spec, kind));
    causes.extend(balancing(spec));
    causes.extend(policies(spec));
    causes.extend(distribution(spec));
    causes
}

/// The address of a service stays.
#[must_use]
pub fn validate_update(new: &Object, old: &Object) -> Vec<Cause> {
    let (now, before) = (message(&new.body, "spec"), message(&old.body, "spec"));
    let (address, known) = (text(now, "clusterIP"), text(before, "clusterIP"));
    let external = |spec| text(spec, "type") == "ExternalName";
    if external(now) || external(before) || known.is_empty() || address == known {
        return Vec::new();
    }
    let shown = serde_json::to_string(&texts(now, "clusterIPs")).unwrap_or_default();
    vec![invalid_as(
        "spec.clusterIPs[0]",
        &shown,
        "may not change once set",
    )]
}

fn is_headless(spec: &Map) -> bool {
    texts(spec, "clusterIPs").first().copied() == Some(NO_ADDRESS)
}

/// What each type asks for.
fn of_type(spec: &Map) -> Vec<Cause> {
    let kind = text(spec, "type");
    let mut causes = Vec::new();
    if messages(spec.get("ports")).next().is_none() && !is_headless(spec) && kind != "ExternalName" {
        causes.push(required("spec.ports", ""));
    }
    if kind == "LoadBalancer" {
        for (index, port) in messages(spec.get("ports")).enumerate() {
            if port.get("port").and_then(Value::as_int) == Some(KUBELET) {
                let why = format!("may not expose port {KUBELET} externally since it is used by kubelet");
                causes.push(invalid_as(
                    format!("spec.ports[{index}]"),
                    &KUBELET.to_string(),
                    &why,
                ));
            }
        }
    }
    if matches!(kind, "LoadBalancer" | "NodePort") && is_headless(spec) {
        let why = format!("may not be set to 'None' for {kind} services");
        causes.push(invalid("spec.clusterIPs[0]", NO_ADDRESS, &why));
    }
    if kind == "ExternalName" {
        if !texts(spec, "clusterIPs").is_empty() {
            causes.push(forbidden(
                "spec.clusterIPs",
                "may not be set for ExternalName services",
            ));
        }
        for field in ["ipFamilies", "ipFamilyPolicy"] {
            if spec.contains_key(field) {
                let why = "may not be set for ExternalName services";
                causes.push(forbidden(format!("spec.{field}"), why));
            }
        }
        const FIELD: &str = "spec.externalName";
        match text(spec, "externalName") {
            "" => causes.push(required(FIELD, "")),
            name => {
                let name = name.strip_suffix('.').unwrap_or(name);
                causes.extend(dns_subdomain(name).iter().map(|why| invalid(FIELD, name, why)));
            }
        }
    }
    causes
}

fn ports(spec: &Map) -> Vec<Cause> {
    let several = messages(spec.get("ports")).count() > 1;
    let mut names = BTreeSet::new();
    let mut causes = Vec::new();
    for (index, port) in messages(spec.get("ports")).enumerate() {
        if causes.len() >= CAUSES_MAX {
            break;
        }
        let field = format!("spec.ports[{index}]");
        let name = text(port, "name");
        let name_field = format!("{field}.name");
        if several && name.is_empty() {
            causes.push(required(name_field, ""));
        } else if !name.is_empty() {
            causes.extend(
                dns_label(name)
                    .iter()
                    .map(|why| invalid(name_field.clone(), name, why)),
            );
            if !names.insert(name) {
                causes.push(duplicate(name_field, name));
            }
        }
        let number = port.get("port").and_then(Value::as_int).unwrap_or(0);
        causes.extend(port_number(&format!("{field}.port"), number));
        causes.extend(protocol(&field, port));
        causes.extend(target(&format!("{field}.targetPort"), port.get("targetPort")));
        if let Some(spoken) = port.get("appProtocol").and_then(Value::as_str) {
            let field = format!("{field}.appProtocol");
            causes.extend(
                qualified_name(spoken)
                    .iter()
                    .map(|why| invalid(field.clone(), spoken, why)),
            );
        }
    }
    causes
}

/// The port of the Pods, a number or a name.
fn target(field: &str, port: Option<&Value>) -> Vec<Cause> {
    match port {
        Some(Value::String(name)) => port_name(name.expose())
            .iter()
            .map(|why| invalid(field, name.expose(), why))
            .collect(),
        other => port_number(field, other.and_then(Value::as_int).unwrap_or(0))
            .into_iter()
            .collect(),
    }
}

fn selector(spec: &Map) -> Vec<Cause> {
    const FIELD: &str = "spec.selector";
    let mut causes = Vec::new();
    for (key, value) in message(spec, "selector") {
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

fn addresses(spec: &Map) -> Vec<Cause> {
    let mut causes = Vec::new();
    let all = texts(spec, "clusterIPs");
    let first = text(spec, "clusterIP");
    if all.first().copied().unwrap_or_default() != first {
        causes.push(invalid(
            "spec.clusterIPs",
            first,
            "first value must match `clusterIP`",
        ));
    }
    if text(spec, "type") != "ExternalName" {
        causes.extend(families(spec));
    }
    for (index, ip) in all.iter().enumerate() {
        if *ip != NO_ADDRESS && ip.parse::<IpAddr>().is_err() {
            let why = "must be empty, 'None', or a valid IP address";
            causes.push(invalid(format!("spec.clusterIPs[{index}]"), ip, why));
        }
    }
    if all.len() > 1 && all.contains(&NO_ADDRESS) {
        let why = "'None' must be the first and only value";
        let shown = serde_json::to_string(&all).unwrap_or_default();
        causes.push(invalid_as("spec.clusterIPs", &shown, why));
    }
    for (index, ip) in texts(spec, "externalIPs").iter().enumerate() {
        causes.extend(plain_address(&format!("spec.externalIPs[{index}]"), ip));
    }
    causes
}

/// Ports of nodes are for types that have them, and each port is there once.
fn node_ports(spec: &Map, kind: &str) -> Vec<Cause> {
    let mut causes = Vec::new();
    let number = |port: &Map, field: &str| port.get(field).and_then(Value::as_int).unwrap_or(0);
    let all = || messages(spec.get("ports")).enumerate();
    if kind == "ClusterIP" {
        for (index, _) in all().filter(|(_, port)| number(port, "nodePort") != 0) {
            let why = "may not be used when `type` is 'ClusterIP'";
            causes.push(forbidden(format!("spec.ports[{index}].nodePort"), why));
        }
    }
    let (mut on_nodes, mut own) = (BTreeSet::new(), BTreeSet::new());
    for (index, port) in all() {
        let (protocol, on_node) = (text(port, "protocol"), number(port, "nodePort"));
        if on_node != 0 && !on_nodes.insert((protocol, on_node)) {
            let mut cause = duplicate(format!("spec.ports[{index}].nodePort"), "");
            cause.message = format!("Duplicate value: {on_node}");
            causes.push(cause);
        }
        if !own.insert((protocol, number(port, "port"))) {
            let mut cause = duplicate(format!("spec.ports[{index}]"), "");
            let port = number(port, "port");
            cause.message =
                format!("Duplicate value: {{\"protocol\":\"{protocol}\",\"port\":{port},\"targetPort\":0}}");
            causes.push(cause);
        }
    }
    causes
}

fn policies(spec: &Map) -> Vec<Cause> {
    const POLICIES: [&str; 2] = ["Cluster", "Local"];
    let mut causes = Vec::new();
    for field in ["externalTrafficPolicy", "internalTrafficPolicy"] {
        let policy = text(spec, field);
        if !policy.is_empty() && !POLICIES.contains(&policy) {
            causes.push(not_supported(format!("spec.{field}"), policy, &POLICIES));
        }
    }
    let addressed = text(spec, "type") == "ClusterIP" && !texts(spec, "externalIPs").is_empty();
    let external = addressed || matches!(text(spec, "type"), "NodePort" | "LoadBalancer");
    if !external && !text(spec, "externalTrafficPolicy").is_empty() {
        let why = "may only be set for externally-accessible services";
        causes.push(invalid(
            "spec.externalTrafficPolicy",
            text(spec, "externalTrafficPolicy"),
            why,
        ));
    }
    causes.extend(health_check(spec));
    causes
}
