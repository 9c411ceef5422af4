//! What tests do with a store.

use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt as _;
use purser_store::{Change, Check, Outcome, Revision, Store, StoreError, Transaction, WatchStream, Watched};

/// A transaction that writes one key when it is at a revision.
pub(crate) fn write(key: &str, at: Revision, value: &[u8]) -> Transaction {
    Transaction {
        checks: vec![Check {
            key: key.to_owned(),
            mod_revision: at,
        }],
        changes: vec![put(key, value)],
    }
}

pub(crate) fn put(key: &str, value: &[u8]) -> Change {
    Change::Put {
        key: key.to_owned(),
        value: Bytes::copy_from_slice(value),
    }
}

/// Writes a key, whatever it holds.
pub(crate) async fn set(store: &dyn Store, key: &str, value: &[u8]) -> Result<Revision, StoreError> {
    let transaction = Transaction {
        checks: Vec::new(),
        changes: vec![put(key, value)],
    };
    match store.commit(transaction).await? {
        Outcome::Committed(revision) => Ok(revision),
        Outcome::Failed { key, .. } => panic!("a check of {key} failed, and there was none"),
    }
}

/// Writes a key, again and again while the store is not there.
pub(crate) async fn set_patiently(store: &dyn Store, key: &str, value: &[u8]) -> Revision {
    loop {
        match set(store, key, value).await {
            Ok(revision) => return revision,
            Err(StoreError::Unavailable(_) | StoreError::Unsure(_)) => {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            Err(error) => panic!("{error}"),
        }
    }
}

/// The revision of the next events.
pub(crate) async fn next_revision(watch: &mut WatchStream) -> Revision {
    loop {
        let item = tokio::time::timeout(Duration::from_secs(30), watch.next()).await;
        match item.expect("within half a minute").expect("the watch goes on") {
            Ok(Watched::Events(events)) => return events.first().unwrap().record.mod_revision,
            Ok(Watched::Progress(_)) => {}
            Err(error) => panic!("{error}"),
        }
    }
}

/// Why a watch ends.
pub(crate) async fn end_of(watch: &mut WatchStream) -> StoreError {
    loop {
        let item = tokio::time::timeout(Duration::from_secs(30), watch.next()).await;
        if let Err(error) = item
            .expect("within half a minute")
            .expect("a watch ends with an error")
        {
            return error;
        }
    }
}
