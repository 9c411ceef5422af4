//! The contract of a revisioned, watchable key-value store, and the suite that every store passes.
//!
//! The model is etcd's: one counter, the *revision*, starts at 1 and grows by one with every committed
//! transaction; every key carries the revision that created it and the one that last changed it. Keys are UTF-8
//! paths (`/registry/secrets/ns/name`); values are opaque (always sealed: `purser-encryption` is the only caller).

use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;
use futures_core::Stream;
use futures_core::future::BoxFuture;

/// A point in the store's history; 0 is before everything.
pub type Revision = u64;

/// A key with its value, as of some revision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The key.
    pub key: Arc<str>,
    /// The stored bytes.
    pub value: Bytes,
    /// The revision that created the key (its latest life).
    pub create_revision: Revision,
    /// The revision that last wrote it.
    pub mod_revision: Revision,
}

/// What to read. Keys are in byte order.
#[derive(Debug, Clone)]
pub struct Range {
    /// First key, inclusive.
    pub start: String,
    /// Past the last key, exclusive; see [`prefix_end`].
    pub end: String,
    /// At most this many records; 0: no bound.
    pub limit: usize,
    /// As of this revision; `None`: now.
    pub revision: Option<Revision>,
}

/// What a [`Range`] found.
#[derive(Debug)]
pub struct Page {
    /// The records in key order, at most `limit`.
    pub records: Vec<Record>,
    /// How many keys the whole range holds at that revision (`records.len()` and those beyond the limit).
    pub total: usize,
    /// The revision of the read: the one asked for, or the current one.
    pub revision: Revision,
}

/// A condition of a transaction.
#[derive(Debug, Clone)]
pub struct Check {
    /// The key.
    pub key: String,
    /// Its `mod_revision` must equal this; 0: the key must not exist.
    pub mod_revision: Revision,
}

/// A change of a transaction.
#[derive(Debug, Clone)]
pub enum Change {
    /// Write the value.
    Put {
        /// The key.
        key: String,
        /// The sealed bytes.
        value: Bytes,
    },
    /// Remove the key; nothing happens when it is not there.
    Delete {
        /// The key.
        key: String,
    },
}

/// All checks hold and all changes are made, or none is. A key is changed at most once.
#[derive(Debug, Clone, Default)]
pub struct Transaction {
    /// The conditions.
    pub checks: Vec<Check>,
    /// The changes.
    pub changes: Vec<Change>,
}

/// How a transaction ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// On disk, at this revision. (A transaction that changed nothing answers the current revision.)
    Committed(Revision),
    /// A check failed; what the first failing key holds now.
    Failed {
        /// The key whose check failed.
        key: String,
        /// Its record, `None` when it does not exist.
        current: Option<Record>,
    },
}

/// One change as a watcher sees it. A transaction's events share a revision and come in the order of its changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// The key's record after the change; for a deletion the last value, with `mod_revision` the deletion's.
    pub record: Record,
    /// What the key held before, `None` when it was created.
    pub previous: Option<Record>,
    /// Whether it was deleted.
    pub deleted: bool,
}

/// What a watch yields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Watched {
    /// All events of one revision that match.
    Events(Arc<[Event]>),
    /// Everything up to this revision has been delivered.
    Progress(Revision),
}

/// A watch; it ends after an error.
pub type WatchStream = Pin<Box<dyn Stream<Item = Result<Watched, StoreError>> + Send>>;

/// What a store can refuse.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The revision asked for is no longer kept.
    #[error("revision {asked} is compacted, the oldest kept is {oldest}")]
    Compacted {
        /// The revision asked for.
        asked: Revision,
        /// The oldest revision that can be read or watched from.
        oldest: Revision,
    },
    /// The revision asked for is not there yet.
    #[error("revision {asked} is in the future, the current one is {current}")]
    Future {
        /// The revision asked for.
        asked: Revision,
        /// The current revision.
        current: Revision,
    },
    /// A request beyond the store's bounds.
    #[error("{0}")]
    TooLarge(String),
    /// The watcher did not keep up and was cut off.
    #[error("the watch fell behind and was ended")]
    Lagged,
    /// The store is closing or cannot be reached; try again.
    #[error("the store is not available: {0}")]
    Unavailable(String),
    /// What is on disk is damaged or of another version.
    #[error("the store is damaged: {0}")]
    Damaged(String),
}

/// A revisioned, watchable key-value store.
pub trait Store: Send + Sync + 'static {
    /// The record of `key` now, linearizable.
    fn get<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<Record>, StoreError>>;

    /// The records of a range, linearizable when no revision is given.
    fn range(&self, range: Range) -> BoxFuture<'_, Result<Page, StoreError>>;

    /// Commits a transaction. `Committed` is answered only once it survives loss of power. Dropping the future
    /// does not undo a transaction that has been taken.
    fn commit(&self, transaction: Transaction) -> BoxFuture<'_, Result<Outcome, StoreError>>;

    /// Every change of keys under `prefix` with a revision greater than `after`, in order, none twice.
    fn watch(&self, prefix: String, after: Revision) -> BoxFuture<'_, Result<WatchStream, StoreError>>;

    /// The current revision, linearizable.
    fn revision(&self) -> BoxFuture<'_, Result<Revision, StoreError>>;

    /// Forgets history before `revision`: reads at and watches from earlier ones answer `Compacted`.
    fn compact(&self, revision: Revision) -> BoxFuture<'_, Result<(), StoreError>>;

    /// Stops: takes no more, finishes what it has, releases the files.
    fn close(&self) -> BoxFuture<'_, Result<(), StoreError>>;
}

/// The exclusive end of the range of all keys that start with `prefix` (which ends in an ASCII character).
#[must_use]
pub fn prefix_end(prefix: &str) -> String {
    let mut end = prefix.to_owned();
    match end.pop() {
        Some(last) => {
            end.push(char::from_u32(u32::from(last) + 1).unwrap_or(char::MAX));
            end
        }
        None => end,
    }
}
