//! Messages as schemas.

use purser_types::Resource;
use purser_types::schema::{Field, Merge, Message, Presence, Type};
use serde_json::{Map, Value, json};

use super::dialect::{Dialect, describe, reference};
use super::meta::{FIELDS_V1, INT_OR_STRING, LIST_META, MICRO_TIME, QUANTITY, TIME};

/// Adds `message` and everything it refers to.
pub(super) fn add(dialect: Dialect, message: &'static Message, definitions: &mut Map<String, Value>) {
    if definitions.contains_key(message.openapi) {
        return;
    }
    // Put first, so that a message that holds itself ends.
    definitions.insert(message.openapi.to_owned(), Value::Null);
    let mut properties = Map::new();
    let mut required = Vec::new();
    for field in message.fields {
        let mut written = property(dialect, field);
        if let Some(members) = written.as_object_mut() {
            if message.has_atomic_map(field) {
                members.insert("x-kubernetes-map-type".to_owned(), json!("atomic"));
            }
            if let Some(default) = message.key_default(field.name) {
                members.insert("default".to_owned(), json!(default));
            }
        }
        properties.insert(field.name.to_owned(), written);
        if field.presence == Presence::Required {
            required.push(field.name);
        }
        if let Some(inner) = inner_message(field.ty) {
            add(dialect, inner, definitions);
        }
    }
    let mut schema = json!({ "description": message.doc, "type": "object", "properties": properties });
    if let (false, Some(members)) = (required.is_empty(), schema.as_object_mut()) {
        members.insert("required".to_owned(), json!(required));
    }
    if let (true, Some(members)) = (message.is_atomic(), schema.as_object_mut()) {
        members.insert("x-kubernetes-map-type".to_owned(), json!("atomic"));
    }
    definitions.insert(message.openapi.to_owned(), schema);
}

/// Says which kind a definition is.
pub(super) fn tag_kind(resource: &Resource, definitions: &mut Map<String, Value>) {
    let Some(schema) = definitions
        .get_mut(resource.message.openapi)
        .and_then(Value::as_object_mut)
    else {
        return;
    };
    schema.insert(
        "x-kubernetes-group-version-kind".to_owned(),
        json!([{ "group": resource.group, "version": resource.version, "kind": resource.kind }]),
    );
}

/// The definition's name of the lists of a resource.
pub(super) fn list_name(resource: &Resource) -> String {
    format!("{}List", resource.message.openapi)
}

/// Adds the list type of a resource.
pub(super) fn add_list(dialect: Dialect, resource: &Resource, definitions: &mut Map<String, Value>) {
    let schema = json!({
        "description": format!("A list of objects of kind {}.", resource.kind),
        "type": "object",
        "required": ["items"],
        "properties": {
            "apiVersion": { "type": "string", "description": "The group and version in which the list is written." },
            "kind": { "type": "string", "description": "The type of the list." },
            "metadata": reference(dialect, LIST_META, "The revision of the list and how to go on."),
            "items": {
                "type": "array",
                "description": "The objects.",
                "items": reference(dialect, resource.message.openapi, "")
            }
        },
        "x-kubernetes-group-version-kind":
            [{ "group": resource.group, "version": resource.version, "kind": resource.list_kind }]
    });
    definitions.insert(list_name(resource), schema);
}

fn inner_message(ty: Type) -> Option<&'static Message> {
    match ty {
        Type::Message(message) => Some(message),
        Type::List(inner) | Type::Map(inner) => inner_message(*inner),
        _ => None,
    }
}

const STRATEGY: &str = "x-kubernetes-patch-strategy";

fn property(dialect: Dialect, field: &Field) -> Value {
    let mut value = schema_of(dialect, field.ty, field.doc);
    if let (Type::List(_), Some(members)) = (field.ty, value.as_object_mut()) {
        for (name, extension) in list_extensions(field.merge) {
            members.insert(name.to_owned(), extension);
        }
        if field.retains {
            members.insert(STRATEGY.to_owned(), json!("merge,retainKeys"));
        }
    }
    value
}

fn list_extensions(merge: Merge) -> Vec<(&'static str, Value)> {
    const LIST_TYPE: &str = "x-kubernetes-list-type";
    match merge {
        Merge::Atomic => vec![(LIST_TYPE, json!("atomic"))],
        Merge::Set => vec![(LIST_TYPE, json!("set")), (STRATEGY, json!("merge"))],
        Merge::Keys { patch, apply } => {
            let mut extensions = match apply {
                [] => vec![(LIST_TYPE, json!("atomic"))],
                keys => vec![
                    (LIST_TYPE, json!("map")),
                    ("x-kubernetes-list-map-keys", json!(keys)),
                ],
            };
            if let Some(key) = patch {
                extensions.push(("x-kubernetes-patch-merge-key", json!(key)));
                extensions.push((STRATEGY, json!("merge")));
            }
            extensions
        }
    }
}

fn schema_of(dialect: Dialect, ty: Type, doc: &str) -> Value {
    let mut schema = match ty {
        Type::Bool => json!({ "type": "boolean" }),
        Type::Int32 => json!({ "type": "integer", "format": "int32" }),
        Type::Int64 => json!({ "type": "integer", "format": "int64" }),
        Type::String => json!({ "type": "string" }),
        Type::Bytes => json!({ "type": "string", "format": "byte" }),
        Type::Time => return reference(dialect, TIME, doc),
        Type::MicroTime => return reference(dialect, MICRO_TIME, doc),
        Type::FieldsV1 => return reference(dialect, FIELDS_V1, doc),
        Type::Quantity => return reference(dialect, QUANTITY, doc),
        Type::IntOrString => return reference(dialect, INT_OR_STRING, doc),
        Type::Message(message) => return reference(dialect, message.openapi, doc),
        Type::List(inner) => json!({ "type": "array", "items": element(dialect, *inner) }),
        Type::Map(inner) => json!({ "type": "object", "additionalProperties": element(dialect, *inner) }),
    };
    describe(&mut schema, doc);
    schema
}

/// The elements of a list or map: upstream gives scalars of version 3 their zero as default.
fn element(dialect: Dialect, ty: Type) -> Value {
    let mut schema = schema_of(dialect, ty, "");
    if let (Dialect::V3, Type::String, Some(members)) = (dialect, ty, schema.as_object_mut()) {
        members.insert("default".to_owned(), json!(""));
    }
    schema
}
