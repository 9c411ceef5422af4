//! `k8s.io/apimachinery/pkg/apis/meta/v1`.

use super::Presence::{OmitZero, Plain, Pointer, Required};
use super::{Field, Merge, Message, Type};

/// `kind` and `apiVersion`, which the envelope carries and every top-level type starts with.
pub(super) const KIND: Field = Field::new(
    "kind",
    0,
    Type::String,
    Plain,
    "The type of this object, for example Secret.",
);
pub(super) const API_VERSION: Field = Field::new(
    "apiVersion",
    0,
    Type::String,
    Plain,
    "The group and version in which this object is written.",
);
/// `metadata`.
pub(super) const METADATA: Field = Field::new(
    "metadata",
    1,
    Type::Message(&OBJECT_META),
    Plain,
    "What every object has: its name, labels, annotations and history.",
);

/// A map from strings to strings.
pub(super) const STRINGS: Type = Type::Map(&Type::String);

/// `metav1.ObjectMeta`.
pub static OBJECT_META: Message = Message {
    name: "ObjectMeta",
    openapi: "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta",
    doc: "What every stored object has besides its content.",
    fields: &[
        Field::new(
            "name",
            1,
            Type::String,
            Plain,
            "The name, unique among objects of one kind in one namespace. It cannot be changed.",
        ),
        Field::new(
            "generateName",
            2,
            Type::String,
            Plain,
            "A prefix from which the server makes a unique name when no name is given.",
        ),
        Field::new(
            "namespace",
            3,
            Type::String,
            Plain,
            "The namespace the object lives in; empty for objects that live in none. It cannot be changed.",
        ),
        Field::new("selfLink", 4, Type::String, Plain, "No longer filled in."),
        Field::new("uid", 5, Type::String, Plain, "An id that no other object ever has. The server sets it.")
            .go("types.UID"),
        Field::new(
            "resourceVersion",
            6,
            Type::String,
            Plain,
            "The revision of the last change; send it back to be told when somebody else changed the object.",
        ),
        Field::new("generation", 7, Type::Int64, Plain, "Counts the changes of what is wanted."),
        Field::new(
            "creationTimestamp",
            8,
            Type::Time,
            OmitZero,
            "When the server created the object, to the second, in UTC.",
        ),
        Field::new(
            "deletionTimestamp",
            9,
            Type::Time,
            Pointer,
            "When deletion was asked for; the object goes once its finalizers are gone. The server sets it.",
        ),
        Field::new(
            "deletionGracePeriodSeconds",
            10,
            Type::Int64,
            Pointer,
            "Seconds the object may take to end before it is removed. Set together with deletionTimestamp.",
        ),
        Field::new("labels", 11, STRINGS, Plain, "Short key and value pairs that selectors match on."),
        Field::new("annotations", 12, STRINGS, Plain, "Key and value pairs for tools; selectors cannot match on them."),
        Field::new(
            "ownerReferences",
            13,
            Type::List(&Type::Message(&OWNER_REFERENCE)),
            Plain,
            "The objects this one depends on; it is removed when all of them are gone.",
        )
        .merge(Merge::Keys { patch: Some("uid"), apply: &["uid"] }),
        Field::new(
            "finalizers",
            14,
            Type::List(&Type::String),
            Plain,
            "Names of those who must act before the object is removed. Nothing may be added once deletion started.",
        )
        .merge(Merge::Set { adds: true }),
        Field::new(
            "managedFields",
            17,
            Type::List(&Type::Message(&MANAGED_FIELDS_ENTRY)),
            Plain,
            "Which fields each writer has set.",
        ),
    ],
};

/// `metav1.OwnerReference`.
pub static OWNER_REFERENCE: Message = Message {
    name: "OwnerReference",
    openapi: "io.k8s.apimachinery.pkg.apis.meta.v1.OwnerReference",
    doc: "Names an object on which another depends, in the same namespace or in none.",
    fields: &[
        Field::new(
            "apiVersion",
            5,
            Type::String,
            Required,
            "The group and version of the owner.",
        ),
        Field::new("kind", 1, Type::String, Required, "The kind of the owner."),
        Field::new("name", 3, Type::String, Required, "The name of the owner."),
        Field::new("uid", 4, Type::String, Required, "The uid of the owner.").go("types.UID"),
        Field::new(
            "controller",
            6,
            Type::Bool,
            Pointer,
            "Whether the owner is the one that manages this object.",
        ),
        Field::new(
            "blockOwnerDeletion",
            7,
            Type::Bool,
            Pointer,
            "Whether the owner, deleted in the foreground, has to wait until this object is gone.",
        ),
    ],
};

/// `metav1.ManagedFieldsEntry`.
pub static MANAGED_FIELDS_ENTRY: Message = Message {
    name: "ManagedFieldsEntry",
    openapi: "io.k8s.apimachinery.pkg.apis.meta.v1.ManagedFieldsEntry",
    doc: "The fields one writer has set, by one way of writing, in one version.",
    fields: &[
        Field::new("manager", 1, Type::String, Plain, "Who wrote the fields."),
        Field::new(
            "operation",
            2,
            Type::String,
            Plain,
            "How they were written: Apply or Update.",
        )
        .go("v1.ManagedFieldsOperationType"),
        Field::new(
            "apiVersion",
            3,
            Type::String,
            Plain,
            "The version in which the fields are named.",
        ),
        Field::new(
            "time",
            4,
            Type::Time,
            Pointer,
            "When the set of fields last changed.",
        ),
        Field::new(
            "fieldsType",
            6,
            Type::String,
            Plain,
            "The format of the set of fields; FieldsV1.",
        ),
        Field::new("fieldsV1", 7, Type::FieldsV1, Pointer, "The set of fields."),
        Field::new(
            "subresource",
            8,
            Type::String,
            Plain,
            "The subresource they were written through, if any.",
        ),
    ],
};

/// `metav1.Condition`.
pub static CONDITION: Message = Message {
    name: "Condition",
    openapi: "io.k8s.apimachinery.pkg.apis.meta.v1.Condition",
    doc: "One thing that holds of an object, or does not.",
    fields: &[
        Field::new("type", 1, Type::String, Required, "What the condition is about."),
        Field::new("status", 2, Type::String, Required, "True, False or Unknown.").go("v1.ConditionStatus"),
        Field::new(
            "observedGeneration",
            3,
            Type::Int64,
            Plain,
            "The generation it was said of.",
        ),
        Field::new(
            "lastTransitionTime",
            4,
            Type::Time,
            Required,
            "When the status last changed.",
        ),
        Field::new("reason", 5, Type::String, Required, "One word that says why."),
        Field::new("message", 6, Type::String, Required, "A sentence that says why."),
    ],
};
