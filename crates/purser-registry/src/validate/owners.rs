//! The rules of `metadata.ownerReferences`.
//!
//! Source: `ValidateOwnerReferences` in `k8s.io/apimachinery/pkg/api/validation/objectmeta.go`.

use purser_types::status::Cause;
use purser_types::{Map, Object, Value};

use super::causes::{invalid, invalid_as, is_full};
use super::read::{messages, text};

const FIELD: &str = "metadata.ownerReferences";
/// How many controllers too many are told: each sentence holds the whole list.
const CONTROLLERS_TOLD: u8 = 3;

/// What is wrong with the owners of `object`.
pub(super) fn owner_references(object: &Object) -> Vec<Cause> {
    let mut causes = Vec::new();
    let mut controller = String::new();
    let mut told = 0;
    let list = object.meta().get("ownerReferences");
    for owner in messages(list) {
        if is_full(&causes) {
            break;
        }
        causes.extend(owner_reference(owner));
        if owner.get("controller").and_then(Value::as_bool) == Some(true) {
            let name = format!("{}/{}", text(owner, "kind"), text(owner, "name"));
            if controller.is_empty() {
                controller = name;
            } else if told < CONTROLLERS_TOLD {
                told += 1;
                let why = format!(
                    "Only one reference can have Controller set to true. \
                     Found \"true\" in references for {controller} and {name}"
                );
                causes.push(invalid_as(FIELD, &dump_list(list), &why));
            }
        }
    }
    causes
}

fn owner_reference(owner: &Map) -> Vec<Cause> {
    let mut causes = Vec::new();
    let api_version = text(owner, "apiVersion");
    // What is no group and version has none, as for `schema.FromAPIVersionAndKind`.
    let version = match api_version.split_once('/') {
        None => api_version,
        Some((_, version)) if version.contains('/') => "",
        Some((_, version)) => version,
    };
    if version.is_empty() {
        causes.push(invalid(
            format!("{FIELD}.apiVersion"),
            api_version,
            "version must not be empty",
        ));
    }
    for field in ["kind", "name", "uid"] {
        if text(owner, field).is_empty() {
            causes.push(invalid(format!("{FIELD}.{field}"), "", "must not be empty"));
        }
    }
    if api_version == "v1" && text(owner, "kind") == "Event" {
        let why = "/v1, Kind=Event is disallowed from being an owner";
        causes.push(invalid_as(FIELD, &dump(owner), why));
    }
    causes
}

fn dump_list(list: Option<&Value>) -> String {
    let items: Vec<String> = messages(list).map(dump).collect();
    format!("[{}]", items.join(","))
}

/// One reference as upstream prints it in a sentence: its JSON, in the order of the Go struct.
fn dump(owner: &Map) -> String {
    let mut parts = Vec::new();
    for field in ["apiVersion", "kind", "name", "uid"] {
        parts.push(format!("\"{field}\":{}", json_string(text(owner, field))));
    }
    for field in ["controller", "blockOwnerDeletion"] {
        if let Some(flag) = owner.get(field).and_then(Value::as_bool) {
            parts.push(format!("\"{field}\":{flag}"));
        }
    }
    format!("{{{}}}", parts.join(","))
}

fn json_string(text: &str) -> String {
    serde_json::to_string(text).unwrap_or_default()
}
