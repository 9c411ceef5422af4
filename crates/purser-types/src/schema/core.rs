//! `k8s.io/api/core/v1`.

use super::Presence::{Plain, Pointer, Required};
use super::meta::{API_VERSION, KIND, METADATA, STRINGS};
use super::{Field, Merge, Message, Type};

/// A map from strings to bytes.
const BYTES: Type = Type::Map(&Type::Bytes);

/// `corev1.Secret`.
pub static SECRET: Message = Message {
    name: "Secret",
    openapi: "io.k8s.api.core.v1.Secret",
    doc: "Sensitive values under names: passwords, tokens, keys. All values together hold at most 1 MiB.",
    fields: &[
        KIND,
        API_VERSION,
        METADATA,
        Field::new(
            "immutable",
            5,
            Type::Bool,
            Pointer,
            "When true, the values can never be changed again; only the metadata can, and the object be deleted.",
        ),
        Field::new(
            "data",
            2,
            BYTES,
            Plain,
            "The values, in base64. A key has letters, digits, dashes, underscores and dots.",
        ),
        Field::new(
            "stringData",
            4,
            STRINGS,
            Plain,
            "Values in plain text, for writing only: each replaces the one of the same key in data.",
        ),
        Field::new(
            "type",
            3,
            Type::String,
            Plain,
            "What the values are for, which decides the keys that must be there.",
        )
        .go("v1.SecretType"),
    ],
};

/// `corev1.ConfigMap`.
pub static CONFIG_MAP: Message = Message {
    name: "ConfigMap",
    openapi: "io.k8s.api.core.v1.ConfigMap",
    doc: "Settings that are not confidential, under names.",
    fields: &[
        KIND,
        API_VERSION,
        METADATA,
        Field::new(
            "immutable",
            4,
            Type::Bool,
            Pointer,
            "When true, the settings can never be changed again; only the metadata can, and the object be deleted.",
        ),
        Field::new(
            "data",
            2,
            STRINGS,
            Plain,
            "Settings that are text. No key may be in binaryData too.",
        ),
        Field::new(
            "binaryData",
            3,
            BYTES,
            Plain,
            "Settings that are bytes, in base64. No key may be in data too.",
        ),
    ],
};

/// `corev1.Namespace`.
pub static NAMESPACE: Message = Message {
    name: "Namespace",
    openapi: "io.k8s.api.core.v1.Namespace",
    doc: "A scope for names: most kinds of objects live in one.",
    fields: &[
        KIND,
        API_VERSION,
        METADATA,
        Field::new(
            "spec",
            2,
            Type::Message(&NAMESPACE_SPEC),
            Plain,
            "What is wanted of the namespace.",
        ),
        Field::new(
            "status",
            3,
            Type::Message(&NAMESPACE_STATUS),
            Plain,
            "What the server says about the namespace.",
        ),
    ],
};

/// `corev1.NamespaceSpec`.
pub static NAMESPACE_SPEC: Message = Message {
    name: "NamespaceSpec",
    openapi: "io.k8s.api.core.v1.NamespaceSpec",
    doc: "What is wanted of a namespace.",
    fields: &[Field::new(
        "finalizers",
        1,
        Type::List(&Type::String),
        Plain,
        "Names of those who must empty the namespace before it is removed.",
    )
    .go("v1.FinalizerName")],
};

/// `corev1.NamespaceStatus`.
pub static NAMESPACE_STATUS: Message = Message {
    name: "NamespaceStatus",
    openapi: "io.k8s.api.core.v1.NamespaceStatus",
    doc: "What the server says about a namespace.",
    fields: &[
        Field::new(
            "phase",
            1,
            Type::String,
            Plain,
            "Active, or Terminating once its deletion has been asked for.",
        )
        .go("v1.NamespacePhase"),
        Field::new(
            "conditions",
            2,
            Type::List(&Type::Message(&NAMESPACE_CONDITION)),
            Plain,
            "What keeps a terminating namespace from going.",
        )
        .merge(Merge::Keys {
            patch: Some("type"),
            apply: &["type"],
        }),
    ],
};

/// `corev1.NamespaceCondition`.
pub static NAMESPACE_CONDITION: Message = Message {
    name: "NamespaceCondition",
    openapi: "io.k8s.api.core.v1.NamespaceCondition",
    doc: "One thing that holds of a namespace, or does not.",
    fields: &[
        Field::new("type", 1, Type::String, Required, "What the condition is about.")
            .go("v1.NamespaceConditionType"),
        Field::new("status", 2, Type::String, Required, "True, False or Unknown.").go("v1.ConditionStatus"),
        Field::new(
            "lastTransitionTime",
            4,
            Type::Time,
            Plain,
            "When the status last changed.",
        ),
        Field::new("reason", 5, Type::String, Plain, "One word that says why."),
        Field::new("message", 6, Type::String, Plain, "A sentence that says why."),
    ],
};

/// `corev1.ServiceAccount`.
pub static SERVICE_ACCOUNT: Message = Message {
    name: "ServiceAccount",
    openapi: "io.k8s.api.core.v1.ServiceAccount",
    doc: "An identity for programs.",
    fields: &[
        KIND,
        API_VERSION,
        METADATA,
        Field::new(
            "secrets",
            2,
            Type::List(&Type::Message(&OBJECT_REFERENCE)),
            Plain,
            "Secrets that programs running under this identity may mount, where that is enforced.",
        )
        .merge(Merge::Keys {
            patch: Some("name"),
            apply: &["name"],
        }),
        Field::new(
            "imagePullSecrets",
            3,
            Type::List(&Type::Message(&LOCAL_OBJECT_REFERENCE)),
            Plain,
            "Secrets with which images are pulled for Pods of this identity.",
        ),
        Field::new(
            "automountServiceAccountToken",
            4,
            Type::Bool,
            Pointer,
            "Whether Pods of this identity get a token unless they say otherwise.",
        ),
    ],
};

/// `corev1.ObjectReference`.
pub static OBJECT_REFERENCE: Message = Message {
    name: "ObjectReference",
    openapi: "io.k8s.api.core.v1.ObjectReference",
    doc: "Names another object, or a part of it.",
    fields: &[
        Field::new("kind", 1, Type::String, Plain, "The kind of the object."),
        Field::new(
            "namespace",
            2,
            Type::String,
            Plain,
            "The namespace of the object.",
        ),
        Field::new("name", 3, Type::String, Plain, "The name of the object."),
        Field::new("uid", 4, Type::String, Plain, "The uid of the object.").go("types.UID"),
        Field::new(
            "apiVersion",
            5,
            Type::String,
            Plain,
            "The group and version of the object.",
        ),
        Field::new(
            "resourceVersion",
            6,
            Type::String,
            Plain,
            "The revision of the object that is meant.",
        ),
        Field::new(
            "fieldPath",
            7,
            Type::String,
            Plain,
            "The part of the object that is meant, as a path of fields.",
        ),
    ],
};

/// `corev1.LocalObjectReference`.
pub static LOCAL_OBJECT_REFERENCE: Message = Message {
    name: "LocalObjectReference",
    openapi: "io.k8s.api.core.v1.LocalObjectReference",
    doc: "Names an object of the same namespace.",
    fields: &[Field::new(
        "name",
        1,
        Type::String,
        Plain,
        "The name of the object.",
    )],
};
