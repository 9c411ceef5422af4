//! What every served type looks like, as data.
//!
//! One table drives all that depends on the shape of a type: reading JSON and YAML with upstream's sentences,
//! unknown-field warnings, protobuf both ways, OpenAPI and `kubectl explain`, strategic merge patch and
//! server-side apply. Names, tags and list types are those of `k8s.io/api` at 1.36.

mod answers;
mod apply;
mod authentication;
mod authentication_configuration;
mod authorization;
mod authorization_configuration;
mod certificates;
mod coordination;
mod core;
mod encryption_configuration;
mod event;
mod meta;
mod pod;
mod quota;
mod rbac;
mod service;
mod token;

pub use self::answers::{
    API_GROUP, API_GROUP_DISCOVERY_LIST, API_GROUP_LIST, API_RESOURCE_LIST, API_VERSIONS, DELETE_OPTIONS,
    STATUS,
};
pub use self::authentication::{SELF_SUBJECT_REVIEW, USER_INFO};
pub use self::authentication_configuration::AUTHENTICATION_CONFIGURATION;
pub use self::authorization::{
    LOCAL_SUBJECT_ACCESS_REVIEW, SELF_SUBJECT_ACCESS_REVIEW, SELF_SUBJECT_RULES_REVIEW, SUBJECT_ACCESS_REVIEW,
};
pub use self::authorization_configuration::AUTHORIZATION_CONFIGURATION;
pub use self::certificates::CERTIFICATE_SIGNING_REQUEST;
pub use self::coordination::{LEASE, LEASE_SPEC};
pub use self::core::{
    CONFIG_MAP, LOCAL_OBJECT_REFERENCE, NAMESPACE, NAMESPACE_CONDITION, NAMESPACE_SPEC, NAMESPACE_STATUS,
    OBJECT_REFERENCE, SECRET, SERVICE_ACCOUNT,
};
pub use self::encryption_configuration::ENCRYPTION_CONFIGURATION;
pub use self::event::{EVENT, EVENT_SERIES, EVENT_SERIES_V1, EVENT_SOURCE, EVENT_V1};
pub use self::meta::{CONDITION, MANAGED_FIELDS_ENTRY, OBJECT_META, OWNER_REFERENCE};
pub use self::pod::{LABEL_SELECTOR, POD_SPEC, POD_TEMPLATE, POD_TEMPLATE_SPEC};
pub use self::quota::{
    LIMIT_RANGE, LIMIT_RANGE_ITEM, LIMIT_RANGE_SPEC, RESOURCE_QUOTA, RESOURCE_QUOTA_SPEC,
    RESOURCE_QUOTA_STATUS, SCOPE_SELECTOR, SCOPED_RESOURCE_SELECTOR_REQUIREMENT,
};
pub use self::rbac::{
    AGGREGATION_RULE, CLUSTER_ROLE, CLUSTER_ROLE_BINDING, POLICY_RULE, ROLE, ROLE_BINDING, ROLE_REF, SUBJECT,
};
pub use self::service::{
    CLIENT_IP_CONFIG, ENDPOINT_ADDRESS, ENDPOINT_PORT, ENDPOINT_SUBSET, ENDPOINTS, LOAD_BALANCER_INGRESS,
    LOAD_BALANCER_STATUS, PORT_STATUS, RANGE_ALLOCATION, SERVICE, SERVICE_PORT, SERVICE_SPEC, SERVICE_STATUS,
    SESSION_AFFINITY_CONFIG,
};
pub use self::token::{TOKEN_REQUEST, TOKEN_REVIEW};

/// A message: a Go struct with its JSON names and protobuf tags.
#[derive(Debug)]
pub struct Message {
    /// The Go type's name, as upstream's decode errors print it (`Secret`, `ObjectMeta`).
    pub name: &'static str,
    /// The OpenAPI definition's name, `io.k8s.api.core.v1.Secret`.
    pub openapi: &'static str,
    /// Our own one- or two-sentence description, for OpenAPI and `kubectl explain`.
    pub doc: &'static str,
    /// The fields in the order of the Go struct, which is the order JSON is written in.
    pub fields: &'static [Field],
}

