//! The three ways to change parts of an object: JSON Patch, merge patch, strategic merge patch.
//!
//! A patch works on the untyped tree of the current object; what comes out is read as a request's body would be.
//! Source: `pkg/endpoints/handlers/patch.go` of kube-apiserver.

mod answers;
mod document;
mod go;
mod merge;
mod operations;
mod pointer;
mod result;
mod secrecy;
mod size;
mod strategic;

use purser_types::decode::FieldValidation;
use purser_types::resource::SECRETS;
use purser_types::{Key, Map, Object, Status, Value, conform, json};

use answers::{moves_secrets, rejected, too_large, too_many};
use operations::{OPERATIONS_MAX, Operation};
use result::Patched;

/// The largest patch, in bytes: that of every request body.
const PATCH_MAX: usize = 3 << 20;

/// How a patch is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PatchKind {
    /// RFC 6902, `application/json-patch+json`.
    Json,
    /// RFC 7386, `application/merge-patch+json`.
    Merge,
    /// `application/strategic-merge-patch+json`.
    Strategic,
}

/// `current` as the patch changes it, and warnings about its fields. `current` carries its
/// `metadata.resourceVersion`, which a patch may test or set.
///
/// # Errors
/// 400 for a patch that cannot be read, 413 and 422 for one that is too long or does not apply, 500 where
/// upstream answers so. No sentence repeats a part of a Secret or of its patch.
pub fn apply(
    kind: PatchKind,
    patch: &[u8],
    current: &Object,
    validation: FieldValidation,
) -> Result<(Object, Vec<String>), Status> {
    if patch.len() > PATCH_MAX {
        return Err(too_large(PATCH_MAX));
    }
    let (change, duplicates) = read(kind, patch)?;
    let before = untyped(current);
    let findings: Vec<String> = duplicates
        .iter()
        .map(|path| format!("duplicate field \"{path}\""))
        .collect();
    let redact = current.resource == &SECRETS;
    match kind {
        PatchKind::Json => by_operations(change, &before, findings, current, validation),
        PatchKind::Merge => {
            let Value::Map(change) = change else {
                return Err(not_a_map("error decoding patch: ", &change));
            };
            let mut document = before.duplicate();
            if let Value::Map(map) = &mut document {
                merge::merge(map, change);
            }
            let describe = |document: &Value| document::text(document, &before, current.resource.message);
            Patched {
                document,
                findings,
                current,
                ignores_kind: false,
                redact,
            }
            .object(validation, describe)
        }
        PatchKind::Strategic => {
            let Value::Map(change) = change else {
                return Err(not_a_map("", &change));
            };
            let (Value::Map(before), shape) = (before, current.resource.message) else {
                return Err(rejected());
            };
            let merged = strategic::merge(before, change, shape).map_err(|error| error.status(redact))?;
            let describe = |_: &Value| {
                read(kind, patch)
                    .map(|(patch, _)| go::printed(&patch))
                    .unwrap_or_default()
            };
            let document = Value::Map(merged);
            Patched {
                document,
                findings,
                current,
                ignores_kind: true,
                redact,
            }
            .object(validation, describe)
        }
    }
}

/// Whether a patch of a Secret tests, copies or moves values, so that its outcome tells of them. What cannot be read
/// does nothing.
pub(crate) fn looks_at_values(kind: PatchKind, patch: &[u8]) -> bool {
    let operations = || {
        let (change, _) = read(kind, patch).ok()?;
        operations::operations(change).ok()
    };
    kind == PatchKind::Json
        && patch.len() <= PATCH_MAX
        && operations().is_some_and(|(all, _)| all.iter().any(Operation::looks_at_secrets))
}

fn by_operations(
    change: Value,
    before: &Value,
    findings: Vec<String>,
    current: &Object,
    validation: FieldValidation,
) -> Result<(Object, Vec<String>), Status> {
    let (operations, unknown) = operations::operations(change)
        .map_err(|why| Status::bad_request(format!("error decoding patch: {why}")))?;
    if operations.len() > OPERATIONS_MAX {
        return Err(too_many(operations.len()));
    }
    let redact = current.resource == &SECRETS;
    if redact && operations.iter().any(Operation::takes_secrets_out) {
        return Err(moves_secrets());
    }
    let unknown = unknown.iter().map(|path| format!("unknown field \"{path}\""));
    let findings = findings
        .into_iter()
        .chain(unknown)
        .map(|finding| format!("json patch {finding}"))
        .collect();
    let mut document = before.duplicate();
    operations::apply(&mut document, operations).map_err(|_| rejected())?;
    let describe = |document: &Value| document::text(document, before, current.resource.message);
    Patched {
        document,
        findings,
        current,
        ignores_kind: false,
        redact,
    }
    .object(validation, describe)
}

/// The patch as an untyped tree, and the paths of what it has twice.
fn read(kind: PatchKind, patch: &[u8]) -> Result<(Value, Vec<String>), Status> {
    let prefix = if kind == PatchKind::Strategic {
        ""
    } else {
        "error decoding patch: "
    };
    let parsed = json::parse(patch).map_err(|why| Status::bad_request(format!("{prefix}{why}")))?;
    Ok((parsed.value, parsed.duplicates))
}

fn not_a_map(prefix: &str, value: &Value) -> Status {
    if matches!(value, Value::Null) {
        return Status::bad_request("Invalid JSON Patch");
    }
    let kind = go::kind(value);
    Status::bad_request(format!(
        "{prefix}json: cannot unmarshal {kind} into Go value of type map[string]interface {{}}"
    ))
}

/// The untyped tree of an object, with what says which kind it is.
fn untyped(object: &Object) -> Value {
    let mut map = match conform::untype(object.resource.message, &object.body) {
        Value::Map(map) => map,
        _ => Map::new(),
    };
    map.insert(
        Key::Borrowed("apiVersion"),
        Value::string(object.resource.api_version()),
    );
    map.insert(Key::Borrowed("kind"), Value::string(object.resource.kind));
    Value::Map(map)
}
