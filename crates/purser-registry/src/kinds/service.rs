//! Services. They are kept, not acted on: addresses and ports of nodes stay as they are given.
//!
//! Sources: `pkg/registry/core/service/{strategy,storage/alloc}.go`, `SetDefaults_Service` in
//! `pkg/apis/core/v1/defaults.go`.

use purser_types::status::Cause;
use purser_types::{Key, Map, Object, Value};

use super::service_columns::text;
use super::service_type::{drop_dependent, is_external};
use super::strategy::{Strategy, keep_all_but_status};
use crate::validate::names::NameRule;
use crate::validate::service::{NO_ADDRESS, validate, validate_update};
use crate::validate::service_balancing::validate_status;
use crate::validate::{MetadataRules, metadata_create, metadata_update};

pub(super) use super::service_columns::COLUMNS;

/// For how long a client stays with one Pod, in seconds, unless it is said.
const AFFINITY: i64 = 10_800;

/// They have defaults; the status is the server's.
pub(super) struct Services;

impl Strategy for Services {
    fn prepare_for_create(&self, object: &mut Object) {
        set_defaults(object);
        let status = Map::from([(Key::Borrowed("loadBalancer"), Value::Map(Map::new()))]);
        object.set("status", Some(Value::Map(status)));
    }

    fn prepare_for_update(&self, object: &mut Object, old: &Object) {
        object.set("status", old.get("status").map(Value::duplicate));
        keep_addresses(object, old);
        drop_dependent(object, old);
        set_defaults(object);
    }

    fn validate(&self, object: &Object) -> Vec<Cause> {
        validate(object)
    }

    fn causes_on_update(&self, rules: &dyn MetadataRules, new: &Object, old: &Object) -> Vec<Cause> {
        let mut causes = metadata_update(rules, new, old);
        causes.extend(validate_update(new, old));
        causes.extend(metadata_create(rules, new));
        causes.extend(validate(new));
        causes
    }

    fn prepare_through(&self, _: &str, object: &mut Object, old: &Object) {
        keep_all_but_status(object, old);
        set_address_modes(object);
    }

    fn causes_through(&self, _: &str, rules: &dyn MetadataRules, new: &Object, old: &Object) -> Vec<Cause> {
        let mut causes = metadata_update(rules, new, old);
        causes.extend(validate_status(new));
        causes
    }

    fn own_field(&self, object: &Object, field: &str) -> Option<String> {
        let spec = object.get("spec").and_then(Value::as_map);
        let name = field.strip_prefix("spec.")?;
        Some(spec.map_or("", |spec| text(spec, name)).to_owned())
    }

    fn selectable_fields(&self) -> &'static [&'static str] {
        &[
            "metadata.namespace",
            "metadata.name",
            "spec.clusterIP",
            "spec.type",
        ]
    }

    fn name_rule(&self) -> NameRule {
        NameRule::Dns1035Label
    }
}

fn spec_mut(object: &mut Object) -> Option<&mut Map> {
    let empty = || Value::Map(Map::new());
    object
        .body
        .entry(Key::Borrowed("spec"))
        .or_insert_with(empty)
        .as_map_mut()
}

/// An update that names no address keeps the one there is.
fn keep_addresses(object: &mut Object, old: &Object) {
    let Some(before) = old.get("spec").and_then(Value::as_map) else {
        return;
    };
    let Some(spec) = spec_mut(object) else { return };
    let external = |spec: &Map| text(spec, "type") == "ExternalName";
    if external(spec) || external(before) || !text(spec, "clusterIP").is_empty() {
        return;
    }
    for field in ["clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"] {
        if let (Some(value), false) = (before.get(field), spec.contains_key(field)) {
            spec.insert(Key::Owned(field.to_owned()), value.duplicate());
        }
    }
}

