//! Types of `meta.k8s.io` and `apidiscovery.k8s.io` that are sent and never stored, for protobuf.

use super::Presence::{Plain, Pointer, Required};
use super::meta::{API_VERSION, KIND, METADATA};
use super::{Field, Message, Presence, Type};

const fn field(name: &'static str, tag: u32, ty: Type, presence: Presence) -> Field {
    Field::new(name, tag, ty, presence, "")
}

const fn text(name: &'static str, tag: u32) -> Field {
    field(name, tag, Type::String, Plain)
}

const fn texts(name: &'static str, tag: u32) -> Field {
    field(name, tag, Type::List(&Type::String), Plain)
}

const fn message(name: &'static str, fields: &'static [Field]) -> Message {
    Message {
        name,
        openapi: "",
        doc: "",
        fields,
    }
}

/// `metav1.ListMeta`.
static LIST_META: Message = message(
    "ListMeta",
    &[
        text("selfLink", 1),
        text("resourceVersion", 2),
        text("continue", 3),
        field("remainingItemCount", 4, Type::Int64, Pointer),
    ],
);

const LIST_METADATA: Field = field("metadata", 1, Type::Message(&LIST_META), Plain);

/// `metav1.Status`.
pub static STATUS: Message = message(
    "Status",
    &[
        KIND,
        API_VERSION,
        LIST_METADATA,
        text("status", 2),
        text("message", 3),
        text("reason", 4),
        field("details", 5, Type::Message(&STATUS_DETAILS), Pointer),
        field("code", 6, Type::Int32, Plain),
    ],
);

static STATUS_DETAILS: Message = message(
    "StatusDetails",
    &[
        text("name", 1),
        text("group", 2),
        text("kind", 3),
        text("uid", 6),
        field("causes", 4, Type::List(&Type::Message(&STATUS_CAUSE)), Plain),
        field("retryAfterSeconds", 5, Type::Int32, Plain),
    ],
);

static STATUS_CAUSE: Message = message(
    "StatusCause",
    &[text("reason", 1), text("message", 2), text("field", 3)],
);

/// `metav1.DeleteOptions`.
pub static DELETE_OPTIONS: Message = message(
    "DeleteOptions",
    &[
        KIND,
        API_VERSION,
        field("gracePeriodSeconds", 1, Type::Int64, Pointer),
        field("preconditions", 2, Type::Message(&PRECONDITIONS), Pointer),
        field("orphanDependents", 3, Type::Bool, Pointer),
        field("propagationPolicy", 4, Type::String, Pointer).go("v1.DeletionPropagation"),
        texts("dryRun", 5),
        field(
            "ignoreStoreReadErrorWithClusterBreakingPotential",
            6,
            Type::Bool,
            Pointer,
        ),
    ],
);

static PRECONDITIONS: Message = message(
    "Preconditions",
    &[
        field("uid", 1, Type::String, Pointer).go("types.UID"),
        field("resourceVersion", 2, Type::String, Pointer),
    ],
);

static SERVER_ADDRESS: Message = message(
    "ServerAddressByClientCIDR",
    &[text("clientCIDR", 1), text("serverAddress", 2)],
);

const SERVER_ADDRESSES: Type = Type::List(&Type::Message(&SERVER_ADDRESS));

/// `metav1.APIVersions`: `/api`.
pub static API_VERSIONS: Message = message(
    "APIVersions",
    &[
        KIND,
        API_VERSION,
        texts("versions", 1),
        field("serverAddressByClientCIDRs", 2, SERVER_ADDRESSES, Plain),
    ],
);

static GROUP_VERSION: Message = message(
    "GroupVersionForDiscovery",
    &[text("groupVersion", 1), text("version", 2)],
);

/// `metav1.APIGroup`: `/apis/GROUP`.
pub static API_GROUP: Message = message(
    "APIGroup",
    &[
        KIND,
        API_VERSION,
        text("name", 1),
        field("versions", 2, Type::List(&Type::Message(&GROUP_VERSION)), Plain),
        field("preferredVersion", 3, Type::Message(&GROUP_VERSION), Plain),
        field("serverAddressByClientCIDRs", 4, SERVER_ADDRESSES, Plain),
    ],
);

/// `metav1.APIGroupList`: `/apis`.
pub static API_GROUP_LIST: Message = message(
    "APIGroupList",
    &[
        KIND,
        API_VERSION,
        field("groups", 1, Type::List(&Type::Message(&API_GROUP)), Plain),
    ],
);

/// In JSON `verbs` is the list itself.
static VERBS: Message = message("Verbs", &[texts("items", 1)]);

static API_RESOURCE: Message = message(
    "APIResource",
    &[
        text("name", 1),
        text("singularName", 6),
        field("namespaced", 2, Type::Bool, Plain),
        text("group", 8),
        text("version", 9),
        text("kind", 3),
        field("verbs", 4, Type::Message(&VERBS), Pointer),
        texts("shortNames", 5),
        texts("categories", 7),
        text("storageVersionHash", 10),
    ],
);

/// `metav1.APIResourceList`: `/api/v1`, `/apis/GROUP/VERSION`. Each `verbs` is to be written as `{"items":[…]}`.
pub static API_RESOURCE_LIST: Message = message(
    "APIResourceList",
    &[
        KIND,
        API_VERSION,
        text("groupVersion", 1),
        field("resources", 2, Type::List(&Type::Message(&API_RESOURCE)), Plain),
    ],
);

static GROUP_VERSION_KIND: Message = message(
    "GroupVersionKind",
    &[text("group", 1), text("version", 2), text("kind", 3)],
);

const RESPONSE_KIND: Field = field("responseKind", 2, Type::Message(&GROUP_VERSION_KIND), Pointer);

static SUBRESOURCE_DISCOVERY: Message = message(
    "APISubresourceDiscovery",
    &[
        text("subresource", 1),
        RESPONSE_KIND,
        field(
            "acceptedTypes",
            3,
            Type::List(&Type::Message(&GROUP_VERSION_KIND)),
            Plain,
        ),
        texts("verbs", 4),
    ],
);

static RESOURCE_DISCOVERY: Message = message(
    "APIResourceDiscovery",
    &[
        text("resource", 1),
        RESPONSE_KIND,
        text("scope", 3),
        text("singularResource", 4),
        texts("verbs", 5),
        texts("shortNames", 6),
        texts("categories", 7),
        field(
            "subresources",
            8,
            Type::List(&Type::Message(&SUBRESOURCE_DISCOVERY)),
            Plain,
        ),
    ],
);

static VERSION_DISCOVERY: Message = message(
    "APIVersionDiscovery",
    &[
        text("version", 1),
        field(
            "resources",
            2,
            Type::List(&Type::Message(&RESOURCE_DISCOVERY)),
            Plain,
        ),
        text("freshness", 3),
    ],
);

static GROUP_DISCOVERY: Message = message(
    "APIGroupDiscovery",
    &[
        METADATA,
        field(
            "versions",
            2,
            Type::List(&Type::Message(&VERSION_DISCOVERY)),
            Plain,
        ),
    ],
);

/// `apidiscovery.k8s.io` `APIGroupDiscoveryList`, the same in v2 and v2beta1.
pub static API_GROUP_DISCOVERY_LIST: Message = message(
    "APIGroupDiscoveryList",
    &[
        KIND,
        API_VERSION,
        LIST_METADATA,
        field("items", 2, Type::List(&Type::Message(&GROUP_DISCOVERY)), Required),
    ],
);
