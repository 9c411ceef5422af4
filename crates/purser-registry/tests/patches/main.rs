//! Patches: what kube-apiserver answered (`golden/patches.jsonl`), and properties against plain models.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "test code reports by panicking"
)]

mod findings;
mod models;
mod properties;
mod recorded;

use purser_registry::patch::{PatchKind, apply};
use purser_types::decode::FieldValidation;
use purser_types::resource::{CONFIG_MAPS, NAMESPACES, SECRETS, SERVICE_ACCOUNTS};
use purser_types::{Object, Status, conform, json};
use serde_json::Value;

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
        &object(current),
        FieldValidation::Warn,
    )?;
    Ok(written(&object))
}