/// Messages that are owned and replaced as a whole (`+structType=atomic`).
const ATOMIC: [&str; 20] = [
    "ConfigMapKeySelector",
    "EndpointAddress",
    "EndpointPort",
    "FileKeySelector",
    "LabelSelector",
    "LocalObjectReference",
    "NodeSelector",
    "NodeSelectorTerm",
    "ObjectFieldSelector",
    "ObjectReference",
    "OwnerReference",
    "ResourceFieldSelector",
    "RoleRef",
    "ScopeSelector",
    "SecretKeySelector",
    "SecretReference",
    "Subject",
    "TopologySelectorTerm",
    "TypedLocalObjectReference",
    "WorkloadReference",
];

impl Message {
    /// Whether it has one owner as a whole (`x-kubernetes-map-type: atomic`).
    #[must_use]
    pub fn is_atomic(&self) -> bool {
        ATOMIC.contains(&self.name)
    }

    /// The field with the JSON name `name`.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&'static Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// The field with the protobuf tag `tag`, not looking into embedded messages.
    #[must_use]
    pub fn tag(&self, tag: u32) -> Option<&'static Field> {
        self.tag_inside(0, tag)
    }

    /// The field with the protobuf tag `tag` in the embedded message with the tag `inside` (0: in none).
    #[must_use]
    pub fn tag_inside(&self, inside: u32, tag: u32) -> Option<&'static Field> {
        self.fields
            .iter()
            .find(|field| field.inside == inside && field.tag == tag)
    }

    /// Whether protobuf has some fields in an embedded message.
    #[must_use]
    pub fn is_nested(&self) -> bool {
        self.fields.iter().any(|field| field.inside != 0)
    }
}

/// A field of a [`Message`].
#[derive(Debug)]
pub struct Field {
    /// JSON name.
    pub name: &'static str,
    /// Protobuf tag. 0: the field has none (`apiVersion` and `kind`, which the envelope carries).
    pub tag: u32,
    /// What it holds.
    pub ty: Type,
    /// When it is written.
    pub presence: Presence,
    /// How lists merge (`patchStrategy`, `patchMergeKey`, `x-kubernetes-list-type`).
    pub merge: Merge,
    /// Go's name of the innermost type where it is not the plain one (`v1.SecretType`, `types.UID`), as decode
    /// errors print it; empty: derived from `ty`.
    pub go: &'static str,
    /// The protobuf tag of the message in which protobuf has the field where JSON has it among the others (a Go
    /// struct embedded with `json:",inline"`). 0: it is in none. Such a message is always written.
    pub inside: u32,
    /// Whether a merge of two elements of the list drops what the second does not name (`retainKeys`).
    pub retains: bool,
    /// Our own description.
    pub doc: &'static str,
}

impl Field {
    /// A field that merges as a whole and has a plain Go type.
    pub(crate) const fn new(
        name: &'static str,
        tag: u32,
        ty: Type,
        presence: Presence,
        doc: &'static str,
    ) -> Self {
        Self {
            name,
            tag,
            ty,
            presence,
            merge: Merge::Atomic,
            go: "",
            inside: 0,
            retains: false,
            doc,
        }
    }

    /// The same with Go's name of the innermost type.
    pub(crate) const fn go(self, go: &'static str) -> Self {
        Self { go, ..self }
    }

    /// The same with another way to merge.
    pub(crate) const fn merge(self, merge: Merge) -> Self {
        Self { merge, ..self }
    }

    /// The same inside of an embedded message.
    pub(crate) const fn inside(self, inside: u32) -> Self {
        Self { inside, ..self }
    }

    /// The same for a list whose elements are merged with `retainKeys`.
    pub(crate) const fn retaining(self) -> Self {
        Self {
            retains: true,
            ..self
        }
    }

