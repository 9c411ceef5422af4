//! Backups of the data, and the keys that they need.

use std::collections::BTreeSet;

use purser_encryption::LOCAL_PROVIDER;
use purser_encryption::rotation::{Progress, SealedBy, history};

use super::erasure::now;
use super::manifest::{Manifest, NeededKey};
use super::{Custody, unread};
use crate::aside::aside;
use crate::error::Error;

impl Custody {
    /// The manifests of all backups that are kept.
    ///
    /// # Errors
    /// When one is damaged, or another store's.
    pub(super) async fn manifests(&self) -> Result<Vec<Manifest>, Error> {
        let (shelf, store) = (self.shelf.clone(), self.identity().await?);
        aside(move || shelf.all(&store)).await
    }

    /// Notes that a backup is taken now. No key that it may need is destroyed from here on, until it is released.
    ///
    /// # Errors
    /// When there is one of that name, the store cannot be read, or the manifest not be written.
    pub(super) async fn record(&self, name: &str) -> Result<Manifest, Error> {
        let _nothing_is_destroyed_meanwhile = self.moving.lock().await;
        let store = self.identity().await?;
        if store.is_empty() {
            let why = "this store cannot be told from others: its namespace kube-system is not there, or cannot be read";
            return Err(Error::Findings(why.to_owned()));
        }
        let found = self.survey(&Progress::default()).await?;
        let remembered = history(&self.store).await.map_err(unread)?;
        let values = found.trees.values().chain([&found.aside]);
        let by = values
            .flat_map(|tally| tally.by.keys())
            .chain(remembered.keys())
            .collect();
        let keys = self.needed_by(&by).await?;
        let manifest = Manifest::new(name, now(), store, found.revision, keys);
        let (shelf, kept) = (self.shelf.clone(), manifest.clone());
        aside(move || shelf.keep(&kept)).await?;
        let keys: Vec<&str> = manifest.keys.iter().map(|needed| needed.key.as_str()).collect();
        tracing::info!(
            backup = name,
            keys = keys.join(", "),
            "a backup was noted, and the keys that it needs are kept"
        );
        Ok(manifest)
    }

    /// What has to be there to open values that are sealed so, and those that are written next.
    async fn needed_by(&self, by: &BTreeSet<&SealedBy>) -> Result<Vec<NeededKey>, Error> {
        let own = |key| NeededKey {
            provider: format!("kms v2 {LOCAL_PROVIDER}"),
            key,
        };
        let named = by.iter().filter(|by| !by.is_clear() && !by.is_unknown());
        let mut keys: BTreeSet<NeededKey> = named
            .map(|by| NeededKey {
                provider: by.provider.clone(),
                key: by.key.clone(),
            })
            .collect();
        if self.keys.is_some() {
            keys.insert(own(self.at_rest.transformer.info().key_id));
            // What does not say which key it needs may need any.
            if by.iter().any(|by| by.is_unknown()) {
                let held = self.old_held().await?;
                keys.extend(self.old_files().into_iter().chain(held).map(own));
            }
        }
        Ok(keys.into_iter().collect())
    }

    /// Lets a backup go.
    ///
    /// # Errors
    /// When there is none.
    pub(super) async fn release(&self, name: &str) -> Result<(), Error> {
        let (shelf, released) = (self.shelf.clone(), name.to_owned());
        aside(move || shelf.release(&released)).await?;
        tracing::info!(
            backup = name,
            "a backup was released: its keys are not kept for it any more"
        );
        Ok(())
    }
}
