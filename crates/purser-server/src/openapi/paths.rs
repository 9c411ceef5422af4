//! The paths and operations of each kind.

use purser_authz::Verb;
use purser_registry::kinds::{Kind, subresource_verbs};
use serde_json::{Map, Value, json};

use super::dialect::Dialect;
use super::meta::{DELETE_OPTIONS, PATCH, STATUS};
use super::names;
use super::schema::list_name;

const SERVED: [&str; 3] = [
    "application/json",
    "application/yaml",
    "application/vnd.kubernetes.protobuf",
];
const PATCHES: [&str; 4] = [
    "application/apply-patch+yaml",
    "application/json-patch+json",
    "application/merge-patch+json",
    "application/strategic-merge-patch+json",
];

const LISTING: [(&str, &str, &str); 9] = [
    (
        "allowWatchBookmarks",
        "boolean",
        "Whether a watch sends bookmarks.",
    ),
    ("continue", "string", "The token of the page before."),
    ("fieldSelector", "string", "Only objects whose fields are so."),
    ("labelSelector", "string", "Only objects whose labels are so."),
    ("limit", "integer", "At most so many objects a page."),
    (
        "resourceVersion",
        "string",
        "The revision to list at or to watch from.",
    ),
    (
        "resourceVersionMatch",
        "string",
        "How resourceVersion is meant: Exact or NotOlderThan.",
    ),
    ("timeoutSeconds", "integer", "How long a watch lasts."),
    ("watch", "boolean", "Follow the changes instead of listing."),
];
const WRITING: [(&str, &str, &str); 3] = [
    ("dryRun", "string", "All: do everything but keep the object."),
    ("fieldManager", "string", "In whose name the fields are set."),
    (
        "fieldValidation",
        "string",
        "What to do about unknown fields: Ignore, Warn or Strict.",
    ),
];
const FORCING: [(&str, &str, &str); 1] = [(
    "force",
    "boolean",
    "Take fields from their managers; only for apply-patch.",
)];
const DELETING: [(&str, &str, &str); 4] = [
    ("dryRun", "string", "All: do everything but delete."),
    (
        "gracePeriodSeconds",
        "integer",
        "Seconds until the object is gone.",
    ),
    (
        "orphanDependents",
        "boolean",
        "Deprecated: use propagationPolicy.",
    ),
    (
        "propagationPolicy",
        "string",
        "What happens to dependents: Orphan, Background or Foreground.",
    ),
];

/// The paths of `kinds`.
pub(super) fn paths(dialect: Dialect, kinds: &[&'static Kind]) -> Map<String, Value> {
    let mut paths = Map::new();
    for kind in kinds {
        let resource = kind.resource;
        let root = if resource.group.is_empty() {
            format!("/api/{}", resource.version)
        } else {
            format!("/apis/{}/{}", resource.group, resource.version)
        };
        let everywhere = format!("{root}/{}", resource.plural);
        let collection = if resource.namespaced {
            paths.insert(everywhere, item(dialect, kind, &[Verb::List], &[]));
            format!("{root}/namespaces/{{namespace}}/{}", resource.plural)
        } else {
            everywhere
        };
        let scope: &[&str] = if resource.namespaced { &["namespace"] } else { &[] };
        let one: Vec<&str> = ["name"].iter().chain(scope).copied().collect();
        let many = [Verb::List, Verb::Create, Verb::DeleteCollection];
        let single = [Verb::Get, Verb::Update, Verb::Patch, Verb::Delete];
        paths.insert(
            format!("{collection}/{{name}}"),
            item(dialect, kind, &single, &one),
        );
        for subresource in kind.subresources {
            paths.insert(
                format!("{collection}/{{name}}/{subresource}"),
                part(dialect, kind, subresource, &one),
            );
        }
        paths.insert(collection, item(dialect, kind, &many, scope));
    }
    paths
}

/// The path of a subresource, whose operations end in its name: `readCoreV1NamespaceStatus`.
fn part(dialect: Dialect, kind: &Kind, subresource: &str, in_path: &[&str]) -> Value {
    let mut item = item(dialect, kind, subresource_verbs(subresource), in_path);
    let mut letters = subresource.chars();
    let first = letters.next().map(|first| first.to_ascii_uppercase());
    let name: String = first.into_iter().chain(letters).collect();
    for operation in item.as_object_mut().into_iter().flat_map(Map::values_mut) {
        if let Some(Value::String(id)) = operation.get_mut("operationId") {
            id.push_str(&name);
        }
    }
    item
}

fn item(dialect: Dialect, kind: &Kind, verbs: &[Verb], in_path: &[&str]) -> Value {
    let mut item = Map::new();
    for verb in verbs.iter().filter(|verb| kind.verbs.contains(verb)) {
        let everywhere = kind.resource.namespaced && in_path.is_empty();
        item.insert(
            method(*verb).to_owned(),
            operation(dialect, kind, *verb, everywhere),
        );
    }
    let mut parameters: Vec<Value> = in_path
        .iter()
        .map(|name| {
            let mut parameter = parameter(dialect, "path", name, "string", "Part of the path.");
            put(&mut parameter, "required", json!(true));
            parameter
        })
        .collect();
    parameters.push(parameter(
        dialect,
        "query",
        "pretty",
        "string",
        "Whether JSON is indented.",
    ));
    item.insert("parameters".to_owned(), json!(parameters));
    Value::Object(item)
}

fn method(verb: Verb) -> &'static str {
    match verb {
        Verb::Get | Verb::List | Verb::Watch => "get",
        Verb::Create => "post",
        Verb::Update => "put",
        Verb::Patch => "patch",
        Verb::Delete | Verb::DeleteCollection => "delete",
    }
}

