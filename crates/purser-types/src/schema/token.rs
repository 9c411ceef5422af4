//! Tokens and questions about them: `k8s.io/api/authentication/v1`.

use super::Presence::{Nullable, Plain, Pointer, Required};
use super::authentication::USER_INFO;
use super::meta::{API_VERSION, KIND, METADATA};
use super::{Field, Message, Type};

/// `authenticationv1.TokenRequest`.
pub static TOKEN_REQUEST: Message = Message {
    name: "TokenRequest",
    openapi: "io.k8s.api.authentication.v1.TokenRequest",
    doc: "Asks for a token of a ServiceAccount.",
    fields: &[
        KIND,
        API_VERSION,
        METADATA,
        Field::new(
            "spec",
            2,
            Type::Message(&TOKEN_REQUEST_SPEC),
            Plain,
            "The token asked for.",
        ),
        Field::new(
            "status",
            3,
            Type::Message(&TOKEN_REQUEST_STATUS),
            Plain,
            "The token.",
        ),
    ],
};

static TOKEN_REQUEST_SPEC: Message = Message {
    name: "TokenRequestSpec",
    openapi: "io.k8s.api.authentication.v1.TokenRequestSpec",
    doc: "The token asked for.",
    fields: &[
        Field::new(
            "audiences",
            1,
            Type::List(&Type::String),
            Required,
            "For whom the token is; by default for this server.",
        ),
        Field::new(
            "expirationSeconds",
            4,
            Type::Int64,
            Pointer,
            "For how many seconds it is asked; the answer may last less long.",
        ),
        Field::new(
            "boundObjectRef",
            3,
            Type::Message(&BOUND_OBJECT_REFERENCE),
            Nullable,
            "An object with which the token ends.",
        ),
    ],
};

static BOUND_OBJECT_REFERENCE: Message = Message {
    name: "BoundObjectReference",
    openapi: "io.k8s.api.authentication.v1.BoundObjectReference",
    doc: "Names an object with which a token ends.",
    fields: &[
        Field::new("kind", 1, Type::String, Plain, "The kind: Secret."),
        Field::new(
            "apiVersion",
            2,
            Type::String,
            Plain,
            "The version of the API: v1.",
        ),
        Field::new("name", 3, Type::String, Plain, "The name."),
        Field::new(
            "uid",
            4,
            Type::String,
            Plain,
            "The uid that the object has to have.",
        )
        .go("types.UID"),
    ],
};

static TOKEN_REQUEST_STATUS: Message = Message {
    name: "TokenRequestStatus",
    openapi: "io.k8s.api.authentication.v1.TokenRequestStatus",
    doc: "A token.",
    fields: &[
        Field::new("token", 1, Type::String, Required, "The token."),
        Field::new("expirationTimestamp", 2, Type::Time, Required, "When it ends."),
    ],
};

/// `authenticationv1.TokenReview`.
pub static TOKEN_REVIEW: Message = Message {
    name: "TokenReview",
    openapi: "io.k8s.api.authentication.v1.TokenReview",
    doc: "Asks whose a token is.",
    fields: &[
        KIND,
        API_VERSION,
        METADATA,
        Field::new("spec", 2, Type::Message(&TOKEN_REVIEW_SPEC), Plain, "The token."),
        Field::new(
            "status",
            3,
            Type::Message(&TOKEN_REVIEW_STATUS),
            Plain,
            "The answer.",
        ),
    ],
};

static TOKEN_REVIEW_SPEC: Message = Message {
    name: "TokenReviewSpec",
    openapi: "io.k8s.api.authentication.v1.TokenReviewSpec",
    doc: "A token and for whom it should be.",
    fields: &[
        Field::new("token", 1, Type::String, Plain, "The token."),
        Field::new(
            "audiences",
            2,
            Type::List(&Type::String),
            Plain,
            "Of whom the token has to be for one; by default of this server.",
        ),
    ],
};

static TOKEN_REVIEW_STATUS: Message = Message {
    name: "TokenReviewStatus",
    openapi: "io.k8s.api.authentication.v1.TokenReviewStatus",
    doc: "Whose the token is.",
    fields: &[
        Field::new("authenticated", 1, Type::Bool, Plain, "Whether the token holds."),
        Field::new("user", 2, Type::Message(&USER_INFO), Plain, "Whose it is."),
        Field::new(
            "audiences",
            4,
            Type::List(&Type::String),
            Plain,
            "For whom it is, of those asked for.",
        ),
        Field::new("error", 3, Type::String, Plain, "Why it does not hold."),
    ],
};
