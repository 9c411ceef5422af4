//! What a Service holds: of what is given out once, and of what quotas count.
//!
//! Source: `Usage` in `pkg/quota/v1/evaluator/core/services.go`.

use std::net::IpAddr;

use purser_types::{Map, Object, Value};

use crate::service_spec::{chooses_ports, is_named, kind, node_ports, number, ports, texts};
use crate::validate::network::parse_loosely;

/// What a Service holds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Held {
    /// Addresses in the cluster.
    pub(crate) addresses: Vec<IpAddr>,
    /// Ports of nodes.
    pub(crate) ports: Vec<u16>,
    /// How many ports of nodes it has or is to have.
    pub(crate) node_ports: i64,
    /// How many balancers.
    pub(crate) balancers: i64,
}

impl Held {
    /// What `service` holds.
    pub(crate) fn by(service: &Object) -> Self {
        let spec = service.get("spec").and_then(Value::as_map);
        spec.map(Self::of).unwrap_or_default()
    }

    fn of(spec: &Map) -> Self {
        let addresses = match is_named(spec) {
            true => Vec::new(),
            false => texts(spec, "clusterIPs")
                .iter()
                .filter_map(|ip| parse_loosely(ip))
                .collect(),
        };
        let numbers = node_ports(spec)
            .into_iter()
            .chain([number(spec, "healthCheckNodePort")]);
        let named = ports(spec).filter(|port| number(port, "nodePort") != 0).count();
        let counted = match kind(spec) {
            "NodePort" => ports(spec).count(),
            "LoadBalancer" if chooses_ports(spec) => ports(spec).count(),
            "LoadBalancer" => named,
            _ => 0,
        };
        Self {
            addresses,
            ports: numbers
                .filter_map(|port| u16::try_from(port).ok())
                .filter(|port| *port != 0)
                .collect(),
            node_ports: i64::try_from(counted).unwrap_or(i64::MAX),
            balancers: i64::from(kind(spec) == "LoadBalancer"),
        }
    }
}
