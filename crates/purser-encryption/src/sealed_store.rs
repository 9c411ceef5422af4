//! The store as everything above it sees it: plaintext in, sealed records out.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use purser_store::{
    Change, Check, Keyspace, Outcome, Page, Range, Record, Revision, Store, StoreError, Transaction,
    WatchStream,
};
use purser_types::Plaintext;
use tokio::sync::RwLock;

use crate::counters::{Counters, bump};
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
    /// Seal and write what is wanted for this long; see [`Change::PutFor`].
    PutFor {
        /// The storage key.
        key: String,
        /// The object's bytes.
        plaintext: Plaintext,
        /// For how long.
        lifetime: Duration,
    },
    /// Seal anew what is there; see [`Change::Rewrite`].
    Rewrite {
        /// The storage key.
        key: String,
        /// The object's bytes, as they were.
        plaintext: Plaintext,
    },
    /// Remove.
    Delete {
        /// The storage key.
        key: String,
    },
}

impl SealedChange {
    /// Seal and write, for good or for a while.
    #[must_use]
    pub fn put(key: String, plaintext: Plaintext, lifetime: Option<Duration>) -> Self {
        match lifetime {
            None => Self::Put { key, plaintext },
            Some(lifetime) => Self::PutFor {
                key,
                plaintext,
                lifetime,
            },
        }
    }
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

/// A store through which nothing passes in the clear; clones are the same one.
#[derive(Clone)]
pub struct SealedStore {
    store: Arc<dyn Store>,
    keyspace: Keyspace,
    transformer: Arc<dyn Transformer>,
    counters: Arc<Counters>,
    /// Held for reading from the sealing of a change until it is kept.
    sealing: Arc<RwLock<()>>,
}

impl SealedStore {
    /// Seals everything that goes to `store` with `transformer`. Its keys are those of the default [`Keyspace`].
    #[must_use]
    pub fn new(store: Arc<dyn Store>, transformer: Arc<dyn Transformer>) -> Self {
        Self {
            store,
            keyspace: Keyspace::default(),
            transformer,
            counters: Arc::default(),
            sealing: Arc::default(),
        }
    }

    /// The same, of the cluster with these keys.
    #[must_use]
    pub fn within(self, keyspace: Keyspace) -> Self {
        Self { keyspace, ..self }
    }

    /// Which of the store's keys are the cluster's. Others are left alone.
    #[must_use]
    pub fn keyspace(&self) -> &Keyspace {
        &self.keyspace
    }

    /// Seals the changes and commits them; see [`Store::commit`]. Each plaintext is wiped as soon as it is sealed.
    ///
    /// # Errors
    /// When a value cannot be sealed, or the store refuses.
    pub async fn commit(
        &self,
        checks: Vec<Check>,
        changes: Vec<SealedChange>,
    ) -> Result<Outcome, CommitError> {
        let _until_it_is_kept = self.sealing.read().await;
        let mut sealed = Vec::with_capacity(changes.len());
        for change in changes {
            sealed.push(self.seal(change).await?);
        }
        Ok(self
            .store
            .commit(Transaction {
                checks,
                changes: sealed,
            })
            .await?)
    }

    /// Moves a record to another key, sealed as it is, if it is still the one that was read, nothing is there, and
    /// `besides` holds. Whoever reads it there has to open it as what it was.
    ///
    /// # Errors
    /// When the store refuses.
    pub(crate) async fn relocate(
        &self,
        record: &Record,
        to: String,
        besides: Vec<Check>,
    ) -> Result<Outcome, StoreError> {
        let free = Check {
            key: to.clone(),
            mod_revision: 0,
        };
        let changes = vec![
            Change::Delete {
                key: record.key.to_string(),
            },
            Change::Put {
                key: to,
                value: record.value.clone(),
            },
        ];
        let checks = [unchanged(record), free].into_iter().chain(besides).collect();
        self.store.commit(Transaction { checks, changes }).await
    }

    /// Removes a record, if it is still the one that was read.
    ///
    /// # Errors
    /// When the store refuses.
    pub(crate) async fn remove(&self, record: &Record) -> Result<Outcome, StoreError> {
        let key = record.key.to_string();
        let transaction = Transaction {
            checks: vec![unchanged(record)],
            changes: vec![Change::Delete { key }],
        };
        self.store.commit(transaction).await
    }

