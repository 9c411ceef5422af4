//! Tests of applying, without a store.

mod model;
mod recorded;
mod rules;

use purser_types::time::Timestamp;
use purser_types::{Object, Resource, Status, json};
use serde_json::Value;

use super::{Config, apply};
use crate::managed::Writer;

/// Seconds of the time of the first write; each later one is a second later where a test says so.
const START: &str = "2026-11-24T00:48:42Z";

/// Applies `config`, JSON or YAML, to `current`.
fn applied(
    current: Option<&Object>,
    resource: &'static Resource,
    config: &str,
    manager: &str,
    force: bool,
) -> Result<Object, Status> {
    let writer = Writer {
        resource,
        manager,
        subresource: "",
        now: Timestamp::parse(START).unwrap(),
    };
    apply(current, &Config::read(config.as_bytes())?, &writer, force)
}

fn document(object: &Object) -> Value {
    let mut out = Vec::new();
    json::write_object(object, &mut out);
    serde_json::from_slice(&out).unwrap()
}

fn managed_fields(object: &Object) -> Value {
    document(object)["metadata"]
        .get("managedFields")
        .cloned()
        .unwrap_or_default()
}

/// `manager operation` with its fields, for each.
fn owners(object: &Object) -> Vec<(String, Value)> {
    let entries = managed_fields(object);
    let entries = entries.as_array().cloned().unwrap_or_default();
    entries
        .iter()
        .map(|entry| {
            let text = |field: &str| entry[field].as_str().unwrap_or_default().to_owned();
            (
                format!("{} {}", text("manager"), text("operation")),
                entry["fieldsV1"].clone(),
            )
        })
        .collect()
}
