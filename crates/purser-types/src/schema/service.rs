//! Services and their endpoints: `k8s.io/api/core/v1`.

use super::Presence::{Plain, Pointer, Required};
use super::meta::{API_VERSION, CONDITION, KIND, METADATA, STRINGS};
use super::{Field, Merge, Message, Type};

/// A list of strings.
const TEXTS: Type = Type::List(&Type::String);

/// `corev1.Service`.
pub static SERVICE: Message = Message {
    name: "Service",
    openapi: "io.k8s.api.core.v1.Service",
    doc: "A name for a set of programs that answer on some ports.",
    fields: &[
        KIND,
        API_VERSION,
        METADATA,
        Field::new(
            "spec",
            2,
            Type::Message(&SERVICE_SPEC),
            Plain,
            "What is wanted of it.",
        ),
        Field::new(
            "status",
            3,
            Type::Message(&SERVICE_STATUS),
            Plain,
            "What is known of it.",
        ),
    ],
};

/// `corev1.ServiceSpec`.
pub static SERVICE_SPEC: Message = Message {
    name: "ServiceSpec",
    openapi: "io.k8s.api.core.v1.ServiceSpec",
    doc: "What is wanted of a service.",
    fields: &[
        Field::new(
            "ports",
            1,
            Type::List(&Type::Message(&SERVICE_PORT)),
            Plain,
            "The ports it answers on.",
        )
        .merge(Merge::Keys {
            patch: Some("port"),
            apply: &["port", "protocol"],
        }),
        Field::new("selector", 2, STRINGS, Plain, "The labels of the Pods behind it."),
        Field::new(
            "clusterIP",
            3,
            Type::String,
            Plain,
            "Its address in the cluster; None: it has none.",
        ),
        Field::new(
            "clusterIPs",
            18,
            TEXTS,
            Plain,
            "Its addresses in the cluster, clusterIP first.",
        ),
        Field::new(
            "type",
            4,
            Type::String,
            Plain,
            "ClusterIP, NodePort, LoadBalancer or ExternalName.",
        )
        .go("v1.ServiceType"),
        Field::new(
            "externalIPs",
            5,
            TEXTS,
            Plain,
            "Addresses outside of the cluster at which it is reached, too.",
        ),
        Field::new(
            "sessionAffinity",
            7,
            Type::String,
            Plain,
            "Whether a client stays with one Pod: None or ClientIP.",
        )
        .go("v1.ServiceAffinity"),
        Field::new(
            "loadBalancerIP",
            8,
            Type::String,
            Plain,
            "Deprecated: the address wished of a load balancer.",
        ),
        Field::new(
            "loadBalancerSourceRanges",
            9,
            TEXTS,
            Plain,
            "From where the load balancer lets clients in.",
        ),
        Field::new(
            "externalName",
            10,
            Type::String,
            Plain,
            "The name that it is an alias of, for type ExternalName.",
        ),
        Field::new(
            "externalTrafficPolicy",
            11,
            Type::String,
            Plain,
            "How traffic from outside reaches Pods: Cluster or Local.",
        )
        .go("v1.ServiceExternalTrafficPolicy"),
        Field::new(
            "healthCheckNodePort",
            12,
            Type::Int32,
            Plain,
            "The port of nodes at which load balancers look.",
        ),
        Field::new(
            "publishNotReadyAddresses",
            13,
            Type::Bool,
            Plain,
            "Whether Pods that are not ready count.",
        ),
        Field::new(
            "sessionAffinityConfig",
            14,
            Type::Message(&SESSION_AFFINITY_CONFIG),
            Pointer,
            "How a client stays with one Pod.",
        ),
        Field::new(
            "ipFamilies",
            19,
            TEXTS,
            Plain,
            "The families of its addresses: IPv4, IPv6.",
        )
        .go("v1.IPFamily"),
        Field::new(
            "ipFamilyPolicy",
            17,
            Type::String,
            Pointer,
            "How many families it has: SingleStack, PreferDualStack or RequireDualStack.",
        )
        .go("v1.IPFamilyPolicy"),
        Field::new(
            "allocateLoadBalancerNodePorts",
            20,
            Type::Bool,
            Pointer,
            "Whether a load balancer gets ports of nodes.",
        ),
        Field::new(
            "loadBalancerClass",
            21,
            Type::String,
            Pointer,
            "Which load balancer it is for.",
        ),
        Field::new(
            "internalTrafficPolicy",
            22,
            Type::String,
            Pointer,
            "How traffic within the cluster reaches Pods: Cluster or Local.",
        )
        .go("v1.ServiceInternalTrafficPolicy"),
        Field::new(
            "trafficDistribution",
            23,
            Type::String,
            Pointer,
            "Which Pods are preferred.",
        ),
    ],
};