    /// Waits until every change that is sealed already is kept: after another key was taken into use, nothing will be
    /// kept that was sealed with the one before.
    pub async fn settle(&self) {
        drop(self.sealing.write().await);
    }

    /// Opens the stored bytes of `key`.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub async fn open(&self, key: &str, stored: &[u8]) -> Result<Opened, OpenError> {
        let opened = match self.transformer.open_now(key, stored) {
            Some(opened) => opened,
            None => self.transformer.open(key, stored).await,
        };
        bump(if opened.is_ok() {
            &self.counters.opens
        } else {
            &self.counters.open_failures
        });
        if opened.as_ref().is_ok_and(|opened| opened.stale) {
            bump(&self.counters.stale_opens);
        }
        opened
    }

    /// Forgets history before `revision`; see [`Store::compact`].
    ///
    /// # Errors
    /// When the store refuses.
    pub async fn compact(&self, revision: Revision) -> Result<(), StoreError> {
        self.store.compact(revision).await
    }

    /// The store beneath, for reads and watches: what they yield is sealed. It takes no writes.
    #[must_use]
    pub fn sealed(&self) -> SealedReads<'_> {
        SealedReads(self.store.as_ref())
    }

    /// Who seals: its [`Transformer::info`] is for readiness.
    #[must_use]
    pub fn transformer(&self) -> &dyn Transformer {
        self.transformer.as_ref()
    }

    /// What was sealed and opened.
    #[must_use]
    pub fn counters(&self) -> &Counters {
        &self.counters
    }

    async fn seal(&self, change: SealedChange) -> Result<Change, SealError> {
        match change {
            SealedChange::Delete { key } => Ok(Change::Delete { key }),
            SealedChange::Put { key, plaintext } => Ok(Change::Put {
                value: self.seal_value(&key, plaintext).await?,
                key,
            }),
            SealedChange::Rewrite { key, plaintext } => Ok(Change::Rewrite {
                value: self.seal_value(&key, plaintext).await?,
                key,
            }),
            SealedChange::PutFor {
                key,
                plaintext,
                lifetime,
            } => Ok(Change::PutFor {
                value: self.seal_value(&key, plaintext).await?,
                key,
                lifetime,
            }),
        }
    }

    /// Seals a value, which is wiped.
    async fn seal_value(&self, key: &str, plaintext: Plaintext) -> Result<Bytes, SealError> {
        let value = self.transformer.seal(key, plaintext.expose()).await;
        bump(if value.is_ok() {
            &self.counters.seals
        } else {
            &self.counters.seal_failures
        });
        value
    }
}

/// That a record is the one that was read.
fn unchanged(record: &Record) -> Check {
    Check {
        key: record.key.to_string(),
        mod_revision: record.mod_revision,
    }
}

/// What may be asked of a store past the encryption: reads, whose values are sealed, and nothing that could persist a
/// value in the clear.
#[derive(Clone, Copy)]
pub struct SealedReads<'a>(&'a dyn Store);

impl<'a> SealedReads<'a> {
    /// See [`Store::get`].
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn get<'k>(self, key: &'k str) -> BoxFuture<'k, Result<Option<Record>, StoreError>>
    where
        'a: 'k,
    {
        self.0.get(key)
    }

    /// See [`Store::range`].
    ///
    /// # Errors
    /// When the store cannot be read, or not at the revision asked for.
    pub fn range(self, range: Range) -> BoxFuture<'a, Result<Page, StoreError>> {
        self.0.range(range)
    }

    /// See [`Store::scan`].
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn scan(
        self,
        start: String,
        end: String,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<Record>, StoreError>> {
        self.0.scan(start, end, limit)
    }

    /// See [`Store::watch`].
    ///
    /// # Errors
    /// When the store cannot be watched from there.
    pub fn watch(self, prefix: String, after: Revision) -> BoxFuture<'a, Result<WatchStream, StoreError>> {
        self.0.watch(prefix, after)
    }

    /// See [`Store::revision`].
    ///
    /// # Errors
    /// When the store cannot be reached.
    pub fn revision(self) -> BoxFuture<'a, Result<Revision, StoreError>> {
        self.0.revision()
    }
}
