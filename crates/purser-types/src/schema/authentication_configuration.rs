//! Who may sign in, as a file says it: `k8s.io/apiserver/pkg/apis/apiserver/v1`, whose JSON is that of `v1beta1` and
//! `v1alpha1` too. It has no protobuf; tags only number the fields.

use super::Presence::{Plain, Pointer, Required};
use super::meta::{API_VERSION, KIND};
use super::{Field, Message, Type};

/// `apiserver.AuthenticationConfiguration`.
pub static AUTHENTICATION_CONFIGURATION: Message = Message {
    name: "AuthenticationConfiguration",
    openapi: "io.k8s.apiserver.pkg.apis.apiserver.v1.AuthenticationConfiguration",
    doc: "Who may sign in.",
    fields: &[
        KIND,
        API_VERSION,
        Field::new(
            "jwt",
            1,
            Type::List(&Type::Message(&JWT_AUTHENTICATOR)),
            Required,
            "Issuers of tokens.",
        ),
        Field::new(
            "anonymous",
            2,
            Type::Message(&ANONYMOUS_AUTH_CONFIG),
            Pointer,
            "What may be asked by who presents nothing.",
        ),
    ],
};

static JWT_AUTHENTICATOR: Message = Message {
    name: "JWTAuthenticator",
    openapi: "io.k8s.apiserver.pkg.apis.apiserver.v1.JWTAuthenticator",
    doc: "An issuer of tokens, and who they make a user.",
    fields: &[
        Field::new("issuer", 1, Type::Message(&ISSUER), Required, "The issuer."),
        Field::new(
            "claimValidationRules",
            2,
            Type::List(&Type::Message(&CLAIM_VALIDATION_RULE)),
            Plain,
            "What the claims have to be.",
        ),
        Field::new(
            "claimMappings",
            3,
            Type::Message(&CLAIM_MAPPINGS),
            Required,
            "How claims make a user.",
        ),
        Field::new(
            "userValidationRules",
            4,
            Type::List(&Type::Message(&USER_VALIDATION_RULE)),
            Plain,
            "What the user has to be.",
        ),
    ],
};

static ISSUER: Message = Message {
    name: "Issuer",
    openapi: "io.k8s.apiserver.pkg.apis.apiserver.v1.Issuer",
    doc: "Who issues tokens.",
    fields: &[
        Field::new("url", 1, Type::String, Required, "The claim iss."),
        Field::new(
            "discoveryURL",
            2,
            Type::String,
            Pointer,
            "Where the issuer's metadata is, when not at the usual place below url.",
        ),
        Field::new(
            "certificateAuthority",
            3,
            Type::String,
            Plain,
            "Authorities of the issuer's certificate, in PEM; those of the machine when there are none.",
        ),
        Field::new(
            "audiences",
            4,
            Type::List(&Type::String),
            Required,
            "For whom tokens have to be.",
        ),
        Field::new(
            "audienceMatchPolicy",
            5,
            Type::String,
            Plain,
            "MatchAny: a token is for one of the audiences at least.",
        )
        .go("v1.AudienceMatchPolicyType"),
        Field::new(
            "egressSelectorType",
            6,
            Type::String,
            Plain,
            "The way out to the issuer; there is only one here.",
        )
        .go("v1.EgressSelectorType"),
    ],
};

static CLAIM_VALIDATION_RULE: Message = Message {
    name: "ClaimValidationRule",
    openapi: "io.k8s.apiserver.pkg.apis.apiserver.v1.ClaimValidationRule",
    doc: "What a claim has to be.",
    fields: &[
        Field::new("claim", 1, Type::String, Plain, "A claim that has to be there."),
        Field::new("requiredValue", 2, Type::String, Plain, "What it has to be."),
        Field::new(
            "expression",
            3,
            Type::String,
            Plain,
            "What has to be true of claims, in CEL.",
        ),
        Field::new(
            "message",
            4,
            Type::String,
            Plain,
            "What is logged when it is not.",
        ),
    ],
};

