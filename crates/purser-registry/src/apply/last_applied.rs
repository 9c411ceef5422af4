//! From client-side apply to server-side apply: the annotation in which `kubectl apply` keeps what it applied.
//!
//! Source: `lastappliedmanager.go` and `lastappliedupdater.go` in `k8s.io/apimachinery/pkg/util/managedfields`. Both
//! act only for the manager `kubectl`; who does not want them uses another name.

use purser_admission::LAST_APPLIED;
use purser_types::{Key, Map, Value, json};

use super::check::Check;
use super::conflict::Conflict;
use super::fields::fields;
use super::live::Live;
use crate::managed::{Set, compare};
use crate::validate::ANNOTATIONS_MAX;

/// Who is meant.
const MANAGER: &str = "kubectl";

/// The conflicts that are left when `kubectl` may change what it applied before, and nobody changed since.
pub(super) fn left(live: &Live<'_>, conflicts: Vec<Conflict>) -> Vec<Conflict> {
    if live.writer.manager != MANAGER {
        return conflicts;
    }
    match allowed(live) {
        Some(allowed) => conflicts
            .into_iter()
            .filter(|conflict| !allowed.has(&conflict.path))
            .collect(),
        None => conflicts,
    }
}

/// The fields that were applied and are still as they were applied.
fn allowed(live: &Live<'_>) -> Option<Set> {
    let text = annotations(&live.fields)?.get(LAST_APPLIED)?.as_str()?;
    let Value::Map(mut applied) = json::parse(text.as_bytes()).ok()?.value else {
        return None;
    };
    let resource = live.writer.resource;
    let is = |value: Option<Value>, wanted: &str| value.is_some_and(|value| value.as_str() == Some(wanted));
    if !is(applied.remove("apiVersion"), &resource.api_version())
        || !is(applied.remove("kind"), resource.kind)
    {
        return None;
    }
    let check = Check {
        allows_duplicates: false,
        redacts: true,
    };
    check.message(resource.message, &applied).ok()?;
    let mut set = fields(resource.message, &applied).ok()?;
    let difference = compare(resource.message, &applied, &live.fields).ok()?;
    set.subtract(&difference.changed);
    set.subtract(&difference.removed);
    Some(set)
}

/// Keeps the annotation of an object up to date with what `kubectl` applied.
pub(super) fn refresh(live: &Live<'_>, meta: &mut Map) {
    if live.writer.manager != MANAGER {
        return;
    }
    let Some(annotations) = meta.get_mut("annotations").and_then(Value::as_map_mut) else {
        return;
    };
    let has = annotations.get(LAST_APPLIED).and_then(Value::as_str);
    if has.is_none_or(str::is_empty) {
        return;
    }
    annotations.insert(Key::Borrowed(LAST_APPLIED), written(live));
    let size: usize = annotations
        .iter()
        .map(|(key, value)| key.len() + value.as_str().map_or(0, str::len))
        .sum();
    if size > ANNOTATIONS_MAX {
        annotations.remove(LAST_APPLIED);
    }
}

/// The configuration as the annotation holds it: JSON without the annotation itself, and the end of a line.
fn written(live: &Live<'_>) -> Value {
    let resource = live.writer.resource;
    let mut map: Map = live
        .config
        .fields
        .iter()
        .map(|(key, value)| (key.clone(), value.duplicate()))
        .collect();
    map.insert(Key::Borrowed("apiVersion"), Value::string(resource.api_version()));
    map.insert(Key::Borrowed("kind"), Value::string(resource.kind));
    let annotations = map
        .get_mut("metadata")
        .and_then(Value::as_map_mut)
        .and_then(|meta| meta.get_mut("annotations"))
        .and_then(Value::as_map_mut);
    if let Some(annotations) = annotations {
        annotations.remove(LAST_APPLIED);
    }
    let mut out = Vec::new();
    json::write(&Value::Map(map), &mut out);
    out.push(b'\n');
    Value::string(String::from_utf8(out).unwrap_or_default())
}

fn annotations(fields: &Map) -> Option<&Map> {
    fields.get("metadata")?.as_map()?.get("annotations")?.as_map()
}
