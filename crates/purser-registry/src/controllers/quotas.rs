//! What is used of each ResourceQuota: counted when a quota appears or changes and when something goes; creations
//! count themselves (see `ops/quotas.rs`).
//!
//! Source: `pkg/controller/resourcequota/resource_quota_controller.go`.

use std::sync::Arc;
use std::time::Duration;

use purser_encryption::SealedChange;
use purser_store::{Check, Outcome};
use purser_types::quantity::Quantity;
use purser_types::resource::RESOURCE_QUOTAS;
use purser_types::{Key, Map, Object, Value, proto};

use super::MANAGER;
use super::follow::{follow, until_done};
use crate::cache::read;
use crate::error::Error;
use crate::event::EventKind;
use crate::kinds::{self, KINDS, Kind};
use crate::managed;
use crate::registry::Registry;
use crate::usage::{COUNT, amounts, is_scoped, names_of};

/// How often a count is tried when the quota changes meanwhile.
const ATTEMPTS: usize = 10;

/// How often all quotas are counted anew. Source: `resource-quota-sync-period` upstream.
const SYNC_EVERY: Duration = Duration::from_secs(5 * 60);

/// Counts what each quota limits, when it appears and when it changes.
pub(super) async fn follow_quotas(registry: Arc<Registry>) {
    follow(&registry, &RESOURCE_QUOTAS, "", |event, found| {
        let registry = Arc::clone(&registry);
        async move {
            if event != EventKind::Deleted {
                let namespace = &found.index.namespace;
                until_done("counting for a quota", namespace, || {
                    sync(&registry, namespace, &found.key)
                })
                .await;
            }
        }
    })
    .await;
}

/// Counts anew in the quotas of a namespace in which something has gone, or may hold less than before.
pub(super) async fn follow_kind(registry: Arc<Registry>, kind: &'static Kind) {
    follow(&registry, kind.resource, "", |event, found| {
        let registry = Arc::clone(&registry);
        async move {
            let less =
                event == EventKind::Deleted || (event == EventKind::Modified && found.index.held.is_some());
            if less {
                let namespace = &found.index.namespace;
                until_done("counting for quotas", namespace, || {
                    sync_all(&registry, namespace)
                })
                .await;
            }
        }
    })
    .await;
}

/// Counts for every quota now and then, for as long as it is polled.
pub(super) async fn sync_now_and_then(registry: Arc<Registry>) {
    loop {
        tokio::time::sleep(SYNC_EVERY).await;
        let Some(cache) = registry.caches.of(&RESOURCE_QUOTAS) else {
            return;
        };
        for found in cache.snapshot(registry.caches.applied()).objects.values() {
            if let Err(error) = sync(&registry, &found.index.namespace, &found.key).await {
                tracing::warn!(%error, key = %found.key, "a quota cannot be counted yet");
            }
        }
    }
}

async fn sync_all(registry: &Registry, namespace: &str) -> Result<(), Error> {
    for key in registry.quotas_in(namespace) {
        sync(registry, namespace, &key).await?;
    }
    Ok(())
}

/// Writes what is used of a quota.
async fn sync(registry: &Registry, namespace: &str, key: &str) -> Result<(), Error> {
    let kind = kinds::kind(&RESOURCE_QUOTAS).ok_or(Error::NotServed)?;
    for _ in 0..ATTEMPTS {
        let Some(record) = registry.store.sealed().get(key).await? else {
            return Ok(());
        };
        let old = match read::open(&registry.store, kind, &record).await {
            // Waiting for it would keep all other quotas waiting.
            Err(error) if error.is_damage() => return Ok(()),
            opened => opened?.object,
        };
        // INVARIANT: whoever creates changes the quota, so a count that is at least as new as the quota holds as long
        // as the quota stays as it is. (Who creates while the quota appears may not see it yet; the next count does.)
        registry.caches.reach(record.mod_revision).await?;
        let status = status(registry, namespace, &old);
        if old.get("status") == Some(&status) {
            return Ok(());
        }
        let mut new = old.duplicate();
        new.set("status", Some(status));
        managed::record_update_through(&mut new, Some(&old), "status", MANAGER, registry.timestamp());
        let check = Check {
            key: key.to_owned(),
            mod_revision: record.mod_revision,
        };
        let change = SealedChange::Put {
            key: key.to_owned(),
            plaintext: proto::encode(&new),
        };
        if let Outcome::Committed(_) = registry.store.commit(vec![check], vec![change]).await? {
            return Ok(());
        }
    }
    Err(Error::Contended)
}

/// The limits of a quota, and what is used of each that is known.
fn status(registry: &Registry, namespace: &str, quota: &Object) -> Value {
    let mut status = Map::new();
    let Some(hard) = amounts(quota, "spec", "hard") else {
        return Value::Map(status);
    };
    let used = hard.keys().filter_map(|name| {
        let used = used(registry, namespace, quota, name)?;
        Some((name.clone(), Value::string(used.to_string())))
    });
    let used: Map = used.collect();
    let hard = hard
        .iter()
        .map(|(name, value)| (name.clone(), value.duplicate()))
        .collect();
    status.insert(Key::Borrowed("hard"), Value::Map(hard));
    if !used.is_empty() {
        status.insert(Key::Borrowed("used"), Value::Map(used));
    }
    Value::Map(status)
}

/// How much there is of what a quota limits; nothing of what is not kept here; `None` for what nobody knows.
fn used(registry: &Registry, namespace: &str, quota: &Object, name: &str) -> Option<Quantity> {
    let counts =
        |kind: &&Kind| kind.is_storage() && names_of(kind.resource).iter().any(|counted| counted == name);
    match KINDS.iter().find(counts) {
        Some(kind) if !is_scoped(quota) => Some(registry.count_in(kind, namespace, name)),
        None if name.starts_with(COUNT) => None,
        _ => Some(Quantity::ZERO),
    }
}
