//! Stored objects that cannot be read, for the verbose `/readyz`.

use std::fmt::Write as _;
use std::sync::Arc;

use purser_authn::UNAUTHENTICATED_GROUP;
use purser_authz::{Authorizer, ResourceRequest, Verb};
use purser_registry::{Found, Registry};
use purser_types::{Resource, User};

/// The most that are named; the others are counted.
const NAMED: usize = 10;

/// A line about them in the words of the probe's other remarks, for `user`; `None`: there are none, or it is nobody who
/// is known. Named are those of kinds that `user` may list everywhere, for their names are told by nothing else.
pub(crate) async fn remark(
    registry: &Registry,
    authorizer: &Arc<Authorizer>,
    user: &Arc<User>,
) -> Option<String> {
    let all = registry.unreadable();
    let count: usize = all.iter().map(|(_, count)| count).sum();
    if count == 0 || user.groups.iter().any(|group| group == UNAUTHENTICATED_GROUP) {
        return None;
    }
    let mut named = Vec::new();
    for (resource, _) in all {
        if named.len() < NAMED && may_list(authorizer, user, resource).await {
            named.extend(registry.unreadable_of(resource, NAMED - named.len()));
        }
    }
    let objects = if count == 1 { "object" } else { "objects" };
    let mut line = format!("warn: {count} stored {objects} cannot be read");
    let mut before = ": ";
    for name in named.iter().filter_map(|found| name(found)) {
        let _ = write!(line, "{before}{name}");
        before = ", ";
    }
    match count.saturating_sub(named.len()) {
        more @ 1.. if !named.is_empty() => {
            let _ = write!(line, " and {more} more");
        }
        _ => {}
    }
    line.push('\n');
    Some(line)
}

fn name(found: &Found) -> Option<String> {
    let index = &found.index;
    let why = index.unreadable.as_ref()?;
    let place = if index.namespace.is_empty() { "" } else { "/" };
    let resource = found.resource.qualified();
    Some(format!(
        "{resource} {}{place}{} ({why})",
        index.namespace, index.name
    ))
}

async fn may_list(authorizer: &Arc<Authorizer>, user: &Arc<User>, resource: &'static Resource) -> bool {
    let request = ResourceRequest {
        verb: Verb::List,
        resource,
        subresource: String::new(),
        namespace: String::new(),
        name: String::new(),
        selectors: None,
    };
    let permit = authorizer.authorize_metadata(user, request).await;
    permit.is_ok_and(|permit| permit.is_for_all())
}
