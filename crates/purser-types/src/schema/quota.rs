//! Limits of a namespace: `k8s.io/api/core/v1`.

use super::Presence::{Plain, Pointer, Required};
use super::meta::{API_VERSION, KIND, METADATA};
use super::{Field, Message, Type};

/// Amounts by the name of what they are of.
pub(super) const AMOUNTS: Type = Type::Map(&Type::Quantity);

/// `corev1.ResourceQuota`.
pub static RESOURCE_QUOTA: Message = Message {
    name: "ResourceQuota",
    openapi: "io.k8s.api.core.v1.ResourceQuota",
    doc: "How much there may be of what in a namespace.",
    fields: &[
        KIND,
        API_VERSION,
        METADATA,
        Field::new(
            "spec",
            2,
            Type::Message(&RESOURCE_QUOTA_SPEC),
            Plain,
            "What may be used.",
        ),
        Field::new(
            "status",
            3,
            Type::Message(&RESOURCE_QUOTA_STATUS),
            Plain,
            "What is used; the server says so.",
        ),
    ],
};

/// `corev1.ResourceQuotaSpec`.
pub static RESOURCE_QUOTA_SPEC: Message = Message {
    name: "ResourceQuotaSpec",
    openapi: "io.k8s.api.core.v1.ResourceQuotaSpec",
    doc: "How much may be used.",
    fields: &[
        Field::new(
            "hard",
            1,
            AMOUNTS,
            Plain,
            "The most there may be, by the name of the resource.",
        ),
        Field::new(
            "scopes",
            2,
            Type::List(&Type::String),
            Plain,
            "Which objects count; empty: all.",
        )
        .go("v1.ResourceQuotaScope"),
        Field::new(
            "scopeSelector",
            3,
            Type::Message(&SCOPE_SELECTOR),
            Pointer,
            "Which objects count, besides scopes.",
        ),
    ],
};

/// `corev1.ScopeSelector`.
pub static SCOPE_SELECTOR: Message = Message {
    name: "ScopeSelector",
    openapi: "io.k8s.api.core.v1.ScopeSelector",
    doc: "Selects objects by scopes; all terms must hold.",
    fields: &[Field::new(
        "matchExpressions",
        1,
        Type::List(&Type::Message(&SCOPED_RESOURCE_SELECTOR_REQUIREMENT)),
        Plain,
        "The terms.",
    )],
};

/// `corev1.ScopedResourceSelectorRequirement`.
pub static SCOPED_RESOURCE_SELECTOR_REQUIREMENT: Message = Message {
    name: "ScopedResourceSelectorRequirement",
    openapi: "io.k8s.api.core.v1.ScopedResourceSelectorRequirement",
    doc: "A term of a scope selector.",
    fields: &[
        Field::new("scopeName", 1, Type::String, Required, "The scope it is about.")
            .go("v1.ResourceQuotaScope"),
        Field::new(
            "operator",
            2,
            Type::String,
            Required,
            "In, NotIn, Exists or DoesNotExist.",
        )
        .go("v1.ScopeSelectorOperator"),
        Field::new(
            "values",
            3,
            Type::List(&Type::String),
            Plain,
            "The values of In and NotIn.",
        ),
    ],
};

/// `corev1.ResourceQuotaStatus`.
pub static RESOURCE_QUOTA_STATUS: Message = Message {
    name: "ResourceQuotaStatus",
    openapi: "io.k8s.api.core.v1.ResourceQuotaStatus",
    doc: "How much may be used, and is.",
    fields: &[
        Field::new("hard", 1, AMOUNTS, Plain, "The limits that are enforced."),
        Field::new("used", 2, AMOUNTS, Plain, "What is used of them."),
    ],
};

/// `corev1.LimitRange`.
pub static LIMIT_RANGE: Message = Message {
    name: "LimitRange",
    openapi: "io.k8s.api.core.v1.LimitRange",
    doc: "What single objects of a namespace may ask for.",
    fields: &[
        KIND,
        API_VERSION,
        METADATA,
        Field::new("spec", 2, Type::Message(&LIMIT_RANGE_SPEC), Plain, "The limits."),
    ],
};

/// `corev1.LimitRangeSpec`.
pub static LIMIT_RANGE_SPEC: Message = Message {
    name: "LimitRangeSpec",
    openapi: "io.k8s.api.core.v1.LimitRangeSpec",
    doc: "The limits of a LimitRange.",
    fields: &[Field::new(
        "limits",
        1,
        Type::List(&Type::Message(&LIMIT_RANGE_ITEM)),
        Required,
        "The limits, one a type of object.",
    )],
};

/// `corev1.LimitRangeItem`.
pub static LIMIT_RANGE_ITEM: Message = Message {
    name: "LimitRangeItem",
    openapi: "io.k8s.api.core.v1.LimitRangeItem",
    doc: "What one type of object may ask for.",
    fields: &[
        Field::new(
            "type",
            1,
            Type::String,
            Required,
            "What it limits: Pod, Container or PersistentVolumeClaim.",
        )
        .go("v1.LimitType"),
        Field::new("max", 2, AMOUNTS, Plain, "The most of each resource."),
        Field::new("min", 3, AMOUNTS, Plain, "The least of each resource."),
        Field::new("default", 4, AMOUNTS, Plain, "The limit of who names none."),
        Field::new(
            "defaultRequest",
            5,
            AMOUNTS,
            Plain,
            "The request of who names none.",
        ),
        Field::new(
            "maxLimitRequestRatio",
            6,
            AMOUNTS,
            Plain,
            "How many times its request a limit may be.",
        ),
    ],
};
