//! What the writer is asked to do, and the bounds of a request.

use std::collections::HashSet;

use purser_store::{Change, Outcome, Revision, StoreError, Transaction};
use tokio::sync::{OwnedSemaphorePermit, oneshot};

/// Bytes of all transactions that wait for the writer; beyond it callers wait.
pub(crate) const QUEUE_BYTES: u32 = 64 << 20;
/// What each waiting transaction counts beside its bytes: bounds how many wait.
const COMMAND_BYTES: usize = 1 << 10;
/// Transactions that share a flush.
pub(crate) const MAX_GROUP: usize = 1_024;
/// Bytes that share a flush, before the last transaction of the group.
pub(crate) const MAX_GROUP_BYTES: usize = 8 << 20;

/// The longest key, in bytes.
const MAX_KEY_BYTES: usize = 4 << 10;
/// All keys and values of a transaction; etcd's bound (`--max-request-bytes`), so that what is kept here fits there.
const MAX_TRANSACTION_BYTES: usize = 3 << 19;
/// Checks and changes of a transaction; etcd's bound (`--max-txn-ops`).
const MAX_TRANSACTION_PARTS: usize = 128;

/// Where an answer goes.
pub(crate) type Reply<T> = oneshot::Sender<Result<T, StoreError>>;

/// One request to the writer.
pub(crate) enum Command {
    /// Commit a transaction.
    Commit {
        transaction: Transaction,
        bytes: usize,
        reply: Reply<Outcome>,
        /// Its share of [`QUEUE_BYTES`], given back when the transaction is applied.
        _share: OwnedSemaphorePermit,
    },
    /// Forget history before a revision.
    Compact { revision: Revision, reply: Reply<()> },
    /// Finish what came before, and stop.
    Close,
}

/// The transaction's bytes, when it is within bounds.
pub(crate) fn measure(transaction: &Transaction) -> Result<usize, StoreError> {
    let parts = transaction.checks.len().max(transaction.changes.len());
    if parts > MAX_TRANSACTION_PARTS {
        return Err(StoreError::TooLarge(format!(
            "a transaction of {parts} parts, at most {MAX_TRANSACTION_PARTS} are taken"
        )));
    }
    let mut changed = HashSet::with_capacity(transaction.changes.len());
    let mut bytes = 0;
    for change in &transaction.changes {
        let (key, length) = match change {
            Change::Put { key, value } => (key, value.len()),
            Change::Delete { key } => (key, 0),
        };
        bounded_key(key)?;
        if !changed.insert(key.as_str()) {
            let sentence = format!("the key {key} is changed twice in one transaction");
            return Err(StoreError::TooLarge(sentence));
        }
        bytes += key.len() + length;
    }
    for check in &transaction.checks {
        bounded_key(&check.key)?;
        bytes += check.key.len();
    }
    if bytes > MAX_TRANSACTION_BYTES {
        return Err(StoreError::TooLarge(format!(
            "a transaction of {bytes} bytes, at most {MAX_TRANSACTION_BYTES} are taken"
        )));
    }
    Ok(bytes)
}

/// A transaction's share of the queue.
pub(crate) fn share(bytes: usize) -> u32 {
    u32::try_from(bytes + COMMAND_BYTES)
        .unwrap_or(QUEUE_BYTES)
        .min(QUEUE_BYTES)
}

fn bounded_key(key: &str) -> Result<(), StoreError> {
    if key.len() > MAX_KEY_BYTES {
        return Err(StoreError::TooLarge(format!(
            "a key of {} bytes, at most {MAX_KEY_BYTES} are taken",
            key.len()
        )));
    }
    Ok(())
}
