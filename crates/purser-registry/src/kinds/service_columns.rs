//! What kubectl prints of a Service.
//!
//! Source: `printService` in `pkg/printers/internalversion/printers.go`.

use std::collections::BTreeSet;

use purser_types::{Map, Object, Value};

use super::columns::{AGE, Column, NAME, column};
use crate::service_spec::{text, texts};

const NONE: &str = "<none>";

pub(super) const COLUMNS: &[Column] = &[
    NAME,
    column(
        "Type",
        "type determines how the Service is exposed. Defaults to ClusterIP. Valid options are ExternalName, ClusterIP, \
         NodePort, and LoadBalancer. \"ClusterIP\" allocates a cluster-internal IP address for load-balancing to \
         endpoints. Endpoints are determined by the selector or if that is not specified, by manual construction of \
         an Endpoints object or EndpointSlice objects. If clusterIP is \"None\", no virtual IP is allocated and the \
         endpoints are published as a set of endpoints rather than a virtual IP. \"NodePort\" builds on ClusterIP and \
         allocates a port on every node which routes to the same endpoints as the clusterIP. \"LoadBalancer\" builds \
         on NodePort and creates an external load-balancer (if supported in the current cloud) which routes to the \
         same endpoints as the clusterIP. \"ExternalName\" aliases this service to the specified externalName. Several \
         other fields do not apply to ExternalName services. More info: \
         https://kubernetes.io/docs/concepts/services-networking/service/#publishing-services-service-types",
        |object, _| Value::string(spec(object).map_or("", |spec| text(spec, "type"))),
    ),
    column(
        "Cluster-IP",
        "clusterIP is the IP address of the service and is usually assigned randomly. If an address is specified \
         manually, is in-range (as per system configuration), and is not in use, it will be allocated to the service; \
         otherwise creation of the service will fail. This field may not be changed through updates unless the type \
         field is also being changed to ExternalName (which requires this field to be blank) or the type field is \
         being changed from ExternalName (in which case this field may optionally be specified, as describe above).  \
         Valid values are \"None\", empty string (\"\"), or a valid IP address. Setting this to \"None\" makes a \
         \"headless service\" (no virtual IP), which is useful when direct endpoint connections are preferred and \
         proxying is not required.  Only applies to types ClusterIP, NodePort, and LoadBalancer. If this field is \
         specified when creating a Service of type ExternalName, creation will fail. This field will be wiped when \
         updating a Service to type ExternalName. More info: \
         https://kubernetes.io/docs/concepts/services-networking/service/#virtual-ips-and-service-proxies",
        |object, _| {
            let first = spec(object).and_then(|spec| texts(spec, "clusterIPs").first().copied());
            Value::string(first.unwrap_or(NONE))
        },
    ),
    column(
        "External-IP",
        "externalIPs is a list of IP addresses for which nodes in the cluster will also accept traffic for this \
         service.  These IPs are not managed by Kubernetes.  The user is responsible for ensuring that traffic arrives \
         at a node with this IP.  A common example is external load-balancers that are not part of the Kubernetes \
         system.",
        |object, _| Value::string(outside(object)),
    ),
    column(
        "Port(s)",
        "The list of ports that are exposed by this service. More info: \
         https://kubernetes.io/docs/concepts/services-networking/service/#virtual-ips-and-service-proxies",
        |object, _| Value::string(ports(object)),
    ),
    AGE,
    Column {
        priority: 1,
        ..column(
            "Selector",
            "Route service traffic to pods with label keys and values matching this selector. If empty or not present, \
             the service is assumed to have an external process managing its endpoints, which Kubernetes will not \
             modify. Only applies to types ClusterIP, NodePort, and LoadBalancer. Ignored if type is ExternalName. More \
             info: https://kubernetes.io/docs/concepts/services-networking/service/",
            |object, _| Value::string(selector(object)),
        )
    },
];

fn spec(object: &Object) -> Option<&Map> {
    object.get("spec").and_then(Value::as_map)
}

fn or_none(text: String) -> String {
    if text.is_empty() { NONE.to_owned() } else { text }
}

/// Where it is reached from outside.
fn outside(object: &Object) -> String {
    let Some(spec) = spec(object) else {
        return NONE.to_owned();
    };
    let given = texts(spec, "externalIPs");
    match text(spec, "type") {
        "ClusterIP" | "NodePort" => or_none(given.join(",")),
        "ExternalName" => text(spec, "externalName").to_owned(),
        "LoadBalancer" => {
            let status = object.get("status").and_then(Value::as_map);
            let balancer =
                status.and_then(|status| status.get("loadBalancer")?.as_map()?.get("ingress")?.as_list());
            let reached = balancer.unwrap_or_default().iter().filter_map(Value::as_map);
            let reached: BTreeSet<&str> = reached
                .map(|one| match text(one, "ip") {
                    "" => text(one, "hostname"),
                    ip => ip,
                })
                .filter(|place| !place.is_empty())
                .collect();
            let all: Vec<&str> = reached.into_iter().chain(given).collect();
            if all.is_empty() {
                "<pending>".to_owned()
            } else {
                all.join(",")
            }
        }
        _ => "<unknown>".to_owned(),
    }
}

/// `80/TCP,443:30443/TCP`
fn ports(object: &Object) -> String {
    let list = spec(object)
        .and_then(|spec| spec.get("ports")?.as_list())
        .unwrap_or_default();
    let number = |port: &Map, field: &str| port.get(field).and_then(Value::as_int).unwrap_or(0);
    let ports = list.iter().filter_map(Value::as_map).map(|port| {
        let (own, protocol) = (number(port, "port"), text(port, "protocol"));
        match number(port, "nodePort") {
            0 => format!("{own}/{protocol}"),
            on_node => format!("{own}:{on_node}/{protocol}"),
        }
    });
    or_none(ports.collect::<Vec<_>>().join(","))
}

fn selector(object: &Object) -> String {
    let labels = spec(object)
        .and_then(|spec| spec.get("selector")?.as_map())
        .into_iter()
        .flatten();
    let pairs = labels.map(|(key, value)| format!("{key}={}", value.as_str().unwrap_or_default()));
    or_none(pairs.collect::<Vec<_>>().join(","))
}