fn action(verb: Verb) -> &'static str {
    match verb {
        Verb::Create => "post",
        Verb::Update => "put",
        Verb::Watch => "watch",
        other => other.as_str(),
    }
}

fn operation(dialect: Dialect, kind: &Kind, verb: Verb, everywhere: bool) -> Value {
    let resource = kind.resource;
    let parameters: Vec<&(&str, &str, &str)> = match verb {
        Verb::Get => Vec::new(),
        Verb::List | Verb::Watch => LISTING.iter().collect(),
        Verb::Create | Verb::Update => WRITING.iter().collect(),
        Verb::Patch => WRITING.iter().chain(&FORCING).collect(),
        Verb::Delete => DELETING.iter().collect(),
        Verb::DeleteCollection => DELETING.iter().chain(&LISTING).collect(),
    };
    let mut parameters: Vec<Value> = parameters
        .into_iter()
        .map(|(name, ty, doc)| parameter(dialect, "query", name, ty, doc))
        .collect();
    let answer = match verb {
        Verb::List | Verb::Watch => list_name(resource),
        Verb::Delete if kind.strategy.returns_deleted() => resource.message.openapi.to_owned(),
        Verb::Delete | Verb::DeleteCollection => STATUS.to_owned(),
        _ => resource.message.openapi.to_owned(),
    };
    let mut operation = json!({
        "operationId": names::operation_id(kind, verb, everywhere),
        "description": format!("{} {}", verb.as_str(), resource.kind),
        "tags": [names::tag(resource)],
        "responses": responses(dialect, verb, &answer),
        "x-kubernetes-action": action(verb),
        "x-kubernetes-group-version-kind":
            { "group": resource.group, "version": resource.version, "kind": resource.kind }
    });
    if let Some((name, media)) = body(kind, verb) {
        match dialect {
            Dialect::V2 => {
                put(&mut operation, "consumes", json!(media));
                let schema = json!({ "$ref": dialect.reference(&name) });
                parameters.push(json!({ "name": "body", "in": "body", "required": true, "schema": schema }));
            }
            Dialect::V3 => put(
                &mut operation,
                "requestBody",
                json!({ "content": content(dialect, media, &name) }),
            ),
        }
    }
    if dialect == Dialect::V2 {
        put(&mut operation, "produces", json!(SERVED));
        put(&mut operation, "schemes", json!(["https"]));
    }
    put(&mut operation, "parameters", json!(parameters));
    operation
}

/// The definition of the body and its media types.
fn body(kind: &Kind, verb: Verb) -> Option<(String, &'static [&'static str])> {
    match verb {
        Verb::Create | Verb::Update => Some((kind.resource.message.openapi.to_owned(), &SERVED)),
        Verb::Patch => Some((PATCH.to_owned(), &PATCHES)),
        Verb::Delete | Verb::DeleteCollection => Some((DELETE_OPTIONS.to_owned(), &SERVED)),
        Verb::Get | Verb::List | Verb::Watch => None,
    }
}

fn content(dialect: Dialect, media: &[&str], name: &str) -> Value {
    let schema = json!({ "schema": { "$ref": dialect.reference(name) } });
    media
        .iter()
        .map(|media| ((*media).to_owned(), schema.clone()))
        .collect::<Map<_, _>>()
        .into()
}

fn responses(dialect: Dialect, verb: Verb, name: &str) -> Value {
    let one = |description: &str| match dialect {
        Dialect::V2 => json!({ "description": description, "schema": { "$ref": dialect.reference(name) } }),
        Dialect::V3 => json!({ "description": description, "content": content(dialect, &SERVED, name) }),
    };
    let mut responses = json!({ "200": one("OK"), "401": { "description": "Unauthorized" } });
    if matches!(verb, Verb::Create | Verb::Update | Verb::Patch) {
        put(&mut responses, "201", one("Created"));
    }
    responses
}

fn parameter(dialect: Dialect, place: &str, name: &str, ty: &str, doc: &str) -> Value {
    let mut parameter = json!({ "name": name, "in": place, "description": doc });
    match dialect {
        Dialect::V2 => {
            put(&mut parameter, "type", json!(ty));
            put(&mut parameter, "uniqueItems", json!(true));
        }
        Dialect::V3 => put(
            &mut parameter,
            "schema",
            json!({ "type": ty, "uniqueItems": true }),
        ),
    }
    parameter
}

fn put(object: &mut Value, name: &str, value: Value) {
    if let Some(members) = object.as_object_mut() {
        members.insert(name.to_owned(), value);
    }
}
