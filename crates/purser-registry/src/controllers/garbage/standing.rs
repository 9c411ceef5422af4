//! How the owners of an object stand.

use crate::cache::{read, waits};
use crate::error::Error;
use crate::index::Index;
use crate::kinds::{KINDS, Kind};
use crate::owner::Owner;
use crate::registry::Registry;

/// The owners of an object, apart. As `classifyReferences` upstream.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Standings {
    /// Whether any exists and stays, or goes without waiting for its dependents.
    pub(super) solid: bool,
    /// The uids of those that do not exist.
    pub(super) dangling: Vec<Box<str>>,
    /// The uids of those that wait for their dependents to go.
    pub(super) waiting: Vec<Box<str>>,
}

/// How the owners of `dependent` stand. `None` when that cannot be told of one of them: its kind is not served here,
/// or it lives in a namespace and the dependent does not. Upstream leaves such dependents alone, too.
///
/// # Errors
/// The store's.
pub(super) async fn standings(registry: &Registry, dependent: &Index) -> Result<Option<Standings>, Error> {
    let mut standings = Standings::default();
    for owner in &dependent.owners {
        match standing(registry, dependent, owner).await? {
            None => return Ok(None),
            Some(Standing::Solid) => standings.solid = true,
            Some(Standing::Dangling) => standings.dangling.push(owner.uid.clone()),
            Some(Standing::Waiting) => standings.waiting.push(owner.uid.clone()),
        }
    }
    Ok(Some(standings))
}

enum Standing {
    Solid,
    Dangling,
    Waiting,
}

/// An owner counts as gone only when the store says so, for the cache may be behind.
async fn standing(registry: &Registry, dependent: &Index, owner: &Owner) -> Result<Option<Standing>, Error> {
    let Some(kind) = kind_of(owner) else {
        return Ok(None);
    };
    let resource = kind.resource;
    if resource.namespaced && dependent.namespace.is_empty() {
        return Ok(None);
    }
    // An owner is looked for in the dependent's namespace only: one elsewhere does not exist.
    let namespace = if resource.namespaced {
        &*dependent.namespace
    } else {
        ""
    };
    let Ok(key) = registry.caches.keys.object(resource, namespace, &owner.name) else {
        return Ok(None);
    };
    let cached = registry.caches.of(resource).and_then(|cache| cache.get(&key));
    if let Some(found) = cached.filter(|found| found.index.uid == owner.uid) {
        return Ok(Some(existing(&found.index)));
    }
    let Some(record) = registry.store.sealed().get(&key).await? else {
        return Ok(Some(Standing::Dangling));
    };
    let indexed = read::index(&registry.store, &registry.caches.keys, &record).await;
    Ok(indexed.map(|indexed| match &indexed.found.index {
        // One that cannot be read may be the one that is meant.
        index if index.unreadable.is_some() => Standing::Solid,
        index if index.uid == owner.uid => existing(index),
        _ => Standing::Dangling,
    }))
}

fn existing(owner: &Index) -> Standing {
    if waits(owner) {
        Standing::Waiting
    } else {
        Standing::Solid
    }
}

fn kind_of(owner: &Owner) -> Option<&'static Kind> {
    let (group, version) = owner
        .api_version
        .split_once('/')
        .unwrap_or(("", &owner.api_version));
    KINDS.iter().find(|kind| {
        let resource = kind.resource;
        let named = resource.group == group && resource.version == version && *resource.kind == *owner.kind;
        named && resource.is_kept()
    })
}
