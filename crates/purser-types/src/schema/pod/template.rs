//! Pod templates and what is wanted of Pods.

use super::super::core::LOCAL_OBJECT_REFERENCE;
use super::super::meta::OBJECT_META;
use super::super::meta::{API_VERSION, KIND, METADATA, STRINGS};
use super::super::quota::AMOUNTS;
use super::super::{Merge, Message, Type};
use super::affinity::AFFINITY;
use super::build::{BOOL, INT32, INT64, TEXT, of, plain, pointer, required};
use super::container::{CONTAINER, RESOURCE_REQUIREMENTS};
use super::ephemeral::EPHEMERAL_CONTAINER;
use super::parts::{
    HOST_ALIAS, POD_DNS_CONFIG, POD_OS, POD_READINESS_GATE, POD_RESOURCE_CLAIM, POD_SCHEDULING_GATE,
    POD_SCHEDULING_GROUP, TOLERATION, TOPOLOGY_SPREAD_CONSTRAINT,
};
use super::security::POD_SECURITY_CONTEXT;
use super::volume::VOLUME;

/// `corev1.PodTemplate`.
pub static POD_TEMPLATE: Message = Message {
    name: "PodTemplate",
    openapi: "io.k8s.api.core.v1.PodTemplate",
    doc: "What Pods are made from.",
    fields: &[
        KIND,
        API_VERSION,
        METADATA,
        plain("template", 2, of(&POD_TEMPLATE_SPEC), "The Pods to be made."),
    ],
};

/// `corev1.PodTemplateSpec`.
pub static POD_TEMPLATE_SPEC: Message = Message {
    name: "PodTemplateSpec",
    openapi: "io.k8s.api.core.v1.PodTemplateSpec",
    doc: "The Pods to be made from a template.",
    fields: &[
        plain(
            "metadata",
            1,
            of(&OBJECT_META),
            "Labels and annotations of the Pods.",
        ),
        plain("spec", 2, of(&POD_SPEC), "What is wanted of the Pods."),
    ],
};

