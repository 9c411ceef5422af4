//! What somebody may do: `k8s.io/api/authorization/v1`.

use super::Presence::{Plain, Pointer, Required};
use super::meta::{API_VERSION, KIND, METADATA};
use super::pod::LABEL_SELECTOR_REQUIREMENT;
use super::{Field, Message, Type};

const TEXTS: Type = Type::List(&Type::String);

const STATUS: Field = Field::new(
    "status",
    3,
    Type::Message(&SUBJECT_ACCESS_REVIEW_STATUS),
    Plain,
    "The answer.",
);
const SPEC: Field = Field::new(
    "spec",
    2,
    Type::Message(&SUBJECT_ACCESS_REVIEW_SPEC),
    Required,
    "Who would do what.",
);
const RESOURCE: Field = Field::new(
    "resourceAttributes",
    1,
    Type::Message(&RESOURCE_ATTRIBUTES),
    Pointer,
    "A request for objects.",
);
const NON_RESOURCE: Field = Field::new(
    "nonResourceAttributes",
    2,
    Type::Message(&NON_RESOURCE_ATTRIBUTES),
    Pointer,
    "A request for a path that is no object.",
);
const VERBS: Field = Field::new("verbs", 1, TEXTS, Required, "What may be done; * is everything.");
const RAW_SELECTOR: Field = text(
    "rawSelector",
    1,
    "The selector as a query has it; not together with requirements.",
);
const EVALUATION_ERROR: &str = "What went wrong on the way to the answer, which holds nevertheless.";

const fn text(name: &'static str, tag: u32, doc: &'static str) -> Field {
    Field::new(name, tag, Type::String, Plain, doc)
}

const fn texts(name: &'static str, tag: u32, doc: &'static str) -> Field {
    Field::new(name, tag, TEXTS, Plain, doc)
}

/// `authorizationv1.SubjectAccessReview`.
pub static SUBJECT_ACCESS_REVIEW: Message = Message {
    name: "SubjectAccessReview",
    openapi: "io.k8s.api.authorization.v1.SubjectAccessReview",
    doc: "Asks whether somebody may do something.",
    fields: &[KIND, API_VERSION, METADATA, SPEC, STATUS],
};

/// `authorizationv1.LocalSubjectAccessReview`.
pub static LOCAL_SUBJECT_ACCESS_REVIEW: Message = Message {
    name: "LocalSubjectAccessReview",
    openapi: "io.k8s.api.authorization.v1.LocalSubjectAccessReview",
    doc: "Asks whether somebody may do something in this namespace.",
    fields: &[KIND, API_VERSION, METADATA, SPEC, STATUS],
};

/// `authorizationv1.SelfSubjectAccessReview`.
pub static SELF_SUBJECT_ACCESS_REVIEW: Message = Message {
    name: "SelfSubjectAccessReview",
    openapi: "io.k8s.api.authorization.v1.SelfSubjectAccessReview",
    doc: "Asks whether the caller may do something.",
    fields: &[
        KIND,
        API_VERSION,
        METADATA,
        Field::new(
            "spec",
            2,
            Type::Message(&SELF_SUBJECT_ACCESS_REVIEW_SPEC),
            Required,
            "What the caller would do.",
        ),
        STATUS,
    ],
};

/// `authorizationv1.SelfSubjectRulesReview`.
pub static SELF_SUBJECT_RULES_REVIEW: Message = Message {
    name: "SelfSubjectRulesReview",
    openapi: "io.k8s.api.authorization.v1.SelfSubjectRulesReview",
    doc: "Asks what the caller may do in a namespace. For people to look at: whoever decides by it is wrong as soon as \
          rights change.",
    fields: &[
        KIND,
        API_VERSION,
        METADATA,
        Field::new(
            "spec",
            2,
            Type::Message(&SELF_SUBJECT_RULES_REVIEW_SPEC),
            Required,
            "Where.",
        ),
        Field::new(
            "status",
            3,
            Type::Message(&SUBJECT_RULES_REVIEW_STATUS),
            Plain,
            "The answer.",
        ),
    ],
};

