//! What a transaction may hold in any store.

use std::collections::HashSet;

use crate::error::StoreError;
use crate::transaction::{Change, Transaction};

/// The longest key, in bytes.
const MAX_KEY_BYTES: usize = 4 << 10;
/// All keys and values of a transaction, in bytes; etcd's bound (`--max-request-bytes`), so that what one store keeps
/// fits into the other.
const MAX_TRANSACTION_BYTES: usize = 3 << 19;
/// Checks of a transaction, and its changes; etcd's bound (`--max-txn-ops`).
const MAX_TRANSACTION_PARTS: usize = 128;

/// The transaction's bytes, when it is within bounds.
///
/// # Errors
/// [`StoreError::TooLarge`] when it is beyond them, or changes a key twice.
pub fn measure(transaction: &Transaction) -> Result<usize, StoreError> {
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
            Change::Put { key, value }
            | Change::Rewrite { key, value }
            | Change::PutFor { key, value, .. } => (key, value.len()),
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

fn bounded_key(key: &str) -> Result<(), StoreError> {
    if key.len() > MAX_KEY_BYTES {
        return Err(StoreError::TooLarge(format!(
            "a key of {} bytes, at most {MAX_KEY_BYTES} are taken",
            key.len()
        )));
    }
    Ok(())
}
