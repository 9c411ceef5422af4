//! Version 2.
//!
//! Source: `github.com/google/gnostic-models/openapiv2/OpenAPIv2.proto`.

use super::Shape::{Any, Anys, Flag, Items, Many, Named, One, Text, TextItem, Texts};
use super::{Choice, Message};

/// `Document`.
pub(in crate::openapi) static DOCUMENT: Message = Message::Object(
    &[
        ("swagger", 1, Text),
        ("info", 2, One(&INFO)),
        ("paths", 8, Named(2, &PATH_ITEM)),
        ("definitions", 9, Named(1, &SCHEMA)),
        ("security", 12, Many(&SECURITY_REQUIREMENT)),
        ("securityDefinitions", 13, Named(1, &SECURITY_DEFINITION)),
    ],
    16,
);

static INFO: Message = Message::Object(
    &[("title", 1, Text), ("version", 2, Text), ("description", 3, Text)],
    7,
);

static SECURITY_REQUIREMENT: Message = Message::Named(1, &Message::Texts);

static SECURITY_DEFINITION: Message = Message::OneOf(&[Choice {
    tag: 2,
    is: |value| value.get("type").is_some_and(|ty| ty == "apiKey"),
    shape: One(&API_KEY),
}]);

static API_KEY: Message = Message::Object(
    &[
        ("type", 1, Text),
        ("name", 2, Text),
        ("in", 3, Text),
        ("description", 4, Text),
    ],
    5,
);

static PATH_ITEM: Message = Message::Object(
    &[
        ("$ref", 1, Text),
        ("get", 2, One(&OPERATION)),
        ("put", 3, One(&OPERATION)),
        ("post", 4, One(&OPERATION)),
        ("delete", 5, One(&OPERATION)),
        ("options", 6, One(&OPERATION)),
        ("head", 7, One(&OPERATION)),
        ("patch", 8, One(&OPERATION)),
        ("parameters", 9, Many(&PARAMETER_ITEM)),
    ],
    10,
);

static OPERATION: Message = Message::Object(
    &[
        ("tags", 1, Texts),
        ("summary", 2, Text),
        ("description", 3, Text),
        ("operationId", 5, Text),
        ("produces", 6, Texts),
        ("consumes", 7, Texts),
        ("parameters", 8, Many(&PARAMETER_ITEM)),
        ("responses", 9, Named(1, &RESPONSE_VALUE)),
        ("schemes", 10, Texts),
        ("deprecated", 11, Flag),
        ("security", 12, Many(&SECURITY_REQUIREMENT)),
    ],
    13,
);

fn is_in(value: &serde_json::Value, place: &str) -> bool {
    value.get("in").is_some_and(|found| found == place)
}

static REFERENCE: Message = Message::Object(&[("$ref", 1, Text), ("description", 2, Text)], 0);

static PARAMETER_ITEM: Message = Message::OrReference(&PARAMETER, &REFERENCE);

static PARAMETER: Message = Message::OneOf(&[
    Choice {
        tag: 1,
        is: |value| is_in(value, "body"),
        shape: One(&BODY_PARAMETER),
    },
    Choice::rest(2, &NON_BODY_PARAMETER),
]);

static BODY_PARAMETER: Message = Message::Object(
    &[
        ("description", 1, Text),
        ("name", 2, Text),
        ("in", 3, Text),
        ("required", 4, Flag),
        ("schema", 5, One(&SCHEMA)),
    ],
    6,
);

/// No header is described, and forms there are none.
static NON_BODY_PARAMETER: Message = Message::OneOf(&[
    Choice {
        tag: 3,
        is: |value| is_in(value, "query"),
        shape: One(&QUERY_PARAMETER),
    },
    Choice::rest(4, &PATH_PARAMETER),
]);

static QUERY_PARAMETER: Message = Message::Object(
    &[
        ("required", 1, Flag),
        ("in", 2, Text),
        ("description", 3, Text),
        ("name", 4, Text),
        ("type", 6, Text),
        ("format", 7, Text),
        ("uniqueItems", 20, Flag),
        ("enum", 21, Anys),
    ],
    23,
);

static PATH_PARAMETER: Message = Message::Object(
    &[
        ("required", 1, Flag),
        ("in", 2, Text),
        ("description", 3, Text),
        ("name", 4, Text),
        ("type", 5, Text),
        ("format", 6, Text),
        ("uniqueItems", 19, Flag),
        ("enum", 20, Anys),
    ],
    22,
);

static RESPONSE_VALUE: Message = Message::OrReference(&RESPONSE, &REFERENCE);

static RESPONSE: Message = Message::Object(&[("description", 1, Text), ("schema", 2, One(&SCHEMA_ITEM))], 5);

static SCHEMA_ITEM: Message = Message::OneOf(&[Choice::rest(1, &SCHEMA)]);

static ADDITIONAL_PROPERTIES: Message = Message::OneOf(&[Choice::rest(1, &SCHEMA)]);

static SCHEMA: Message = Message::Object(
    &[
        ("$ref", 1, Text),
        ("format", 2, Text),
        ("title", 3, Text),
        ("description", 4, Text),
        ("default", 5, Any),
        ("pattern", 13, Text),
        ("uniqueItems", 16, Flag),
        ("required", 19, Texts),
        ("enum", 20, Anys),
        ("additionalProperties", 21, One(&ADDITIONAL_PROPERTIES)),
        ("type", 22, TextItem),
        ("items", 23, Items(&SCHEMA)),
        ("allOf", 24, Many(&SCHEMA)),
        ("properties", 25, Named(1, &SCHEMA)),
        ("readOnly", 27, Flag),
        ("example", 30, Any),
    ],
    31,
);
