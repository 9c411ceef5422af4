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
    pub(super) fn reference(self, name: &str) -> String {
        match self {
            Self::V2 => format!("#/definitions/{name}"),
            Self::V3 => format!("#/components/schemas/{name}"),
        }
    }
}

/// A reference with a description; version 3 allows nothing beside `$ref`, hence `allOf`.
pub(super) fn reference(dialect: Dialect, name: &str, doc: &str) -> Value {
    let pointer = json!({ "$ref": dialect.reference(name) });
    if doc.is_empty() {
        return pointer;
    }
    let mut schema = match dialect {
        Dialect::V2 => pointer,
        Dialect::V3 => json!({ "allOf": [pointer] }),
    };
    describe(&mut schema, doc);
    schema
}

/// Gives a schema a description; none is none.
pub(super) fn describe(schema: &mut Value, doc: &str) {
    if let (false, Some(members)) = (doc.is_empty(), schema.as_object_mut()) {
        members.insert("description".to_owned(), json!(doc));
    }
}
