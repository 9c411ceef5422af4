//! Patches: what kube-apiserver answered (`golden/patches.jsonl`), and properties against plain models.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "test code reports by panicking"
)]

use std::collections::BTreeMap;
use std::fmt::Write as _;

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use purser_registry::patch::{PatchKind, apply};
use purser_types::decode::FieldValidation;
use purser_types::resource::{CONFIG_MAPS, NAMESPACES, SECRETS, SERVICE_ACCOUNTS};
use purser_types::{Object, Status, conform, json};
use serde_json::{Value, json as document};

fn object(value: &Value) -> Object {
    let kind = value["kind"].as_str().expect("a kind");
    let resource = [&SECRETS, &CONFIG_MAPS, &NAMESPACES, &SERVICE_ACCOUNTS]
        .into_iter()
        .find(|resource| resource.kind == kind)
        .expect("a served kind");
    let untyped = json::parse(value.to_string().as_bytes()).expect("JSON").value;
    Object {
        resource,
        body: conform::conform(resource.message, untyped)
            .expect("an object")
            .body,
    }
}

fn written(object: &Object) -> Value {
    let mut out = Vec::new();
    json::write_object(object, &mut out);
    serde_json::from_slice(&out).expect("JSON")
}

fn patched(kind: PatchKind, patch: &Value, current: &Value) -> Result<Value, Status> {
    let (object, _) = apply(
        kind,
        patch.to_string().as_bytes(),
        false,
        &object(current),
        FieldValidation::Warn,
    )?;
    Ok(written(&object))
}

/// Writes out `{{CHUNK*TIMES}}`.
fn expand(text: &str) -> String {
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
        "{before}{}{after}",
        chunk.repeat(times.parse().expect("a number"))
    )
}

#[test]
fn patches_are_answered_as_kube_apiserver_answered_them() {
    let table = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/patches.jsonl");
    let mut wrong = String::new();
    for line in std::fs::read_to_string(table).expect("a golden table").lines() {
        let row: Value = serde_json::from_str(line).expect("a row");
        let kind = match row["patchKind"].as_str() {
            Some("json") => PatchKind::Json,
            Some("merge") => PatchKind::Merge,
            _ => PatchKind::Strategic,
        };
        let validation = match row["fieldValidation"].as_str() {
            Some("Strict") => FieldValidation::Strict,
            Some("Ignore") => FieldValidation::Ignore,
            _ => FieldValidation::Warn,
        };
        let patch = row["patch"]
            .as_str()
            .map_or_else(|| row["patch"].to_string(), expand);
        let (ours, theirs) = match apply(
            kind,
            patch.as_bytes(),
            false,
            &object(&row["current"]),
            validation,
        ) {
            Ok((object, warnings)) => {
                let mut result = written(&object);
                let meta = result["metadata"].as_object_mut().expect("metadata");
                meta.remove("managedFields");
                meta.remove("resourceVersion");
                let told = row.get("warnings").cloned().unwrap_or(document!([]));
                (
                    document!([200, result, warnings]),
                    document!([row["code"], row["result"], told]),
                )
            }
            Err(status) => {
                let ours: Value = serde_json::from_slice(&status.to_json()).expect("JSON");
                (
                    document!([status.code, ours]),
                    document!([row["code"], row["status"]]),
                )
            }
        };
        if ours != theirs {
            let _ = writeln!(wrong, "{}\n  ours:   {ours}\n  theirs: {theirs}", row["name"]);
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn no_sentence_repeats_a_secret() {
    let secret = document!({
        "apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a", "namespace": "ns"},
        "data": {"password": "aHVudGVyMg=="}, "type": "Opaque",
    });
    for (kind, patch) in [
        (PatchKind::Merge, document!({"data": {"a": 1}})),
        (PatchKind::Merge, document!({"kind": "ConfigMap"})),
        (PatchKind::Merge, document!({"kind": "Nope"})),
        (
            PatchKind::Merge,
            document!({"stringData": {"password": {"x": "hunter2"}}}),
        ),
        (
            PatchKind::Json,
            document!([{"op": "add", "path": "/data/b", "value": "hunter2!"}]),
        ),
        (
            PatchKind::Json,
            document!([{"op": "test", "path": "/data/password", "value": "aHVudGVyMg="}]),
        ),
        (PatchKind::Strategic, document!({"data": {"a": {"b": "hunter2"}}})),
        (PatchKind::Strategic, document!({"data": {"$patch": "hunter2"}})),
    ] {
        let message = patched(kind, &patch, &secret).expect_err("an error").message;
        for value in ["aHVudGVyMg", "hunter2"] {
            assert!(!message.contains(value), "{patch}: {message}");
        }
    }
    let strict = apply(
        PatchKind::Merge,
        br#"{"nope":1}"#,
        false,
        &object(&secret),
        FieldValidation::Strict,
    );
    assert_eq!(
        strict.expect_err("an error").message,
        " \"\" is invalid: patch: Invalid value: \"<secret contents redacted>\": \
         strict decoding error: unknown field \"nope\""
    );
}

#[test]
fn strings_of_a_secret_are_patched_as_data() {
    let secret = document!({
        "apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a"}, "data": {"a": "eA=="}, "type": "Opaque",
    });
    let result =
        patched(PatchKind::Merge, &document!({"stringData": {"b": "y"}}), &secret).expect("an object");
    assert_eq!(
        (&result["data"], &result["stringData"]),
        (&document!({"a": "eA=="}), &document!({"b": "y"}))
    );
}

#[test]
fn findings_in_the_patch_itself_are_told() {
    let current = document!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}});
    for (kind, patch, warnings) in [
        (
            PatchKind::Merge,
            r#"{"data":{"a":"1","a":"2"},"x":1}"#,
            vec!["duplicate field \"data.a\"", "unknown field \"x\""],
        ),
        (
            PatchKind::Json,
            r#"[{"op":"add","path":"/data","value":{},"frob":1}]"#,
            vec!["json patch unknown field \"[0].frob\""],
        ),
        (
            PatchKind::Strategic,
            r#"{"data":{"a":"1","a":"2"}}"#,
            vec!["duplicate field \"data.a\""],
        ),
    ] {
        let applied = apply(
            kind,
            patch.as_bytes(),
            false,
            &object(&current),
            FieldValidation::Warn,
        );
        assert_eq!(applied.expect("an object").1, warnings);
        let strict = apply(
            kind,
            patch.as_bytes(),
            false,
            &object(&current),
            FieldValidation::Strict,
        );
        assert_eq!(strict.expect_err("strict").code, 422);
        let ignored = apply(
            kind,
            patch.as_bytes(),
            false,
            &object(&current),
            FieldValidation::Ignore,
        );
        assert!(ignored.expect("an object").1.is_empty());
    }
}

