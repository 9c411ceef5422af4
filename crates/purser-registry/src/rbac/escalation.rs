//! Nobody gives what they do not have.
//!
//! Source: `pkg/registry/rbac/*/policybased/storage.go`, `pkg/registry/rbac/escalation_check.go` and
//! `ConfirmNoEscalation` in `pkg/registry/rbac/validation/rule.go`.

use purser_authz::rbac::{Rule, uncovered};
use purser_authz::{Authorizer, MASTERS, Permit, UnservedRequest};
use purser_types::quote::quote;
use purser_types::status::Details;
use purser_types::{Map, Object, Status, User, Value};

use super::grant::{role_ref, rules};
use crate::validate::rbac::GROUP;
use crate::validate::read::message;

/// The most rules that one refusal lists.
const LISTED_MAX: usize = 1000;

/// Whether who holds the permit may write this role: it gives nothing that they do not have themselves, or they may
/// `escalate`. A ClusterRole that takes its rules from others may come to give anything.
///
/// # Errors
/// 403.
pub(crate) async fn check_role(permit: &Permit, role: &Object, old: Option<&Object>) -> Result<(), Status> {
    let Some(authorizer) = bound_by(permit) else {
        return Ok(());
    };
    let plural = role.resource.plural;
    // As upstream: the name of the request, so that a right with names does not reach a create.
    let name = &permit.request().name;
    if old.is_some_and(|old| only_bookkeeping(role, old))
        || may(authorizer, permit, "escalate", plural, name).await
    {
        return Ok(());
    }
    let namespace = permit.request().namespace.as_str();
    let wanted = rules(role.get("rules"));
    confirm(authorizer, permit.user(), namespace, &wanted).map_err(|why| refuse(role, &why))?;
    let aggregates = |object: &Object| object.get("aggregationRule").is_some();
    if aggregates(role) || old.is_some_and(aggregates) {
        let all = vec!["*".to_owned()];
        let everything = [
            Rule {
                verbs: all.clone(),
                groups: all.clone(),
                resources: all.clone(),
                ..Rule::default()
            },
            Rule {
                verbs: all.clone(),
                paths: all,
                ..Rule::default()
            },
        ];
        let missing = uncovered(&authorizer.rules_of(permit.user(), namespace), &everything);
        if !missing.is_empty() {
            return Err(refuse(
                role,
                "must have cluster-admin privileges to use the aggregationRule",
            ));
        }
    }
    Ok(())
}

/// Whether who holds the permit may write this binding: they have all that its role gives, or may `bind` the role.
///
/// # Errors
/// 403; 404 when the role is not there, and they may not `bind` it.
pub(crate) async fn check_binding(
    permit: &Permit,
    binding: &Object,
    old: Option<&Object>,
) -> Result<(), Status> {
    let Some(authorizer) = bound_by(permit) else {
        return Ok(());
    };
    if old.is_some_and(|old| only_bookkeeping(binding, old)) {
        return Ok(());
    }
    // A role of another kind is refused by validation.
    let Some(role) = role_ref(message(&binding.body, "roleRef")) else {
        return Ok(());
    };
    let plural = if role.cluster { "clusterroles" } else { "roles" };
    if may(authorizer, permit, "bind", plural, &role.name).await {
        return Ok(());
    }
    let namespace = permit.request().namespace.as_str();
    let given = authorizer.read(|policy| policy.rules(namespace, &role).map(<[Rule]>::to_vec));
    let Some(given) = given else {
        return Err(not_found(plural, &role.name));
    };
    confirm(authorizer, permit.user(), namespace, &given).map_err(|why| refuse(binding, &why))
}

/// Who decides over the holder of the permit; `None`: nobody has to.
fn bound_by(permit: &Permit) -> Option<&Authorizer> {
    let master = permit.user().groups.iter().any(|group| group == MASTERS);
    permit.authorizer().filter(|_| !master).map(AsRef::as_ref)
}

async fn may(authorizer: &Authorizer, permit: &Permit, verb: &str, plural: &str, name: &str) -> bool {
    let asked = UnservedRequest {
        verb,
        group: GROUP,
        version: permit.request().resource.version,
        resource: plural,
        namespace: &permit.request().namespace,
        name,
        ..UnservedRequest::default()
    };
    authorizer.may(permit.user(), &asked).await
}

fn confirm(authorizer: &Authorizer, user: &User, namespace: &str, wanted: &[Rule]) -> Result<(), String> {
    let missing = uncovered(&authorizer.rules_of(user, namespace), wanted);
    if missing.is_empty() {
        return Ok(());
    }
    let mut lines: Vec<String> = missing.iter().map(Rule::to_string).collect();
    lines.sort();
    lines.dedup();
    lines.truncate(LISTED_MAX);
    let groups: Vec<String> = user.groups.iter().map(|group| quote(group)).collect();
    Err(format!(
        "user {} (groups=[{}]) is attempting to grant RBAC permissions not currently held:\n{}",
        quote(&user.name),
        groups.join(" "),
        lines.join("\n")
    ))
}

/// Whether nothing changes but what the collection of garbage needs: owners and finalizers.
fn only_bookkeeping(object: &Object, old: &Object) -> bool {
    let fields = |object: &Object| {
        let mut body: Map = object.duplicate().body;
        if let Some(meta) = body.get_mut("metadata").and_then(Value::as_map_mut) {
            for field in ["ownerReferences", "finalizers", "managedFields"] {
                meta.remove(field);
            }
        }
        body
    };
    fields(object) == fields(old)
}

fn refuse(object: &Object, why: &str) -> Status {
    Status::forbidden(object.resource, object.name(), why)
}

/// Upstream tells of the role that was looked up, not of the binding.
fn not_found(plural: &str, name: &str) -> Status {
    let message = format!("{plural}.{GROUP} {} not found", quote(name));
    let details = Details {
        name: name.to_owned(),
        group: GROUP.to_owned(),
        kind: plural.to_owned(),
        ..Details::default()
    };
    Status::new(404, "NotFound", message, Some(details))
}
