//! The definitions of `meta.k8s.io` and its neighbours that are no stored objects.

use purser_types::schema::Presence::{Plain, Pointer, Required};
use purser_types::schema::{Message, Type};
use serde_json::{Map, Value, json};

use super::described::{API_VERSION, KIND, field};
use super::dialect::{Dialect, put, reference, schema};
use super::known::{
    DELETE_OPTIONS, FIELDS_V1, INT_OR_STRING, LIST_META, MICRO_TIME, PATCH, QUANTITY, RAW_EXTENSION, STATUS,
    TIME, WATCH_EVENT,
};
use super::schema::{add, tag_kinds};

/// Adds them all; `versions` are the groups and versions in which options and events may be written.
pub(super) fn add_all(dialect: Dialect, versions: &[(&str, &str)], definitions: &mut Map<String, Value>) {
    for (name, schema) in scalars(dialect) {
        definitions.insert(name.to_owned(), schema);
    }
    for message in [&STATUS_MESSAGE, &LIST_META_MESSAGE, &DELETE_OPTIONS_MESSAGE] {
        add(dialect, message, definitions);
    }
    definitions.insert(WATCH_EVENT.to_owned(), watch_event(dialect));
    tag_kinds(STATUS, &[("", "v1", "Status")], definitions);
    for (name, kind) in [(DELETE_OPTIONS, "DeleteOptions"), (WATCH_EVENT, "WatchEvent")] {
        let kinds: Vec<_> = versions
            .iter()
            .map(|(group, version)| (*group, *version, kind))
            .collect();
        tag_kinds(name, &kinds, definitions);
    }
}

fn watch_event(dialect: Dialect) -> Value {
    let mut word = schema("string", "");
    put(
        &mut word,
        "description",
        json!("ADDED, MODIFIED, DELETED, BOOKMARK or ERROR."),
    );
    if dialect == Dialect::V3 {
        put(&mut word, "default", json!(""));
    }
    json!({
        "description": "What happened to an object that is watched.",
        "type": "object",
        "required": ["type", "object"],
        "properties": {
            "object": reference(dialect, RAW_EXTENSION, "The object, or a Status after an error.", false),
            "type": word
        }
    })
}

fn scalars(dialect: Dialect) -> Vec<(&'static str, Value)> {
    let described = |mut schema: Value, doc: &str| {
        put(&mut schema, "description", json!(doc));
        schema
    };
    let (quantity, either) = match dialect {
        Dialect::V2 => (schema("string", ""), schema("string", "int-or-string")),
        // Clients that check types have to let both pass.
        Dialect::V3 => (
            json!({ "oneOf": [schema("string", ""), schema("number", "")] }),
            json!({ "format": "int-or-string", "oneOf": [schema("integer", ""), schema("string", "")] }),
        ),
    };
    let object = || schema("object", "");
    vec![
        (
            TIME,
            described(schema("string", "date-time"), "A time, RFC 3339, whole seconds."),
        ),
        (
            MICRO_TIME,
            described(schema("string", "date-time"), "A time with microseconds."),
        ),
        (
            FIELDS_V1,
            described(object(), "A set of fields, as a tree of their names."),
        ),
        (
            PATCH,
            described(
                object(),
                "The change of an object, in the form its media type says.",
            ),
        ),
        (RAW_EXTENSION, described(object(), "An object of any kind.")),
        (
            QUANTITY,
            described(quantity, "An amount with a suffix: 100m, 1Gi, 1e3."),
        ),
        (INT_OR_STRING, described(either, "A number or a string.")),
    ]
}

static LIST_META_MESSAGE: Message = Message {
    name: "ListMeta",
    openapi: LIST_META,
    doc: "What a list tells about itself.",
    fields: &[
        field(
            "continue",
            Type::String,
            Plain,
            "Ask for the next page with this token; empty on the last page.",
        ),
        field(
            "remainingItemCount",
            Type::Int64,
            Pointer,
            "How many objects follow this page, when that is known.",
        ),
        field(
            "resourceVersion",
            Type::String,
            Plain,
            "The revision of the list; a watch from it misses nothing.",
        ),
        field("selfLink", Type::String, Plain, "No longer filled in."),
        field(
            "shardInfo",
            Type::Message(&SHARD_INFO),
            Pointer,
            "Which part of the objects this is; not filled in.",
        ),
    ],
};

