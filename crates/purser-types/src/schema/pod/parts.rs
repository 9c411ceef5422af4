//! Small parts of a Pod.

use super::super::{Message, Type};
use super::build::{INT32, INT64, TEXT, TEXTS, of, plain, pointer, required};
use super::selector::LABEL_SELECTOR;

/// `corev1.Toleration`.
pub(super) static TOLERATION: Message = Message {
    name: "Toleration",
    openapi: "io.k8s.api.core.v1.Toleration",
    doc: "Taints that a Pod can live with.",
    fields: &[
        plain("key", 1, TEXT, "The key of the taint; empty: every."),
        plain("operator", 2, TEXT, "Exists, Equal, Lt or Gt.").go("v1.TolerationOperator"),
        plain("value", 3, TEXT, "The value of the taint."),
        plain("effect", 4, TEXT, "The effect of the taint; empty: every.").go("v1.TaintEffect"),
        pointer(
            "tolerationSeconds",
            5,
            INT64,
            "For how many seconds; none: forever.",
        ),
    ],
};

/// `corev1.HostAlias`.
pub(super) static HOST_ALIAS: Message = Message {
    name: "HostAlias",
    openapi: "io.k8s.api.core.v1.HostAlias",
    doc: "A line of a hosts file.",
    fields: &[
        required("ip", 1, TEXT, "The address."),
        plain("hostnames", 2, TEXTS, "Its names."),
    ],
};

/// `corev1.PodDNSConfig`.
pub(super) static POD_DNS_CONFIG: Message = Message {
    name: "PodDNSConfig",
    openapi: "io.k8s.api.core.v1.PodDNSConfig",
    doc: "How names are looked up.",
    fields: &[
        plain("nameservers", 1, TEXTS, "Addresses of name servers."),
        plain("searches", 2, TEXTS, "Domains in which names are looked up."),
        plain(
            "options",
            3,
            Type::List(&Type::Message(&POD_DNS_CONFIG_OPTION)),
            "Options of the resolver.",
        ),
    ],
};

/// `corev1.PodDNSConfigOption`.
pub(super) static POD_DNS_CONFIG_OPTION: Message = Message {
    name: "PodDNSConfigOption",
    openapi: "io.k8s.api.core.v1.PodDNSConfigOption",
    doc: "An option of the resolver.",
    fields: &[
        plain("name", 1, TEXT, "Its name."),
        pointer("value", 2, TEXT, "The value."),
    ],
};

/// `corev1.PodReadinessGate`.
pub(super) static POD_READINESS_GATE: Message = Message {
    name: "PodReadinessGate",
    openapi: "io.k8s.api.core.v1.PodReadinessGate",
    doc: "A condition that must hold before a Pod is ready.",
    fields: &[required("conditionType", 1, TEXT, "The type of the condition.").go("v1.PodConditionType")],
};

/// `corev1.TopologySpreadConstraint`.
pub(super) static TOPOLOGY_SPREAD_CONSTRAINT: Message = Message {
    name: "TopologySpreadConstraint",
    openapi: "io.k8s.api.core.v1.TopologySpreadConstraint",
    doc: "How Pods are spread over places.",
    fields: &[
        required("maxSkew", 1, INT32, "By how many Pods places may differ."),
        required(
            "topologyKey",
            2,
            TEXT,
            "The label of nodes by which places are told apart.",
        ),
        required(
            "whenUnsatisfiable",
            3,
            TEXT,
            "What to do when it cannot be: DoNotSchedule or ScheduleAnyway.",
        )
        .go("v1.UnsatisfiableConstraintAction"),
        pointer(
            "labelSelector",
            4,
            of(&LABEL_SELECTOR),
            "Which objects are meant, by their labels.",
        ),
        pointer("minDomains", 5, INT32, "How many places there are at least."),
        pointer(
            "nodeAffinityPolicy",
            6,
            TEXT,
            "Whether the Pod's affinity to nodes counts: Honor or Ignore.",
        )
        .go("v1.NodeInclusionPolicy"),
        pointer(
            "nodeTaintsPolicy",
            7,
            TEXT,
            "Whether taints of nodes count: Honor or Ignore.",
        )
        .go("v1.NodeInclusionPolicy"),
        plain(
            "matchLabelKeys",
            8,
            TEXTS,
            "Labels in which the Pods counted are like this one.",
        ),
    ],
};

/// `corev1.PodOS`.
pub(super) static POD_OS: Message = Message {
    name: "PodOS",
    openapi: "io.k8s.api.core.v1.PodOS",
    doc: "The operating system of containers.",
    fields: &[required("name", 1, TEXT, "linux or windows.").go("v1.OSName")],
};

/// `corev1.PodSchedulingGate`.
pub(super) static POD_SCHEDULING_GATE: Message = Message {
    name: "PodSchedulingGate",
    openapi: "io.k8s.api.core.v1.PodSchedulingGate",
    doc: "What keeps a Pod from getting a node.",
    fields: &[required("name", 1, TEXT, "Its name.")],
};

/// `corev1.PodResourceClaim`.
pub(super) static POD_RESOURCE_CLAIM: Message = Message {
    name: "PodResourceClaim",
    openapi: "io.k8s.api.core.v1.PodResourceClaim",
    doc: "A claim of devices for containers of a Pod.",
    fields: &[
        required("name", 1, TEXT, "Its name."),
        pointer("resourceClaimName", 3, TEXT, "The ResourceClaim."),
        pointer(
            "resourceClaimTemplateName",
            4,
            TEXT,
            "The template that a ResourceClaim is made from.",
        ),
    ],
};

/// `corev1.PodSchedulingGroup`.
pub(super) static POD_SCHEDULING_GROUP: Message = Message {
    name: "PodSchedulingGroup",
    openapi: "io.k8s.api.core.v1.PodSchedulingGroup",
    doc: "The group that a Pod is scheduled with.",
    fields: &[pointer("podGroupName", 1, TEXT, "The name of the PodGroup.")],
};
