//! What could not be opened is tried again now and then, for a key may be back.
//!
//! What opens is written anew as it is, by the one who finds it so: that is a revision of its own, which watches are told
//! of as of any other, in order. To show it at the revision that it had would hide it from every watch that is past it.

use std::sync::Arc;
use std::time::Duration;

use purser_encryption::{OpenError, SealedChange};
use purser_store::{Check, Outcome};

use crate::cache::read;
use crate::error::Error;
use crate::found::Found;
use crate::index::Unreadable;
use crate::registry::Registry;

/// How often it is tried.
const TRY_EVERY: Duration = Duration::from_secs(10);

/// How many are tried then: each may be a question to a plugin. While some of them open, the next ones follow at once.
const AT_ONCE: usize = 256;

/// Tries what cannot be opened, for as long as it is polled.
pub(super) async fn keep_trying(registry: Arc<Registry>) {
    let mut passed = 0;
    loop {
        tokio::time::sleep(TRY_EVERY).await;
        while round(&registry, &mut passed).await > 0 {}
    }
}

/// Tries some, those after the ones that were tried last; answers how many are readable now. `passed` is how many were
/// tried and are not.
async fn round(registry: &Registry, passed: &mut usize) -> usize {
    let mut unopened = unopened(registry);
    let all = unopened.len().max(1);
    unopened.rotate_left(*passed % all);
    unopened.truncate(AT_ONCE);
    let mut reopened = 0;
    for found in unopened {
        match reopen(registry, &found).await {
            Ok(true) => reopened += 1,
            Ok(false) => *passed += 1,
            // Nobody can tell now, or nothing can be written: not of the others either.
            Err(error) => {
                *passed += 1;
                tracing::debug!(%error, "what could not be opened is not tried now");
                break;
            }
        }
    }
    if reopened > 0 {
        tracing::info!(reopened, "values that could not be opened can be again");
        // Until the caches know, they would be tried again.
        let _ = registry.caches.reach_latest().await;
    }
    *passed %= all;
    reopened
}

/// All that cannot be opened. What is kept for a while only goes by itself.
fn unopened(registry: &Registry) -> Vec<Arc<Found>> {
    let caches = registry.caches.all();
    let unread = caches.filter(|cache| cache.unreadable() > 0 && cache.kind.strategy.lifetime().is_none());
    let is_sealed = |found: &Arc<Found>| matches!(found.index.unreadable, Some(Unreadable::Sealed(_)));
    unread
        .flat_map(|cache| cache.unreadable_objects(usize::MAX))
        .filter(is_sealed)
        .collect()
}

/// Writes an object as it is, if it can be opened and is still what the cache holds; whether it did.
///
/// # Errors
/// When its key holder is away, and the store's.
async fn reopen(registry: &Registry, found: &Found) -> Result<bool, Error> {
    let Some(kind) = registry.caches.of(found.resource).map(|cache| cache.kind) else {
        return Ok(false);
    };
    let record = registry.store.sealed().get(&found.key).await?;
    let Some(record) = record.filter(|record| record.mod_revision == found.revision) else {
        return Ok(false);
    };
    let open = match read::open(&registry.store, kind, &record).await {
        Ok(open) => open,
        Err(
            away @ Error::Unreadable {
                why: OpenError::Unavailable(_),
                ..
            },
        ) => return Err(away),
        Err(_) => return Ok(false),
    };
    let unchanged = Check {
        key: record.key.to_string(),
        mod_revision: record.mod_revision,
    };
    let as_it_is = SealedChange::Put {
        key: record.key.to_string(),
        plaintext: open.plaintext,
    };
    let outcome = registry.store.commit(vec![unchanged], vec![as_it_is]).await?;
    Ok(matches!(outcome, Outcome::Committed(_)))
}
