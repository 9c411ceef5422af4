//! Objects go with their owners.
//!
//! Source: `pkg/controller/garbagecollector`: what is done to whom is upstream's. What to look at is told by
//! [`Kinship`](crate::cache::Kinship), which is exact up to the revision that is applied, so that no graph is kept
//! here, and a restart begins by looking at everything that has an owner.

mod act;
mod standing;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;

use super::{RETRY_FIRST, RETRY_MAX, is_status};
use crate::cache::waits;
use crate::error::Error;
use crate::found::Found;
use crate::owner::{FOREGROUND, ORPHAN};
use crate::registry::Registry;
use act::Policy;
use standing::{Standings, standings};

/// How many objects are looked at at the same time, so that their writes share flushes.
const AT_ONCE: usize = 32;

/// How many are taken from the queue at a time.
const BATCH: usize = 1024;

/// Sees to what is due whenever that is done here, for as long as it is polled. Meanwhile what another server sees to is
/// let go, for the queue would grow; when its turn comes, this one begins with everything, as after a restart.
pub(super) async fn collect(registry: Arc<Registry>) {
    loop {
        tokio::select! {
            // What is due is let go only while it is not this one's.
            biased;
            () = registry.duties.become_here(true) => {}
            () = let_go(&registry) => {}
        }
        if registry.options.candidate.is_some() {
            look_at_all(&registry);
        }
        tokio::select! {
            () = see_to(&registry) => {}
            () = registry.duties.become_here(false) => {}
        }
    }
}

async fn let_go(registry: &Registry) {
    loop {
        registry.caches.kinship.next(BATCH).await;
    }
}

fn look_at_all(registry: &Registry) {
    for cache in registry.caches.all() {
        let snapshot = cache.snapshot(registry.caches.applied());
        registry.caches.kinship.look_at_related(snapshot.objects.values());
    }
}

/// Looks at what is due, for as long as it is polled; at what failed again after a pause that grows.
async fn see_to(registry: &Registry) {
    let mut pauses: HashMap<Arc<str>, Duration> = HashMap::new();
    let mut delayed = FuturesUnordered::new();
    let mut waiting: HashSet<Arc<str>> = HashSet::new();
    loop {
        let due = tokio::select! {
            due = registry.caches.kinship.next(BATCH) => due,
            Some(key) = delayed.next(), if !delayed.is_empty() => {
                waiting.remove(&key);
                vec![key]
            }
        };
        let looks = due
            .into_iter()
            .map(|key| async move { (look_at(registry, &key).await, key) });
        let mut looks = futures_util::stream::iter(looks).buffer_unordered(AT_ONCE);
        while let Some((outcome, key)) = looks.next().await {
            let Err(error) = outcome else {
                pauses.remove(&key);
                continue;
            };
            let pause = pauses.entry(Arc::clone(&key)).or_insert(RETRY_FIRST);
            if !is_status(&error, 409) {
                tracing::warn!(%error, key = %key, "an object could not be collected; it is tried again in {pause:?}");
            }
            if waiting.insert(Arc::clone(&key)) {
                delayed.push(after(*pause, key));
            }
            *pause = (*pause * 2).min(RETRY_MAX);
        }
    }
}

async fn after(pause: Duration, key: Arc<str>) -> Arc<str> {
    tokio::time::sleep(pause).await;
    key
}

/// Does what has to be done about one object: as `attemptToDeleteItem` and `attemptToOrphanWorker` upstream.
async fn look_at(registry: &Registry, key: &Arc<str>) -> Result<(), Error> {
    let Some(found) = cached(registry, key) else {
        return Ok(());
    };
    let index = &found.index;
    if index.deleting {
        return match () {
            () if index.has_finalizer(FOREGROUND) => finish_foreground(registry, &found).await,
            () if index.has_finalizer(ORPHAN) => finish_orphaning(registry, &found).await,
            () => Ok(()),
        };
    }
    if index.owners.is_empty() {
        return Ok(());
    }
    match standings(registry, index).await? {
        // Among its owners is one that nothing can be said about: it is left as it is.
        None => Ok(()),
        Some(standings) => settle(registry, &found, standings).await,
    }
}

/// What becomes of an object whose owners stand so.
async fn settle(registry: &Registry, found: &Arc<Found>, standings: Standings) -> Result<(), Error> {
    let Standings {
        solid,
        dangling,
        waiting,
    } = standings;
    if solid {
        let lost: Vec<&str> = dangling.iter().chain(&waiting).map(AsRef::as_ref).collect();
        return act::release(registry, found, &lost).await;
    }
    let dependents = dependents(registry, found);
    if waiting.is_empty() || dependents.is_empty() {
        let index = &found.index;
        let policy = match () {
            () if index.has_finalizer(ORPHAN) => Policy::Orphan,
            () if index.has_finalizer(FOREGROUND) => Policy::Foreground,
            () => Policy::Background,
        };
        return act::delete(registry, found, policy).await;
    }
    if dependents.iter().any(|dependent| waits(&dependent.index)) {
        // Perhaps a circle: nobody in it would ever go.
        act::unblock(registry, found).await?;
        // The write makes it due again only if it is looked at anew.
        registry.caches.reach_latest().await?;
        let Some(found) = cached(registry, &found.key).filter(|now| now.index.uid == found.index.uid) else {
            return Ok(());
        };
        return act::delete(registry, &found, Policy::Foreground).await;
    }
    act::delete(registry, found, Policy::Foreground).await
}

/// Lets an object go that has no dependent left to wait for, or sees to those.
async fn finish_foreground(registry: &Registry, found: &Arc<Found>) -> Result<(), Error> {
    registry.caches.reach_latest().await?;
    let uid = &found.index.uid;
    let blocks = |dependent: &Found| {
        let mut owners = dependent.index.owners.iter();
        owners.any(|owner| owner.uid == *uid && owner.blocks)
    };
    let mut blocking = dependents(registry, found);
    blocking.retain(|dependent| blocks(dependent));
    for dependent in blocking.iter().filter(|dependent| !dependent.index.deleting) {
        registry.caches.kinship.look_at(&dependent.key);
    }
    if blocking.is_empty() {
        act::remove_finalizer(registry, found, FOREGROUND).await?;
    }
    Ok(())
}

/// Takes an object out of its dependents' owners, and lets it go.
async fn finish_orphaning(registry: &Registry, found: &Arc<Found>) -> Result<(), Error> {
    registry.caches.reach_latest().await?;
    let uid: &str = &found.index.uid;
    let mut releases = futures_util::stream::iter(dependents(registry, found))
        .map(|dependent| async move { act::release(registry, &dependent, &[uid]).await })
        .buffer_unordered(AT_ONCE);
    while let Some(outcome) = releases.next().await {
        outcome?;
    }
    drop(releases);
    act::remove_finalizer(registry, found, ORPHAN).await
}

/// The object of a key, as the cache has it.
fn cached(registry: &Registry, key: &str) -> Option<Arc<Found>> {
    let (kind, _) = registry.caches.keys.parse(key)?;
    registry.caches.at(kind)?.get(key)
}

/// What names an object as an owner.
fn dependents(registry: &Registry, found: &Found) -> Vec<Arc<Found>> {
    let keys = registry.caches.kinship.dependents(&found.index.uid);
    keys.iter().filter_map(|key| cached(registry, key)).collect()
}
