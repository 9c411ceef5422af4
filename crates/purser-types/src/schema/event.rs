//! Events: `k8s.io/api/core/v1` and `k8s.io/api/events/v1`.

use super::Presence::{Plain, Pointer, Required};
use super::core::OBJECT_REFERENCE;
use super::meta::{API_VERSION, KIND, METADATA};
use super::{Field, Message, Type};

/// `corev1.Event`.
pub static EVENT: Message = Message {
    name: "Event",
    openapi: "io.k8s.api.core.v1.Event",
    doc: "A report of something that happened; kept for an hour.",
    fields: &[
        KIND,
        API_VERSION,
        METADATA,
        Field::new(
            "involvedObject",
            2,
            Type::Message(&OBJECT_REFERENCE),
            Plain,
            "The object it happened to.",
        ),
        Field::new(
            "reason",
            3,
            Type::String,
            Plain,
            "One word for machines that says why the object is as it is.",
        ),
        Field::new("message", 4, Type::String, Plain, "A sentence for people."),
        Field::new(
            "source",
            5,
            Type::Message(&EVENT_SOURCE),
            Plain,
            "Who reports it.",
        ),
        Field::new("firstTimestamp", 6, Type::Time, Plain, "When it was first seen."),
        Field::new("lastTimestamp", 7, Type::Time, Plain, "When it was last seen."),
        Field::new("count", 8, Type::Int32, Plain, "How often it was seen."),
        Field::new("type", 9, Type::String, Plain, "Normal or Warning."),
        Field::new(
            "eventTime",
            10,
            Type::MicroTime,
            Plain,
            "When it was first seen, to the microsecond.",
        ),
        Field::new(
            "series",
            11,
            Type::Message(&EVENT_SERIES),
            Pointer,
            "The series it stands for, if it happened more than once.",
        ),
        Field::new(
            "action",
            12,
            Type::String,
            Plain,
            "What was done to the object, or failed to be.",
        ),
        Field::new(
            "related",
            13,
            Type::Message(&OBJECT_REFERENCE),
            Pointer,
            "A second object that has to do with it.",
        ),
        Field::new(
            "reportingComponent",
            14,
            Type::String,
            Required,
            "The name of the controller that reports it.",
        ),
        Field::new(
            "reportingInstance",
            15,
            Type::String,
            Required,
            "Which instance of that controller reports it.",
        ),
    ],
};

/// `corev1.EventSource`.
pub static EVENT_SOURCE: Message = Message {
    name: "EventSource",
    openapi: "io.k8s.api.core.v1.EventSource",
    doc: "Who reports an event.",
    fields: &[
        Field::new(
            "component",
            1,
            Type::String,
            Plain,
            "The component that reports it.",
        ),
        Field::new(
            "host",
            2,
            Type::String,
            Plain,
            "The node on which the component runs.",
        ),
    ],
};

/// `corev1.EventSeries`.
pub static EVENT_SERIES: Message = Message {
    name: "EventSeries",
    openapi: "io.k8s.api.core.v1.EventSeries",
    doc: "Something that went on happening.",
    fields: &[
        Field::new(
            "count",
            1,
            Type::Int32,
            Plain,
            "How often it happened up to lastObservedTime.",
        ),
        Field::new(
            "lastObservedTime",
            2,
            Type::MicroTime,
            Plain,
            "When it was last seen.",
        ),
    ],
};

/// `eventsv1.Event`.
pub static EVENT_V1: Message = Message {
    name: "Event",
    openapi: "io.k8s.api.events.v1.Event",
    doc: "A report of something that happened; kept for an hour.",
    fields: &[
        KIND,
        API_VERSION,
        METADATA,
        Field::new(
            "eventTime",
            2,
            Type::MicroTime,
            Required,
            "When it was first seen, to the microsecond.",
        ),
        Field::new(
            "series",
            3,
            Type::Message(&EVENT_SERIES_V1),
            Pointer,
            "The series it stands for, if it happened more than once.",
        ),
        Field::new(
            "reportingController",
            4,
            Type::String,
            Plain,
            "The name of the controller that reports it.",
        ),
        Field::new(
            "reportingInstance",
            5,
            Type::String,
            Plain,
            "Which instance of that controller reports it.",
        ),
        Field::new(
            "action",
            6,
            Type::String,
            Plain,
            "What was done to the object, or failed to be.",
        ),
        Field::new("reason", 7, Type::String, Plain, "Why it was done."),
        Field::new(
            "regarding",
            8,
            Type::Message(&OBJECT_REFERENCE),
            Plain,
            "The object it happened to.",
        ),
        Field::new(
            "related",
            9,
            Type::Message(&OBJECT_REFERENCE),
            Pointer,
            "A second object that has to do with it.",
        ),
        Field::new(
            "note",
            10,
            Type::String,
            Plain,
            "A sentence for people, at most 1 kB.",
        ),
        Field::new("type", 11, Type::String, Plain, "Normal or Warning."),
        Field::new(
            "deprecatedSource",
            12,
            Type::Message(&EVENT_SOURCE),
            Plain,
            "Who reports it, in core/v1.",
        ),
        Field::new(
            "deprecatedFirstTimestamp",
            13,
            Type::Time,
            Plain,
            "When it was first seen, in core/v1.",
        ),
        Field::new(
            "deprecatedLastTimestamp",
            14,
            Type::Time,
            Plain,
            "When it was last seen, in core/v1.",
        ),
        Field::new(
            "deprecatedCount",
            15,
            Type::Int32,
            Plain,
            "How often it was seen, in core/v1.",
        ),
    ],
};

/// `eventsv1.EventSeries`.
pub static EVENT_SERIES_V1: Message = Message {
    name: "EventSeries",
    openapi: "io.k8s.api.events.v1.EventSeries",
    doc: "Something that went on happening.",
    fields: &[
        Field::new(
            "count",
            1,
            Type::Int32,
            Required,
            "How often it happened up to lastObservedTime.",
        ),
        Field::new(
            "lastObservedTime",
            2,
            Type::MicroTime,
            Required,
            "When it was last seen.",
        ),
    ],
};
