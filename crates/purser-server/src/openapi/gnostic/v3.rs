//! Version 3.
//!
//! Source: `github.com/google/gnostic-models/openapiv3/OpenAPIv3.proto`.

use super::Shape::{Anys, Flag, Items, Many, Named, One, Scalar, Text, Texts};
use super::{Choice, Message};

/// `Document`.
pub(in crate::openapi) static DOCUMENT: Message = Message::Object(
    &[
        ("openapi", 1, Text),
        ("info", 2, One(&INFO)),
        ("paths", 4, Named(1, &PATH_ITEM)),
        ("components", 5, One(&COMPONENTS)),
    ],
    9,
);

static INFO: Message = Message::Object(
    &[("title", 1, Text), ("description", 2, Text), ("version", 6, Text)],
    7,
);

static COMPONENTS: Message = Message::Object(
    &[
        ("schemas", 1, Named(1, &SCHEMA_OR_REFERENCE)),
        ("securitySchemes", 7, Named(1, &SECURITY_SCHEME_OR_REFERENCE)),
    ],
    10,
);

static REFERENCE: Message = Message::Object(
    &[("$ref", 1, Text), ("summary", 2, Text), ("description", 3, Text)],
    0,
);

static SECURITY_SCHEME_OR_REFERENCE: Message = Message::OrReference(&SECURITY_SCHEME, &REFERENCE);

static SECURITY_SCHEME: Message = Message::Object(
    &[
        ("type", 1, Text),
        ("description", 2, Text),
        ("name", 3, Text),
        ("in", 4, Text),
    ],
    9,
);

static PATH_ITEM: Message = Message::Object(
    &[
        ("get", 4, One(&OPERATION)),
        ("put", 5, One(&OPERATION)),
        ("post", 6, One(&OPERATION)),
        ("delete", 7, One(&OPERATION)),
        ("options", 8, One(&OPERATION)),
        ("head", 9, One(&OPERATION)),
        ("patch", 10, One(&OPERATION)),
        ("parameters", 13, Many(&PARAMETER_OR_REFERENCE)),
    ],
    14,
);

static OPERATION: Message = Message::Object(
    &[
        ("tags", 1, Texts),
        ("summary", 2, Text),
        ("description", 3, Text),
        ("operationId", 5, Text),
        ("parameters", 6, Many(&PARAMETER_OR_REFERENCE)),
        ("requestBody", 7, One(&REQUEST_BODY_OR_REFERENCE)),
        ("responses", 8, Named(2, &RESPONSE_OR_REFERENCE)),
        ("deprecated", 10, Flag),
    ],
    13,
);

static PARAMETER_OR_REFERENCE: Message = Message::OrReference(&PARAMETER, &REFERENCE);

static PARAMETER: Message = Message::Object(
    &[
        ("name", 1, Text),
        ("in", 2, Text),
        ("description", 3, Text),
        ("required", 4, Flag),
        ("schema", 10, One(&SCHEMA_OR_REFERENCE)),
    ],
    14,
);

static REQUEST_BODY_OR_REFERENCE: Message = Message::OrReference(&REQUEST_BODY, &REFERENCE);

static REQUEST_BODY: Message = Message::Object(
    &[
        ("description", 1, Text),
        ("content", 2, Named(1, &MEDIA_TYPE)),
        ("required", 3, Flag),
    ],
    4,
);

static MEDIA_TYPE: Message = Message::Object(&[("schema", 1, One(&SCHEMA_OR_REFERENCE))], 5);

static RESPONSE_OR_REFERENCE: Message = Message::OrReference(&RESPONSE, &REFERENCE);

static RESPONSE: Message = Message::Object(
    &[("description", 1, Text), ("content", 3, Named(1, &MEDIA_TYPE))],
    5,
);

static SCHEMA_OR_REFERENCE: Message = Message::OrReference(&SCHEMA, &REFERENCE);

static ADDITIONAL_PROPERTIES: Message = Message::OneOf(&[Choice::rest(1, &SCHEMA_OR_REFERENCE)]);

static SCHEMA: Message = Message::Object(
    &[
        ("readOnly", 3, Flag),
        ("title", 9, Text),
        ("pattern", 17, Text),
        ("uniqueItems", 20, Flag),
        ("required", 23, Texts),
        ("enum", 24, Anys),
        ("type", 25, Text),
        ("allOf", 26, Many(&SCHEMA_OR_REFERENCE)),
        ("oneOf", 27, Many(&SCHEMA_OR_REFERENCE)),
        ("items", 30, Items(&SCHEMA_OR_REFERENCE)),
        ("properties", 31, Named(1, &SCHEMA_OR_REFERENCE)),
        ("additionalProperties", 32, One(&ADDITIONAL_PROPERTIES)),
        ("default", 33, Scalar),
        ("description", 34, Text),
        ("format", 35, Text),
    ],
    36,
);
