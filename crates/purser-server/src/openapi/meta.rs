//! The definitions of `meta.k8s.io` that are no stored objects.

use serde_json::{Map, Value, json};

use super::dialect::{Dialect, reference};

/// `metav1.Time`
pub(super) const TIME: &str = "io.k8s.apimachinery.pkg.apis.meta.v1.Time";
/// `metav1.MicroTime`
pub(super) const MICRO_TIME: &str = "io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime";
/// `metav1.FieldsV1`
pub(super) const FIELDS_V1: &str = "io.k8s.apimachinery.pkg.apis.meta.v1.FieldsV1";
/// `resource.Quantity`
pub(super) const QUANTITY: &str = "io.k8s.apimachinery.pkg.api.resource.Quantity";
/// `intstr.IntOrString`
pub(super) const INT_OR_STRING: &str = "io.k8s.apimachinery.pkg.util.intstr.IntOrString";
/// `metav1.ListMeta`
pub(super) const LIST_META: &str = "io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta";
/// `metav1.Status`
pub(super) const STATUS: &str = "io.k8s.apimachinery.pkg.apis.meta.v1.Status";
/// `metav1.Patch`
pub(super) const PATCH: &str = "io.k8s.apimachinery.pkg.apis.meta.v1.Patch";
/// `metav1.DeleteOptions`
pub(super) const DELETE_OPTIONS: &str = "io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions";
const PRECONDITIONS: &str = "io.k8s.apimachinery.pkg.apis.meta.v1.Preconditions";
const STATUS_DETAILS: &str = "io.k8s.apimachinery.pkg.apis.meta.v1.StatusDetails";
const STATUS_CAUSE: &str = "io.k8s.apimachinery.pkg.apis.meta.v1.StatusCause";

/// Adds them all.
pub(super) fn add(dialect: Dialect, definitions: &mut Map<String, Value>) {
    for (name, schema) in scalars()
        .into_iter()
        .chain(mixed(dialect))
        .chain(options(dialect))
        .chain(answers(dialect))
    {
        definitions.insert(name.to_owned(), schema);
    }
}

fn text(doc: &str) -> Value {
    json!({ "type": "string", "description": doc })
}

fn number(doc: &str) -> Value {
    json!({ "type": "integer", "format": "int64", "description": doc })
}

fn object(doc: &str, properties: Value) -> Value {
    let mut schema = json!({ "type": "object", "description": doc });
    if let Some(members) = schema.as_object_mut() {
        members.insert("properties".to_owned(), properties);
    }
    schema
}

fn kind_of(mut schema: Value, kind: &str) -> Value {
    if let Some(members) = schema.as_object_mut() {
        let kinds = json!([{ "group": "", "version": "v1", "kind": kind }]);
        members.insert("x-kubernetes-group-version-kind".to_owned(), kinds);
    }
    schema
}

fn scalars() -> Vec<(&'static str, Value)> {
    vec![
        (
            TIME,
            json!({ "type": "string", "format": "date-time", "description": "A time, RFC 3339, whole seconds." }),
        ),
        (
            MICRO_TIME,
            json!({ "type": "string", "format": "date-time", "description": "A time with microseconds." }),
        ),
        (
            FIELDS_V1,
            json!({ "type": "object", "description": "A set of fields, as a tree of their names." }),
        ),
        (
            PATCH,
            json!({ "type": "object", "description": "The change of an object, in the form its media type says." }),
        ),
        (
            LIST_META,
            object(
                "What a list tells about itself.",
                json!({
                    "continue": text("Ask for the next page with this token; empty on the last page."),
                    "remainingItemCount": number("How many objects follow this page, when that is known."),
                    "resourceVersion": text("The revision of the list; a watch from it misses nothing."),
                    "selfLink": text("No longer filled in.")
                }),
            ),
        ),
    ]
}

/// Scalars that are of more than one JSON type.
fn mixed(dialect: Dialect) -> Vec<(&'static str, Value)> {
    let quantity = "An amount with a suffix: 100m, 1Gi, 1e3.";
    let either = "A number or a string.";
    match dialect {
        Dialect::V2 => vec![
            (QUANTITY, text(quantity)),
            (
                INT_OR_STRING,
                json!({ "type": "string", "format": "int-or-string", "description": either }),
            ),
        ],
        Dialect::V3 => vec![
            (
                QUANTITY,
                json!({ "description": quantity, "oneOf": [{ "type": "string" }, { "type": "number" }] }),
            ),
            (
                INT_OR_STRING,
                json!({ "description": either, "format": "int-or-string",
                    "oneOf": [{ "type": "integer" }, { "type": "string" }] }),
            ),
        ],
    }
}

fn options(dialect: Dialect) -> Vec<(&'static str, Value)> {
    let conditions = reference(
        dialect,
        PRECONDITIONS,
        "What must hold for the object to be deleted.",
    );
    let dry_run = json!({
        "type": "array", "items": { "type": "string" }, "x-kubernetes-list-type": "atomic",
        "description": "All: do everything but delete."
    });
    let delete = object(
        "How to delete.",
        json!({
            "apiVersion": text("The group and version in which this object is written."),
            "kind": text("DeleteOptions."),
            "dryRun": dry_run,
            "gracePeriodSeconds": number("Seconds until the object is gone; the kinds served here have none."),
            "orphanDependents": { "type": "boolean", "description": "Deprecated: use propagationPolicy." },
            "preconditions": conditions,
            "propagationPolicy": text("What happens to dependents: Orphan, Background or Foreground.")
        }),
    );
    let preconditions = object(
        "What must hold for an operation to happen.",
        json!({
            "resourceVersion": text("The object must be at this revision."),
            "uid": text("The object must be this one, and not another of its name.")
        }),
    );
    vec![
        (DELETE_OPTIONS, kind_of(delete, "DeleteOptions")),
        (PRECONDITIONS, preconditions),
    ]
}

fn answers(dialect: Dialect) -> Vec<(&'static str, Value)> {
    let status = object(
        "How a request ended that answers no object.",
        json!({
            "apiVersion": text("The group and version in which this object is written."),
            "kind": text("Status."),
            "code": { "type": "integer", "format": "int32", "description": "The HTTP status code." },
            "details": reference(dialect, STATUS_DETAILS, "What it is about."),
            "message": text("A sentence for people."),
            "metadata": reference(dialect, LIST_META, "Empty."),
            "reason": text("A word for programs."),
            "status": text("Success or Failure.")
        }),
    );
    let causes = json!({
        "type": "array", "items": reference(dialect, STATUS_CAUSE, ""), "x-kubernetes-list-type": "atomic",
        "description": "Each thing that is wrong."
    });
    let details = object(
        "What a Status is about.",
        json!({
            "causes": causes,
            "group": text("The API group."),
            "kind": text("The resource, or the kind."),
            "name": text("The name of the object."),
            "retryAfterSeconds": { "type": "integer", "format": "int32", "description": "Try again after so long." },
            "uid": text("The uid of the object.")
        }),
    );
    let cause = object(
        "One thing that is wrong.",
        json!({
            "field": text("The path of the field."),
            "message": text("A sentence for people."),
            "reason": text("A word for programs.")
        }),
    );
    vec![
        (STATUS, kind_of(status, "Status")),
        (STATUS_DETAILS, details),
        (STATUS_CAUSE, cause),
    ]
}
