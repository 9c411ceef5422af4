//! What kube-apiserver answered, and what it must not have answered.

use std::fmt::Write as _;

use purser_registry::patch::{PatchKind, apply};
use purser_types::decode::FieldValidation;
use serde_json::{Value, json as document};

use crate::{object, patched, written};

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
        let (ours, theirs) = match apply(kind, patch.as_bytes(), &object(&row["current"]), validation) {
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
        &object(&secret),
        FieldValidation::Strict,
    );
    assert_eq!(
        strict.expect_err("an error").message,
        " \"\" is invalid: patch: Invalid value: \"<secret contents redacted>\": \
         strict decoding error: unknown field \"nope\""
    );
}
