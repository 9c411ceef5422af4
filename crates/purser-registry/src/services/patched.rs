//! What an update leaves out and means to keep, and `clusterIP` and `clusterIPs` as one.
//!
//! Source: `patchAllocatedValues` and `normalizeClusterIPs` in `pkg/registry/core/service/storage/storage.go`.

use std::collections::BTreeMap;

use purser_types::{Key, Map, Value};

use crate::service_spec::{
    has_node_ports, is_health_checked, is_named, node_ports, number, ports, ports_mut, set_texts, text, texts,
};

/// Takes over what was given and is not named, so that whoever sends the same again keeps it.
pub(super) fn keep_given(spec: &mut Map, before: &Map) {
    if !is_named(spec) && !is_named(before) {
        let missing = [
            ("clusterIP", text(spec, "clusterIP").is_empty()),
            ("clusterIPs", texts(spec, "clusterIPs").is_empty()),
        ];
        for (field, _) in missing.into_iter().filter(|(_, missing)| *missing) {
            if let Some(given) = before.get(field) {
                spec.insert(Key::Borrowed(field), given.duplicate());
            }
        }
    }
    if has_node_ports(spec) && has_node_ports(before) {
        keep_node_ports(spec, before);
    }
    let checked = number(before, "healthCheckNodePort");
    if is_health_checked(spec)
        && is_health_checked(before)
        && checked != 0
        && number(spec, "healthCheckNodePort") == 0
    {
        spec.insert(Key::Borrowed("healthCheckNodePort"), Value::Int(checked));
    }
}

/// By the names of ports, unless another port of the service has taken the number.
fn keep_node_ports(spec: &mut Map, before: &Map) {
    let named = node_ports(spec);
    let given: BTreeMap<&str, i64> = ports(before)
        .map(|port| (text(port, "name"), number(port, "nodePort")))
        .filter(|(_, given)| !named.contains(given))
        .collect();
    for port in ports_mut(spec).filter(|port| number(port, "nodePort") == 0) {
        if let Some(given @ 1..) = given.get(text(port, "name")).copied() {
            port.insert(Key::Borrowed("nodePort"), Value::Int(given));
        }
    }
}

/// Makes the list follow the single address, for clients that know only that.
pub(super) fn agree(spec: &mut Map, before: Option<&Map>) {
    let all = |spec: &Map| -> Vec<String> {
        texts(spec, "clusterIPs")
            .iter()
            .map(|ip| (*ip).to_owned())
            .collect()
    };
    let (first, now) = (text(spec, "clusterIP").to_owned(), all(spec));
    let Some(before) = before else {
        if !first.is_empty() && now.is_empty() {
            set_texts(spec, "clusterIPs", &[first]);
        }
        return;
    };
    let (first_before, then) = (text(before, "clusterIP"), all(before));
    if first == first_before {
        if now.is_empty() {
            set_texts(spec, "clusterIPs", &then);
        }
    } else if now == then {
        let follows = if first.is_empty() { Vec::new() } else { vec![first] };
        set_texts(spec, "clusterIPs", &follows);
    }
}
