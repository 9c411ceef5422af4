//! What a Service no longer needs when its type changes.
//!
//! Source: `dropTypeDependentFields` in `pkg/registry/core/service/strategy.go`.

use std::collections::BTreeSet;

use purser_types::{Key, Map, Object, Value};

use super::service_columns::text;

/// Takes away what only the old type had, unless the change also touches it: then validation says that it cannot be.
/// Defaults have not been set yet, so a type that is not there is the default one.
pub(super) fn drop_dependent(object: &mut Object, old: &Object) {
    let Some(before) = old.get("spec").and_then(Value::as_map) else {
        return;
    };
    if let Some(spec) = object.body.get_mut("spec").and_then(Value::as_map_mut) {
        drop_addresses(spec, before);
        drop_ports(spec, before);
        drop_balancing(spec, before);
    }
    let spec = object.get("spec").and_then(Value::as_map);
    if spec.is_none_or(|spec| kind(spec) != "LoadBalancer") {
        let status = Map::from([(Key::Borrowed("loadBalancer"), Value::Map(Map::new()))]);
        match object.body.get_mut("status").and_then(Value::as_map_mut) {
            Some(kept) => kept.extend(status),
            None => object.set("status", Some(Value::Map(status))),
        }
    }
}

/// Whether it is reached from outside of the cluster.
pub(super) fn is_external(spec: &Map) -> bool {
    let addressed = || {
        spec.get("externalIPs")
            .and_then(Value::as_list)
            .is_some_and(|all| !all.is_empty())
    };
    has_node_ports(spec) || (kind(spec) == "ClusterIP" && addressed())
}

fn kind(spec: &Map) -> &str {
    match text(spec, "type") {
        "" => "ClusterIP",
        kind => kind,
    }
}

fn has_node_ports(spec: &Map) -> bool {
    matches!(kind(spec), "NodePort" | "LoadBalancer")
}

fn is_health_checked(spec: &Map) -> bool {
    kind(spec) == "LoadBalancer" && text(spec, "externalTrafficPolicy") == "Local"
}

/// Removes a field that the change leaves alone.
fn drop_same(spec: &mut Map, before: &Map, field: &str) {
    if spec.get(field) == before.get(field) {
        spec.remove(field);
    }
}

fn drop_addresses(spec: &mut Map, before: &Map) {
    if kind(spec) != "ExternalName" || kind(before) == "ExternalName" {
        return;
    }
    let same = |field| spec.get(field) == before.get(field);
    if same("clusterIP") && same("clusterIPs") {
        spec.remove("clusterIP");
        spec.remove("clusterIPs");
    }
    drop_same(spec, before, "ipFamilies");
    drop_same(spec, before, "ipFamilyPolicy");
}

/// The ports of nodes, when none of them is new.
fn drop_ports(spec: &mut Map, before: &Map) {
    if !has_node_ports(before) || has_node_ports(spec) || !node_ports(before).is_superset(&node_ports(spec)) {
        return;
    }
    if let Some(Value::List(ports)) = spec.get_mut("ports") {
        for port in ports.iter_mut().filter_map(Value::as_map_mut) {
            port.remove("nodePort");
        }
    }
}

fn node_ports(spec: &Map) -> BTreeSet<i64> {
    let ports = spec.get("ports").and_then(Value::as_list).unwrap_or_default();
    let numbers = ports
        .iter()
        .filter_map(|port| port.as_map()?.get("nodePort")?.as_int());
    numbers.filter(|number| *number != 0).collect()
}

fn drop_balancing(spec: &mut Map, before: &Map) {
    if is_health_checked(before) && !is_health_checked(spec) {
        drop_same(spec, before, "healthCheckNodePort");
    }
    if kind(before) == "LoadBalancer" && kind(spec) != "LoadBalancer" {
        drop_same(spec, before, "allocateLoadBalancerNodePorts");
        drop_same(spec, before, "loadBalancerClass");
    }
    if is_external(before) && !is_external(spec) {
        drop_same(spec, before, "externalTrafficPolicy");
    }
}
