//! An operation, as each version of OpenAPI writes it.

use purser_types::Resource;
use serde_json::{Map, Value, json};

use super::dialect::{Dialect, put};
use super::known::KINDS_OF;
use super::parameters::{Parameter, list};

/// The media types of answers.
pub(super) const SERVED: &[&str] = &[
    "application/json",
    "application/yaml",
    "application/vnd.kubernetes.protobuf",
];
/// Those of answers that may be watches.
pub(super) const STREAMED: &[&str] = &[
    "application/json",
    "application/yaml",
    "application/vnd.kubernetes.protobuf",
    "application/json;stream=watch",
    "application/vnd.kubernetes.protobuf;stream=watch",
];
/// What has no other form.
pub(super) const JSON_ONLY: &[&str] = &["application/json"];
/// What says nothing about its media type.
pub(super) const ANY: &[&str] = &["*/*"];

/// An operation.
pub(super) struct Operation {
    /// The HTTP method, in small letters.
    pub(super) method: &'static str,
    pub(super) id: String,
    pub(super) tag: String,
    pub(super) description: String,
    pub(super) parameters: Vec<Parameter>,
    pub(super) consumes: &'static [&'static str],
    /// The definition of the body, and whether there has to be one.
    pub(super) body: Option<(String, bool)>,
    pub(super) produces: &'static [&'static str],
    /// The definition of the answer.
    pub(super) answer: String,
    /// The status codes of answers.
    pub(super) codes: &'static [(&'static str, &'static str)],
    /// What it does, and to which kind.
    pub(super) action: Option<(&'static str, &'static Resource)>,
}

/// A path with its operations. What all of them take is said once, beside them.
pub(super) fn item(dialect: Dialect, operations: Vec<Operation>) -> Value {
    let first = operations.first().map(|operation| operation.parameters.clone());
    let common: Vec<Parameter> = first
        .unwrap_or_default()
        .into_iter()
        .filter(|parameter| {
            operations
                .iter()
                .all(|operation| operation.parameters.contains(parameter))
        })
        .collect();
    let mut item = Map::new();
    for mut operation in operations {
        operation
            .parameters
            .retain(|parameter| !common.contains(parameter));
        item.insert(operation.method.to_owned(), operation.written(dialect));
    }
    if !common.is_empty() {
        item.insert("parameters".to_owned(), json!(list(dialect, &common)));
    }
    Value::Object(item)
}

impl Operation {
    fn written(&self, dialect: Dialect) -> Value {
        let mut written = json!({
            "operationId": self.id,
            "description": self.description,
            "tags": [self.tag],
            "responses": self.responses(dialect),
        });
        let mut parameters = list(dialect, &self.parameters);
        match dialect {
            Dialect::V2 => {
                parameters.splice(0..0, self.body_parameter());
                put(&mut written, "consumes", json!(self.consumes));
                put(&mut written, "produces", json!(self.produces));
                put(&mut written, "schemes", json!(["https"]));
            }
            Dialect::V3 => {
                if let Some((definition, required)) = &self.body {
                    let mut body = json!({ "content": content(dialect, self.consumes, definition) });
                    if *required {
                        put(&mut body, "required", json!(true));
                    }
                    put(&mut written, "requestBody", body);
                }
            }
        }
        if !parameters.is_empty() {
            put(&mut written, "parameters", json!(parameters));
        }
        if let Some((action, resource)) = self.action {
            put(&mut written, "x-kubernetes-action", json!(action));
            let kind = json!({ "group": resource.group, "version": resource.version, "kind": resource.kind });
            put(&mut written, KINDS_OF, kind);
        }
        written
    }

    fn body_parameter(&self) -> Option<Value> {
        let (definition, required) = self.body.as_ref()?;
        let schema = Dialect::V2.pointer(definition);
        let mut body = json!({ "name": "body", "in": "body", "schema": schema });
        if *required {
            put(&mut body, "required", json!(true));
        }
        Some(body)
    }

    fn responses(&self, dialect: Dialect) -> Value {
        let one = |description: &str| match dialect {
            Dialect::V2 => json!({ "description": description, "schema": dialect.pointer(&self.answer) }),
            Dialect::V3 => {
                json!({ "description": description, "content": content(dialect, self.produces, &self.answer) })
            }
        };
        let mut responses = json!({ "401": { "description": "Unauthorized" } });
        for (code, description) in self.codes {
            put(&mut responses, code, one(description));
        }
        responses
    }
}

fn content(dialect: Dialect, media: &[&str], definition: &str) -> Value {
    let schema = json!({ "schema": dialect.pointer(definition) });
    media
        .iter()
        .map(|media| ((*media).to_owned(), schema.clone()))
        .collect::<Map<_, _>>()
        .into()
}
