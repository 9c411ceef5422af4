//! What a stored role or binding says, in the words of the authorizer.

use purser_authz::rbac::{Binding, Grant, RoleRef, Rule, Subject};
use purser_types::{Map, Object, Value};

use crate::validate::read::{message, messages, text, texts};

/// What a Role or ClusterRole gives.
pub(crate) fn role(object: &Object) -> Grant {
    Grant::Role(rules(object.get("rules")))
}

/// The rules of a list of `PolicyRule`.
pub(crate) fn rules(list: Option<&Value>) -> Vec<Rule> {
    messages(list).map(rule).collect()
}

fn rule(rule: &Map) -> Rule {
    let list = |field: &str| texts(rule, field).into_iter().map(str::to_owned).collect();
    Rule {
        verbs: list("verbs"),
        groups: list("apiGroups"),
        resources: list("resources"),
        names: list("resourceNames"),
        paths: list("nonResourceURLs"),
    }
}

/// What a RoleBinding or ClusterRoleBinding gives. A subject or role of a kind that nobody knows gives nothing:
/// another server may have stored it.
pub(crate) fn binding(object: &Object) -> Grant {
    let role = role_ref(message(&object.body, "roleRef"));
    let subjects = messages(object.get("subjects")).filter_map(subject).collect();
    Grant::Binding(match role {
        Some(role) => Binding { role, subjects },
        None => Binding {
            role: RoleRef {
                cluster: true,
                name: String::new(),
            },
            subjects: Vec::new(),
        },
    })
}

/// The role that a `RoleRef` names; `None`: no kind of role that there is.
pub(super) fn role_ref(role: &Map) -> Option<RoleRef> {
    let cluster = match text(role, "kind") {
        "ClusterRole" => true,
        "Role" => false,
        _ => return None,
    };
    Some(RoleRef {
        cluster,
        name: text(role, "name").to_owned(),
    })
}

fn subject(subject: &Map) -> Option<Subject> {
    let name = text(subject, "name").to_owned();
    match text(subject, "kind") {
        "User" => Some(Subject::User(name)),
        "Group" => Some(Subject::Group(name)),
        "ServiceAccount" => Some(Subject::ServiceAccount {
            namespace: text(subject, "namespace").to_owned(),
            name,
        }),
        _ => None,
    }
}
