//! Namespaces being deleted are emptied, then removed.
//!
//! INVARIANT: nothing is made in a namespace once its deletion has begun (see `ops/namespace_guard.rs`), and the cache
//! applies revisions in order. So when the cache shows a namespace as being deleted and holds nothing in it, it is
//! empty for good.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use parking_lot::Mutex;
use purser_encryption::SealedChange;
use purser_store::{Check, Outcome};
use purser_types::resource::NAMESPACES;
use purser_types::time::Timestamp;
use purser_types::{Object, Value, proto};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::conditions::Remaining;
use super::follow::{follow, until_done};
use super::{MANAGER, is_status, permits};
use crate::cache::read;
use crate::error::Error;
use crate::event::EventKind;
use crate::found::Found;
use crate::kinds::{self, KINDS, Kind};
use crate::managed;
use crate::ops::namespaces;
use crate::options::DeleteOptions;
use crate::registry::Registry;

/// How many objects of a namespace are being removed at the same time.
const AT_ONCE: usize = 32;

/// The subresource in whose name conditions are recorded.
const STATUS: &str = "status";

/// How many namespaces are being emptied at the same time.
const NAMESPACES_AT_ONCE: usize = 4;

/// How often the removal of a namespace is tried when others change it meanwhile.
const ATTEMPTS: usize = 5;

/// After which time a namespace that still holds something is looked at again, and says what that is.
const LOOK_AGAIN_FIRST: Duration = Duration::from_secs(2);

/// The longest such time, as upstream's: half of what it takes finalizers to need.
const LOOK_AGAIN_MAX: Duration = Duration::from_secs(8);

/// The namespaces that are on their way out.
struct Leaving {
    registry: Arc<Registry>,
    slots: Arc<Semaphore>,
    /// Their uids.
    known: Arc<Mutex<HashSet<Box<str>>>>,
    tasks: JoinSet<()>,
}

/// Empties every namespace whose deletion begins.
pub(super) async fn follow_namespaces(registry: Arc<Registry>) {
    let leaving = Mutex::new(Leaving {
        registry: Arc::clone(&registry),
        slots: Arc::new(Semaphore::new(NAMESPACES_AT_ONCE)),
        known: Arc::default(),
        tasks: JoinSet::new(),
    });
    follow(&registry, &NAMESPACES, "", |kind, found| {
        if kind != EventKind::Deleted && found.index.deleting {
            leaving.lock().see_off(found);
        }
        std::future::ready(())
    })
    .await;
}

impl Leaving {
    fn see_off(&mut self, found: Arc<Found>) {
        while self.tasks.try_join_next().is_some() {}
        if !self.known.lock().insert(found.index.uid.clone()) {
            return;
        }
        let (registry, slots) = (Arc::clone(&self.registry), Arc::clone(&self.slots));
        let known = Arc::clone(&self.known);
        self.tasks.spawn(async move {
            until_empty(&registry, &slots, &found.index.name).await;
            known.lock().remove(&found.index.uid);
        });
    }
}

/// Removes what is in a namespace until nothing is.
async fn until_empty(registry: &Registry, slots: &Semaphore, namespace: &str) {
    let mut pause = LOOK_AGAIN_FIRST;
    let mut first = true;
    loop {
        let slot = slots.acquire().await;
        let outcome = empty(registry, namespace, first).await;
        drop(slot);
        match outcome {
            Ok(true) => return,
            Ok(false) => {}
            Err(error) => tracing::warn!(%error, namespace, "emptying a namespace failed; it is tried again"),
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(LOOK_AGAIN_MAX);
        first = false;
    }
}

/// Removes a namespace with the last object that went.
pub(super) async fn follow_kind(registry: Arc<Registry>, kind: &'static Kind) {
    follow(&registry, kind.resource, "", |event, found| {
        let registry = Arc::clone(&registry);
        async move {
            if event == EventKind::Deleted {
                let namespace = &found.index.namespace;
                until_done("removing a namespace", namespace, || finish(&registry, namespace)).await;
            }
        }
    })
    .await;
}

/// The namespace as the cache has it, if its deletion has begun.
fn deleting(registry: &Registry, namespace: &str) -> Option<Arc<Found>> {
    let key = registry.caches.keys.object(&NAMESPACES, "", namespace).ok()?;
    registry
        .caches
        .of(&NAMESPACES)?
        .get(&key)
        .filter(|found| found.index.deleting)
}

/// Removes what is in a namespace, as far as finalizers allow, and then the namespace if it is empty: whether nothing
/// is left to do. What stays is told in the namespace's conditions, but not at `first`: most things go at once.
async fn empty(registry: &Registry, namespace: &str, first: bool) -> Result<bool, Error> {
    if deleting(registry, namespace).is_none() {
        return Ok(true);
    }
    let mut remaining = Remaining::default();
    for kind in namespaced() {
        let found = contents(registry, kind, namespace);
        let mut removals = futures_util::stream::iter(found)
            .map(|found| async move { remove(registry, &found).await })
            .buffer_unordered(AT_ONCE);
        let mut failed = None;
        while let Some(outcome) = removals.next().await {
            failed = outcome.err().or(failed);
        }
        if let Some(error) = failed {
            tracing::warn!(%error, namespace, resource = kind.resource.plural, "not all objects could be removed");
            remaining.failed(&error);
        }
    }
    registry.caches.reach_latest().await?;
    if !remaining.has_failures() && !registry.holds_objects(namespace) {
        finish(registry, namespace).await?;
        return Ok(true);
    }
    if !first {
        for kind in namespaced() {
            for found in contents(registry, kind, namespace) {
                remaining.count(&found);
            }
        }
        tell(registry, namespace, &remaining).await?;
    }
    Ok(false)
}

/// The kinds that live in namespaces, in the order in which they are removed.
fn namespaced() -> impl Iterator<Item = &'static Kind> {
    KINDS
        .iter()
        .filter(|kind| kind.resource.namespaced && kind.is_storage())
}

