//! What a ResourceQuota counts, and how much of it there is.
//!
//! Sources: `pkg/quota/v1/evaluator/core`, `k8s.io/apiserver/pkg/quota/v1/generic/evaluator.go`.

use purser_types::quantity::Quantity;
use purser_types::resource::{EVENTS, SERVICES};
use purser_types::{Key, Map, Object, Resource, Value};

use crate::kinds::Kind;
use crate::services::Held;

/// Kinds of core that quotas also count under their plain names.
const BY_PLAIN_NAME: [&str; 4] = ["configmaps", "resourcequotas", "secrets", "services"];

/// What quotas count of Services besides themselves.
const NODE_PORTS: &str = "services.nodeports";
const BALANCERS: &str = "services.loadbalancers";

/// How the names of counts of objects begin.
pub(crate) const COUNT: &str = "count/";

/// The names under which quotas count objects of a resource; none for what they never count.
pub(crate) fn names_of(resource: &'static Resource) -> Vec<String> {
    let resource = resource.stored_as();
    if !resource.namespaced || resource == &EVENTS {
        return Vec::new();
    }
    let mut names = vec![format!("{COUNT}{}", resource.qualified())];
    if resource.group.is_empty() && BY_PLAIN_NAME.contains(&resource.plural) {
        names.push(resource.plural.to_owned());
    }
    if resource == &SERVICES {
        names.extend([BALANCERS, NODE_PORTS].map(str::to_owned));
    }
    names
}

/// How much one object is of what quotas count under `name`; `held` is what it holds.
pub(crate) fn counted(name: &str, held: Option<&Held>) -> i64 {
    match (name, held) {
        (NODE_PORTS, Some(held)) => held.node_ports,
        (BALANCERS, Some(held)) => held.balancers,
        (NODE_PORTS | BALANCERS, None) => 0,
        _ => 1,
    }
}

/// What `new` asks of quotas beyond what it was counted for as `old`, in the order of names.
pub(crate) fn asked(kind: &Kind, new: &Object, old: Option<&Object>) -> Vec<(String, i64)> {
    let now = kind.strategy.held(new);
    let before = old.map(|old| kind.strategy.held(old));
    let more = |name: &str| {
        let known = before
            .as_ref()
            .map_or(0, |before| counted(name, before.as_deref()));
        counted(name, now.as_deref()).saturating_sub(known)
    };
    let names = names_of(kind.resource).into_iter();
    names
        .map(|name| {
            let more = more(&name);
            (name, more)
        })
        .filter(|(_, more)| *more > 0)
        .collect()
}

/// Whether a quota is about Pods of certain scopes only, and so counts no other objects.
pub(crate) fn is_scoped(quota: &Object) -> bool {
    let spec = quota.get("spec").and_then(Value::as_map);
    let has = |field: &str| spec.is_some_and(|spec| spec.contains_key(field));
    has("scopes") || has("scopeSelector")
}

/// An amount of a quota: `part` is `spec` or `status`, `field` is `hard` or `used`.
pub(crate) fn amount(quota: &Object, part: &str, field: &str, name: &str) -> Option<Quantity> {
    let amounts = amounts(quota, part, field)?;
    Quantity::parse(amounts.get(name)?.as_str()?).ok()
}

/// The amounts of a quota.
pub(crate) fn amounts<'q>(quota: &'q Object, part: &str, field: &str) -> Option<&'q Map> {
    quota.get(part)?.as_map()?.get(field)?.as_map()
}

/// Sets an amount of what is used.
pub(crate) fn set_used(quota: &mut Object, name: &str, used: Quantity) {
    let empty = || Value::Map(Map::new());
    let status = quota.body.entry(Key::Borrowed("status")).or_insert_with(empty);
    let used_of = status
        .as_map_mut()
        .map(|status| status.entry(Key::Borrowed("used")).or_insert_with(empty));
    if let Some(amounts) = used_of.and_then(Value::as_map_mut) {
        amounts.insert(Key::Owned(name.to_owned()), Value::string(used.to_string()));
    }
}