static CLAIM_MAPPINGS: Message = Message {
    name: "ClaimMappings",
    openapi: "io.k8s.apiserver.pkg.apis.apiserver.v1.ClaimMappings",
    doc: "How claims make a user.",
    fields: &[
        Field::new(
            "username",
            1,
            Type::Message(&PREFIXED_CLAIM_OR_EXPRESSION),
            Required,
            "The user's name.",
        ),
        Field::new(
            "groups",
            2,
            Type::Message(&PREFIXED_CLAIM_OR_EXPRESSION),
            Plain,
            "The user's groups.",
        ),
        Field::new(
            "uid",
            3,
            Type::Message(&CLAIM_OR_EXPRESSION),
            Required,
            "The user's uid.",
        ),
        Field::new(
            "extra",
            4,
            Type::List(&Type::Message(&EXTRA_MAPPING)),
            Plain,
            "What else is known of the user.",
        ),
    ],
};

static PREFIXED_CLAIM_OR_EXPRESSION: Message = Message {
    name: "PrefixedClaimOrExpression",
    openapi: "io.k8s.apiserver.pkg.apis.apiserver.v1.PrefixedClaimOrExpression",
    doc: "A claim with a prefix, or an expression.",
    fields: &[
        Field::new("claim", 1, Type::String, Plain, "The claim."),
        Field::new(
            "prefix",
            2,
            Type::String,
            Pointer,
            "What is put before the claim; may be empty, but has to be said.",
        ),
        Field::new("expression", 3, Type::String, Plain, "An expression in CEL."),
    ],
};

static CLAIM_OR_EXPRESSION: Message = Message {
    name: "ClaimOrExpression",
    openapi: "io.k8s.apiserver.pkg.apis.apiserver.v1.ClaimOrExpression",
    doc: "A claim, or an expression.",
    fields: &[
        Field::new("claim", 1, Type::String, Plain, "The claim."),
        Field::new("expression", 2, Type::String, Plain, "An expression in CEL."),
    ],
};

static EXTRA_MAPPING: Message = Message {
    name: "ExtraMapping",
    openapi: "io.k8s.apiserver.pkg.apis.apiserver.v1.ExtraMapping",
    doc: "An entry of what else is known of the user.",
    fields: &[
        Field::new("key", 1, Type::String, Required, "Its key, below a domain."),
        Field::new(
            "valueExpression",
            2,
            Type::String,
            Required,
            "Its value or values, in CEL.",
        ),
    ],
};

static USER_VALIDATION_RULE: Message = Message {
    name: "UserValidationRule",
    openapi: "io.k8s.apiserver.pkg.apis.apiserver.v1.UserValidationRule",
    doc: "What the user has to be.",
    fields: &[
        Field::new(
            "expression",
            1,
            Type::String,
            Required,
            "What has to be true of user, in CEL.",
        ),
        Field::new(
            "message",
            2,
            Type::String,
            Plain,
            "What is logged when it is not.",
        ),
    ],
};

static ANONYMOUS_AUTH_CONFIG: Message = Message {
    name: "AnonymousAuthConfig",
    openapi: "io.k8s.apiserver.pkg.apis.apiserver.v1.AnonymousAuthConfig",
    doc: "What may be asked by who presents nothing.",
    fields: &[
        Field::new("enabled", 1, Type::Bool, Required, "Whether anything may."),
        Field::new(
            "conditions",
            2,
            Type::List(&Type::Message(&ANONYMOUS_AUTH_CONDITION)),
            Plain,
            "What alone may be asked; everything that is open when there is none.",
        ),
    ],
};

static ANONYMOUS_AUTH_CONDITION: Message = Message {
    name: "AnonymousAuthCondition",
    openapi: "io.k8s.apiserver.pkg.apis.apiserver.v1.AnonymousAuthCondition",
    doc: "What may be asked.",
    fields: &[Field::new("path", 1, Type::String, Required, "A path.")],
};