#[test]
fn hostile_patches_end_with_an_error() {
    let current = document!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}});
    let deep = format!("{}1{}", r#"{"a":"#.repeat(100_000), "}".repeat(100_000));
    let large = format!(r#"{{"data":{{"a":"{}"}}}}"#, "x".repeat(4 << 20));
    let many = format!(
        r#"{{"metadata":{{"finalizers":[{}"a/b"]}}}}"#,
        "\"c/d\",".repeat(100_000)
    );
    let retain = format!(
        r#"{{"$retainKeys":[{}"a"],{}"a":1}}"#,
        "\"k\",".repeat(100_000),
        keys(100_000)
    );
    for patch in [
        deep.as_str(),
        retain.as_str(),
        large.as_str(),
        many.as_str(),
        "",
        "\u{feff}{}",
        "nul",
        "[[[[",
    ] {
        for kind in [PatchKind::Json, PatchKind::Merge, PatchKind::Strategic] {
            // An error or an object, in time; `many` is an object.
            let _ = apply(
                kind,
                patch.as_bytes(),
                false,
                &object(&current),
                FieldValidation::Strict,
            );
        }
    }
}

fn keys(count: usize) -> String {
    (0..count).fold(String::new(), |mut text, key| {
        let _ = write!(text, "\"{key}\":1,");
        text
    })
}

type Strings = BTreeMap<String, String>;

fn key() -> impl Strategy<Value = String> {
    "[a-d]"
}

fn strings() -> impl Strategy<Value = Strings> {
    btree_map(key(), "[x-z]{0,2}", 0..4)
}

fn config_map(labels: &Strings, data: &Strings) -> Value {
    let mut object =
        document!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": "ns"}});
    if !labels.is_empty() {
        object["metadata"]["labels"] = document!(labels);
    }
    if !data.is_empty() {
        object["data"] = document!(data);
    }
    object
}

/// RFC 7386's pseudo-code, on serde_json.
fn merge_model(target: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        return target.clone_from(patch);
    };
    if !target.is_object() {
        *target = document!({});
    }
    let map = target.as_object_mut().expect("an object");
    for (key, value) in patch {
        if value.is_null() {
            map.remove(key);
        } else {
            merge_model(map.entry(key.clone()).or_insert(Value::Null), value);
        }
    }
}