fn contents(registry: &Registry, kind: &'static Kind, namespace: &str) -> Vec<Arc<Found>> {
    let scope = registry.caches.keys.scope(kind.resource, namespace);
    let cache = registry.caches.of(kind.resource);
    let snapshot = cache.map(|cache| cache.snapshot(registry.caches.applied()));
    snapshot
        .map(|snapshot| snapshot.range(&scope, &scope).map(Arc::clone).collect())
        .unwrap_or_default()
}

async fn remove(registry: &Registry, found: &Found) -> Result<(), Error> {
    let index = &found.index;
    let permit = permits::delete(found.resource, &index.namespace, &index.name);
    let options = DeleteOptions {
        propagation_policy: Some("Background".to_owned()),
        ..DeleteOptions::default()
    };
    match registry.delete(&permit, &options).await {
        Err(error) if !is_status(&error, 404) => Err(error),
        _ => Ok(()),
    }
}

/// Writes into a namespace's conditions what keeps it from going.
async fn tell(registry: &Registry, namespace: &str, remaining: &Remaining) -> Result<(), Error> {
    let Some(found) = deleting(registry, namespace) else {
        return Ok(());
    };
    change(registry, &found, |object, now| {
        let old = object.duplicate();
        if !remaining.tell(object, now) {
            return Change::None;
        }
        managed::record_update_through(object, Some(&old), STATUS, MANAGER, now);
        Change::Put
    })
    .await
}

/// Removes a namespace that is being deleted and empty; with finalizers of others it only says that the server is
/// done with it.
async fn finish(registry: &Registry, namespace: &str) -> Result<(), Error> {
    // In this order: looked for before its deletion is seen, something could be made in it in between.
    let Some(found) = deleting(registry, namespace) else {
        return Ok(());
    };
    if registry.holds_objects(namespace) {
        return Ok(());
    }
    change(registry, &found, |object, now| {
        let old = object.duplicate();
        let held = namespaces::finalize(object);
        let awaited = object
            .meta()
            .get("finalizers")
            .and_then(Value::as_list)
            .is_some_and(|list| !list.is_empty());
        match (awaited || namespaces::has_finalizers(object), held) {
            (false, _) => Change::Delete,
            (true, false) => Change::None,
            (true, true) => {
                Remaining::default().tell(object, now);
                managed::record_update_through(object, Some(&old), STATUS, MANAGER, now);
                Change::Put
            }
        }
    })
    .await
}

/// What becomes of a namespace.
enum Change {
    None,
    Put,
    Delete,
}

/// Changes a namespace that is being deleted, if it still is the one that was found.
async fn change(
    registry: &Registry,
    found: &Found,
    edit: impl Fn(&mut Object, Timestamp) -> Change,
) -> Result<(), Error> {
    let kind = kinds::kind(&NAMESPACES).ok_or(Error::NotServed)?;
    for _ in 0..ATTEMPTS {
        let Some(record) = registry.store.sealed().get(&found.key).await? else {
            return Ok(());
        };
        let mut object = read::open(&registry.store, kind, &record).await?.object;
        if !object.meta().contains_key("deletionTimestamp") || *object.uid() != *found.index.uid {
            return Ok(());
        }
        let key = found.key.to_string();
        let change = match edit(&mut object, registry.timestamp()) {
            Change::None => return Ok(()),
            Change::Delete => SealedChange::Delete { key: key.clone() },
            Change::Put => SealedChange::Put {
                key: key.clone(),
                plaintext: proto::encode(&object),
            },
        };
        let check = Check {
            key,
            mod_revision: record.mod_revision,
        };
        if let Outcome::Committed(_) = registry.store.commit(vec![check], vec![change]).await? {
            return Ok(());
        }
    }
    Err(Error::Contended)
}
