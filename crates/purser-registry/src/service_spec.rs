//! Reading and writing a Service's `spec`.
//!
//! Source: `pkg/api/service/util.go`, and `needs…` of `pkg/registry/core/service/strategy.go`.

use std::collections::BTreeSet;

use purser_types::{Key, Map, Value};

/// What stands in place of an address of a service that has none.
pub(crate) const NO_ADDRESS: &str = "None";

/// A string of a map, empty when it is missing.
pub(crate) fn text<'a>(map: &'a Map, field: &str) -> &'a str {
    map.get(field).and_then(Value::as_str).unwrap_or_default()
}

/// The strings of a list.
pub(crate) fn texts<'a>(map: &'a Map, field: &str) -> Vec<&'a str> {
    let list = map.get(field).and_then(Value::as_list).unwrap_or_default();
    list.iter().filter_map(Value::as_str).collect()
}

/// A number of a map, 0 when it is missing.
pub(crate) fn number(map: &Map, field: &str) -> i64 {
    map.get(field).and_then(Value::as_int).unwrap_or(0)
}

/// Sets a list of strings, or removes it when there are none.
pub(crate) fn set_texts(spec: &mut Map, field: &'static str, texts: &[String]) {
    if texts.is_empty() {
        spec.remove(field);
    } else {
        let list = texts.iter().map(Value::string).collect();
        spec.insert(Key::Borrowed(field), Value::List(list));
    }
}

/// The type.
pub(crate) fn kind(spec: &Map) -> &str {
    match text(spec, "type") {
        "" => "ClusterIP",
        kind => kind,
    }
}

/// Whether it is but a name for something outside.
pub(crate) fn is_named(spec: &Map) -> bool {
    kind(spec) == "ExternalName"
}

/// Whether its ports are ports of nodes too.
pub(crate) fn has_node_ports(spec: &Map) -> bool {
    matches!(kind(spec), "NodePort" | "LoadBalancer")
}

/// Whether nodes are asked whether they have Pods of it.
pub(crate) fn is_health_checked(spec: &Map) -> bool {
    kind(spec) == "LoadBalancer" && text(spec, "externalTrafficPolicy") == "Local"
}

/// Whether it is reached from outside of the cluster.
pub(crate) fn is_external(spec: &Map) -> bool {
    has_node_ports(spec) || (kind(spec) == "ClusterIP" && !texts(spec, "externalIPs").is_empty())
}

/// Whether ports of nodes are chosen for it.
pub(crate) fn chooses_ports(spec: &Map) -> bool {
    let wanted = spec.get("allocateLoadBalancerNodePorts").and_then(Value::as_bool);
    match kind(spec) {
        "NodePort" => true,
        "LoadBalancer" => wanted != Some(false),
        _ => false,
    }
}

/// Whether it selects Pods.
pub(crate) fn selects(spec: &Map) -> bool {
    let labels = spec.get("selector").and_then(Value::as_map);
    labels.is_some_and(|labels| !labels.is_empty())
}

/// Its ports.
pub(crate) fn ports(spec: &Map) -> impl Iterator<Item = &Map> {
    let list = spec.get("ports").and_then(Value::as_list).unwrap_or_default();
    list.iter().filter_map(Value::as_map)
}

/// Its ports, to change.
pub(crate) fn ports_mut(spec: &mut Map) -> impl Iterator<Item = &mut Map> {
    let list = match spec.get_mut("ports") {
        Some(Value::List(list)) => Some(list),
        _ => None,
    };
    list.into_iter().flatten().filter_map(Value::as_map_mut)
}

/// The ports of nodes that it names.
pub(crate) fn node_ports(spec: &Map) -> BTreeSet<i64> {
    ports(spec)
        .map(|port| number(port, "nodePort"))
        .filter(|port| *port != 0)
        .collect()
}
