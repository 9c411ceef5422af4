//! What is kept for a while only is removed when its time is over. Reads find nothing of it from that second on; this
//! gives the space back and tells watches.

use std::sync::Arc;
use std::time::Duration;

use purser_encryption::SealedChange;
use purser_store::Check;

use crate::error::Error;
use crate::found::Found;
use crate::kinds::KINDS;
use crate::registry::Registry;

/// How often it is looked for what has expired.
const SWEEP_EVERY: Duration = Duration::from_secs(10);

/// How much is removed in one transaction.
const AT_ONCE: usize = 64;

/// Removes what has expired, for as long as it is polled.
pub(super) async fn sweep(registry: Arc<Registry>) {
    loop {
        tokio::time::sleep(SWEEP_EVERY).await;
        if let Err(error) = remove_expired(&registry).await {
            tracing::warn!(%error, "what has expired cannot be removed yet");
        }
    }
}

/// Removes what has expired by now.
///
/// # Errors
/// The store's.
async fn remove_expired(registry: &Registry) -> Result<(), Error> {
    let now = registry.timestamp();
    for kind in KINDS
        .iter()
        .filter(|kind| kind.is_storage() && kind.strategy.lifetime().is_some())
    {
        let Some(cache) = registry.caches.of(kind.resource) else {
            continue;
        };
        let snapshot = cache.snapshot(registry.caches.applied());
        let expired: Vec<Arc<Found>> = snapshot
            .objects
            .values()
            .filter(|found| found.index.is_expired(now))
            .map(Arc::clone)
            .collect();
        for some in expired.chunks(AT_ONCE) {
            registry.remove_all(some).await?;
        }
    }
    Ok(())
}

impl Registry {
    /// Removes objects unless they were written meanwhile: those of a transaction that fails are tried one by one.
    async fn remove_all(&self, objects: &[Arc<Found>]) -> Result<(), Error> {
        let committed = self.remove_unchanged(objects).await?;
        if !committed && objects.len() > 1 {
            for one in objects.chunks(1) {
                self.remove_unchanged(one).await?;
            }
        }
        Ok(())
    }

    async fn remove_unchanged(&self, objects: &[Arc<Found>]) -> Result<bool, Error> {
        let checks = objects
            .iter()
            .map(|found| Check {
                key: found.key.to_string(),
                mod_revision: found.revision,
            })
            .collect();
        let changes = objects
            .iter()
            .map(|found| SealedChange::Delete {
                key: found.key.to_string(),
            })
            .collect();
        let outcome = self.store.commit(checks, changes).await?;
        Ok(matches!(outcome, purser_store::Outcome::Committed(_)))
    }
}
