//! What a Service no longer needs when its type changes.
//!
//! Source: `dropTypeDependentFields` in `pkg/registry/core/service/strategy.go`.

use purser_types::{Key, Map, Object, Value};

use crate::service_spec::{
    has_node_ports, is_external, is_health_checked, is_named, kind, node_ports, ports_mut,
};

/// Takes away what only the old type had, unless the change also touches it: then validation says that it cannot be.
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

/// Removes a field that the change leaves alone.
fn drop_same(spec: &mut Map, before: &Map, field: &str) {
    if spec.get(field) == before.get(field) {
        spec.remove(field);
    }
}

fn drop_addresses(spec: &mut Map, before: &Map) {
    if !is_named(spec) || is_named(before) {
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
    for port in ports_mut(spec) {
        port.remove("nodePort");
    }
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