/// `corev1.PodSpec`.
pub static POD_SPEC: Message = Message {
    name: "PodSpec",
    openapi: "io.k8s.api.core.v1.PodSpec",
    doc: "What is wanted of a Pod.",
    fields: &[
        plain(
            "volumes",
            1,
            Type::List(&Type::Message(&VOLUME)),
            "Files that containers share.",
        )
        .merge(Merge::Keys {
            patch: Some("name"),
            apply: &["name"],
        })
        .retaining(),
        plain(
            "initContainers",
            20,
            Type::List(&Type::Message(&CONTAINER)),
            "Containers that run to their end, one by one, before the others.",
        )
        .merge(Merge::Keys {
            patch: Some("name"),
            apply: &["name"],
        }),
        required(
            "containers",
            2,
            Type::List(&Type::Message(&CONTAINER)),
            "The containers; there is at least one.",
        )
        .merge(Merge::Keys {
            patch: Some("name"),
            apply: &["name"],
        }),
        plain(
            "ephemeralContainers",
            34,
            Type::List(&Type::Message(&EPHEMERAL_CONTAINER)),
            "Containers added to a running Pod to look into it.",
        )
        .merge(Merge::Keys {
            patch: Some("name"),
            apply: &["name"],
        }),
        plain(
            "restartPolicy",
            3,
            TEXT,
            "When containers are started again: Always, OnFailure or Never.",
        )
        .go("v1.RestartPolicy"),
        pointer(
            "terminationGracePeriodSeconds",
            4,
            INT64,
            "How many seconds it may take to end.",
        ),
        pointer(
            "activeDeadlineSeconds",
            5,
            INT64,
            "For how many seconds the Pod may be active.",
        ),
        plain(
            "dnsPolicy",
            6,
            TEXT,
            "How names are looked up: ClusterFirst, ClusterFirstWithHostNet, Default or None.",
        )
        .go("v1.DNSPolicy"),
        plain("nodeSelector", 7, STRINGS, "Labels that the node must have."),
        plain(
            "serviceAccountName",
            8,
            TEXT,
            "The ServiceAccount that its programs run as.",
        ),
        plain("serviceAccount", 9, TEXT, "Deprecated: serviceAccountName."),
        pointer(
            "automountServiceAccountToken",
            21,
            BOOL,
            "Whether containers get a token of the ServiceAccount.",
        ),
        plain("nodeName", 10, TEXT, "The node it runs on."),
        plain(
            "hostNetwork",
            11,
            BOOL,
            "Whether it uses the network of the node.",
        ),
        plain("hostPID", 12, BOOL, "Whether it sees the processes of the node."),
        plain(
            "hostIPC",
            13,
            BOOL,
            "Whether it uses the IPC namespace of the node.",
        ),
        pointer(
            "shareProcessNamespace",
            27,
            BOOL,
            "Whether its containers see each other's processes.",
        ),
        pointer(
            "securityContext",
            14,
            of(&POD_SECURITY_CONTEXT),
            "What its containers may do, unless they have their own.",
        ),
        plain(
            "imagePullSecrets",
            15,
            Type::List(&Type::Message(&LOCAL_OBJECT_REFERENCE)),
            "Secrets with which images are pulled.",
        )
        .merge(Merge::Keys {
            patch: Some("name"),
            apply: &["name"],
        }),
        plain("hostname", 16, TEXT, "The name of the host."),
        plain(
            "subdomain",
            17,
            TEXT,
            "The domain of the host within that of the namespace.",
        ),
        pointer("affinity", 18, of(&AFFINITY), "On which nodes it had better run."),
        plain("schedulerName", 19, TEXT, "Who gives it a node."),
        plain(
            "tolerations",
            22,
            Type::List(&Type::Message(&TOLERATION)),
            "Taints of nodes it can live with.",
        ),
        plain(
            "hostAliases",
            23,
            Type::List(&Type::Message(&HOST_ALIAS)),
            "Lines added to its hosts file.",
        )
        .merge(Merge::Keys {
            patch: Some("ip"),
            apply: &["ip"],
        }),
        plain("priorityClassName", 24, TEXT, "The name of its priority."),
        pointer("priority", 25, INT32, "The higher, the more important."),
        pointer(
            "dnsConfig",
            26,
            of(&POD_DNS_CONFIG),
            "How names are looked up, in detail.",
        ),
        plain(
            "readinessGates",
            28,
            Type::List(&Type::Message(&POD_READINESS_GATE)),
            "Conditions that must hold before it is ready.",
        ),
        pointer(
            "runtimeClassName",
            29,
            TEXT,
            "The RuntimeClass with which it runs.",
        ),
        pointer(
            "enableServiceLinks",
            30,
            BOOL,
            "Whether containers get environment variables about services.",
        ),
        pointer(
            "preemptionPolicy",
            31,
            TEXT,
            "Whether it may push others out: PreemptLowerPriority or Never.",
        )
        .go("v1.PreemptionPolicy"),
        plain(
            "overhead",
            32,
            AMOUNTS,
            "What running it takes besides its containers.",
        ),
        plain(
            "topologySpreadConstraints",
            33,
            Type::List(&Type::Message(&TOPOLOGY_SPREAD_CONSTRAINT)),
            "How Pods are spread over places.",
        )
        .merge(Merge::Keys {
            patch: Some("topologyKey"),
            apply: &["topologyKey", "whenUnsatisfiable"],
        }),
        pointer(
            "setHostnameAsFQDN",
            35,
            BOOL,
            "Whether its host name is the full one.",
        ),
        pointer("os", 36, of(&POD_OS), "The operating system of its containers."),
        pointer(
            "hostUsers",
            37,
            BOOL,
            "Whether it uses the user namespace of the node.",
        ),
        plain(
            "schedulingGates",
            38,
            Type::List(&Type::Message(&POD_SCHEDULING_GATE)),
            "What keeps it from getting a node.",
        )
        .merge(Merge::Keys {
            patch: Some("name"),
            apply: &["name"],
        }),
        plain(
            "resourceClaims",
            39,
            Type::List(&Type::Message(&POD_RESOURCE_CLAIM)),
            "Claims of devices for its containers.",
        )
        .merge(Merge::Keys {
            patch: Some("name"),
            apply: &["name"],
        })
        .retaining(),
        pointer(
            "resources",
            40,
            of(&RESOURCE_REQUIREMENTS),
            "How much all containers together may use.",
        ),
        pointer(
            "hostnameOverride",
            41,
            TEXT,
            "The name of the host as its programs see it.",
        ),
        pointer(
            "schedulingGroup",
            43,
            of(&POD_SCHEDULING_GROUP),
            "The group it is scheduled with.",
        ),
    ],
};
