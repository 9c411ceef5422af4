//! What deserves a warning in a Service or in Endpoints though it is kept.
//!
//! Sources: `pkg/api/service/warnings.go`, `pkg/registry/core/endpoint/strategy.go`.

use purser_types::{Map, Object, Value};

use super::network::{address_warning, range_warnings};
use super::read::{message, messages};
use super::service::TOPOLOGY;
use crate::service_spec::{NO_ADDRESS, is_named, kind, text, texts};

/// What deserves a warning in a Service.
pub(crate) fn service(object: &Object) -> Vec<String> {
    let spec = message(&object.body, "spec");
    let [old, new] = TOPOLOGY;
    let mut warnings = Vec::new();
    if object.annotations().any(|(key, _)| key == old) {
        warnings.push(format!(
            "annotation {old} is deprecated, please use {new} instead"
        ));
    }
    let headless = kind(spec) == "ClusterIP" && text(spec, "clusterIP") == NO_ADDRESS;
    if !is_named(spec) && !headless {
        warnings.extend(addresses("spec.clusterIPs", spec, "clusterIPs"));
    }
    if headless {
        warnings.extend(ignored_without_address(spec));
    }
    warnings.extend(addresses("spec.externalIPs", spec, "externalIPs"));
    let outside = !texts(spec, "externalIPs").is_empty();
    if outside && !headless && !is_named(spec) {
        warnings.push("spec.externalIPs is deprecated".to_owned());
    }
    warnings.extend(address_warning(
        "spec.loadBalancerIP",
        text(spec, "loadBalancerIP"),
    ));
    for (index, range) in texts(spec, "loadBalancerSourceRanges").into_iter().enumerate() {
        warnings.extend(range_warnings(
            &format!("spec.loadBalancerSourceRanges[{index}]"),
            range,
        ));
    }
    if is_named(spec) && outside {
        warnings.push("spec.externalIPs is ignored when spec.type is \"ExternalName\"".to_owned());
    }
    if !is_named(spec) && !text(spec, "externalName").is_empty() {
        warnings.push("spec.externalName is ignored when spec.type is not \"ExternalName\"".to_owned());
    }
    if text(spec, "trafficDistribution") == "PreferClose" {
        warnings.push(
            "spec.trafficDistribution: \"PreferClose\" is deprecated; use \"PreferSameZone\"".to_owned(),
        );
    }
    warnings
}

fn ignored_without_address(spec: &Map) -> Vec<String> {
    let ignored = [
        ("loadBalancerIP", !text(spec, "loadBalancerIP").is_empty()),
        ("externalIPs", !texts(spec, "externalIPs").is_empty()),
        ("SessionAffinity", text(spec, "sessionAffinity") != "None"),
    ];
    let ignored = ignored.iter().filter(|(_, is_set)| *is_set);
    ignored
        .map(|(field, _)| format!("spec.{field} is ignored for headless services"))
        .collect()
}

fn addresses(field: &str, spec: &Map, list: &str) -> Vec<String> {
    let all = texts(spec, list).into_iter().enumerate();
    all.filter_map(|(index, ip)| address_warning(&format!("{field}[{index}]"), ip))
        .collect()
}

/// What deserves a warning in Endpoints.
pub(crate) fn endpoints(object: &Object) -> Vec<String> {
    let mut warnings = Vec::new();
    for (index, subset) in messages(object.get("subsets")).enumerate() {
        for part in ["addresses", "notReadyAddresses"] {
            for (at, one) in messages(subset.get(part)).enumerate() {
                let ip = one.get("ip").and_then(Value::as_str).unwrap_or_default();
                warnings.extend(address_warning(&format!("subsets[{index}].{part}[{at}].ip"), ip));
            }
        }
    }
    warnings
}
