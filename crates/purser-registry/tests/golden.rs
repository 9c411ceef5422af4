//! Golden tables of validation and managed fields; `golden/README.md` says where they come from.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "test code reports by panicking"
)]

use std::fmt::Write as _;
use std::path::PathBuf;

use purser_registry::kinds::{self, Kind};
use purser_registry::managed::record_update;
use purser_types::resource::ALL;
use purser_types::schema::{Message, Type};
use purser_types::status::Cause;
use purser_types::time::Timestamp;
use purser_types::{Object, Status, conform, json};
use serde_json::{Map, Value, json as document};

fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/golden")
        .join(name)
}

fn rows(name: &str) -> Vec<Map<String, Value>> {
    let text = std::fs::read_to_string(path(name)).expect("a golden table");
    text.lines()
        .map(|line| serde_json::from_str(line).expect("a row"))
        .collect()
}

/// Writes out `{{CHUNK*TIMES}}`.
fn expand(value: &Value) -> Value {
    match value {
        Value::String(text) => Value::String(expand_text(text)),
        Value::Array(items) => items.iter().map(expand).collect(),
        Value::Object(map) => map
            .iter()
            .map(|(key, value)| (expand_text(key), expand(value)))
            .collect(),
        other => other.clone(),
    }
}

fn expand_text(text: &str) -> String {
    let Some((before, rest)) = text.split_once("{{") else {
        return text.to_owned();
    };
    let Some((run, after)) = rest.split_once("}}") else {
        return text.to_owned();
    };
    let Some((chunk, times)) = run.rsplit_once('*') else {
        return text.to_owned();
    };
    format!(
        "{before}{}{}",
        chunk.repeat(times.parse().expect("a number")),
        expand_text(after)
    )
}

fn object(value: &Value) -> Object {
    let value = expand(value);
    let kind = value["kind"].as_str().expect("a kind");
    let version = value["apiVersion"].as_str().unwrap_or("v1");
    let resource = ALL
        .iter()
        .find(|resource| resource.kind == kind && resource.api_version() == version)
        .expect("a served kind");
    let untyped = json::parse(value.to_string().as_bytes()).expect("JSON").value;
    let body = conform::conform(resource.message, untyped)
        .expect("an object")
        .body;
    Object { resource, body }
}

/// What the code says of a row: the causes and the warnings, as the registry finds them.
fn judged(row: &Map<String, Value>) -> (String, Vec<Cause>, Vec<String>) {
    let mut new = object(&row["object"]);
    let kind: &Kind = kinds::kind(new.resource).expect("a kind");
    let causes = match row.get("old") {
        Some(old) => {
            let old = object(old);
            if let Some(through) = row.get("through").and_then(Value::as_str) {
                kind.strategy.prepare_through(through, &mut new, &old);
                kind.causes_through(through, &new, &old)
            } else {
                kind.strategy.prepare_for_update(&mut new, &old);
                kind.causes_on_update(&new, &old)
            }
        }
        None => {
            kind.strategy.prepare_for_create(&mut new);
            kind.causes_on_create(&new)
        }
    };
    let message = if causes.is_empty() {
        String::new()
    } else {
        Status::invalid(
            new.resource.stored_as().group,
            new.resource.kind,
            new.name(),
            causes.clone(),
        )
        .message
    };
    let warnings = match row.get("old") {
        _ if !causes.is_empty() => Vec::new(),
        Some(old) => kind.strategy.warnings_on_update(&new, &object(old)),
        None => kind.strategy.warnings(&new),
    };
    (message, causes, warnings)
}