static SHARD_INFO: Message = Message {
    name: "ShardInfo",
    openapi: "io.k8s.apimachinery.pkg.apis.meta.v1.ShardInfo",
    doc: "Which part of a collection a list is of.",
    fields: &[field(
        "selector",
        Type::String,
        Required,
        "The selector of the part.",
    )],
};

static STATUS_MESSAGE: Message = Message {
    name: "Status",
    openapi: STATUS,
    doc: "How a request ended that answers no object.",
    fields: &[
        API_VERSION,
        KIND,
        field("code", Type::Int32, Plain, "The HTTP status code."),
        field(
            "details",
            Type::Message(&STATUS_DETAILS),
            Pointer,
            "What it is about.",
        ),
        field("message", Type::String, Plain, "A sentence for people."),
        field("metadata", Type::Message(&LIST_META_MESSAGE), Plain, "Empty."),
        field("reason", Type::String, Plain, "A word for programs."),
        field("status", Type::String, Plain, "Success or Failure."),
    ],
};

static STATUS_DETAILS: Message = Message {
    name: "StatusDetails",
    openapi: "io.k8s.apimachinery.pkg.apis.meta.v1.StatusDetails",
    doc: "What a Status is about.",
    fields: &[
        field(
            "causes",
            Type::List(&Type::Message(&STATUS_CAUSE)),
            Plain,
            "Each thing that is wrong.",
        ),
        field("group", Type::String, Plain, "The API group."),
        field("kind", Type::String, Plain, "The resource, or the kind."),
        field("name", Type::String, Plain, "The name of the object."),
        field(
            "retryAfterSeconds",
            Type::Int32,
            Plain,
            "Try again after so long.",
        ),
        field("uid", Type::String, Plain, "The uid of the object."),
    ],
};

static STATUS_CAUSE: Message = Message {
    name: "StatusCause",
    openapi: "io.k8s.apimachinery.pkg.apis.meta.v1.StatusCause",
    doc: "One thing that is wrong.",
    fields: &[
        field("field", Type::String, Plain, "The path of the field."),
        field("message", Type::String, Plain, "A sentence for people."),
        field("reason", Type::String, Plain, "A word for programs."),
    ],
};

static DELETE_OPTIONS_MESSAGE: Message = Message {
    name: "DeleteOptions",
    openapi: DELETE_OPTIONS,
    doc: "How to delete.",
    fields: &[
        API_VERSION,
        KIND,
        field(
            "dryRun",
            Type::List(&Type::String),
            Plain,
            "All: do everything but delete.",
        ),
        field(
            "gracePeriodSeconds",
            Type::Int64,
            Pointer,
            "Seconds until the object is gone; the kinds served here have none.",
        ),
        field(
            "ignoreStoreReadErrorWithClusterBreakingPotential",
            Type::Bool,
            Pointer,
            "Remove an object that cannot be read, without a look at its finalizers; takes the verb unsafe-delete-ignore-read-errors.",
        ),
        field(
            "orphanDependents",
            Type::Bool,
            Pointer,
            "Deprecated: use propagationPolicy.",
        ),
        field(
            "preconditions",
            Type::Message(&PRECONDITIONS),
            Pointer,
            "What must hold for the object to be deleted.",
        ),
        field(
            "propagationPolicy",
            Type::String,
            Pointer,
            "What happens to dependents: Orphan, Background or Foreground.",
        ),
    ],
};

static PRECONDITIONS: Message = Message {
    name: "Preconditions",
    openapi: "io.k8s.apimachinery.pkg.apis.meta.v1.Preconditions",
    doc: "What must hold for an operation to happen.",
    fields: &[
        field(
            "resourceVersion",
            Type::String,
            Pointer,
            "The object must be at this revision.",
        ),
        field(
            "uid",
            Type::String,
            Pointer,
            "The object must be this one, and not another of its name.",
        ),
    ],
};
