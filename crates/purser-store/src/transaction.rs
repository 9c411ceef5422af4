//! Conditions, changes, and how a transaction ends.

use std::time::Duration;

use bytes::Bytes;

use crate::record::{Record, Revision};

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
    /// Write the value, which is wanted for this long from now: a store that has leases removes the key by itself some time
    /// after that, others leave it to who reads. A later [`Change::Put`] keeps it.
    PutFor {
        /// The key.
        key: String,
        /// The sealed bytes.
        value: Bytes,
        /// For how long.
        lifetime: Duration,
    },
    /// Write the same thing in another way, over what a check says is there: for how long it is wanted stays as it is. A
    /// key that is not there is written by no store that has leases.
    Rewrite {
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
