//! Messages as schemas.

use purser_types::Resource;
use purser_types::schema::{Field, Merge, Message, Presence, Type};
use serde_json::{Map, Value, json};

use super::dialect::{Dialect, put, reference, schema};
use super::facts;
use super::known::{FIELDS_V1, INT_OR_STRING, KINDS_OF, LIST_META, MICRO_TIME, QUANTITY, TIME};

const MAP_TYPE: &str = "x-kubernetes-map-type";
const STRATEGY: &str = "x-kubernetes-patch-strategy";

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
        properties.insert(field.name.to_owned(), property(dialect, message, field));
        if facts::is_required(message, field) {
            required.push(field.name);
        }
        if let Some(inner) = inner_message(field.ty) {
            add(dialect, inner, definitions);
        }
    }
    let mut schema = json!({ "description": message.doc, "type": "object", "properties": properties });
    if !required.is_empty() {
        put(&mut schema, "required", json!(required));
    }
    if message.is_atomic() {
        put(&mut schema, MAP_TYPE, json!("atomic"));
    }
    if let Some(unions) = facts::unions(message) {
        put(&mut schema, "x-kubernetes-unions", unions);
    }
    definitions.insert(message.openapi.to_owned(), schema);
}

/// Says which kinds a definition is the shape of, each a group, a version and a kind.
pub(super) fn tag_kinds(
    definition: &str,
    kinds: &[(&str, &str, &str)],
    definitions: &mut Map<String, Value>,
) {
    let kinds: Vec<Value> = kinds
        .iter()
        .map(|(group, version, kind)| json!({ "group": group, "version": version, "kind": kind }))
        .collect();
    if let Some(schema) = definitions.get_mut(definition) {
        put(schema, KINDS_OF, json!(kinds));
    }
}

/// Adds the types of a resource and of its lists.
pub(super) fn add_kind(dialect: Dialect, resource: &Resource, definitions: &mut Map<String, Value>) {
    add(dialect, resource.message, definitions);
    let list = json!({
        "description": format!("A list of objects of kind {}.", resource.kind),
        "type": "object",
        "required": ["items"],
        "properties": {
            "apiVersion": { "type": "string", "description": "The group and version in which the list is written." },
            "kind": { "type": "string", "description": "The type of the list." },
            "metadata": reference(dialect, LIST_META, "The revision of the list and how to go on.", true),
            "items": {
                "type": "array",
                "description": "The objects.",
                "items": reference(dialect, resource.message.openapi, "", true)
            }
        }
    });
    definitions.insert(list_name(resource), list);
    for (name, kind) in [
        (resource.message.openapi, resource.kind),
        (&list_name(resource), resource.list_kind),
    ] {
        tag_kinds(name, &[(resource.group, resource.version, kind)], definitions);
    }
}

/// The definition's name of the lists of a resource.
pub(super) fn list_name(resource: &Resource) -> String {
    format!("{}List", resource.message.openapi)
}

fn inner_message(ty: Type) -> Option<&'static Message> {
    match ty {
        Type::Message(message) => Some(message),
        Type::List(inner) | Type::Map(inner) => inner_message(*inner),
        _ => None,
    }
}

fn property(dialect: Dialect, message: &Message, field: &Field) -> Value {
    let mut value = written(dialect, field.ty, field.doc, Some(field.presence));
    if let (Dialect::V3, Some(default)) = (dialect, facts::default(message, field)) {
        put(&mut value, "default", default);
    }
    if message.has_atomic_map(field) {
        put(&mut value, MAP_TYPE, json!("atomic"));
    }
    if facts::tells_merge(message, field) {
        for (name, extension) in list_extensions(field.merge) {
            put(&mut value, name, extension);
        }
        if field.retains {
            put(&mut value, STRATEGY, json!("merge,retainKeys"));
        }
    }
    value
}

fn list_extensions(merge: Merge) -> Vec<(&'static str, Value)> {
    const LIST_TYPE: &str = "x-kubernetes-list-type";
    match merge {
        Merge::Atomic => vec![(LIST_TYPE, json!("atomic"))],
        Merge::Set { adds: false } => vec![(LIST_TYPE, json!("set"))],
        Merge::Set { adds: true } => vec![(LIST_TYPE, json!("set")), (STRATEGY, json!("merge"))],
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

/// A type where a field (of this presence) or an element (`None`) has it.
fn written(dialect: Dialect, ty: Type, doc: &str, field: Option<Presence>) -> Value {
    // Go's zero value is the default of what is written even when it is empty. Types that decode themselves have
    // none, nor have pointers, lists and maps. Source: `mustEnforceDefault` of `kube-openapi/pkg/generators`.
    let always = matches!(field, None | Some(Presence::Required));
    let zero = |zero: Value| always.then_some(zero);
    let (mut schema, default) = match ty {
        Type::Bool => (schema("boolean", ""), zero(json!(false))),
        Type::Int32 => (schema("integer", "int32"), zero(json!(0))),
        Type::Int64 => (schema("integer", "int64"), zero(json!(0))),
        Type::String => (schema("string", ""), zero(json!(""))),
        Type::Bytes => (schema("string", "byte"), None),
        Type::Time => return reference(dialect, TIME, doc, false),
        Type::MicroTime => return reference(dialect, MICRO_TIME, doc, false),
        Type::FieldsV1 => return reference(dialect, FIELDS_V1, doc, false),
        Type::Quantity => return reference(dialect, QUANTITY, doc, false),
        Type::IntOrString => return reference(dialect, INT_OR_STRING, doc, false),
        Type::Message(message) => {
            let is_there = !field.is_some_and(Presence::is_pointer);
            return reference(dialect, message.openapi, doc, is_there);
        }
        Type::List(inner) => (
            json!({ "type": "array", "items": written(dialect, *inner, "", None) }),
            None,
        ),
        Type::Map(inner) => (
            json!({ "type": "object", "additionalProperties": written(dialect, *inner, "", None) }),
            None,
        ),
    };
    if let (Dialect::V3, Some(default)) = (dialect, default) {
        put(&mut schema, "default", default);
    }
    if !doc.is_empty() {
        put(&mut schema, "description", json!(doc));
    }
    schema
}
