//! Events: one storage, two faces.
//!
//! Sources: `pkg/registry/core/event/strategy.go`, `pkg/printers/internalversion/printers.go`.

use purser_types::resource::Face;
use purser_types::status::Cause;
use purser_types::time::{MicroTime, Timestamp};
use purser_types::{Key, Map, Object, Value};

use super::age::human_duration;
use super::columns::{Column, NAME, column};
use super::strategy::Strategy;
use crate::validate::event::{validate, validate_strict_update, validate_strictly};
use crate::validate::{MetadataRules, metadata_create, metadata_update};

/// How long an event is kept after its last write, in seconds: upstream's `--event-ttl`.
const LIFETIME: i64 = 60 * 60;

/// As [`column()`], for wide tables only.
const fn wide(
    name: &'static str,
    description: &'static str,
    cell: fn(&Object, Timestamp) -> Value,
) -> Column {
    Column {
        priority: 1,
        ..column(name, description, cell)
    }
}

pub(super) const COLUMNS: &[Column] = &[
    column(
        "Last Seen",
        "The time at which the most recent occurrence of this event was recorded.",
        |object, now| Value::string(Seen::of(object, now).last),
    ),
    column(
        "Type",
        "Type of this event (Normal, Warning), new types could be added in the future",
        |object, _| Value::string(text(&object.body, "type")),
    ),
    column(
        "Reason",
        "This should be a short, machine understandable string that gives the reason for the transition into the \
         object's current status.",
        |object, _| Value::string(text(&object.body, "reason")),
    ),
    column("Object", "The object that this event is about.", |object, _| {
        Value::string(about(object))
    }),
    wide(
        "Subobject",
        "If referring to a piece of an object instead of an entire object, this string should contain a valid \
         JSON/Go field access statement, such as desiredState.manifest.containers[2]. For example, if the object \
         reference is to a container within a pod, this would take on a value like: \"spec.containers{name}\" (where \
         \"name\" refers to the name of the container that triggered the event) or if no container name is specified \
         \"spec.containers[2]\" (container with index 2 in this pod). This syntax is chosen only to have some \
         well-defined way of referencing a part of an object.",
        |object, _| Value::string(text(part(object, "involvedObject"), "fieldPath")),
    ),
    wide(
        "Source",
        "The component reporting this event. Should be a short machine understandable string.",
        |object, _| Value::string(source(object)),
    ),
    column(
        "Message",
        "A human-readable description of the status of this operation.",
        |object, _| Value::string(text(&object.body, stored(object, "message")).trim()),
    ),
    wide(
        "First Seen",
        "The time at which the event was first recorded. (Time of server receipt is in TypeMeta.)",
        |object, now| Value::string(Seen::of(object, now).first),
    ),
    wide(
        "Count",
        "The number of times this event has occurred.",
        |object, now| Value::Int(Seen::of(object, now).count),
    ),
    Column { priority: 1, ..NAME },
];

/// Through core/v1: nothing but what always was asked of events.
pub(super) struct Events;

impl Strategy for Events {
    fn causes_on_create(&self, _: &dyn MetadataRules, object: &Object) -> Vec<Cause> {
        validate(object)
    }

    fn causes_on_update(&self, _: &dyn MetadataRules, new: &Object, _: &Object) -> Vec<Cause> {
        validate(new)
    }

    fn own_field(&self, object: &Object, field: &str) -> Option<String> {
        let value = match field {
            "source" => {
                let component = text(part(object, "source"), "component");
                if component.is_empty() {
                    text(&object.body, "reportingComponent")
                } else {
                    component
                }
            }
            "reason" | "type" | "reportingComponent" => text(&object.body, field),
            _ => text(
                part(object, "involvedObject"),
                field.strip_prefix("involvedObject.")?,
            ),
        };
        Some(value.to_owned())
    }

    fn selectable_fields(&self) -> &'static [&'static str] {
        &[
            "involvedObject.kind",
            "involvedObject.namespace",
            "involvedObject.name",
            "involvedObject.uid",
            "involvedObject.apiVersion",
            "involvedObject.resourceVersion",
            "involvedObject.fieldPath",
            "reason",
            "reportingComponent",
            "source",
            "type",
            "metadata.namespace",
            "metadata.name",
        ]
    }

    fn allow_create_on_update(&self) -> bool {
        true
    }

    fn is_collected(&self) -> bool {
        false
    }

    fn lifetime(&self) -> Option<i64> {
        Some(LIFETIME)
    }
}

/// Through `events.k8s.io/v1`: new events are complete, and only their series changes.
pub(super) struct EventsV1;

