//! The documents.

use purser_registry::kinds::Kind;
use purser_types::resource::TOKEN_REQUESTS;
use serde_json::{Map, Value, json};

use super::dialect::Dialect;
use super::{meta, paths, roots, schema, served};
use crate::discovery::group_versions;

/// All of version 2; `server` is the API level.
pub(super) fn v2(kinds: &'static [Kind], server: &str) -> String {
    let all: Vec<&'static Kind> = kinds.iter().collect();
    let mut found = paths::paths(Dialect::V2, &all);
    for (_, fixed) in roots::fixed(Dialect::V2) {
        found.extend(fixed);
    }
    for (group, version) in group_versions(kinds) {
        found.extend(roots::version(Dialect::V2, group, version));
        if !group.is_empty() {
            found.extend(roots::group(Dialect::V2, group));
        }
    }
    let definitions = reached(&found, &definitions(Dialect::V2, kinds));
    written(json!({
        "swagger": "2.0",
        "info": info(server),
        "paths": found,
        "definitions": definitions,
        "securityDefinitions": { "BearerToken": bearer_token() },
        "security": [ { "BearerToken": [] } ]
    }))
}

/// Each document of version 3 with its name: `api/v1`.
pub(super) fn v3(kinds: &'static [Kind], server: &str) -> Vec<(String, String)> {
    let mut parts: Vec<(String, Map<String, Value>)> = roots::fixed(Dialect::V3)
        .into_iter()
        .map(|(name, paths)| (name.to_owned(), paths))
        .collect();
    for (group, version) in group_versions(kinds) {
        if !group.is_empty() {
            parts.push((format!("apis/{group}"), roots::group(Dialect::V3, group)));
        }
        let of_version = |kind: &&Kind| kind.resource.group == group && kind.resource.version == version;
        let of_version: Vec<&'static Kind> = kinds.iter().filter(of_version).collect();
        let mut found = paths::paths(Dialect::V3, &of_version);
        found.extend(roots::version(Dialect::V3, group, version));
        parts.push((
            paths::root(group, version).trim_start_matches('/').to_owned(),
            found,
        ));
    }
    let all = definitions(Dialect::V3, kinds);
    parts
        .into_iter()
        .map(|(name, found)| {
            let schemas = reached(&found, &all);
            let document = json!({
                "openapi": "3.0.0",
                "info": info(server),
                "paths": found,
                "components": {
                    "schemas": schemas,
                    "securitySchemes": { "BearerToken": bearer_token() }
                }
            });
            (name, written(document))
        })
        .collect()
}

/// Members are sorted, as upstream's are; whether a map of the JSON library is depends on what else is in the program.
pub(super) fn written(mut document: Value) -> String {
    document.sort_all_objects();
    document.to_string()
}

fn info(server: &str) -> Value {
    json!({ "title": "Kubernetes", "version": server })
}

fn bearer_token() -> Value {
    json!({
        "description": "Bearer Token authentication", "type": "apiKey", "name": "authorization", "in": "header"
    })
}

/// Every definition there is.
fn definitions(dialect: Dialect, kinds: &'static [Kind]) -> Map<String, Value> {
    let mut versions = group_versions(kinds);
    versions.sort_unstable();
    let mut definitions = Map::new();
    meta::add_all(dialect, &versions, &mut definitions);
    served::add_all(dialect, &mut definitions);
    for kind in kinds {
        schema::add_kind(dialect, kind.resource, &mut definitions);
    }
    schema::add_kind(dialect, &TOKEN_REQUESTS, &mut definitions);
    definitions
}

/// The definitions that `paths` refer to, and those that these refer to.
fn reached(paths: &Map<String, Value>, all: &Map<String, Value>) -> Map<String, Value> {
    let mut names = Vec::new();
    paths.values().for_each(|path| collect(path, &mut names));
    let mut reached = Map::new();
    while let Some(name) = names.pop() {
        if let (false, Some(definition)) = (reached.contains_key(&name), all.get(&name)) {
            collect(definition, &mut names);
            reached.insert(name, definition.clone());
        }
    }
    reached
}

/// The names of the definitions that `value` refers to.
fn collect(value: &Value, names: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            let pointer = members.get("$ref").and_then(Value::as_str);
            names.extend(
                pointer
                    .and_then(|pointer| pointer.rsplit('/').next())
                    .map(str::to_owned),
            );
            members.values().for_each(|value| collect(value, names));
        }
        Value::Array(items) => items.iter().for_each(|value| collect(value, names)),
        _ => {}
    }
}
