//! On which nodes Pods run.

use super::super::{Message, Type};
use super::build::{INT32, TEXT, TEXTS, of, plain, pointer, required};
use super::selector::LABEL_SELECTOR;

/// `corev1.Affinity`.
pub(super) static AFFINITY: Message = Message {
    name: "Affinity",
    openapi: "io.k8s.api.core.v1.Affinity",
    doc: "On which nodes a Pod had better run.",
    fields: &[
        pointer("nodeAffinity", 1, of(&NODE_AFFINITY), "By the nodes."),
        pointer("podAffinity", 2, of(&POD_AFFINITY), "Near which Pods."),
        pointer(
            "podAntiAffinity",
            3,
            of(&POD_ANTI_AFFINITY),
            "Away from which Pods.",
        ),
    ],
};

/// `corev1.NodeAffinity`.
pub(super) static NODE_AFFINITY: Message = Message {
    name: "NodeAffinity",
    openapi: "io.k8s.api.core.v1.NodeAffinity",
    doc: "On which nodes a Pod runs.",
    fields: &[
        pointer(
            "requiredDuringSchedulingIgnoredDuringExecution",
            1,
            of(&NODE_SELECTOR),
            "What must hold when the Pod gets a node.",
        ),
        plain(
            "preferredDuringSchedulingIgnoredDuringExecution",
            2,
            Type::List(&Type::Message(&PREFERRED_SCHEDULING_TERM)),
            "What had better hold when the Pod gets a node.",
        ),
    ],
};

/// `corev1.PodAffinity`.
pub(super) static POD_AFFINITY: Message = Message {
    name: "PodAffinity",
    openapi: "io.k8s.api.core.v1.PodAffinity",
    doc: "Near which Pods a Pod runs.",
    fields: &[
        plain(
            "requiredDuringSchedulingIgnoredDuringExecution",
            1,
            Type::List(&Type::Message(&POD_AFFINITY_TERM)),
            "What must hold when the Pod gets a node.",
        ),
        plain(
            "preferredDuringSchedulingIgnoredDuringExecution",
            2,
            Type::List(&Type::Message(&WEIGHTED_POD_AFFINITY_TERM)),
            "What had better hold when the Pod gets a node.",
        ),
    ],
};

/// `corev1.PodAntiAffinity`.
pub(super) static POD_ANTI_AFFINITY: Message = Message {
    name: "PodAntiAffinity",
    openapi: "io.k8s.api.core.v1.PodAntiAffinity",
    doc: "Away from which Pods a Pod runs.",
    fields: &[
        plain(
            "requiredDuringSchedulingIgnoredDuringExecution",
            1,
            Type::List(&Type::Message(&POD_AFFINITY_TERM)),
            "What must hold when the Pod gets a node.",
        ),
        plain(
            "preferredDuringSchedulingIgnoredDuringExecution",
            2,
            Type::List(&Type::Message(&WEIGHTED_POD_AFFINITY_TERM)),
            "What had better hold when the Pod gets a node.",
        ),
    ],
};

/// `corev1.NodeSelector`.
pub(super) static NODE_SELECTOR: Message = Message {
    name: "NodeSelector",
    openapi: "io.k8s.api.core.v1.NodeSelector",
    doc: "Which nodes are meant.",
    fields: &[required(
        "nodeSelectorTerms",
        1,
        Type::List(&Type::Message(&NODE_SELECTOR_TERM)),
        "Of these, one must hold.",
    )],
};

/// `corev1.NodeSelectorTerm`.
pub(super) static NODE_SELECTOR_TERM: Message = Message {
    name: "NodeSelectorTerm",
    openapi: "io.k8s.api.core.v1.NodeSelectorTerm",
    doc: "What must hold of a node.",
    fields: &[
        plain(
            "matchExpressions",
            1,
            Type::List(&Type::Message(&NODE_SELECTOR_REQUIREMENT)),
            "What must hold of its labels.",
        ),
        plain(
            "matchFields",
            2,
            Type::List(&Type::Message(&NODE_SELECTOR_REQUIREMENT)),
            "What must hold of its fields.",
        ),
    ],
};

/// `corev1.NodeSelectorRequirement`.
pub(super) static NODE_SELECTOR_REQUIREMENT: Message = Message {
    name: "NodeSelectorRequirement",
    openapi: "io.k8s.api.core.v1.NodeSelectorRequirement",
    doc: "What must hold of a label or field of a node.",
    fields: &[
        required("key", 1, TEXT, "The key."),
        required("operator", 2, TEXT, "In, NotIn, Exists, DoesNotExist, Gt or Lt.")
            .go("v1.NodeSelectorOperator"),
        plain("values", 3, TEXTS, "What it is compared with."),
    ],
};

/// `corev1.PreferredSchedulingTerm`.
pub(super) static PREFERRED_SCHEDULING_TERM: Message = Message {
    name: "PreferredSchedulingTerm",
    openapi: "io.k8s.api.core.v1.PreferredSchedulingTerm",
    doc: "Nodes that are preferred.",
    fields: &[
        required("weight", 1, INT32, "How much it counts, from 1 to 100."),
        required("preference", 2, of(&NODE_SELECTOR_TERM), "Which nodes."),
    ],
};

/// `corev1.PodAffinityTerm`.
pub(super) static POD_AFFINITY_TERM: Message = Message {
    name: "PodAffinityTerm",
    openapi: "io.k8s.api.core.v1.PodAffinityTerm",
    doc: "Pods near which, or away from which, a Pod runs.",
    fields: &[
        pointer(
            "labelSelector",
            1,
            of(&LABEL_SELECTOR),
            "Which objects are meant, by their labels.",
        ),
        plain(
            "namespaces",
            2,
            TEXTS,
            "The namespaces of the Pods; none: its own.",
        ),
        required(
            "topologyKey",
            3,
            TEXT,
            "The label of nodes by which places are told apart.",
        ),
        pointer(
            "namespaceSelector",
            4,
            of(&LABEL_SELECTOR),
            "The namespaces of the Pods, by their labels.",
        ),
        plain(
            "matchLabelKeys",
            5,
            TEXTS,
            "Labels in which the Pods are like this one.",
        ),
        plain(
            "mismatchLabelKeys",
            6,
            TEXTS,
            "Labels in which the Pods are unlike this one.",
        ),
    ],
};

/// `corev1.WeightedPodAffinityTerm`.
pub(super) static WEIGHTED_POD_AFFINITY_TERM: Message = Message {
    name: "WeightedPodAffinityTerm",
    openapi: "io.k8s.api.core.v1.WeightedPodAffinityTerm",
    doc: "Pods that are preferred.",
    fields: &[
        required("weight", 1, INT32, "How much it counts, from 1 to 100."),
        required("podAffinityTerm", 2, of(&POD_AFFINITY_TERM), "Which Pods."),
    ],
};