    /// Go's spelling of the field's type, as `encoding/json` prints it: `map[string][]uint8`.
    #[must_use]
    pub fn go_type(&self) -> String {
        self.ty.go(self.go)
    }
}

/// When a field is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// A Go value with `omitempty`: protobuf always writes it (zero when absent), JSON when it is not zero.
    /// Messages are written by both always; lists and maps by neither when empty.
    Plain,
    /// A Go value that JSON omits when zero even though it is a message (`creationTimestamp`).
    OmitZero,
    /// A Go pointer: written by both when it is there.
    Pointer,
    /// A Go pointer without `omitempty`: JSON has null when it is not there, protobuf nothing. To what compares objects
    /// it is always there.
    Nullable,
    /// A Go value without `omitempty`: written by both always.
    Required,
}

impl Presence {
    /// Whether it is a pointer in Go, which tells what is not there from what is zero.
    #[must_use]
    pub fn is_pointer(self) -> bool {
        matches!(self, Self::Pointer | Self::Nullable)
    }
}

/// The type of a field or of the elements of a list or map.
#[derive(Debug, Clone, Copy)]
pub enum Type {
    /// `bool`
    Bool,
    /// `int32`
    Int32,
    /// `int64`
    Int64,
    /// `string`
    String,
    /// `[]byte`: base64 in JSON.
    Bytes,
    /// `metav1.Time`: RFC 3339 with whole seconds in JSON, `Timestamp{seconds=1,nanos=2}` in protobuf.
    Time,
    /// `metav1.MicroTime`: six decimals in JSON.
    MicroTime,
    /// `metav1.FieldsV1`: any JSON object; in protobuf a message whose field 1 is that JSON as bytes. In a typed
    /// tree it is [`Value::Bytes`](crate::Value::Bytes) holding that JSON, so that the order of its members, which
    /// is not alphabetical, survives; writers take a map too.
    FieldsV1,
    /// `resource.Quantity`: a string in canonical form (numbers are read too), `Quantity{string=1}` in protobuf.
    Quantity,
    /// `intstr.IntOrString`: a number or a string, `IntOrString{type=1,intVal=2,strVal=3}` in protobuf.
    IntOrString,
    /// A message.
    Message(&'static Message),
    /// A list of the type.
    List(&'static Type),
    /// A map from strings to the type.
    Map(&'static Type),
}

impl Type {
    /// Go's spelling of the type; `named` replaces the innermost scalar's when not empty.
    #[must_use]
    pub fn go(&self, named: &str) -> String {
        let plain = |name: &str| {
            if named.is_empty() {
                name.to_owned()
            } else {
                named.to_owned()
            }
        };
        match self {
            Self::Bool => plain("bool"),
            Self::Int32 => plain("int32"),
            Self::Int64 => plain("int64"),
            Self::String => plain("string"),
            Self::Bytes => "[]uint8".to_owned(),
            Self::Time => "v1.Time".to_owned(),
            Self::MicroTime => "v1.MicroTime".to_owned(),
            Self::FieldsV1 => "v1.FieldsV1".to_owned(),
            Self::Quantity => "resource.Quantity".to_owned(),
            Self::IntOrString => "intstr.IntOrString".to_owned(),
            Self::Message(message) => format!("v1.{}", message.name),
            Self::List(item) => format!("[]{}", item.go(named)),
            Self::Map(value) => format!("map[string]{}", value.go(named)),
        }
    }
}

/// How two versions of a list are merged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Merge {
    /// Replaced as a whole (also: not a list).
    Atomic,
    /// A set of scalars.
    Set {
        /// Whether strategic merge patch adds to it (`finalizers`) or replaces it.
        adds: bool,
    },
    /// A list of messages merged by this key for strategic merge patch, and by these keys for server-side apply.
    Keys {
        /// `patchMergeKey`; `None`: strategic merge patch replaces the list.
        patch: Option<&'static str>,
        /// `x-kubernetes-list-map-keys`; empty: server-side apply sees an atomic list.
        apply: &'static [&'static str],
    },
}