/// What the Go struct does not write: empty maps and lists.
fn without_empty(mut object: Value) -> Value {
    if let Some(map) = object.as_object_mut() {
        map.retain(|key, value| {
            let empty = value.as_object().is_some_and(serde_json::Map::is_empty) || *value == document!([]);
            !empty || key == "metadata"
        });
        for value in map.values_mut() {
            *value = without_empty(value.take());
        }
    }
    object
}

fn partly_null() -> impl Strategy<Value = BTreeMap<String, Option<String>>> {
    btree_map(key(), proptest::option::of("[x-z]{0,2}"), 0..4)
}

#[derive(Debug, Clone)]
enum Op {
    Add(String, String),
    Remove(String),
    Replace(String, String),
    Test(String, String),
    Copy(String, String),
    Move(String, String),
}

fn op() -> impl Strategy<Value = Op> {
    let text = || "[x-z]{0,1}";
    prop_oneof![
        (key(), text()).prop_map(|(key, value)| Op::Add(key, value)),
        key().prop_map(Op::Remove),
        (key(), text()).prop_map(|(key, value)| Op::Replace(key, value)),
        (key(), text()).prop_map(|(key, value)| Op::Test(key, value)),
        (key(), key()).prop_map(|(from, to)| Op::Copy(from, to)),
        (key(), key()).prop_map(|(from, to)| Op::Move(from, to)),
    ]
}

fn op_json(op: &Op) -> Value {
    let path = |key: &str| format!("/data/{key}");
    match op {
        Op::Add(key, value) => document!({"op": "add", "path": path(key), "value": value}),
        Op::Remove(key) => document!({"op": "remove", "path": path(key)}),
        Op::Replace(key, value) => document!({"op": "replace", "path": path(key), "value": value}),
        Op::Test(key, value) => document!({"op": "test", "path": path(key), "value": value}),
        Op::Copy(from, to) => document!({"op": "copy", "from": path(from), "path": path(to)}),
        Op::Move(from, to) => document!({"op": "move", "from": path(from), "path": path(to)}),
    }
}

/// The operations on a plain map; `None`: they do not apply. A missing member is null when it is read or tested.
fn ops_model(
    mut map: BTreeMap<String, Option<String>>,
    ops: &[Op],
) -> Option<BTreeMap<String, Option<String>>> {
    for op in ops {
        match op {
            Op::Add(key, value) | Op::Replace(key, value) => {
                drop(map.insert(key.clone(), Some(value.clone())));
            }
            Op::Remove(key) => drop(map.remove(key)?),
            Op::Test(key, value) => (map.get(key).cloned().flatten().as_ref() == Some(value)).then_some(())?,
            Op::Copy(from, to) => drop(map.insert(to.clone(), map.get(from).cloned().flatten())),
            Op::Move(from, to) => {
                let value = map.remove(from)?;
                map.insert(to.clone(), value);
            }
        }
    }
    Some(map)
}

/// A strategic patch that makes `new` of `old`, the plain way: what is gone is deleted, what is new is set, and the
/// order is given.
fn strategic_diff(old: &Account, new: &Account) -> Value {
    let mut labels: serde_json::Map<String, Value> = new
        .labels
        .iter()
        .map(|(key, value)| (key.clone(), document!(value)))
        .collect();
    for gone in old.labels.keys().filter(|key| !new.labels.contains_key(*key)) {
        labels.insert(gone.clone(), Value::Null);
    }
    let gone: Vec<&String> = old
        .finalizers
        .iter()
        .filter(|item| !new.finalizers.contains(item))
        .collect();
    let mut secrets: Vec<Value> = new.secrets.iter().map(|name| document!({"name": name})).collect();
    let order = secrets.clone();
    for gone in old.secrets.iter().filter(|name| !new.secrets.contains(name)) {
        secrets.push(document!({"$patch": "delete", "name": gone}));
    }
    let mut patch = document!({"metadata": {"labels": labels}});
    if !(old.finalizers.is_empty() && new.finalizers.is_empty()) {
        patch["metadata"]["$deleteFromPrimitiveList/finalizers"] = document!(gone);
        patch["metadata"]["finalizers"] = document!(new.finalizers);
        patch["metadata"]["$setElementOrder/finalizers"] = document!(new.finalizers);
    }
    if !secrets.is_empty() {
        patch["$setElementOrder/secrets"] = document!(order);
        patch["secrets"] = document!(secrets);
    }
    patch
}

