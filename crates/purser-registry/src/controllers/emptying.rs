//! Namespaces being deleted are emptied, then removed.
//!
//! INVARIANT: nothing is made in a namespace once its deletion has begun (see `ops/namespace_guard.rs`), and the cache
//! applies revisions in order. So when the cache shows a namespace as being deleted and holds nothing in it, it is
//! empty for good.

use std::sync::Arc;

use futures_util::StreamExt;
use purser_encryption::SealedChange;
use purser_store::{Check, Outcome};
use purser_types::Value;
use purser_types::proto;
use purser_types::resource::NAMESPACES;
use tokio::task::JoinSet;

use super::follow::{follow, until_done};
use super::{is_status, permits};
use crate::cache::read;
use crate::error::Error;
use crate::event::EventKind;
use crate::found::Found;
use crate::kinds::{self, KINDS, Kind};
use crate::ops::namespaces;
use crate::options::DeleteOptions;
use crate::registry::Registry;

/// How many objects of a namespace are being removed at the same time.
const AT_ONCE: usize = 32;

/// How many namespaces are being emptied at the same time.
const NAMESPACES_AT_ONCE: usize = 4;

/// How often the removal of a namespace is tried when others change it meanwhile.
const ATTEMPTS: usize = 5;

/// Empties every namespace whose deletion begins.
pub(super) async fn follow_namespaces(registry: Arc<Registry>) {
    let tasks = tokio::sync::Mutex::new(JoinSet::new());
    follow(&registry, &NAMESPACES, "", |kind, found| {
        let (registry, tasks) = (Arc::clone(&registry), &tasks);
        async move {
            if kind == EventKind::Deleted || !found.index.deleting {
                return;
            }
            let mut tasks = tasks.lock().await;
            while tasks.len() >= NAMESPACES_AT_ONCE {
                tasks.join_next().await;
            }
            let name = found.index.name.clone();
            tasks.spawn(async move {
                until_done("emptying a namespace", &name, || empty(&registry, &name)).await;
            });
        }
    })
    .await;
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

/// Removes what is in a namespace, as far as finalizers allow, and then the namespace if it is empty.
async fn empty(registry: &Registry, namespace: &str) -> Result<(), Error> {
    if deleting(registry, namespace).is_none() {
        return Ok(());
    }
    let mut failed = None;
    for kind in KINDS.iter().filter(|kind| kind.resource.namespaced && kind.is_storage()) {
        let found = contents(registry, kind, namespace);
        let mut removals = futures_util::stream::iter(found)
            .map(|found| async move { remove(registry, &found).await })
            .buffer_unordered(AT_ONCE);
        while let Some(outcome) = removals.next().await {
            failed = outcome.err().or(failed);
        }
    }
    match failed {
        Some(error) => Err(error),
        None => {
            registry.caches.reach_latest().await?;
            finish(registry, namespace).await
        }
    }
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
    match registry.delete(&permit, &DeleteOptions::default()).await {
        Err(error) if !is_status(&error, 404) => Err(error),
        _ => Ok(()),
    }
}

/// Removes a namespace that is being deleted and empty; with finalizers of its own it only says that the server is
/// done with it.
async fn finish(registry: &Registry, namespace: &str) -> Result<(), Error> {
    let Some(found) = deleting(registry, namespace).filter(|_| !registry.holds_objects(namespace)) else {
        return Ok(());
    };
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
        let awaited = object
            .meta()
            .get("finalizers")
            .and_then(Value::as_list)
            .is_some_and(|list| !list.is_empty());
        let change = if !awaited {
            SealedChange::Delete { key: key.clone() }
        } else if namespaces::has_finalizers(&object) {
            namespaces::finalize(&mut object);
            SealedChange::Put {
                key: key.clone(),
                plaintext: proto::encode(&object),
            }
        } else {
            return Ok(());
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
