//! History is kept by age and by count, forgets itself, and its space comes back.
#![expect(clippy::unwrap_used, clippy::panic, reason = "test code reports by panicking")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use purser_store::{Change, Outcome, Range, Revision, Store, StoreError, Transaction, prefix_end};
use purser_store_embedded::{Clock, EmbeddedStore, Options};

/// Seconds since 1970 that only a test moves.
#[derive(Default)]
struct Hands(AtomicU64);

impl Hands {
    fn advance(&self, seconds: u64) {
        self.0.fetch_add(seconds, Ordering::SeqCst);
    }
}

impl Clock for Hands {
    fn now(&self) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(1_000_000 + self.0.load(Ordering::SeqCst))
    }
}

const TICK: Duration = Duration::from_millis(2);

async fn put(store: &EmbeddedStore, key: &str, length: usize) -> Revision {
    let change = Change::Put {
        key: key.to_owned(),
        value: Bytes::from(vec![b'v'; length]),
    };
    change_by(store, change).await
}

async fn change_by(store: &EmbeddedStore, change: Change) -> Revision {
    match store
        .commit(Transaction {
            checks: Vec::new(),
            changes: vec![change],
        })
        .await
        .unwrap()
    {
        Outcome::Committed(revision) => revision,
        Outcome::Failed { .. } => panic!("there was no check"),
    }
}

async fn until(store: &EmbeddedStore, done: impl Fn(&EmbeddedStore) -> bool) {
    let patient = async {
        while !done(store) {
            tokio::time::sleep(TICK).await;
        }
    };
    let within = tokio::time::timeout(Duration::from_secs(30), patient).await;
    within.unwrap_or_else(|_| panic!("it does not come to this: {:?}", store.stats()));
}

#[tokio::test]
async fn history_is_kept_for_its_age_even_beyond_its_count() {
    let directory = tempfile::tempdir().unwrap();
    let clock = Arc::new(Hands::default());
    let options = Options {
        history_age: Duration::from_secs(300),
        history_revisions: 10,
        tick: TICK,
        clock: clock.clone(),
        ..Options::new(directory.path())
    };
    let store = EmbeddedStore::open(options).unwrap();
    for _ in 0..50 {
        put(&store, "/a", 10).await;
    }
    clock.advance(299);
    let young = put(&store, "/a", 10).await;
    assert!(store.stats().compacted < 2, "all of it is younger than 300 s");
    clock.advance(1);
    until(&store, |store| store.stats().compacted == young - 10).await;
    let range = |revision| Range {
        start: "/".into(),
        end: prefix_end("/"),
        limit: 0,
        revision: Some(revision),
    };
    assert_eq!(store.range(range(young - 10)).await.unwrap().total, 1);
    assert!(matches!(
        store.range(range(young - 11)).await,
        Err(StoreError::Compacted { .. })
    ));
}

/// A clock that was years ahead when something was written must not keep all history for years.
#[tokio::test]
async fn history_is_forgotten_though_the_clock_was_ahead_for_a_while() {
    const AHEAD: u64 = 1_000_000_000;
    for reopened in [false, true] {
        let directory = tempfile::tempdir().unwrap();
        let clock = Arc::new(Hands::default());
        let options = Options {
            history_revisions: 10,
            tick: TICK,
            clock: clock.clone(),
            ..Options::new(directory.path())
        };
        let mut store = EmbeddedStore::open(options.clone()).unwrap();
        clock.advance(AHEAD);
        for _ in 0..20 {
            put(&store, "/a", 10).await;
        }
        clock.0.store(0, Ordering::SeqCst);
        for _ in 0..20 {
            put(&store, "/a", 10).await;
        }
        if reopened {
            store.close().await.unwrap();
            store = EmbeddedStore::open(options).unwrap();
        }
        clock.advance(600);
        let last = store.revision().await.unwrap();
        until(&store, |store| store.stats().compacted == last - 10).await;
    }
}

#[tokio::test]
async fn history_is_kept_for_its_count_even_beyond_its_age() {
    let directory = tempfile::tempdir().unwrap();
    let clock = Arc::new(Hands::default());
    let options = Options {
        tick: TICK,
        clock: clock.clone(),
        ..Options::new(directory.path())
    };
    assert_eq!(
        (options.history_revisions, options.history_age),
        (10_000, Duration::from_secs(300))
    );
    let store = EmbeddedStore::open(Options {
        history_revisions: 20,
        ..options
    })
    .unwrap();
    for _ in 0..19 {
        put(&store, "/a", 10).await;
    }
    clock.advance(1_000_000);
    assert_eq!(put(&store, "/a", 10).await, 21);
    clock.advance(1_000_000);
    assert_eq!(put(&store, "/a", 10).await, 22);
    until(&store, |store| store.stats().compacted == 2).await;
    clock.advance(1_000_000);
    tokio::time::sleep(10 * TICK).await;
    assert_eq!(store.stats().compacted, 2);
}

#[tokio::test]
async fn what_is_forgotten_is_removed() {
    let directory = tempfile::tempdir().unwrap();
    let options = Options {
        history_age: Duration::ZERO,
        history_revisions: 0,
        tick: TICK,
        ..Options::new(directory.path())
    };
    let store = EmbeddedStore::open(options).unwrap();
    put(&store, "/kept", 1_000).await;
    until(&store, |store| store.stats().compacted == store.stats().revision).await;
    let alone = store.stats().live_bytes;
    for round in 0..200 {
        let key = format!("/{}", round % 9);
        put(&store, &key, 1_000).await;
        put(&store, &key, 1_000).await;
        change_by(&store, Change::Delete { key }).await;
    }
    until(&store, |store| store.stats().compacted == store.stats().revision).await;
    let stats = store.stats();
    assert_eq!(stats.live_bytes, alone, "only what is current is left");
    assert_eq!(stats.forgotten, 600, "each of 400 values and 200 deletions");
}

#[tokio::test]
async fn the_file_stops_growing_under_churn_and_shrinks_when_it_is_mostly_free() {
    const VALUE: usize = 64 << 10;
    let directory = tempfile::tempdir().unwrap();
    let options = Options {
        history_age: Duration::ZERO,
        history_revisions: 20,
        tick: TICK,
        shrink_above: 1 << 20,
        ..Options::new(directory.path())
    };
    let store = EmbeddedStore::open(options.clone()).unwrap();
    let mut lengths = Vec::new();
    for _ in 0..5 {
        for number in 0..120 {
            put(&store, &format!("/{}", number % 40), VALUE).await;
        }
        lengths.push(store.stats().file_bytes);
    }
    assert_eq!(lengths[1], lengths[4], "{lengths:?}");
    for number in 0..40 {
        change_by(
            &store,
            Change::Delete {
                key: format!("/{number}"),
            },
        )
        .await;
    }
    put(&store, "/kept", VALUE).await;
    let revision = store.revision().await.unwrap();
    store.compact(revision).await.unwrap();
    until(&store, |store| store.stats().live_bytes < 2 * VALUE as u64).await;
    store.close().await.unwrap();
    drop(store);
    let store = EmbeddedStore::open(options).unwrap();
    let shrunk = store.stats().file_bytes;
    assert!(shrunk < lengths[4] / 4, "{shrunk} of {}", lengths[4]);
    assert_eq!(store.get("/kept").await.unwrap().unwrap().value.len(), VALUE);
    assert_eq!(store.revision().await.unwrap(), revision);
}