fn check(table: &str) {
    let mut wrong = String::new();
    for row in rows(table) {
        let (message, causes, warnings) = judged(&row);
        let expected = |field: &str, default: Value| expand(row.get(field).unwrap_or(&default));
        let found = [
            (
                "causes",
                serde_json::to_value(&causes).expect("JSON"),
                expected("causes", document!([])),
            ),
            (
                "message",
                Value::String(message),
                expected("message", document!("")),
            ),
            (
                "warnings",
                document!(warnings),
                expected("warnings", document!([])),
            ),
        ];
        for (what, ours, theirs) in found {
            if ours != theirs {
                let _ = writeln!(
                    wrong,
                    "{}: {what}\n  ours:   {ours:.600}\n  theirs: {theirs:.600}",
                    row["name"]
                );
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn objects_are_judged_as_kube_apiserver_judged_them() {
    check("recorded.jsonl");
}

#[test]
fn objects_are_judged_as_upstream_s_sources_say() {
    if std::env::var_os("PURSER_REGENERATE_GOLDEN").is_some() {
        let mut text = String::new();
        for mut row in rows("beyond.jsonl") {
            let (message, causes, warnings) = judged(&row);
            row.insert("causes".into(), serde_json::to_value(&causes).expect("JSON"));
            row.insert("message".into(), Value::String(message));
            row.insert("warnings".into(), document!(warnings));
            let _ = writeln!(text, "{}", Value::Object(row));
        }
        std::fs::write(path("beyond.jsonl"), text).expect("a writable table");
        panic!(
            "beyond.jsonl is rewritten: read the difference, then run again without PURSER_REGENERATE_GOLDEN"
        );
    }
    check("beyond.jsonl");
}

#[test]
fn managers_are_recorded_as_kube_apiserver_recorded_them() {
    let mut wrong = String::new();
    for row in rows("managed.jsonl") {
        let mut new = object(&row["object"]);
        let old = row.get("old").map(object);
        let now = Timestamp::parse(row["time"].as_str().expect("a time")).expect("a time");
        record_update(
            &mut new,
            old.as_ref(),
            row["manager"].as_str().expect("a manager"),
            now,
        );
        let mut out = Vec::new();
        json::write_object(&new, &mut out);
        let ours: Value = serde_json::from_slice(&out).expect("JSON");
        let ours = ours["metadata"]
            .get("managedFields")
            .cloned()
            .unwrap_or(document!([]));
        let theirs = expand(&row["managedFields"]);
        if ours != theirs {
            let _ = writeln!(wrong, "{}\n  ours:   {ours}\n  theirs: {theirs}", row["name"]);
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn a_body_of_nothing_but_mistakes_gets_a_bounded_refusal() {
    let labels: Map<String, Value> = (0..20_000)
        .map(|key| (format!("a b{key}"), document!("x y")))
        .collect();
    let data: Map<String, Value> = (0..20_000)
        .map(|key| (format!("a b{key}"), document!("eA==")))
        .collect();
    let finalizers: Vec<String> = (0..20_000).map(|key| format!("f {key}")).collect();
    let row = document!({"object": {
        "kind": "Secret", "metadata": {"name": "A", "namespace": "ns", "labels": labels, "finalizers": finalizers},
        "data": data,
    }});
    let (message, causes, _) = judged(row.as_object().expect("a row"));
    assert_eq!(causes.len(), 100);
    assert!(message.len() < 100_000);
}

#[test]
fn a_quota_of_many_scopes_is_refused_without_repeating_all_for_each() {
    const MANY: usize = 20_000;
    let limits = |prefix: &str| -> Map<String, Value> {
        (0..MANY)
            .map(|n| (format!("{prefix}{n}"), document!("1")))
            .collect()
    };
    let term = document!({"scopeName": "Terminating", "operator": "Exists"});
    for spec in [
        document!({"scopes": vec!["x"; MANY]}),
        document!({"scopes": vec!["BestEffort"; MANY], "hard": limits("hugepages-")}),
        document!({"scopes": vec!["BestEffort"; MANY], "hard": limits("count/x")}),
        document!({"scopeSelector": {"matchExpressions": vec![term; MANY]}, "hard": limits("hugepages-")}),
    ] {
        let quota =
            document!({"kind": "ResourceQuota", "metadata": {"name": "a", "namespace": "ns"}, "spec": spec});
        let (message, causes, _) = judged(document!({"object": quota}).as_object().expect("a row"));
        assert!(
            causes.len() <= 100 && message.len() < 200_000,
            "{} bytes",
            message.len()
        );
    }
}

/// Documents of a message, each with `many` elements in one of its lists or maps, or in one of a message in it.
fn crowded(message: &'static Message, above: &[&str], many: usize) -> Vec<Value> {
    let mut all = Vec::new();
    for field in message.fields {
        let inside = |value: Value| document!({field.name: value});
        match field.ty {
            Type::Map(_) => {
                let entries: Map<String, Value> =
                    (0..many).map(|n| (format!("a b{n}"), document!("x"))).collect();
                all.push(inside(Value::Object(entries)));
            }
            Type::List(Type::Message(inner)) => {
                all.push(inside(document!(vec![document!({}); many])));
                if !above.contains(&inner.name) {
                    let within = crowded(inner, &[above, &[inner.name]].concat(), many);
                    all.extend(within.into_iter().map(|one| inside(document!([one]))));
                }
            }
            Type::List(_) => {
                let texts: Vec<String> = (0..many).map(|n| format!("x {n}")).collect();
                all.push(inside(document!(texts)));
                all.push(inside(document!(vec!["x"; many])));
            }
            Type::Message(inner) if !above.contains(&inner.name) => {
                let within = crowded(inner, &[above, &[inner.name]].concat(), many);
                all.extend(within.into_iter().map(inside));
            }
            _ => {}
        }
    }
    all
}

#[test]
fn no_list_of_any_kind_makes_a_refusal_without_bound() {
    const MANY: usize = 500;
    for kind in kinds::KINDS {
        let resource = kind.resource;
        for document in crowded(resource.message, &[resource.message.name], MANY) {
            let text = document.to_string();
            let read = || {
                let untyped = json::parse(text.as_bytes()).expect("JSON").value;
                let body = conform::conform(resource.message, untyped).ok()?.body;
                Some(Object { resource, body })
            };
            let (Some(mut new), Some(mut changed), Some(old)) = (read(), read(), read()) else {
                continue;
            };
            kind.strategy.prepare_for_create(&mut new);
            kind.strategy.prepare_for_update(&mut changed, &old);
            for causes in [kind.causes_on_create(&new), kind.causes_on_update(&changed, &old)] {
                let size: usize = causes
                    .iter()
                    .map(|cause| cause.message.len() + cause.field.len())
                    .sum();
                let what = text.get(..200).unwrap_or_default();
                assert!(
                    causes.len() <= 100 && size < 200_000,
                    "{} of {size} bytes: {what}",
                    causes.len()
                );
            }
        }
    }
}
