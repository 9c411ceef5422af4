//! The rules of a Service's ports.
//!
//! Source: `ValidateService` and `validateServicePort` in `pkg/apis/core/validation/validation.go`.

use std::collections::BTreeSet;

use purser_types::status::Cause;
use purser_types::{Map, Value};

use super::causes::{CAUSES_MAX, duplicate, duplicate_as, forbidden, invalid, is_full, required};
use super::names::{dns_label, port_name, qualified_name};
use super::network::{port_number, protocol};
use crate::service_spec::{number, ports, text};

/// Each port by itself, and its name.
pub(super) fn each(spec: &Map) -> Vec<Cause> {
    let several = ports(spec).count() > 1;
    let mut names = BTreeSet::new();
    let mut causes = Vec::new();
    for (index, port) in ports(spec).enumerate() {
        if is_full(&causes) {
            break;
        }
        let field = format!("spec.ports[{index}]");
        let name = text(port, "name");
        let name_field = format!("{field}.name");
        if several && name.is_empty() {
            causes.push(required(name_field, ""));
        } else if !name.is_empty() {
            causes.extend(
                dns_label(name)
                    .iter()
                    .map(|why| invalid(name_field.clone(), name, why)),
            );
            if !names.insert(name) {
                causes.push(duplicate(name_field, name));
            }
        }
        causes.extend(port_number(&format!("{field}.port"), number(port, "port")));
        causes.extend(protocol(&field, port));
        causes.extend(target(&format!("{field}.targetPort"), port.get("targetPort")));
        if let Some(spoken) = port.get("appProtocol").and_then(Value::as_str) {
            let field = format!("{field}.appProtocol");
            causes.extend(
                qualified_name(spoken)
                    .iter()
                    .map(|why| invalid(field.clone(), spoken, why)),
            );
        }
    }
    causes
}

/// The port of the Pods, a number or a name.
fn target(field: &str, port: Option<&Value>) -> Vec<Cause> {
    match port {
        Some(Value::String(name)) => port_name(name.expose())
            .iter()
            .map(|why| invalid(field, name.expose(), why))
            .collect(),
        other => port_number(field, other.and_then(Value::as_int).unwrap_or(0))
            .into_iter()
            .collect(),
    }
}

/// Ports of nodes are for types that have them, and each port is there once.
pub(super) fn together(spec: &Map, kind: &str) -> Vec<Cause> {
    let mut causes = Vec::new();
    let all = || ports(spec).enumerate();
    if kind == "ClusterIP" {
        let named = all().filter(|(_, port)| number(port, "nodePort") != 0);
        for (index, _) in named.take(CAUSES_MAX) {
            let why = "may not be used when `type` is 'ClusterIP'";
            causes.push(forbidden(format!("spec.ports[{index}].nodePort"), why));
        }
    }
    let mut on_nodes = BTreeSet::new();
    for (index, port) in all() {
        if is_full(&causes) {
            break;
        }
        let on_node = number(port, "nodePort");
        if on_node != 0 && !on_nodes.insert((text(port, "protocol"), on_node)) {
            let field = format!("spec.ports[{index}].nodePort");
            causes.push(duplicate_as(field, &on_node.to_string()));
        }
    }
    let mut own = BTreeSet::new();
    for (index, port) in all() {
        if is_full(&causes) {
            break;
        }
        let (protocol, number) = (text(port, "protocol"), number(port, "port"));
        if !own.insert((protocol, number)) {
            // As Go prints its internal type, in which fields have no JSON names.
            let shown = format!(
                "{{\"Name\":\"\",\"Protocol\":\"{protocol}\",\"AppProtocol\":null,\"Port\":{number},\"TargetPort\":0,\
                 \"NodePort\":0}}"
            );
            causes.push(duplicate_as(format!("spec.ports[{index}]"), &shown));
        }
    }
    causes
}