/// `corev1.ServicePort`.
pub static SERVICE_PORT: Message = Message {
    name: "ServicePort",
    openapi: "io.k8s.api.core.v1.ServicePort",
    doc: "A port of a service.",
    fields: &[
        Field::new(
            "name",
            1,
            Type::String,
            Plain,
            "The name of the port, when there are several.",
        ),
        Field::new("protocol", 2, Type::String, Plain, "TCP, UDP or SCTP.").go("v1.Protocol"),
        Field::new(
            "appProtocol",
            6,
            Type::String,
            Pointer,
            "What is spoken on the port.",
        ),
        Field::new("port", 3, Type::Int32, Required, "The port of the service."),
        Field::new(
            "targetPort",
            4,
            Type::IntOrString,
            Plain,
            "The port of the Pods, as a number or a name.",
        ),
        Field::new("nodePort", 5, Type::Int32, Plain, "The port of nodes."),
    ],
};

/// `corev1.SessionAffinityConfig`.
pub static SESSION_AFFINITY_CONFIG: Message = Message {
    name: "SessionAffinityConfig",
    openapi: "io.k8s.api.core.v1.SessionAffinityConfig",
    doc: "How a client stays with one Pod.",
    fields: &[Field::new(
        "clientIP",
        1,
        Type::Message(&CLIENT_IP_CONFIG),
        Pointer,
        "By its address.",
    )],
};

/// `corev1.ClientIPConfig`.
pub static CLIENT_IP_CONFIG: Message = Message {
    name: "ClientIPConfig",
    openapi: "io.k8s.api.core.v1.ClientIPConfig",
    doc: "How a client stays with one Pod by its address.",
    fields: &[Field::new(
        "timeoutSeconds",
        1,
        Type::Int32,
        Pointer,
        "For how many seconds, at most a day.",
    )],
};

/// `corev1.ServiceStatus`.
pub static SERVICE_STATUS: Message = Message {
    name: "ServiceStatus",
    openapi: "io.k8s.api.core.v1.ServiceStatus",
    doc: "What is known of a service.",
    fields: &[
        Field::new(
            "loadBalancer",
            1,
            Type::Message(&LOAD_BALANCER_STATUS),
            Plain,
            "The load balancer.",
        ),
        Field::new(
            "conditions",
            2,
            Type::List(&Type::Message(&CONDITION)),
            Plain,
            "What holds of the service.",
        )
        .merge(Merge::Keys {
            patch: Some("type"),
            apply: &["type"],
        }),
    ],
};

/// `corev1.LoadBalancerStatus`.
pub static LOAD_BALANCER_STATUS: Message = Message {
    name: "LoadBalancerStatus",
    openapi: "io.k8s.api.core.v1.LoadBalancerStatus",
    doc: "What is known of a load balancer.",
    fields: &[Field::new(
        "ingress",
        1,
        Type::List(&Type::Message(&LOAD_BALANCER_INGRESS)),
        Plain,
        "Where it is reached.",
    )],
};

/// `corev1.LoadBalancerIngress`.
pub static LOAD_BALANCER_INGRESS: Message = Message {
    name: "LoadBalancerIngress",
    openapi: "io.k8s.api.core.v1.LoadBalancerIngress",
    doc: "Where a load balancer is reached.",
    fields: &[
        Field::new("ip", 1, Type::String, Plain, "By address."),
        Field::new("hostname", 2, Type::String, Plain, "By name."),
        Field::new(
            "ipMode",
            3,
            Type::String,
            Pointer,
            "Whether the address is answered on nodes (VIP) or elsewhere (Proxy).",
        )
        .go("v1.LoadBalancerIPMode"),
        Field::new(
            "ports",
            4,
            Type::List(&Type::Message(&PORT_STATUS)),
            Plain,
            "At which ports.",
        ),
    ],
};