impl Strategy for EventsV1 {
    fn causes_on_create(&self, rules: &dyn MetadataRules, object: &Object) -> Vec<Cause> {
        let stored = kept(object);
        let mut causes = validate(&stored);
        causes.extend(metadata_create(rules, object));
        causes.extend(validate_strictly(&stored));
        causes
    }

    fn causes_on_update(&self, rules: &dyn MetadataRules, new: &Object, old: &Object) -> Vec<Cause> {
        let stored = kept(new);
        let mut causes = validate(&stored);
        causes.extend(metadata_update(rules, new, old));
        causes.extend(validate_strict_update(&stored, &kept(old)));
        causes
    }

    fn selectable_fields(&self) -> &'static [&'static str] {
        &[
            "regarding.kind",
            "regarding.namespace",
            "regarding.name",
            "regarding.uid",
            "regarding.apiVersion",
            "regarding.resourceVersion",
            "regarding.fieldPath",
            "reason",
            "reportingController",
            "source",
            "type",
            "metadata.namespace",
            "metadata.name",
        ]
    }

    fn allow_create_on_update(&self) -> bool {
        true
    }

    fn is_collected(&self) -> bool {
        false
    }

    fn lifetime(&self) -> Option<i64> {
        Some(LIFETIME)
    }
}

fn text<'a>(map: &'a Map, field: &str) -> &'a str {
    map.get(field).and_then(Value::as_str).unwrap_or_default()
}

/// An event under the names of fields by which it is stored.
fn kept(object: &Object) -> Object {
    let Object { resource, body } = object.duplicate();
    let Some(face) = resource.face else {
        return Object { resource, body };
    };
    let body = body.into_iter().map(|(key, value)| {
        let named = face.renamed.iter().find(|(_, here)| *here == key);
        (named.map_or(key, |(stored, _)| Key::Borrowed(*stored)), value)
    });
    Object {
        resource: face.of,
        body: body.collect(),
    }
}

/// The object's name of a field that is stored under `field`.
fn stored(object: &Object, field: &'static str) -> &'static str {
    object
        .resource
        .face
        .map_or(field, |face: &Face| face.shown_field(field))
}

fn part<'a>(object: &'a Object, field: &'static str) -> &'a Map {
    static NOTHING: Map = Map::new();
    object
        .get(stored(object, field))
        .and_then(Value::as_map)
        .unwrap_or(&NOTHING)
}

/// `secret/a`.
fn about(object: &Object) -> String {
    let of = part(object, "involvedObject");
    let kind = text(of, "kind").to_lowercase();
    match text(of, "name") {
        "" => kind,
        name => format!("{kind}/{name}"),
    }
}

/// The component, and where it runs when that is known.
fn source(object: &Object) -> String {
    let source = part(object, "source");
    let either = |first: &'static str, second: &'static str| match text(source, first) {
        "" => text(&object.body, stored(object, second)),
        found => found,
    };
    match (
        either("component", "reportingComponent"),
        either("host", "reportingInstance"),
    ) {
        (component, "") => component.to_owned(),
        (component, host) => format!("{component}, {host}"),
    }
}

/// When an event was seen, and how often.
struct Seen {
    first: String,
    last: String,
    count: i64,
}

impl Seen {
    fn of(object: &Object, now: Timestamp) -> Self {
        const UNKNOWN: &str = "<unknown>";
        let since = |seconds: Option<i64>| {
            seconds.map_or_else(
                || UNKNOWN.to_owned(),
                |then| human_duration(now.seconds().saturating_sub(then)),
            )
        };
        let time = |field| {
            Timestamp::parse(text(&object.body, stored(object, field)))
                .ok()
                .map(Timestamp::seconds)
        };
        let micro = |text: &str| {
            MicroTime::parse(text)
                .ok()
                .map(|time| time.micros().div_euclid(1_000_000))
        };
        let first = since(time("firstTimestamp").or_else(|| micro(text(&object.body, "eventTime"))));
        let count = object
            .get(stored(object, "count"))
            .and_then(Value::as_int)
            .unwrap_or(0);
        if let Some(series) = object.get("series").and_then(Value::as_map) {
            let last = since(micro(text(series, "lastObservedTime")));
            let count = series.get("count").and_then(Value::as_int).unwrap_or(0);
            return Self { first, last, count };
        }
        let last = time("lastTimestamp").map_or_else(|| first.clone(), |then| since(Some(then)));
        Self {
            first,
            last,
            count: count.max(1),
        }
    }
}