/// `authorizationv1.SubjectAccessReviewSpec`.
static SUBJECT_ACCESS_REVIEW_SPEC: Message = Message {
    name: "SubjectAccessReviewSpec",
    openapi: "io.k8s.api.authorization.v1.SubjectAccessReviewSpec",
    doc: "Who would do what: a request for objects, or one for a path.",
    fields: &[
        RESOURCE,
        NON_RESOURCE,
        text(
            "user",
            3,
            "The name of who would do it, who is in no group but those named here.",
        ),
        texts("groups", 4, "The groups of who would do it."),
        Field::new(
            "extra",
            5,
            Type::Map(&Type::List(&Type::String)),
            Plain,
            "What the authenticator would add.",
        ),
        text("uid", 6, "The uid of who would do it."),
    ],
};

/// `authorizationv1.SelfSubjectAccessReviewSpec`.
static SELF_SUBJECT_ACCESS_REVIEW_SPEC: Message = Message {
    name: "SelfSubjectAccessReviewSpec",
    openapi: "io.k8s.api.authorization.v1.SelfSubjectAccessReviewSpec",
    doc: "What the caller would do: a request for objects, or one for a path.",
    fields: &[RESOURCE, NON_RESOURCE],
};

/// `authorizationv1.SelfSubjectRulesReviewSpec`.
static SELF_SUBJECT_RULES_REVIEW_SPEC: Message = Message {
    name: "SelfSubjectRulesReviewSpec",
    openapi: "io.k8s.api.authorization.v1.SelfSubjectRulesReviewSpec",
    doc: "Where.",
    fields: &[text(
        "namespace",
        1,
        "The namespace whose rules are asked for, besides those that hold everywhere. It has to be named.",
    )],
};

/// `authorizationv1.ResourceAttributes`.
static RESOURCE_ATTRIBUTES: Message = Message {
    name: "ResourceAttributes",
    openapi: "io.k8s.api.authorization.v1.ResourceAttributes",
    doc: "A request for objects.",
    fields: &[
        text(
            "namespace",
            1,
            "The namespace; empty: all of them, or none where objects live in none.",
        ),
        text(
            "verb",
            2,
            "get, list, watch, create, update, patch, delete, deletecollection or what rules name besides; * is \
             everything.",
        ),
        text("group", 3, "The API group, empty for core; * is every group."),
        text("version", 4, "The version of the group; * is every version."),
        text("resource", 5, "The plural name; * is every resource."),
        text(
            "subresource",
            6,
            "The part of the object; empty: the object itself.",
        ),
        text("name", 7, "The name; empty: all of them."),
        Field::new(
            "fieldSelector",
            8,
            Type::Message(&FIELD_SELECTOR_ATTRIBUTES),
            Pointer,
            "By which fields objects are chosen. It can only narrow what is asked for.",
        ),
        Field::new(
            "labelSelector",
            9,
            Type::Message(&LABEL_SELECTOR_ATTRIBUTES),
            Pointer,
            "By which labels objects are chosen. It can only narrow what is asked for.",
        ),
    ],
};

/// `authorizationv1.FieldSelectorAttributes`.
static FIELD_SELECTOR_ATTRIBUTES: Message = Message {
    name: "FieldSelectorAttributes",
    openapi: "io.k8s.api.authorization.v1.FieldSelectorAttributes",
    doc: "By which fields objects are chosen.",
    fields: &[
        RAW_SELECTOR,
        Field::new(
            "requirements",
            2,
            Type::List(&Type::Message(&FIELD_SELECTOR_REQUIREMENT)),
            Plain,
            "The selector in parts, all of which have to hold.",
        ),
    ],
};

