//! Who decides what may be done, as a file says it: `k8s.io/apiserver/pkg/apis/apiserver/v1`, whose JSON is that of
//! `v1beta1` and `v1alpha1` too, and what Purser adds to it. It has no protobuf; tags only number the fields.

use super::Presence::{Plain, Pointer, Required};
use super::meta::{API_VERSION, KIND};
use super::{Field, Message, Type};

/// `apiserver.AuthorizationConfiguration`.
pub static AUTHORIZATION_CONFIGURATION: Message = Message {
    name: "AuthorizationConfiguration",
    openapi: "io.k8s.apiserver.pkg.apis.apiserver.v1.AuthorizationConfiguration",
    doc: "Who decides what may be done.",
    fields: &[
        KIND,
        API_VERSION,
        Field::new(
            "authorizers",
            1,
            Type::List(&Type::Message(&AUTHORIZER_CONFIGURATION)),
            Required,
            "Those who are asked, in this order.",
        ),
    ],
};

static AUTHORIZER_CONFIGURATION: Message = Message {
    name: "AuthorizerConfiguration",
    openapi: "io.k8s.apiserver.pkg.apis.apiserver.v1.AuthorizerConfiguration",
    doc: "One who decides.",
    fields: &[
        Field::new("type", 1, Type::String, Required, "RBAC, Webhook or Cedar."),
        Field::new("name", 2, Type::String, Required, "What metrics call it."),
        Field::new(
            "webhook",
            3,
            Type::Message(&WEBHOOK_CONFIGURATION),
            Pointer,
            "Settings of a webhook.",
        ),
        Field::new(
            "cedar",
            4,
            Type::Message(&CEDAR_CONFIGURATION),
            Pointer,
            "Settings of Cedar; only Purser has it.",
        ),
    ],
};

static WEBHOOK_CONFIGURATION: Message = Message {
    name: "WebhookConfiguration",
    openapi: "io.k8s.apiserver.pkg.apis.apiserver.v1.WebhookConfiguration",
    doc: "A server that is asked, and how.",
    fields: &[
        Field::new(
            "authorizedTTL",
            1,
            Type::String,
            Required,
            "How long a yes is remembered.",
        ),
        Field::new(
            "cacheAuthorizedRequests",
            2,
            Type::Bool,
            Pointer,
            "Whether a yes is remembered.",
        ),
        Field::new(
            "unauthorizedTTL",
            3,
            Type::String,
            Required,
            "How long anything else is remembered.",
        ),
        Field::new(
            "cacheUnauthorizedRequests",
            4,
            Type::Bool,
            Pointer,
            "Whether anything else is remembered.",
        ),
        Field::new(
            "timeout",
            5,
            Type::String,
            Required,
            "The longest that it is waited for.",
        ),
        Field::new(
            "subjectAccessReviewVersion",
            6,
            Type::String,
            Required,
            "The version of the question, v1 or v1beta1.",
        ),
        Field::new(
            "matchConditionSubjectAccessReviewVersion",
            7,
            Type::String,
            Required,
            "The version that match conditions see, v1.",
        ),
        Field::new(
            "failurePolicy",
            8,
            Type::String,
            Required,
            "What no answer is: NoOpinion or Deny.",
        ),
        Field::new(
            "connectionInfo",
            9,
            Type::Message(&CONNECTION_INFO),
            Required,
            "Where it is.",
        ),
        Field::new(
            "matchConditions",
            10,
            Type::List(&Type::Message(&MATCH_CONDITION)),
            Plain,
            "When it is asked at all.",
        ),
    ],
};

static CONNECTION_INFO: Message = Message {
    name: "WebhookConnectionInfo",
    openapi: "io.k8s.apiserver.pkg.apis.apiserver.v1.WebhookConnectionInfo",
    doc: "Where a webhook is.",
    fields: &[
        Field::new("type", 1, Type::String, Required, "KubeConfigFile."),
        Field::new(
            "kubeConfigFile",
            2,
            Type::String,
            Pointer,
            "The file that describes the server and the login to it.",
        ),
    ],
};

static MATCH_CONDITION: Message = Message {
    name: "WebhookMatchCondition",
    openapi: "io.k8s.apiserver.pkg.apis.apiserver.v1.WebhookMatchCondition",
    doc: "A condition of being asked.",
    fields: &[Field::new(
        "expression",
        1,
        Type::String,
        Required,
        "CEL over request, which is the spec of the question.",
    )],
};

static CEDAR_CONFIGURATION: Message = Message {
    name: "CedarConfiguration",
    openapi: "io.purser.v1.CedarConfiguration",
    doc: "Policies in Cedar.",
    fields: &[Field::new(
        "policies",
        1,
        Type::String,
        Required,
        "A file of policies, or a directory of such files.",
    )],
};
