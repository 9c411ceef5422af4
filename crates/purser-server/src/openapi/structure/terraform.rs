//! What Terraform's `kubernetes_manifest` makes of version 2: it finds a kind by its group, version and kind, and makes
//! a type of its own of each schema, or gives up.
//!
//! Source: `manifest/openapi` of `terraform-provider-kubernetes`.

use purser_registry::kinds::KINDS;
use serde_json::{Map, Value, json};

use super::document;

/// It gives up on what is nested deeper, which it takes for endless.
const DEEPEST: usize = 50;

fn check(schema: &Value, definitions: &Map<String, Value>, path: &str, depth: usize) {
    assert!(depth < DEEPEST, "{path} has no end");
    if let Some(pointer) = schema["$ref"].as_str() {
        let name = pointer.rsplit('/').next().unwrap();
        return check(&definitions[name], definitions, path, depth);
    }
    let (properties, entries) = (&schema["properties"], &schema["additionalProperties"]);
    match schema["type"].as_str() {
        Some("string" | "boolean" | "number" | "integer") => {}
        Some("array") => check(&schema["items"], definitions, &format!("{path}[]"), depth + 1),
        Some("object") => {
            assert!(
                properties.is_null() || entries.is_null(),
                "{path} is a map and an object"
            );
            for (name, schema) in properties.as_object().into_iter().flatten() {
                check(schema, definitions, &format!("{path}.{name}"), depth + 1);
            }
            if !entries.is_null() {
                check(entries, definitions, &format!("{path}{{}}"), depth + 1);
            }
        }
        other => panic!("{path} is of the type {other:?}"),
    }
}

#[test]
fn terraform_finds_each_kind_once_and_has_a_type_for_all_of_it() {
    let document: Value = serde_json::from_str(&document::v2(KINDS, "v1.36.0")).unwrap();
    let definitions = document["definitions"].as_object().unwrap();
    for kind in KINDS {
        let resource = kind.resource;
        let wanted = json!({ "group": resource.group, "version": resource.version, "kind": resource.kind });
        let kinds = |schema: &Value| schema["x-kubernetes-group-version-kind"].as_array().cloned();
        let is_of_kind = |schema: &&Value| kinds(schema).is_some_and(|kinds| kinds.contains(&wanted));
        let found: Vec<&Value> = definitions.values().filter(is_of_kind).collect();
        assert_eq!(found.len(), 1, "{wanted}");
        check(found[0], definitions, resource.kind, 0);
    }
}