/// `authorizationv1.LabelSelectorAttributes`.
static LABEL_SELECTOR_ATTRIBUTES: Message = Message {
    name: "LabelSelectorAttributes",
    openapi: "io.k8s.api.authorization.v1.LabelSelectorAttributes",
    doc: "By which labels objects are chosen.",
    fields: &[
        RAW_SELECTOR,
        Field::new(
            "requirements",
            2,
            Type::List(&Type::Message(&LABEL_SELECTOR_REQUIREMENT)),
            Plain,
            "The selector in parts, all of which have to hold.",
        ),
    ],
};

/// `metav1.FieldSelectorRequirement`.
static FIELD_SELECTOR_REQUIREMENT: Message = Message {
    name: "FieldSelectorRequirement",
    openapi: "io.k8s.apimachinery.pkg.apis.meta.v1.FieldSelectorRequirement",
    doc: "What must hold of a field.",
    fields: &[
        Field::new("key", 1, Type::String, Required, "The field."),
        Field::new(
            "operator",
            2,
            Type::String,
            Required,
            "In, NotIn, Exists or DoesNotExist.",
        )
        .go("v1.FieldSelectorOperator"),
        texts("values", 3, "What it is compared with."),
    ],
};

/// `authorizationv1.NonResourceAttributes`.
static NON_RESOURCE_ATTRIBUTES: Message = Message {
    name: "NonResourceAttributes",
    openapi: "io.k8s.api.authorization.v1.NonResourceAttributes",
    doc: "A request for a path that is no object.",
    fields: &[
        text("path", 1, "The path."),
        text("verb", 2, "The method in lower case."),
    ],
};

/// `authorizationv1.SubjectAccessReviewStatus`.
static SUBJECT_ACCESS_REVIEW_STATUS: Message = Message {
    name: "SubjectAccessReviewStatus",
    openapi: "io.k8s.api.authorization.v1.SubjectAccessReviewStatus",
    doc: "Whether it is allowed.",
    fields: &[
        Field::new("allowed", 1, Type::Bool, Required, "Whether it is allowed."),
        Field::new(
            "denied",
            4,
            Type::Bool,
            Plain,
            "Whether it is forbidden, whatever else would allow it.",
        ),
        text("reason", 2, "Why."),
        text("evaluationError", 3, EVALUATION_ERROR),
    ],
};

/// `authorizationv1.SubjectRulesReviewStatus`.
static SUBJECT_RULES_REVIEW_STATUS: Message = Message {
    name: "SubjectRulesReviewStatus",
    openapi: "io.k8s.api.authorization.v1.SubjectRulesReviewStatus",
    doc: "What is allowed, in no order, with repetitions.",
    fields: &[
        Field::new(
            "resourceRules",
            1,
            Type::List(&Type::Message(&RESOURCE_RULE)),
            Required,
            "What may be done with objects.",
        ),
        Field::new(
            "nonResourceRules",
            2,
            Type::List(&Type::Message(&NON_RESOURCE_RULE)),
            Required,
            "What may be done with paths.",
        ),
        Field::new(
            "incomplete",
            3,
            Type::Bool,
            Required,
            "Whether there may be more, because somebody who decides lists no rules.",
        ),
        text("evaluationError", 4, EVALUATION_ERROR),
    ],
};

/// `authorizationv1.ResourceRule`.
static RESOURCE_RULE: Message = Message {
    name: "ResourceRule",
    openapi: "io.k8s.api.authorization.v1.ResourceRule",
    doc: "What may be done with some objects.",
    fields: &[
        VERBS,
        texts("apiGroups", 2, "The API groups; * is every group."),
        texts(
            "resources",
            3,
            "The resources; * is all, */status the status of all.",
        ),
        texts("resourceNames", 4, "The names; empty: all."),
    ],
};

/// `authorizationv1.NonResourceRule`.
static NON_RESOURCE_RULE: Message = Message {
    name: "NonResourceRule",
    openapi: "io.k8s.api.authorization.v1.NonResourceRule",
    doc: "What may be done with some paths.",
    fields: &[
        VERBS,
        texts(
            "nonResourceURLs",
            2,
            "The paths; a * at the end stands for what follows.",
        ),
    ],
};