fn set_defaults(object: &mut Object) {
    let Some(spec) = spec_mut(object) else { return };
    let set = |spec: &mut Map, field: &'static str, value: &str| {
        spec.entry(Key::Borrowed(field))
            .or_insert_with(|| Value::string(value));
    };
    set(spec, "sessionAffinity", "None");
    set(spec, "type", "ClusterIP");
    set_affinity(spec);
    set_ports(spec);
    let kind = text(spec, "type").to_owned();
    if is_external(spec) {
        set(spec, "externalTrafficPolicy", "Cluster");
    }
    if kind == "LoadBalancer" {
        spec.entry(Key::Borrowed("allocateLoadBalancerNodePorts"))
            .or_insert(Value::Bool(true));
    }
    if matches!(kind.as_str(), "ClusterIP" | "NodePort" | "LoadBalancer") {
        set(spec, "internalTrafficPolicy", "Cluster");
        set_families(spec);
    }
    if !text(spec, "clusterIP").is_empty() && !spec.contains_key("clusterIPs") {
        let first = Value::string(text(spec, "clusterIP"));
        spec.insert(Key::Borrowed("clusterIPs"), Value::List(vec![first]));
    }
}

/// Addresses of load balancers are answered on nodes, unless it is said.
fn set_address_modes(object: &mut Object) {
    let spec = object.get("spec").and_then(Value::as_map);
    if spec.is_none_or(|spec| text(spec, "type") != "LoadBalancer") {
        return;
    }
    let status = object.body.get_mut("status").and_then(Value::as_map_mut);
    let balancer = status.and_then(|status| status.get_mut("loadBalancer")?.as_map_mut());
    let Some(Value::List(all)) = balancer.and_then(|balancer| balancer.get_mut("ingress")) else {
        return;
    };
    for ingress in all.iter_mut().filter_map(Value::as_map_mut) {
        if !text(ingress, "ip").is_empty() {
            ingress
                .entry(Key::Borrowed("ipMode"))
                .or_insert_with(|| Value::string("VIP"));
        }
    }
}

fn set_affinity(spec: &mut Map) {
    match text(spec, "sessionAffinity") {
        "None" => drop(spec.remove("sessionAffinityConfig")),
        "ClientIP" if !spec.contains_key("sessionAffinityConfig") => {
            let timeout = Map::from([(Key::Borrowed("timeoutSeconds"), Value::Int(AFFINITY))]);
            let config = Map::from([(Key::Borrowed("clientIP"), Value::Map(timeout))]);
            spec.insert(Key::Borrowed("sessionAffinityConfig"), Value::Map(config));
        }
        _ => {}
    }
}

fn set_ports(spec: &mut Map) {
    let Some(Value::List(ports)) = spec.get_mut("ports") else {
        return;
    };
    for port in ports.iter_mut().filter_map(Value::as_map_mut) {
        port.entry(Key::Borrowed("protocol"))
            .or_insert_with(|| Value::string("TCP"));
        let number = port.get("port").and_then(Value::as_int).unwrap_or(0);
        let unset = match port.get("targetPort") {
            None => true,
            Some(target) => target.as_int() == Some(0) || target.as_str() == Some(""),
        };
        if unset && number != 0 {
            port.insert(Key::Borrowed("targetPort"), Value::Int(number));
        }
    }
}

/// One family, as a cluster of one family gives; both for a service without addresses and without Pods of its own.
fn set_families(spec: &mut Map) {
    let selects = spec
        .get("selector")
        .and_then(Value::as_map)
        .is_some_and(|labels| !labels.is_empty());
    let headless = text(spec, "clusterIP") == NO_ADDRESS;
    let is_v6 = !headless && text(spec, "clusterIP").contains(':');
    let (policy, families): (&str, &[&str]) = match (headless && !selects, is_v6) {
        (true, _) => ("RequireDualStack", &["IPv4", "IPv6"]),
        (false, true) => ("SingleStack", &["IPv6"]),
        (false, false) => ("SingleStack", &["IPv4"]),
    };
    spec.entry(Key::Borrowed("ipFamilyPolicy"))
        .or_insert_with(|| Value::string(policy));
    spec.entry(Key::Borrowed("ipFamilies"))
        .or_insert_with(|| Value::List(families.iter().map(|family| Value::string(*family)).collect()));
}
