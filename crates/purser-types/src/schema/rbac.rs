//! Who may do what: `k8s.io/api/rbac/v1`.

use super::Presence::{Plain, Pointer, Required};
use super::meta::{API_VERSION, KIND, METADATA};
use super::pod::LABEL_SELECTOR;
use super::{Field, Message, Type};

const TEXTS: Type = Type::List(&Type::String);
static RULE: Type = Type::Message(&POLICY_RULE);
static ONE_SUBJECT: Type = Type::Message(&SUBJECT);
const RULES: Field = Field::new("rules", 2, Type::List(&RULE), Required, "What is allowed.");
const SUBJECTS: Field = Field::new(
    "subjects",
    2,
    Type::List(&ONE_SUBJECT),
    Plain,
    "Who is given the role.",
);
const ROLE_REF_FIELD: Field = Field::new(
    "roleRef",
    3,
    Type::Message(&ROLE_REF),
    Required,
    "The role that is given. It cannot be changed: make another binding.",
);

/// `rbacv1.Role`.
pub static ROLE: Message = Message {
    name: "Role",
    openapi: "io.k8s.api.rbac.v1.Role",
    doc: "Rules that can be given to somebody in this namespace.",
    fields: &[KIND, API_VERSION, METADATA, RULES],
};

/// `rbacv1.ClusterRole`.
pub static CLUSTER_ROLE: Message = Message {
    name: "ClusterRole",
    openapi: "io.k8s.api.rbac.v1.ClusterRole",
    doc: "Rules that can be given to somebody everywhere, or in one namespace.",
    fields: &[
        KIND,
        API_VERSION,
        METADATA,
        RULES,
        Field::new(
            "aggregationRule",
            3,
            Type::Message(&AGGREGATION_RULE),
            Pointer,
            "Takes the rules from other ClusterRoles; the server then writes rules itself.",
        ),
    ],
};

/// `rbacv1.AggregationRule`.
pub static AGGREGATION_RULE: Message = Message {
    name: "AggregationRule",
    openapi: "io.k8s.api.rbac.v1.AggregationRule",
    doc: "Where the rules of a ClusterRole come from.",
    fields: &[Field::new(
        "clusterRoleSelectors",
        1,
        Type::List(&Type::Message(&LABEL_SELECTOR)),
        Plain,
        "The rules of every ClusterRole that any of these selects are taken over.",
    )],
};

/// `rbacv1.PolicyRule`.
pub static POLICY_RULE: Message = Message {
    name: "PolicyRule",
    openapi: "io.k8s.api.rbac.v1.PolicyRule",
    doc: "What is allowed; nothing can be forbidden.",
    fields: &[
        Field::new("verbs", 1, TEXTS, Required, "What may be done; * is everything."),
        Field::new(
            "apiGroups",
            2,
            TEXTS,
            Plain,
            "The API groups of the resources; the empty text is core, * is every group.",
        ),
        Field::new(
            "resources",
            3,
            TEXTS,
            Plain,
            "The resources, subresources after a slash; * is all, */status the status of all.",
        ),
        Field::new(
            "resourceNames",
            4,
            TEXTS,
            Plain,
            "The names of the objects; empty: all. Requests that name nothing (create, deletecollection) are not \
             allowed by a rule that has names.",
        ),
        Field::new(
            "nonResourceURLs",
            5,
            TEXTS,
            Plain,
            "Paths that are no objects; a * at the end stands for what follows. Only in a ClusterRole.",
        ),
    ],
};

/// `rbacv1.RoleBinding`.
pub static ROLE_BINDING: Message = Message {
    name: "RoleBinding",
    openapi: "io.k8s.api.rbac.v1.RoleBinding",
    doc: "Gives a Role, or the rules of a ClusterRole, to somebody in this namespace.",
    fields: &[KIND, API_VERSION, METADATA, SUBJECTS, ROLE_REF_FIELD],
};

/// `rbacv1.ClusterRoleBinding`.
pub static CLUSTER_ROLE_BINDING: Message = Message {
    name: "ClusterRoleBinding",
    openapi: "io.k8s.api.rbac.v1.ClusterRoleBinding",
    doc: "Gives a ClusterRole to somebody everywhere.",
    fields: &[KIND, API_VERSION, METADATA, SUBJECTS, ROLE_REF_FIELD],
};

/// `rbacv1.Subject`.
pub static SUBJECT: Message = Message {
    name: "Subject",
    openapi: "io.k8s.api.rbac.v1.Subject",
    doc: "A user, a group, or a ServiceAccount.",
    fields: &[
        Field::new(
            "kind",
            1,
            Type::String,
            Required,
            "User, Group or ServiceAccount.",
        ),
        Field::new(
            "apiGroup",
            2,
            Type::String,
            Plain,
            "Empty for a ServiceAccount, rbac.authorization.k8s.io for the others.",
        ),
        Field::new("name", 3, Type::String, Required, "The name."),
        Field::new(
            "namespace",
            4,
            Type::String,
            Plain,
            "The namespace of a ServiceAccount.",
        ),
    ],
};

/// `rbacv1.RoleRef`.
pub static ROLE_REF: Message = Message {
    name: "RoleRef",
    openapi: "io.k8s.api.rbac.v1.RoleRef",
    doc: "Names a role.",
    fields: &[
        Field::new(
            "apiGroup",
            1,
            Type::String,
            Required,
            "rbac.authorization.k8s.io.",
        ),
        Field::new("kind", 2, Type::String, Required, "Role or ClusterRole."),
        Field::new("name", 3, Type::String, Required, "The name."),
    ],
};