#[derive(Debug, Clone)]
struct Account {
    labels: Strings,
    finalizers: Vec<String>,
    secrets: Vec<String>,
}

impl Account {
    fn json(&self) -> Value {
        without_empty(document!({
            "apiVersion": "v1", "kind": "ServiceAccount",
            "metadata": {"name": "a", "namespace": "ns", "labels": self.labels, "finalizers": self.finalizers},
            "secrets": self.secrets.iter().map(|name| document!({"name": name})).collect::<Vec<_>>(),
        }))
    }
}

fn names() -> impl Strategy<Value = Vec<String>> {
    vec("[a-e]", 0..5).prop_map(|names| {
        let mut unique = Vec::new();
        for name in names {
            if !unique.contains(&name) {
                unique.push(name);
            }
        }
        unique
    })
}

fn account() -> impl Strategy<Value = Account> {
    (strings(), names(), names()).prop_map(|(labels, finalizers, secrets)| Account {
        labels,
        finalizers,
        secrets,
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn a_merge_patch_does_what_the_rfc_says(
        labels in strings(), data in strings(), new_labels in partly_null(), new_data in partly_null(),
    ) {
        let current = config_map(&labels, &data);
        let patch = document!({"metadata": {"labels": new_labels}, "data": new_data});
        let mut model = current.clone();
        merge_model(&mut model, &patch);
        prop_assert_eq!(patched(PatchKind::Merge, &patch, &current).expect("an object"), without_empty(model));
    }

    #[test]
    fn a_strategic_merge_patch_of_maps_is_a_merge_patch(
        labels in strings(), data in strings(), new_labels in partly_null(), new_data in partly_null(),
    ) {
        let current = config_map(&labels, &data);
        let patch = document!({"metadata": {"labels": new_labels}, "data": new_data});
        let merged = patched(PatchKind::Merge, &patch, &current).expect("an object");
        prop_assert_eq!(patched(PatchKind::Strategic, &patch, &current).expect("an object"), merged);
    }

    #[test]
    fn json_patches_do_what_they_do_to_a_plain_map(data in strings(), ops in vec(op(), 0..6)) {
        let mut data = data;
        data.insert("kept".to_owned(), "k".to_owned());
        let current = config_map(&Strings::new(), &data);
        let patch = Value::Array(ops.iter().map(op_json).collect());
        let model = ops_model(data.into_iter().map(|(key, value)| (key, Some(value))).collect(), &ops);
        match (patched(PatchKind::Json, &patch, &current), model) {
            (Ok(object), Some(model)) => {
                // Go reads null into a map of strings as the empty string.
                let model: Strings = model.into_iter().map(|(key, value)| (key, value.unwrap_or_default())).collect();
                prop_assert_eq!(&object["data"], &document!(model));
            }
            (Err(status), None) => prop_assert_eq!(status.code, 422),
            (ours, model) => prop_assert!(false, "{ours:?} {model:?}"),
        }
    }

    #[test]
    fn a_strategic_difference_leads_from_one_to_the_other(old in account(), new in account()) {
        let patch = strategic_diff(&old, &new);
        prop_assert_eq!(patched(PatchKind::Strategic, &patch, &old.json()).expect("an object"), new.json());
    }

    #[test]
    fn any_patch_ends_with_an_object_or_an_error(patch in "[\\[\\]{}\",:a-c$/0-9 ]{0,60}") {
        let current = object(&config_map(&Strings::new(), &Strings::new()));
        for kind in [PatchKind::Json, PatchKind::Merge, PatchKind::Strategic] {
            let _ = apply(kind, patch.as_bytes(), false, &current, FieldValidation::Strict);
        }
    }
}
