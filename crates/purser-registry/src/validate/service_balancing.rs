//! The rules of what balances the load of a Service: from where, by whom, and what is known of it.
//!
//! Source: `validateService` and `ValidateLoadBalancerStatus` in `pkg/apis/core/validation/validation.go`.

use std::collections::HashSet;

use purser_types::status::Cause;
use purser_types::{Map, Object, Value};

use super::causes::{CAUSES_MAX, forbidden, invalid, invalid_as, is_full, not_supported, quote, required};
use super::names::{dns_subdomain, qualified_name};
use super::network::{legacy_address, legacy_range, parse_loosely, port_number};
use super::read::{message, messages};
use crate::service_spec::{is_external, is_health_checked, kind, number, text, texts};

const TRAFFIC_POLICIES: [&str; 2] = ["Cluster", "Local"];
const DISTRIBUTIONS: [&str; 3] = ["PreferClose", "PreferSameZone", "PreferSameNode"];
const ADDRESS_MODES: [&str; 2] = ["Proxy", "VIP"];
const BALANCERS_ONLY: &str = "may only be used when `type` is 'LoadBalancer'";

/// The annotation that once was the field of ranges.
const RANGES_ANNOTATION: &str = "service.beta.kubernetes.io/load-balancer-source-ranges";

/// What only load balancers have.
pub(super) fn balancing(object: &Object, spec: &Map, before: Option<&Map>) -> Vec<Cause> {
    let balanced = kind(spec) == "LoadBalancer";
    let mut causes = ranges(object, spec, before);
    if !balanced && spec.contains_key("allocateLoadBalancerNodePorts") {
        causes.push(forbidden("spec.allocateLoadBalancerNodePorts", BALANCERS_ONLY));
    }
    causes.extend(class(spec));
    causes
}

/// The capital of the field's path is upstream's.
fn ranges(object: &Object, spec: &Map, before: Option<&Map>) -> Vec<Cause> {
    const FIELD: &str = "spec.LoadBalancerSourceRanges";
    let balanced = kind(spec) == "LoadBalancer";
    let ranges = texts(spec, "loadBalancerSourceRanges");
    let mut causes = Vec::new();
    if ranges.is_empty() {
        let noted = object.annotations().find(|(key, _)| *key == RANGES_ANNOTATION);
        let Some((_, noted)) = noted else { return causes };
        let field = format!("metadata.annotations[{RANGES_ANNOTATION}]");
        if !balanced {
            causes.push(forbidden(field.clone(), BALANCERS_ONLY));
        }
        let all = noted
            .trim()
            .split(',')
            .map(str::trim)
            .filter(|_| !noted.trim().is_empty());
        let wrong = all.filter_map(|range| legacy_range(&field, range));
        causes.extend(wrong.take(CAUSES_MAX));
        return causes;
    }
    if !balanced {
        causes.push(forbidden(FIELD, BALANCERS_ONLY));
    }
    let known: HashSet<&str> = before
        .map_or_else(Vec::new, |before| texts(before, "loadBalancerSourceRanges"))
        .into_iter()
        .collect();
    for (index, range) in ranges.into_iter().enumerate() {
        if is_full(&causes) {
            break;
        }
        if !known.contains(&range) {
            causes.extend(legacy_range(&format!("{FIELD}[{index}]"), range.trim()));
        }
    }
    causes
}

/// Who balances.
fn class(spec: &Map) -> Vec<Cause> {
    const FIELD: &str = "spec.loadBalancerClass";
    match spec.get("loadBalancerClass").and_then(Value::as_str) {
        Some(_) if kind(spec) != "LoadBalancer" => vec![forbidden(FIELD, BALANCERS_ONLY)],
        Some(class) => {
            let wrong = qualified_name(class);
            wrong.iter().map(|why| invalid(FIELD, class, why)).collect()
        }
        None => Vec::new(),
    }
}

/// What is wrong with a change of who balances, and of where nodes are asked for their health. What is wrong with
/// the class itself is said twice, as upstream does.
pub(super) fn validate_update(now: &Map, before: &Map) -> Vec<Cause> {
    let class_of = |spec: &Map| {
        spec.get("loadBalancerClass")
            .and_then(Value::as_str)
            .map(str::to_owned)
    };
    let mut causes = Vec::new();
    let balanced = |spec| kind(spec) == "LoadBalancer";
    if balanced(now) && balanced(before) && class_of(now) != class_of(before) {
        let shown = class_of(now).map_or_else(|| "null".to_owned(), |class| quote(&class));
        causes.push(invalid_as(
            "spec.loadBalancerClass",
            &shown,
            "may not change once set",
        ));
    }
    causes.extend(class(now));
    let checked = |spec| number(spec, "healthCheckNodePort");
    if is_health_checked(now) && is_health_checked(before) && checked(now) != checked(before) {
        causes.push(forbidden("spec.healthCheckNodePort", "field is immutable"));
    }
    causes
}

