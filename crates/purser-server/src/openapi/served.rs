//! The definitions of what discovery and `/version` answer.

use purser_types::schema::Presence::{Plain, Required};
use purser_types::schema::{Field, Message, Type};
use serde_json::{Map, Value};

use super::described::{API_VERSION, KIND, field};
use super::dialect::Dialect;
use super::schema::{add, tag_kinds};

/// `metav1.APIVersions`
pub(super) const API_VERSIONS: &str = "io.k8s.apimachinery.pkg.apis.meta.v1.APIVersions";
/// `metav1.APIGroupList`
pub(super) const API_GROUP_LIST: &str = "io.k8s.apimachinery.pkg.apis.meta.v1.APIGroupList";
/// `metav1.APIGroup`
pub(super) const API_GROUP: &str = "io.k8s.apimachinery.pkg.apis.meta.v1.APIGroup";
/// `metav1.APIResourceList`
pub(super) const API_RESOURCE_LIST: &str = "io.k8s.apimachinery.pkg.apis.meta.v1.APIResourceList";
/// `version.Info`
pub(super) const VERSION_INFO: &str = "io.k8s.apimachinery.pkg.version.Info";

/// Adds them all.
pub(super) fn add_all(dialect: Dialect, definitions: &mut Map<String, Value>) {
    for message in [&VERSIONS, &GROUP_LIST, &RESOURCE_LIST] {
        add(dialect, message, definitions);
        tag_kinds(message.openapi, &[("", "v1", message.name)], definitions);
    }
    tag_kinds(API_GROUP, &[("", "v1", GROUP.name)], definitions);
    add(dialect, &INFO, definitions);
}

const TEXTS: Type = Type::List(&Type::String);

const fn text(name: &'static str, doc: &'static str) -> Field {
    field(name, Type::String, Required, doc)
}

const fn optional(name: &'static str, doc: &'static str) -> Field {
    field(name, Type::String, Plain, doc)
}

static VERSIONS: Message = Message {
    name: "APIVersions",
    openapi: API_VERSIONS,
    doc: "The versions of the core group.",
    fields: &[
        API_VERSION,
        KIND,
        field(
            "serverAddressByClientCIDRs",
            Type::List(&Type::Message(&SERVER_ADDRESS)),
            Required,
            "Where clients reach the server.",
        ),
        field("versions", TEXTS, Required, "The versions."),
    ],
};

static SERVER_ADDRESS: Message = Message {
    name: "ServerAddressByClientCIDR",
    openapi: "io.k8s.apimachinery.pkg.apis.meta.v1.ServerAddressByClientCIDR",
    doc: "Where clients of one network reach the server.",
    fields: &[
        text("clientCIDR", "The network of the client."),
        text("serverAddress", "Host and port, or host alone."),
    ],
};

static GROUP_LIST: Message = Message {
    name: "APIGroupList",
    openapi: API_GROUP_LIST,
    doc: "The groups that are served, but for the core group.",
    fields: &[
        API_VERSION,
        KIND,
        field(
            "groups",
            Type::List(&Type::Message(&GROUP)),
            Required,
            "The groups.",
        ),
    ],
};

static GROUP: Message = Message {
    name: "APIGroup",
    openapi: API_GROUP,
    doc: "A group and its versions.",
    fields: &[
        API_VERSION,
        KIND,
        text("name", "The name of the group."),
        field(
            "preferredVersion",
            Type::Message(&GROUP_VERSION),
            Plain,
            "The version to use.",
        ),
        field(
            "serverAddressByClientCIDRs",
            Type::List(&Type::Message(&SERVER_ADDRESS)),
            Plain,
            "Where clients reach the group; empty where they reach the server.",
        ),
        field(
            "versions",
            Type::List(&Type::Message(&GROUP_VERSION)),
            Required,
            "The versions.",
        ),
    ],
};

static GROUP_VERSION: Message = Message {
    name: "GroupVersionForDiscovery",
    openapi: "io.k8s.apimachinery.pkg.apis.meta.v1.GroupVersionForDiscovery",
    doc: "A version of a group.",
    fields: &[
        text(
            "groupVersion",
            "Group and version as objects name them, group/version.",
        ),
        text("version", "The version alone."),
    ],
};

static RESOURCE_LIST: Message = Message {
    name: "APIResourceList",
    openapi: API_RESOURCE_LIST,
    doc: "The resources of a version of a group.",
    fields: &[
        API_VERSION,
        text("groupVersion", "Group and version."),
        KIND,
        field(
            "resources",
            Type::List(&Type::Message(&RESOURCE)),
            Required,
            "The resources.",
        ),
    ],
};

static RESOURCE: Message = Message {
    name: "APIResource",
    openapi: "io.k8s.apimachinery.pkg.apis.meta.v1.APIResource",
    doc: "A resource and what may be done with it.",
    fields: &[
        field(
            "categories",
            TEXTS,
            Plain,
            "The sets of resources it belongs to, such as all.",
        ),
        optional("group", "The group of its objects, where that is another."),
        text("kind", "The kind of its objects."),
        text("name", "The plural name, by which paths name it."),
        field(
            "namespaced",
            Type::Bool,
            Required,
            "Whether its objects live in namespaces.",
        ),
        field("shortNames", TEXTS, Plain, "Short names that kubectl takes too."),
        text("singularName", "The singular name."),
        optional(
            "storageVersionHash",
            "Changes when objects are stored in another version.",
        ),
        field("verbs", TEXTS, Required, "What may be done."),
        optional("version", "The version of its objects, where that is another."),
    ],
};

static INFO: Message = Message {
    name: "Info",
    openapi: VERSION_INFO,
    doc: "Which server this is.",
    fields: &[
        text("buildDate", "When it was built."),
        text("compiler", "With what it was compiled."),
        optional("emulationMajor", "The major version of the API it serves."),
        optional("emulationMinor", "The minor version of the API it serves."),
        text("gitCommit", "The commit it was built from."),
        text("gitTreeState", "Whether anything was not committed then."),
        text("gitVersion", "The version, and what else tells builds apart."),
        text("goVersion", "With which version of the compiler."),
        text("major", "The major version."),
        optional(
            "minCompatibilityMajor",
            "The major version of the oldest API it goes with.",
        ),
        optional(
            "minCompatibilityMinor",
            "The minor version of the oldest API it goes with.",
        ),
        text("minor", "The minor version."),
        text("platform", "The operating system and the processor."),
    ],
};
