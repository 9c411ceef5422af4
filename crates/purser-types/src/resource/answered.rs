//! What is answered and not kept.

use super::Resource;
use crate::schema;

/// authentication.k8s.io/v1 SelfSubjectReview.
pub static SELF_SUBJECT_REVIEWS: Resource = Resource {
    group: "authentication.k8s.io",
    version: "v1",
    kind: "SelfSubjectReview",
    list_kind: "",
    plural: "selfsubjectreviews",
    singular: "selfsubjectreview",
    short_names: &[],
    categories: &[],
    namespaced: false,
    directory: "",
    message: &schema::SELF_SUBJECT_REVIEW,
    face: None,
};

/// authorization.k8s.io/v1 LocalSubjectAccessReview.
pub static LOCAL_SUBJECT_ACCESS_REVIEWS: Resource = Resource {
    group: "authorization.k8s.io",
    version: "v1",
    kind: "LocalSubjectAccessReview",
    list_kind: "",
    plural: "localsubjectaccessreviews",
    singular: "localsubjectaccessreview",
    short_names: &[],
    categories: &[],
    namespaced: true,
    directory: "",
    message: &schema::LOCAL_SUBJECT_ACCESS_REVIEW,
    face: None,
};

/// authorization.k8s.io/v1 SelfSubjectAccessReview.
pub static SELF_SUBJECT_ACCESS_REVIEWS: Resource = Resource {
    group: "authorization.k8s.io",
    version: "v1",
    kind: "SelfSubjectAccessReview",
    list_kind: "",
    plural: "selfsubjectaccessreviews",
    singular: "selfsubjectaccessreview",
    short_names: &[],
    categories: &[],
    namespaced: false,
    directory: "",
    message: &schema::SELF_SUBJECT_ACCESS_REVIEW,
    face: None,
};

/// authorization.k8s.io/v1 SelfSubjectRulesReview.
pub static SELF_SUBJECT_RULES_REVIEWS: Resource = Resource {
    group: "authorization.k8s.io",
    version: "v1",
    kind: "SelfSubjectRulesReview",
    list_kind: "",
    plural: "selfsubjectrulesreviews",
    singular: "selfsubjectrulesreview",
    short_names: &[],
    categories: &[],
    namespaced: false,
    directory: "",
    message: &schema::SELF_SUBJECT_RULES_REVIEW,
    face: None,
};

/// authorization.k8s.io/v1 SubjectAccessReview.
pub static SUBJECT_ACCESS_REVIEWS: Resource = Resource {
    group: "authorization.k8s.io",
    version: "v1",
    kind: "SubjectAccessReview",
    list_kind: "",
    plural: "subjectaccessreviews",
    singular: "subjectaccessreview",
    short_names: &[],
    categories: &[],
    namespaced: false,
    directory: "",
    message: &schema::SUBJECT_ACCESS_REVIEW,
    face: None,
};

/// authentication.k8s.io/v1 TokenReview. Answered, not kept.
pub static TOKEN_REVIEWS: Resource = Resource {
    group: "authentication.k8s.io",
    version: "v1",
    kind: "TokenReview",
    list_kind: "",
    plural: "tokenreviews",
    singular: "tokenreview",
    short_names: &[],
    categories: &[],
    namespaced: false,
    directory: "",
    message: &schema::TOKEN_REVIEW,
    face: None,
};

/// authentication.k8s.io/v1 TokenRequest. Answered by the subresource `token` of ServiceAccounts, not kept.
pub static TOKEN_REQUESTS: Resource = Resource {
    group: "authentication.k8s.io",
    version: "v1",
    kind: "TokenRequest",
    list_kind: "",
    plural: "serviceaccounts",
    singular: "serviceaccount",
    short_names: &[],
    categories: &[],
    namespaced: true,
    directory: "",
    message: &schema::TOKEN_REQUEST,
    face: None,
};
