//! Who somebody is: `k8s.io/api/authentication/v1`.

use super::Presence::Plain;
use super::meta::{API_VERSION, KIND, METADATA};
use super::{Field, Message, Type};

/// `authenticationv1.SelfSubjectReview`.
pub static SELF_SUBJECT_REVIEW: Message = Message {
    name: "SelfSubjectReview",
    openapi: "io.k8s.api.authentication.v1.SelfSubjectReview",
    doc: "Asks who the server takes the caller for.",
    fields: &[
        KIND,
        API_VERSION,
        METADATA,
        Field::new(
            "status",
            2,
            Type::Message(&SELF_SUBJECT_REVIEW_STATUS),
            Plain,
            "The answer.",
        ),
    ],
};

/// `authenticationv1.SelfSubjectReviewStatus`.
static SELF_SUBJECT_REVIEW_STATUS: Message = Message {
    name: "SelfSubjectReviewStatus",
    openapi: "io.k8s.api.authentication.v1.SelfSubjectReviewStatus",
    doc: "Who the caller is.",
    fields: &[Field::new(
        "userInfo",
        1,
        Type::Message(&USER_INFO),
        Plain,
        "The caller.",
    )],
};

/// `authenticationv1.UserInfo`.
pub static USER_INFO: Message = Message {
    name: "UserInfo",
    openapi: "io.k8s.api.authentication.v1.UserInfo",
    doc: "An identity.",
    fields: &[
        Field::new("username", 1, Type::String, Plain, "The name."),
        Field::new(
            "uid",
            2,
            Type::String,
            Plain,
            "What tells apart two users who have had the same name.",
        ),
        Field::new("groups", 3, Type::List(&Type::String), Plain, "The groups."),
        Field::new(
            "extra",
            4,
            Type::Map(&Type::List(&Type::String)),
            Plain,
            "What the authenticator adds.",
        ),
    ],
};
