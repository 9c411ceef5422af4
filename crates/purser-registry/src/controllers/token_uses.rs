//! On which day a token that a Secret keeps was last used is written on the Secret, as a label.
//!
//! Source: `patchSecretWithLastUsedDate` in `pkg/serviceaccount/legacy.go`.

use std::sync::Arc;

use purser_types::Plaintext;
use purser_types::resource::SECRETS;
use tokio::sync::mpsc;

use super::{SERVER, options, permits};
use crate::found::Found;
use crate::lasting::LAST_USED;
use crate::options::Patch;
use crate::patch::PatchKind;
use crate::registry::Registry;

/// Uses that wait to be written down.
pub(super) const WAITING: usize = 64;

/// Writes down one use after the other, for as long as it is polled.
pub(super) async fn write_down(registry: Arc<Registry>, mut used: mpsc::Receiver<Arc<Found>>) {
    while let Some(secret) = used.recv().await {
        let index = &secret.index;
        let today = registry.today();
        let now = registry
            .caches
            .of(&SECRETS)
            .and_then(|cache| cache.get(&secret.key));
        let due = now.filter(|now| now.index.uid == index.uid && now.index.label(LAST_USED) != Some(&today));
        if due.is_none() {
            continue;
        }
        let body = serde_json::json!({"metadata": {"uid": *index.uid, "labels": {LAST_USED: today}}});
        let patch = Patch {
            kind: PatchKind::Merge,
            body: Plaintext::new(body.to_string().into_bytes()),
        };
        let permit = permits::patch(&SECRETS, &index.namespace, &index.name);
        if let Err(error) = registry.patch(&permit, patch, &options(SERVER)).await {
            // The next use tries again.
            tracing::warn!(%error, secret = %secret.key, "the day of a token's use cannot be written down");
        }
    }
}
