//! The store as everything above it sees it: plaintext in, sealed records out.

use std::sync::Arc;

use purser_store::{Change, Check, Outcome, Store, StoreError, Transaction};
use purser_types::Plaintext;

use crate::transformer::{OpenError, Opened, SealError, Transformer};

/// A change whose value is still in the clear.
#[derive(Debug)]
pub enum SealedChange {
    /// Seal and write.
    Put {
        /// The storage key.
        key: String,
        /// The object's bytes.
        plaintext: Plaintext,
    },
    /// Remove.
    Delete {
        /// The storage key.
        key: String,
    },
}

/// Why a commit failed.
#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    /// Nothing was written.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The store refused.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A store through which nothing passes in the clear.
pub struct SealedStore {
    store: Arc<dyn Store>,
    transformer: Arc<dyn Transformer>,
}

impl SealedStore {
    /// Seals everything that goes to `store` with `transformer`.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, transformer: Arc<dyn Transformer>) -> Self {
        Self { store, transformer }
    }

    /// Seals the changes and commits them; see [`Store::commit`].
    ///
    /// # Errors
    /// When a value cannot be sealed, or the store refuses.
    pub async fn commit(&self, checks: Vec<Check>, changes: Vec<SealedChange>) -> Result<Outcome, CommitError> {
        let mut sealed = Vec::with_capacity(changes.len());
        for change in changes {
            sealed.push(match change {
                SealedChange::Put { key, plaintext } => {
                    let value = self.transformer.seal(&key, plaintext.expose()).await?;
                    Change::Put { key, value }
                }
                SealedChange::Delete { key } => Change::Delete { key },
            });
        }
        Ok(self.store.commit(Transaction { checks, changes: sealed }).await?)
    }

    /// Opens the stored bytes of `key`.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub async fn open(&self, key: &str, stored: &[u8]) -> Result<Opened, OpenError> {
        self.transformer.open(key, stored).await
    }

    /// The store beneath, for reads and watches: what they yield is sealed.
    #[must_use]
    pub fn sealed(&self) -> &dyn Store {
        self.store.as_ref()
    }
}
