//! The rules of an Endpoints' own fields.
//!
//! Source: `validateEndpointSubsets` in `pkg/apis/core/validation/validation.go`.

use purser_types::status::Cause;
use purser_types::{Map, Object, Value};

use super::causes::{CAUSES_MAX, invalid, is_full, required};
use super::names::{dns_label, dns_subdomain, qualified_name};
use super::network::{legacy_address, plain_address, port_number, protocol};
use super::read::{messages, text};

/// Addresses and ports. `before` is what it was: what was kept once and is the same is kept.
#[must_use]
pub fn validate(object: &Object, before: Option<&Object>) -> Vec<Cause> {
    if before.is_some_and(|before| before.get("subsets") == object.get("subsets")) {
        return Vec::new();
    }
    let mut causes = Vec::new();
    for (index, subset) in messages(object.get("subsets")).enumerate() {
        if is_full(&causes) {
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
            let wrong = messages(subset.get(part))
                .enumerate()
                .flat_map(|(index, one)| endpoint(&format!("{field}.{part}[{index}]"), one));
            causes.extend(wrong.take(CAUSES_MAX));
        }
        let several = count("ports") > 1;
        let wrong = messages(subset.get("ports"))
            .enumerate()
            .flat_map(|(index, one)| port(&format!("{field}.ports[{index}]"), one, several));
        causes.extend(wrong.take(CAUSES_MAX));
    }
    causes
}

/// Upstream's `validateEndpointAddress`: an address that cannot be read is told twice.
fn endpoint(field: &str, endpoint: &Map) -> Vec<Cause> {
    let (ip, hostname) = (text(endpoint, "ip"), text(endpoint, "hostname"));
    let ip_field = format!("{field}.ip");
    let mut causes = Vec::from_iter(legacy_address(&ip_field, ip, &[]));
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
    causes.extend(plain_address(&ip_field, ip));
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