/// Where traffic from outside and from inside goes.
pub(super) fn traffic(spec: &Map) -> Vec<Cause> {
    const OUTSIDE: &str = "spec.externalTrafficPolicy";
    const INSIDE: &str = "spec.internalTrafficPolicy";
    let mut causes = Vec::new();
    match (is_external(spec), text(spec, "externalTrafficPolicy")) {
        (false, "") => {}
        (false, policy) => {
            let why = "may only be set for externally-accessible services";
            causes.push(invalid(OUTSIDE, policy, why));
        }
        (true, "") => causes.push(required(OUTSIDE, "")),
        (true, policy) if TRAFFIC_POLICIES.contains(&policy) => {}
        (true, policy) => causes.push(not_supported(OUTSIDE, policy, &TRAFFIC_POLICIES)),
    }
    causes.extend(health_check(spec));
    match spec.get("internalTrafficPolicy").and_then(Value::as_str) {
        None if matches!(kind(spec), "NodePort" | "LoadBalancer" | "ClusterIP") => {
            causes.push(required(INSIDE, ""));
        }
        Some(policy) if !TRAFFIC_POLICIES.contains(&policy) => {
            causes.push(not_supported(INSIDE, policy, &TRAFFIC_POLICIES));
        }
        _ => {}
    }
    causes.extend(distribution(spec));
    causes
}

/// The port where nodes say whether they have Pods.
fn health_check(spec: &Map) -> Option<Cause> {
    const FIELD: &str = "spec.healthCheckNodePort";
    match (is_health_checked(spec), number(spec, "healthCheckNodePort")) {
        (true, 0) => Some(required(FIELD, "")),
        (true, port) => port_number(FIELD, port),
        (false, 0) => None,
        (false, port) => {
            let why = "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'";
            Some(invalid_as(FIELD, &port.to_string(), why))
        }
    }
}

/// Where traffic is preferred to go.
fn distribution(spec: &Map) -> Option<Cause> {
    let wanted = spec.get("trafficDistribution")?.as_str()?;
    let known = DISTRIBUTIONS.contains(&wanted);
    (!known).then(|| not_supported("spec.trafficDistribution", wanted, &DISTRIBUTIONS))
}

/// What is known of the load balancer. `before` is what was known: addresses that were kept once are kept.
#[must_use]
pub fn validate_status(object: &Object, before: &Object) -> Vec<Cause> {
    const FIELD: &str = "status.loadBalancer.ingress";
    fn ingress(object: &Object) -> impl Iterator<Item = &Map> {
        messages(message(message(&object.body, "status"), "loadBalancer").get("ingress"))
    }
    let known: Vec<&str> = ingress(before).map(|one| text(one, "ip")).collect();
    let all = || ingress(object);
    let balanced = text(message(&object.body, "spec"), "type") == "LoadBalancer";
    if !balanced && all().next().is_some() {
        return vec![forbidden(
            FIELD,
            "may only be used when `spec.type` is 'LoadBalancer'",
        )];
    }
    all()
        .enumerate()
        .flat_map(|(index, ingress)| reached_at(&format!("{FIELD}[{index}]"), ingress, &known))
        .take(CAUSES_MAX)
        .collect()
}

fn reached_at(field: &str, ingress: &Map, known: &[&str]) -> Vec<Cause> {
    let (ip, host) = (text(ingress, "ip"), text(ingress, "hostname"));
    let mut causes = Vec::new();
    if !ip.is_empty() {
        causes.extend(legacy_address(&format!("{field}.ip"), ip, known));
    }
    let mode_field = format!("{field}.ipMode");
    match ingress.get("ipMode").and_then(Value::as_str) {
        None if !ip.is_empty() => causes.push(required(mode_field, "must be specified when `ip` is set")),
        Some(_) if ip.is_empty() => {
            causes.push(forbidden(mode_field, "may not be specified when `ip` is not set"));
        }
        Some(mode) if !ADDRESS_MODES.contains(&mode) => {
            causes.push(not_supported(mode_field, mode, &ADDRESS_MODES));
        }
        _ => {}
    }
    if !host.is_empty() {
        let field = format!("{field}.hostname");
        causes.extend(
            dns_subdomain(host)
                .iter()
                .map(|why| invalid(field.clone(), host, why)),
        );
        if parse_loosely(host).is_some() {
            causes.push(invalid(field, host, "must be a DNS name, not an IP address"));
        }
    }
    causes
}
