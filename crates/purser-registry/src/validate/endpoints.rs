//! The rules of an Endpoints' own fields.
//!
//! Source: `validateEndpointSubsets` in `pkg/apis/core/validation/validation.go`.

use purser_types::status::Cause;
use purser_types::{Map, Object, Value};

use super::causes::{CAUSES_MAX, invalid, required};
use super::names::{dns_label, dns_subdomain, qualified_name};
use super::network::{address, plain_address, port_number, protocol};
use super::read::{messages, text};

/// Addresses and ports.
#[must_use]
pub fn validate(object: &Object) -> Vec<Cause> {
    let mut causes = Vec::new();
    for (index, subset) in messages(object.get("subsets")).enumerate() {
        if causes.len() >= CAUSES_MAX {
            break;
        }
        let field = format!("subsets[{index}]");
        let count = |part: &str| messages(subset.get(part)).count();
        if count("addresses") + count("notReadyAddresses") == 0 {
            causes.push(required(
                field.clone(),
                "must specify `addresses` or `notReadyAddresses`",
            ));
        }
        for part in ["addresses", "notReadyAddresses"] {
            for (index, one) in messages(subset.get(part)).enumerate() {
                causes.extend(endpoint(&format!("{field}.{part}[{index}]"), one));
            }
        }
        let several = count("ports") > 1;
        for (index, one) in messages(subset.get("ports")).enumerate() {
            causes.extend(port(&format!("{field}.ports[{index}]"), one, several));
        }
    }
    causes
}

fn endpoint(field: &str, endpoint: &Map) -> Vec<Cause> {
    let (ip, hostname) = (text(endpoint, "ip"), text(endpoint, "hostname"));
    let ip_field = format!("{field}.ip");
    let mut causes: Vec<Cause> = address(&ip_field, ip).into_iter().collect();
    if !hostname.is_empty() {
        let field = format!("{field}.hostname");
        causes.extend(
            dns_label(hostname)
                .iter()
                .map(|why| invalid(field.clone(), hostname, why)),
        );
    }
    if let Some(node) = endpoint.get("nodeName").and_then(Value::as_str) {
        let field = format!("{field}.nodeName");
        causes.extend(
            dns_subdomain(node)
                .iter()
                .map(|why| invalid(field.clone(), node, why)),
        );
    }
    if causes.is_empty() || address(&ip_field, ip).is_none() {
        causes.extend(plain_address(&ip_field, ip));
    }
    causes
}

fn port(field: &str, port: &Map, several: bool) -> Vec<Cause> {
    let name = text(port, "name");
    let name_field = format!("{field}.name");
    let mut causes = Vec::new();
    if several && name.is_empty() {
        causes.push(required(name_field.clone(), ""));
    } else if !name.is_empty() {
        causes.extend(
            dns_label(name)
                .iter()
                .map(|why| invalid(name_field.clone(), name, why)),
        );
    }
    let number = port.get("port").and_then(Value::as_int).unwrap_or(0);
    causes.extend(port_number(&format!("{field}.port"), number));
    causes.extend(protocol(field, port));
    if let Some(spoken) = port.get("appProtocol").and_then(Value::as_str) {
        let field = format!("{field}.appProtocol");
        causes.extend(
            qualified_name(spoken)
                .iter()
                .map(|why| invalid(field.clone(), spoken, why)),
        );
    }
    causes
}