/// `corev1.PortStatus`.
pub static PORT_STATUS: Message = Message {
    name: "PortStatus",
    openapi: "io.k8s.api.core.v1.PortStatus",
    doc: "What is known of a port of a load balancer.",
    fields: &[
        Field::new("port", 1, Type::Int32, Required, "The port."),
        Field::new("protocol", 2, Type::String, Required, "Its protocol.").go("v1.Protocol"),
        Field::new("error", 3, Type::String, Pointer, "What is wrong with it."),
    ],
};

/// `corev1.Endpoints`.
pub static ENDPOINTS: Message = Message {
    name: "Endpoints",
    openapi: "io.k8s.api.core.v1.Endpoints",
    doc: "Where the programs behind a service are.",
    fields: &[
        KIND,
        API_VERSION,
        METADATA,
        Field::new(
            "subsets",
            2,
            Type::List(&Type::Message(&ENDPOINT_SUBSET)),
            Plain,
            "Addresses with the ports they share.",
        ),
    ],
};

/// `corev1.EndpointSubset`.
pub static ENDPOINT_SUBSET: Message = Message {
    name: "EndpointSubset",
    openapi: "io.k8s.api.core.v1.EndpointSubset",
    doc: "Addresses that share ports.",
    fields: &[
        Field::new(
            "addresses",
            1,
            Type::List(&Type::Message(&ENDPOINT_ADDRESS)),
            Plain,
            "Those that are ready.",
        ),
        Field::new(
            "notReadyAddresses",
            2,
            Type::List(&Type::Message(&ENDPOINT_ADDRESS)),
            Plain,
            "Those that are not.",
        ),
        Field::new(
            "ports",
            3,
            Type::List(&Type::Message(&ENDPOINT_PORT)),
            Plain,
            "The ports.",
        ),
    ],
};

/// `corev1.EndpointAddress`.
pub static ENDPOINT_ADDRESS: Message = Message {
    name: "EndpointAddress",
    openapi: "io.k8s.api.core.v1.EndpointAddress",
    doc: "Where a program is.",
    fields: &[
        Field::new("ip", 1, Type::String, Required, "Its address."),
        Field::new("hostname", 3, Type::String, Plain, "Its name."),
        Field::new("nodeName", 4, Type::String, Pointer, "The node it runs on."),
        Field::new(
            "targetRef",
            2,
            Type::Message(&super::core::OBJECT_REFERENCE),
            Pointer,
            "The object that it is.",
        ),
    ],
};

/// `corev1.EndpointPort`.
pub static ENDPOINT_PORT: Message = Message {
    name: "EndpointPort",
    openapi: "io.k8s.api.core.v1.EndpointPort",
    doc: "A port of endpoints.",
    fields: &[
        Field::new(
            "name",
            1,
            Type::String,
            Plain,
            "The name of the port, when there are several.",
        ),
        Field::new("port", 2, Type::Int32, Required, "The port."),
        Field::new("protocol", 3, Type::String, Plain, "TCP, UDP or SCTP.").go("v1.Protocol"),
        Field::new(
            "appProtocol",
            4,
            Type::String,
            Pointer,
            "What is spoken on the port.",
        ),
    ],
};

/// `core.RangeAllocation`, which only servers see: it is kept, not served.
pub static RANGE_ALLOCATION: Message = Message {
    name: "RangeAllocation",
    openapi: "io.k8s.api.core.v1.RangeAllocation",
    doc: "What is given out of a range.",
    fields: &[
        KIND,
        API_VERSION,
        METADATA,
        Field::new("range", 2, Type::String, Required, "The range."),
        Field::new(
            "data",
            3,
            Type::Bytes,
            Required,
            "A bit for each member of the range that is given out.",
        ),
    ],
};
