//! What a crashing writer was told, and what the store must still hold afterwards.
//!
//! Each slot writes one transaction after another over its three keys, each with the transaction's number, and
//! makes or deletes a fourth. So a slot has at most one transaction that nobody was answered about.

use std::collections::BTreeMap;

use bytes::Bytes;
use futures_util::StreamExt;
use purser_store::{Change, Outcome, Range, Revision, Store, StoreError, Transaction, Watched, prefix_end};
use purser_store_embedded::EmbeddedStore;

const KEYS: [&str; 3] = ["a", "b", "c"];
const SOMETIMES: &str = "sometimes";

/// The last answered transaction of each slot: its number and revision.
pub(crate) type Ledger = BTreeMap<u64, (u64, Revision)>;

fn key(slot: u64, name: &str) -> String {
    format!("/slot-{slot}/{name}")
}

/// Transaction `number` of `slot`; values are `padding` bytes longer than their number.
pub(crate) fn transaction(slot: u64, number: u64, padding: usize) -> Transaction {
    let value = Bytes::from(format!("{number} {}", "x".repeat(padding)));
    let put = |name: &str| Change::Put {
        key: key(slot, name),
        value: value.clone(),
    };
    let mut changes: Vec<Change> = KEYS.iter().map(|name| put(name)).collect();
    let odd = number % 2 == 1;
    changes.push(if odd {
        put(SOMETIMES)
    } else {
        Change::Delete {
            key: key(slot, SOMETIMES),
        }
    });
    Transaction {
        checks: Vec::new(),
        changes,
    }
}

/// Commits it and answers its revision.
pub(crate) async fn write(
    store: &EmbeddedStore,
    slot: u64,
    number: u64,
    padding: usize,
) -> Result<Revision, StoreError> {
    match store.commit(transaction(slot, number, padding)).await? {
        Outcome::Committed(revision) => Ok(revision),
        Outcome::Failed { .. } => panic!("there was no check"),
    }
}

/// The number of the last transaction of `slot` that the store holds, and its revision; none is `(0, 0)`.
/// Fails when a transaction is half there.
pub(crate) async fn standing(store: &EmbeddedStore, slot: u64) -> (u64, Revision) {
    let mut found = Vec::new();
    for name in KEYS {
        let record = store.get(&key(slot, name)).await.unwrap();
        found.push(record.map_or((0, 0), |record| (number_of(&record.value), record.mod_revision)));
    }
    assert!(
        found.iter().all(|one| one == &found[0]),
        "slot {slot} is half done: {found:?}"
    );
    let (number, revision) = found[0];
    let sometimes = store
        .get(&key(slot, SOMETIMES))
        .await
        .unwrap()
        .map(|record| record.mod_revision);
    let expected = (number % 2 == 1).then_some(revision);
    assert_eq!(sometimes, expected, "slot {slot} is half done at {number}");
    found[0]
}

fn number_of(value: &[u8]) -> u64 {
    String::from_utf8_lossy(value)
        .split(' ')
        .next()
        .unwrap()
        .parse()
        .unwrap()
}

/// Everything answered is there, nothing is half done, and the history is whole.
pub(crate) async fn verify(store: &EmbeddedStore, answered: &Ledger, slots: u64) {
    let current = store.revision().await.unwrap();
    for slot in 0..slots {
        let (acked, acked_at) = answered.get(&slot).copied().unwrap_or((0, 0));
        let (number, revision) = standing(store, slot).await;
        assert!(
            revision <= current,
            "slot {slot} is at {revision}, the store at {current}"
        );
        if number == acked {
            assert_eq!(revision, acked_at, "slot {slot}, transaction {number}");
        } else {
            // The one under way when the end came may have been made durable.
            assert_eq!(number, acked + 1, "slot {slot} lost or invented a transaction");
            assert!(revision > acked_at);
        }
    }
    verify_history(store, current).await;
}

async fn verify_history(store: &EmbeddedStore, current: Revision) {
    let oldest = store.stats().compacted.max(1);
    let mut watch = store.watch("/".to_owned(), oldest).await.unwrap();
    let mut reached = oldest;
    while reached < current {
        if let Watched::Events(events) = watch.next().await.unwrap().unwrap() {
            reached += 1;
            assert!(
                events.iter().all(|event| event.record.mod_revision == reached),
                "revision {reached}"
            );
            assert!(events.len() >= KEYS.len(), "revision {reached} is half there");
        }
    }
    let range = |revision| Range {
        start: "/".to_owned(),
        end: prefix_end("/"),
        limit: 0,
        revision,
    };
    let then = store.range(range(Some(current))).await.unwrap();
    let now = store.range(range(None)).await.unwrap();
    assert_eq!(then.records, now.records);
    store.range(range(Some(oldest))).await.unwrap();
}
