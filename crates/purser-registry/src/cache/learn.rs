//! How the authorizer learns of roles and bindings: from the watch cache, in order, with every change.

use purser_authz::Authorizer;
use purser_authz::rbac::{Place, Policy};
use purser_types::Resource;
use purser_types::resource::{CLUSTER_ROLE_BINDINGS, CLUSTER_ROLES, ROLE_BINDINGS, ROLES};

use crate::found::Found;
use crate::keys::Named;

/// Tells of what became of a role or binding; says nothing of other kinds. What cannot be read gives nothing.
pub(crate) fn learn(
    authorizer: &Authorizer,
    resource: &'static Resource,
    named: Named<'_>,
    current: Option<&Found>,
) {
    if is_role(resource) || is_binding(resource) {
        authorizer.change(|policy| tell(policy, resource, named, current));
    }
}

/// Starts over with all that is there.
pub(crate) fn learn_all<'f>(authorizer: &Authorizer, all: impl Iterator<Item = &'f Found>) {
    authorizer.change(|policy| {
        *policy = Policy::default();
        for found in all {
            let named = Named {
                namespace: &found.index.namespace,
                name: &found.index.name,
            };
            tell(policy, found.resource, named, Some(found));
        }
    });
}

fn tell(policy: &mut Policy, resource: &'static Resource, named: Named<'_>, current: Option<&Found>) {
    let place = Place {
        namespace: named.namespace,
        name: named.name,
    };
    match current.and_then(|found| found.index.grant.as_ref()) {
        Some(grant) => policy.set(place, grant),
        None if is_role(resource) => policy.remove_role(place),
        None if is_binding(resource) => policy.remove_binding(place),
        None => {}
    }
}

fn is_role(resource: &'static Resource) -> bool {
    resource == &ROLES || resource == &CLUSTER_ROLES
}

fn is_binding(resource: &'static Resource) -> bool {
    resource == &ROLE_BINDINGS || resource == &CLUSTER_ROLE_BINDINGS
}
