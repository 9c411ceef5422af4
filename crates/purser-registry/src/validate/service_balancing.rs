//! The rules of what balances the load of a Service: from where, by whom, and what is known of it.
//!
//! Source: `validateService` and `ValidateLoadBalancerStatus` in `pkg/apis/core/validation/validation.go`.

use std::collections::BTreeSet;
use std::net::IpAddr;

use purser_types::status::Cause;
use purser_types::{Map, Object, Value};

use super::causes::{duplicate, forbidden, invalid, invalid_as, not_supported, required};
use super::names::{dns_subdomain, qualified_name};
use super::network::{address, port_number};
use super::read::{message, messages, text, texts};

const FAMILIES: [&str; 2] = ["IPv4", "IPv6"];
const FAMILY_POLICIES: [&str; 3] = ["PreferDualStack", "RequireDualStack", "SingleStack"];
const DISTRIBUTIONS: [&str; 3] = ["PreferClose", "PreferSameZone", "PreferSameNode"];
const ADDRESS_MODES: [&str; 2] = ["Proxy", "VIP"];
const BALANCERS_ONLY: &str = "may only be used when `type` is 'LoadBalancer'";

/// Each family once.
pub(super) fn families(spec: &Map) -> Vec<Cause> {
    let mut causes = Vec::new();
    let mut seen = BTreeSet::new();
    for (index, family) in texts(spec, "ipFamilies").into_iter().enumerate() {
        let field = format!("spec.ipFamilies[{index}]");
        if !FAMILIES.contains(&family) {
            causes.push(not_supported(field.clone(), family, &FAMILIES));
        }
        if !seen.insert(family) {
            causes.push(duplicate(field, family));
        }
    }
    let policy = text(spec, "ipFamilyPolicy");
    if spec.contains_key("ipFamilyPolicy") && !FAMILY_POLICIES.contains(&policy) {
        causes.push(not_supported("spec.ipFamilyPolicy", policy, &FAMILY_POLICIES));
    }
    causes
}

/// What only load balancers have. The capital of the ranges' path is upstream's.
pub(super) fn balancing(spec: &Map) -> Vec<Cause> {
    const RANGES: &str = "spec.LoadBalancerSourceRanges";
    const CLASS: &str = "spec.loadBalancerClass";
    let balanced = text(spec, "type") == "LoadBalancer";
    let ranges = texts(spec, "loadBalancerSourceRanges");
    let mut causes = Vec::new();
    if !balanced && !ranges.is_empty() {
        causes.push(forbidden(RANGES, BALANCERS_ONLY));
    }
    for (index, range) in ranges.into_iter().enumerate() {
        if !is_range(range.trim()) {
            let why = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)";
            causes.push(invalid(format!("{RANGES}[{index}]"), range.trim(), why));
        }
    }
    if !balanced && spec.contains_key("allocateLoadBalancerNodePorts") {
        causes.push(forbidden("spec.allocateLoadBalancerNodePorts", BALANCERS_ONLY));
    }
    match spec.get("loadBalancerClass").and_then(Value::as_str) {
        Some(_) if !balanced => causes.push(forbidden(CLASS, BALANCERS_ONLY)),
        Some(class) => causes.extend(qualified_name(class).iter().map(|why| invalid(CLASS, class, why))),
        None => {}
    }
    causes
}

/// The port where nodes say whether they have Pods. None is given out here, so none is required.
pub(super) fn health_check(spec: &Map) -> Option<Cause> {
    const FIELD: &str = "spec.healthCheckNodePort";
    let port = spec
        .get("healthCheckNodePort")
        .and_then(Value::as_int)
        .unwrap_or(0);
    let checked = text(spec, "type") == "LoadBalancer" && text(spec, "externalTrafficPolicy") == "Local";
    match port {
        0 => None,
        port if checked => port_number(FIELD, port),
        port => {
            let why = "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'";
            Some(invalid_as(FIELD, &port.to_string(), why))
        }
    }
}

/// Where traffic is preferred to go.
pub(super) fn distribution(spec: &Map) -> Option<Cause> {
    let wanted = spec.get("trafficDistribution")?.as_str()?;
    let known = DISTRIBUTIONS.contains(&wanted);
    (!known).then(|| not_supported("spec.trafficDistribution", wanted, &DISTRIBUTIONS))
}

/// An address with a length of what is common.
fn is_range(text: &str) -> bool {
    let Some((ip, length)) = text.split_once('/') else {
        return false;
    };
    let most = match ip.parse::<IpAddr>() {
        Ok(IpAddr::V4(_)) => 32,
        Ok(IpAddr::V6(_)) => 128,
        Err(_) => return false,
    };
    let digits = length.bytes().all(|byte| byte.is_ascii_digit());
    digits && length.parse::<u8>().is_ok_and(|length| length <= most)
}

/// What is known of the load balancer.
#[must_use]
pub fn validate_status(object: &Object) -> Vec<Cause> {
    const FIELD: &str = "status.loadBalancer.ingress";
    let balancer = message(message(&object.body, "status"), "loadBalancer");
    let all = || messages(balancer.get("ingress"));
    let balanced = text(message(&object.body, "spec"), "type") == "LoadBalancer";
    if !balanced && all().next().is_some() {
        return vec![forbidden(
            FIELD,
            "may only be used when `spec.type` is 'LoadBalancer'",
        )];
    }
    all()
        .enumerate()
        .flat_map(|(index, ingress)| reached_at(&format!("{FIELD}[{index}]"), ingress))
        .collect()
}

fn reached_at(field: &str, ingress: &Map) -> Vec<Cause> {
    let (ip, host) = (text(ingress, "ip"), text(ingress, "hostname"));
    let mut causes = Vec::new();
    if !ip.is_empty() {
        causes.extend(address(&format!("{field}.ip"), ip));
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
        if host.parse::<IpAddr>().is_ok() {
            causes.push(invalid(field, host, "must be a DNS name, not an IP address"));
        }
    }
    causes
}
