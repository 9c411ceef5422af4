//! The rules of an Event's own fields, on the fields as they are stored (core/v1).
//!
//! Source: `pkg/apis/core/validation/events.go`.

use purser_types::status::Cause;
use purser_types::{Map, Object, Value};

use super::causes::{invalid, invalid_as, required};
use super::go_struct::{EVENT_SOURCE, OBJECT_REFERENCE, shown};
use super::metadata::IMMUTABLE;
use super::names::{dns_subdomain, qualified_name};
use super::read::text;

/// Longest `reportingInstance`, `action` and `reason`, in bytes.
const WORD_MAX: usize = 128;
/// Longest `message`, in bytes.
const MESSAGE_MAX: usize = 1024;

/// Where events about objects without a namespace are made.
const NAMESPACES_OF_OTHERS: [&str; 2] = ["default", "kube-system"];

static NOTHING: Map = Map::new();

fn part<'a>(object: &'a Object, field: &str) -> &'a Map {
    object.get(field).and_then(Value::as_map).unwrap_or(&NOTHING)
}

/// Whether the event was made by the newer API: those say when, to the microsecond.
fn is_new(object: &Object) -> bool {
    !text(&object.body, "eventTime").is_empty()
}

/// What is asked of every event, through whichever face.
#[must_use]
pub fn validate(object: &Object) -> Vec<Cause> {
    const NAMESPACE: &str = "involvedObject.namespace";
    let (namespace, of) = (
        object.namespace(),
        text(part(object, "involvedObject"), "namespace"),
    );
    let mismatch = || invalid(NAMESPACE, of, "does not match event.namespace");
    let mut causes = Vec::new();
    if is_new(object) {
        if of.is_empty() && !NAMESPACES_OF_OTHERS.contains(&namespace) {
            causes.push(mismatch());
        }
        causes.extend(words(object));
    } else if of.is_empty() && !matches!(namespace, "" | "default") || !of.is_empty() && of != namespace {
        causes.push(mismatch());
    }
    causes.extend(
        dns_subdomain(namespace)
            .iter()
            .map(|why| invalid("namespace", namespace, why)),
    );
    causes
}

/// What an event of the newer API has to say.
fn words(object: &Object) -> Vec<Cause> {
    let mut causes = Vec::new();
    let controller = text(&object.body, "reportingComponent");
    if controller.is_empty() {
        causes.push(required("reportingController", ""));
    }
    causes.extend(
        qualified_name(controller)
            .iter()
            .map(|why| invalid("reportingController", controller, why)),
    );
    for field in ["reportingInstance", "action", "reason"] {
        let word = text(&object.body, field);
        if word.is_empty() {
            causes.push(required(field, ""));
        }
        causes.extend(at_most(field, word, WORD_MAX));
    }
    causes.extend(at_most("message", text(&object.body, "message"), MESSAGE_MAX));
    causes
}

fn at_most(field: &str, value: &str, max: usize) -> Option<Cause> {
    (value.len() > max).then(|| invalid(field, "", &format!("can have at most {max} characters")))
}

/// What `events.k8s.io/v1` asks of a new event besides.
#[must_use]
pub fn validate_strictly(object: &Object) -> Vec<Cause> {
    let mut causes = series(object);
    if !is_new(object) {
        causes.push(required("eventTime", ""));
    }
    let kind = text(&object.body, "type");
    if !matches!(kind, "Normal" | "Warning") {
        causes.push(invalid("type", "", &format!("has invalid value: {kind}")));
    }
    let unset = |field: &str| invalid(field, "", "needs to be unset");
    for field in ["firstTimestamp", "lastTimestamp"] {
        if !text(&object.body, field).is_empty() {
            causes.push(unset(field));
        }
    }
    if object.get("count").and_then(Value::as_int).unwrap_or(0) != 0 {
        causes.push(unset("count"));
    }
    let source = part(object, "source");
    if !text(source, "component").is_empty() || !text(source, "host").is_empty() {
        causes.push(unset("source"));
    }
    causes
}

fn series(object: &Object) -> Vec<Cause> {
    let mut causes = Vec::new();
    if let Some(series) = object.get("series").and_then(Value::as_map) {
        if series.get("count").and_then(Value::as_int).unwrap_or(0) < 2 {
            causes.push(invalid("series.count", "", "should be at least 2"));
        }
        if text(series, "lastObservedTime").is_empty() {
            causes.push(required("series.lastObservedTime", ""));
        }
    }
    causes
}

/// What `events.k8s.io/v1` lets change: the series.
#[must_use]
pub fn validate_strict_update(new: &Object, old: &Object) -> Vec<Cause> {
    /// Fields as they are stored, and as upstream names them; `reason` stands there twice.
    const FIELDS: [(&str, &str); 14] = [
        ("involvedObject", "involvedObject"),
        ("reason", "reason"),
        ("message", "message"),
        ("source", "source"),
        ("firstTimestamp", "firstTimestamp"),
        ("lastTimestamp", "lastTimestamp"),
        ("count", "count"),
        ("reason", "reason"),
        ("type", "type"),
        ("eventTime", "eventTime"),
        ("action", "action"),
        ("related", "related"),
        ("reportingComponent", "reportingController"),
        ("reportingInstance", "reportingInstance"),
    ];
    let mut causes = Vec::new();
    if new.get("series") != old.get("series") {
        causes.extend(series(new));
    }
    let changed = FIELDS
        .iter()
        .filter(|(field, _)| new.get(field) != old.get(field));
    causes
        .extend(changed.map(|(field, named)| invalid_as(*named, &printed(field, new.get(field)), IMMUTABLE)));
    causes
}

/// The value of a field as upstream prints it in a sentence.
fn printed(field: &str, value: Option<&Value>) -> String {
    let nothing = Map::new();
    let map = value.and_then(Value::as_map);
    match (field, value) {
        ("involvedObject", _) => shown(OBJECT_REFERENCE, map.unwrap_or(&nothing)),
        ("source", _) => shown(EVENT_SOURCE, map.unwrap_or(&nothing)),
        ("related", Some(Value::Map(map))) => shown(OBJECT_REFERENCE, map),
        ("related" | "firstTimestamp" | "lastTimestamp" | "eventTime", None) => "null".to_owned(),
        ("count", None) => "0".to_owned(),
        (_, None) => "\"\"".to_owned(),
        (_, Some(Value::String(text))) => super::causes::quote(text.expose()),
        (_, Some(value)) => {
            let mut json = Vec::new();
            purser_types::json::write(value, &mut json);
            String::from_utf8_lossy(&json).into_owned()
        }
    }
}
