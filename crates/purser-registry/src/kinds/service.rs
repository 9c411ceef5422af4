//! Services. Their addresses and ports are given in `services`.
//!
//! Sources: `pkg/registry/core/service/strategy.go`, `SetDefaults_Service` in `pkg/apis/core/v1/defaults.go`.

use purser_types::status::Cause;
use purser_types::{Key, Map, Object, Value};

use super::strategy::{Strategy, keep_all_but_status};
use crate::service_spec::{is_external, kind, number, ports_mut, text};
use crate::services::Held;
use crate::validate::names::NameRule;
use crate::validate::service::{validate, validate_update};
use crate::validate::service_balancing::validate_status;
use crate::validate::{MetadataRules, metadata_update, service_warnings};

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
        set_defaults(object);
    }

    fn validate(&self, object: &Object) -> Vec<Cause> {
        validate(object, None)
    }

    fn causes_on_update(&self, rules: &dyn MetadataRules, new: &Object, old: &Object) -> Vec<Cause> {
        let mut causes = metadata_update(rules, new, old);
        causes.extend(validate_update(new, old));
        causes.extend(validate(new, Some(old)));
        causes
    }

    fn prepare_through(&self, _: &str, object: &mut Object, old: &Object) {
        keep_all_but_status(object, old);
        set_address_modes(object);
    }

    fn causes_through(&self, _: &str, rules: &dyn MetadataRules, new: &Object, old: &Object) -> Vec<Cause> {
        let mut causes = metadata_update(rules, new, old);
        causes.extend(validate_status(new, old));
        causes
    }

    fn warnings(&self, object: &Object) -> Vec<String> {
        service_warnings::service(object)
    }

    fn held(&self, object: &Object) -> Option<Box<Held>> {
        Some(Box::new(Held::by(object)))
    }

    fn returns_deleted(&self) -> bool {
        true
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
        NameRule::DnsLabel
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
    let kind = kind(spec).to_owned();
    if is_external(spec) {
        set(spec, "externalTrafficPolicy", "Cluster");
    }
    if kind == "LoadBalancer" {
        spec.entry(Key::Borrowed("allocateLoadBalancerNodePorts"))
            .or_insert(Value::Bool(true));
    }
    if matches!(kind.as_str(), "ClusterIP" | "NodePort" | "LoadBalancer") {
        set(spec, "internalTrafficPolicy", "Cluster");
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
    for port in ports_mut(spec) {
        port.entry(Key::Borrowed("protocol"))
            .or_insert_with(|| Value::string("TCP"));
        let number = number(port, "port");
        let unset = match port.get("targetPort") {
            None => true,
            Some(target) => target.as_int() == Some(0) || target.as_str() == Some(""),
        };
        if unset && number != 0 {
            port.insert(Key::Borrowed("targetPort"), Value::Int(number));
        }
    }
}
