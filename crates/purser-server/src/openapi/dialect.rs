//! In what the two versions of OpenAPI differ.

use serde_json::{Value, json};

/// The two versions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    V2,
    V3,
}

impl Dialect {
    /// A pointer to the definition `name`.
    pub(super) fn pointer(self, name: &str) -> Value {
        match self {
            Self::V2 => json!({ "$ref": format!("#/definitions/{name}") }),
            Self::V3 => json!({ "$ref": format!("#/components/schemas/{name}") }),
        }
    }
}

/// A reference with a description, and whether what it refers to is there, empty, when it is left out. Version 3
/// allows nothing beside `$ref`, hence `allOf`; version 2 knows no defaults, as upstream's has none.
pub(super) fn reference(dialect: Dialect, name: &str, doc: &str, is_there: bool) -> Value {
    let pointer = dialect.pointer(name);
    let has_default = is_there && dialect == Dialect::V3;
    if doc.is_empty() && !has_default {
        return pointer;
    }
    let mut schema = match dialect {
        Dialect::V2 => pointer,
        Dialect::V3 => json!({ "allOf": [pointer] }),
    };
    if has_default {
        put(&mut schema, "default", json!({}));
    }
    if !doc.is_empty() {
        put(&mut schema, "description", json!(doc));
    }
    schema
}

/// A scalar; no format is empty.
pub(super) fn schema(ty: &str, format: &str) -> Value {
    if format.is_empty() {
        json!({ "type": ty })
    } else {
        json!({ "type": ty, "format": format })
    }
}

/// Adds a member to an object.
pub(super) fn put(object: &mut Value, name: &str, value: Value) {
    if let Some(members) = object.as_object_mut() {
        members.insert(name.to_owned(), value);
    }
}
