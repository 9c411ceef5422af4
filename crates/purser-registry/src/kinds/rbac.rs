//! Roles and bindings.
//!
//! Source: `pkg/registry/rbac`, `pkg/apis/rbac/v1/defaults.go` and `pkg/printers/internalversion/printers.go`.

use futures_util::future::BoxFuture;
use purser_authz::Permit;
use purser_authz::rbac::Grant;
use purser_types::status::Cause;
use purser_types::{Key, Map, Object, Status, Value};

use super::columns::{AGE, CREATED_AT, Column, NAME, column};
use super::strategy::Strategy;
use crate::rbac::{escalation, grant};
use crate::validate::names::NameRule;
use crate::validate::rbac::{self, GROUP};
use crate::validate::read::{message, messages, text};
use crate::validate::{MetadataRules, metadata_update};

pub(super) const ROLE_COLUMNS: &[Column] = &[NAME, CREATED_AT];

pub(super) const ROLE_BINDING_COLUMNS: &[Column] = &[
    NAME,
    column(
        "Role",
        "RoleRef can reference a Role in the current namespace or a ClusterRole in the global namespace. If the \
         RoleRef cannot be resolved, the Authorizer must return an error.",
        |object, _| given(object),
    ),
    AGE,
    wide("Users", "Users in the roleBinding", |object, _| {
        bound(object, "User")
    }),
    wide("Groups", "Groups in the roleBinding", |object, _| {
        bound(object, "Group")
    }),
    wide(
        "ServiceAccounts",
        "ServiceAccounts in the roleBinding",
        |object, _| bound(object, "ServiceAccount"),
    ),
];

pub(super) const CLUSTER_ROLE_BINDING_COLUMNS: &[Column] = &[
    NAME,
    column(
        "Role",
        "RoleRef can only reference a ClusterRole in the global namespace. If the RoleRef cannot be resolved, the \
         Authorizer must return an error.",
        |object, _| given(object),
    ),
    AGE,
    wide("Users", "Users in the clusterRoleBinding", |object, _| {
        bound(object, "User")
    }),
    wide("Groups", "Groups in the clusterRoleBinding", |object, _| {
        bound(object, "Group")
    }),
    wide(
        "ServiceAccounts",
        "ServiceAccounts in the clusterRoleBinding",
        |object, _| bound(object, "ServiceAccount"),
    ),
];

const fn wide(
    name: &'static str,
    description: &'static str,
    cell: fn(&Object, purser_types::time::Timestamp) -> Value,
) -> Column {
    Column {
        priority: 1,
        ..column(name, description, cell)
    }
}

fn given(object: &Object) -> Value {
    let role = message(&object.body, "roleRef");
    Value::string(format!("{}/{}", text(role, "kind"), text(role, "name")))
}

fn bound(object: &Object, kind: &str) -> Value {
    let subjects = messages(object.get("subjects")).filter(|subject| text(subject, "kind") == kind);
    let names = subjects.map(|subject| match kind {
        "ServiceAccount" => format!("{}/{}", text(subject, "namespace"), text(subject, "name")),
        _ => text(subject, "name").to_owned(),
    });
    Value::string(names.collect::<Vec<_>>().join(", "))
}

/// Role and ClusterRole.
pub(super) struct Roles;

impl Strategy for Roles {
    fn allows<'a>(
        &'a self,
        permit: &'a Permit,
        object: &'a Object,
        old: Option<&'a Object>,
    ) -> Option<BoxFuture<'a, Result<(), Status>>> {
        Some(Box::pin(escalation::check_role(permit, object, old)))
    }

    fn grant(&self, object: &Object) -> Option<Box<Grant>> {
        Some(Box::new(grant::role(object)))
    }

    fn validate(&self, object: &Object) -> Vec<Cause> {
        rbac::role(object)
    }

    fn causes_on_update(&self, rules: &dyn MetadataRules, new: &Object, old: &Object) -> Vec<Cause> {
        let mut causes = twice(self.causes_on_create(rules, new));
        causes.extend(metadata_update(rules, new, old));
        causes
    }

    fn name_rule(&self) -> NameRule {
        NameRule::PathSegment
    }

    fn allow_create_on_update(&self) -> bool {
        true
    }
}

/// RoleBinding and ClusterRoleBinding.
pub(super) struct Bindings;

impl Strategy for Bindings {
    fn allows<'a>(
        &'a self,
        permit: &'a Permit,
        object: &'a Object,
        old: Option<&'a Object>,
    ) -> Option<BoxFuture<'a, Result<(), Status>>> {
        Some(Box::pin(escalation::check_binding(permit, object, old)))
    }

    fn grant(&self, object: &Object) -> Option<Box<Grant>> {
        Some(Box::new(grant::binding(object)))
    }

    /// Groups of the API that go without saying.
    fn prepare_for_create(&self, object: &mut Object) {
        if let Some(role) = object.body.get_mut("roleRef").and_then(Value::as_map_mut) {
            default_group(role, GROUP);
        }
        let Some(Value::List(subjects)) = object.body.get_mut("subjects") else {
            return;
        };
        for subject in subjects.iter_mut().filter_map(Value::as_map_mut) {
            if matches!(text(subject, "kind"), "User" | "Group") {
                default_group(subject, GROUP);
            }
        }
    }

    fn validate(&self, object: &Object) -> Vec<Cause> {
        rbac::binding(object)
    }

    fn causes_on_update(&self, rules: &dyn MetadataRules, new: &Object, old: &Object) -> Vec<Cause> {
        let mut causes = twice(self.causes_on_create(rules, new));
        causes.extend(metadata_update(rules, new, old));
        causes.extend(rbac::same_role(new, old));
        causes
    }

    fn name_rule(&self) -> NameRule {
        NameRule::PathSegment
    }

    fn allow_create_on_update(&self) -> bool {
        true
    }
}

fn default_group(of: &mut Map, group: &str) {
    if text(of, "apiGroup").is_empty() {
        of.insert(Key::Borrowed("apiGroup"), Value::string(group));
    }
}

/// Upstream judges the whole object once by itself and once as part of the change.
fn twice(causes: Vec<Cause>) -> Vec<Cause> {
    [causes.clone(), causes].concat()
}
