//! Watches: what they say, from where, and that nothing is missing.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use crate::support::memory::MemoryStore;
use crate::support::transformer::{Gate, Scrambler};
use crate::support::{House, eventually, is_quiet, line, names, object, take};
use futures_util::{StreamExt, poll};
use purser_encryption::Transformer;
use purser_registry::{ListOptions, WatchItem};
use purser_store::{Change, Outcome, Store, Transaction};
use purser_types::proto;
use purser_types::resource::{CONFIG_MAPS, SECRETS};

fn since(revision: u64) -> ListOptions {
    ListOptions {
        resource_version: revision.to_string(),
        ..ListOptions::default()
    }
}

async fn three_changes(house: &House) -> [u64; 3] {
    let body = r#"{"metadata":{"name":"w1","labels":{"w":"1"}},"stringData":{"a":"1"}}"#;
    let first = house.create(&SECRETS, "default", body).await.unwrap().revision;
    let second = house
        .merge(&SECRETS, "default", "w1", r#"{"metadata":{"labels":{"w":"2"}}}"#)
        .await
        .unwrap()
        .revision;
    house.delete(&SECRETS, "default", "w1").await.unwrap();
    [first, second, second + 1]
}

#[tokio::test]
async fn a_watch_replays_what_happened_since() {
    let house = House::new().await;
    let start = house.registry.revision();
    let [a, b, c] = three_changes(&house).await;
    let mut all = house.watch(&SECRETS, "default", &since(start)).await.unwrap();
    let expected = [
        format!("ADDED w1@{a}"),
        format!("MODIFIED w1@{b}"),
        format!("DELETED w1@{c}"),
    ];
    assert_eq!(take(&mut all, 3).await, expected);
    let mut later = house.watch(&SECRETS, "default", &since(b)).await.unwrap();
    assert_eq!(take(&mut later, 1).await, expected[2..]);
    let mut named = ListOptions {
        field_selector: "metadata.name=w1".to_owned(),
        ..since(start)
    };
    let mut one = house.watch(&SECRETS, "default", &named).await.unwrap();
    assert_eq!(take(&mut one, 3).await, expected);
    named.field_selector = "metadata.name=other".to_owned();
    let mut other = house.watch(&SECRETS, "default", &named).await.unwrap();
    assert!(is_quiet(&mut other).await);
    let mut elsewhere = house.watch(&SECRETS, "kube-system", &since(start)).await.unwrap();
    assert!(is_quiet(&mut elsewhere).await);
}

#[tokio::test]
async fn an_object_that_stops_matching_vanishes_from_the_watch() {
    let house = House::new().await;
    let start = house.registry.revision();
    let [a, b, _] = three_changes(&house).await;
    let options = ListOptions {
        label_selector: "w=1".to_owned(),
        ..since(start)
    };
    let mut watch = house.watch(&SECRETS, "default", &options).await.unwrap();
    assert_eq!(
        take(&mut watch, 2).await,
        [format!("ADDED w1@{a}"), format!("DELETED w1@{b}")]
    );
    assert!(is_quiet(&mut watch).await);
}

#[tokio::test]
async fn a_watch_without_a_revision_starts_with_what_is_there() {
    let house = House::new().await;
    let a = house
        .create(&SECRETS, "default", r#"{"metadata":{"name":"a"}}"#)
        .await
        .unwrap()
        .revision;
    for revision in ["", "0"] {
        let options = ListOptions {
            resource_version: revision.to_owned(),
            ..ListOptions::default()
        };
        let mut watch = house.watch(&SECRETS, "", &options).await.unwrap();
        assert_eq!(take(&mut watch, 1).await, [format!("ADDED a@{a}")]);
        assert!(is_quiet(&mut watch).await);
        // As upstream since streaming lists are on: who takes bookmarks is told the end, asked or not.
        let options = ListOptions {
            allow_watch_bookmarks: true,
            ..options
        };
        let mut watch = house.watch(&SECRETS, "", &options).await.unwrap();
        let end = format!("BOOKMARK {} (end)", house.registry.revision());
        assert_eq!(take(&mut watch, 2).await, [format!("ADDED a@{a}"), end]);
    }
    let options = ListOptions {
        send_initial_events: Some(true),
        resource_version_match: "NotOlderThan".to_owned(),
        allow_watch_bookmarks: true,
        ..ListOptions::default()
    };
    let mut watch = house.watch(&SECRETS, "", &options).await.unwrap();
    let end = format!("BOOKMARK {} (end)", house.registry.revision());
    assert_eq!(take(&mut watch, 2).await, [format!("ADDED a@{a}"), end]);
    let options = ListOptions {
        send_initial_events: Some(false),
        ..options
    };
    let mut watch = house.watch(&SECRETS, "", &options).await.unwrap();
    let b = house
        .create(&SECRETS, "default", r#"{"metadata":{"name":"b"}}"#)
        .await
        .unwrap()
        .revision;
    assert_eq!(take(&mut watch, 1).await, [format!("ADDED b@{b}")]);
}

#[tokio::test(start_paused = true)]
async fn a_state_that_is_not_reached_is_refused_in_the_watch() {
    let house = House::new().await;
    let options = ListOptions {
        send_initial_events: Some(true),
        resource_version_match: "NotOlderThan".to_owned(),
        ..since(9_999_999)
    };
    let mut watch = house.watch(&SECRETS, "", &options).await.unwrap();
    let now = house.registry.revision();
    let refusal = format!("ERROR too large resource version: 9999999, current: {now}");
    assert_eq!(take(&mut watch, 2).await, [refusal, "END".to_owned()]);
}

#[tokio::test]
async fn a_watch_from_a_forgotten_revision_says_so_first() {
    let house = House::new().await;
    three_changes(&house).await;
    // A second registry starts with an empty ring: what was before has to come from the store.
    let second = House::over(house.store.clone()).await;
    let mut watch = second.watch(&SECRETS, "default", &since(2)).await.unwrap();
    let lines = take(&mut watch, 3).await;
    assert!(
        lines[0].starts_with("ADDED w1@") && lines[2].starts_with("DELETED w1@"),
        "{lines:?}"
    );
    let oldest = second.registry.revision();
    house.store.compact(oldest).await.unwrap();
    let mut watch = second.watch(&SECRETS, "default", &since(2)).await.unwrap();
    assert_eq!(
        take(&mut watch, 2).await,
        [
            format!("ERROR too old resource version: 2 ({oldest})"),
            "END".to_owned()
        ]
    );
}

#[tokio::test]
async fn a_watch_from_the_future_waits_for_it() {
    let house = House::new().await;
    let now = house.registry.revision();
    let mut watch = house.watch(&SECRETS, "default", &since(now + 1)).await.unwrap();
    assert!(is_quiet(&mut watch).await);
    house
        .create(&SECRETS, "default", r#"{"metadata":{"name":"a"}}"#)
        .await
        .unwrap();
    house
        .create(&SECRETS, "default", r#"{"metadata":{"name":"b"}}"#)
        .await
        .unwrap();
    assert_eq!(take(&mut watch, 1).await, [format!("ADDED b@{}", now + 2)]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_missing_and_nothing_comes_twice_under_concurrent_writes() {
    const WRITERS: usize = 4;
    const WRITES: usize = 400;
    let house = std::sync::Arc::new(House::new().await);
    let start = house.registry.revision();
    let mut watches = Vec::new();
    for _ in 0..3 {
        watches.push(house.watch(&SECRETS, "default", &since(start)).await.unwrap());
    }
    let writers: Vec<_> = (0..WRITERS)
        .map(|writer| {
            let house = std::sync::Arc::clone(&house);
            tokio::spawn(async move {
                for n in 0..WRITES {
                    let body = format!(r#"{{"metadata":{{"name":"s{writer}-{n}"}}}}"#);
                    house.create(&SECRETS, "default", &body).await.unwrap();
                }
            })
        })
        .collect();
    // One watch is not read while 1,600 events pass its queue of 256: it has to come back for them.
    let idle = watches.pop().unwrap();
    for mut watch in watches {
        let mut last = start;
        for _ in 0..WRITERS * WRITES {
            let item = tokio::time::timeout(Duration::from_secs(10), watch.next())
                .await
                .unwrap();
            let Some(Ok(WatchItem::Event { found, .. })) = item else {
                panic!("an event")
            };
            assert!(found.revision > last, "{} after {last}", found.revision);
            last = found.revision;
        }
    }
    for writer in writers {
        writer.await.unwrap();
    }
    let revisions: Vec<u64> = idle
        .take(WRITERS * WRITES)
        .map(|item| match item {
            Ok(WatchItem::Event { found, .. }) => found.revision,
            other => panic!("{}", line(&other)),
        })
        .collect()
        .await;
    let expected: Vec<u64> = (start + 1..=start + (WRITERS * WRITES) as u64).collect();
    assert_eq!(revisions, expected);
}

#[tokio::test]
async fn a_quiet_watch_gets_bookmarks() {
    let house = House::new().await;
    let options = ListOptions {
        allow_watch_bookmarks: true,
        ..since(house.registry.revision())
    };
    let mut watch = house.watch(&SECRETS, "default", &options).await.unwrap();
    assert!(is_quiet(&mut watch).await);
    house
        .create(&CONFIG_MAPS, "default", r#"{"metadata":{"name":"a"}}"#)
        .await
        .unwrap();
    eventually(|| async { house.get(&CONFIG_MAPS, "default", "a").await.is_ok() }).await;
    tokio::time::pause();
    let items = take_paused(&mut watch).await;
    assert_eq!(items, format!("BOOKMARK {}", house.registry.revision()));
    let b = house
        .create(&SECRETS, "default", r#"{"metadata":{"name":"b"}}"#)
        .await
        .unwrap()
        .revision;
    assert_eq!(take_paused(&mut watch).await, format!("ADDED b@{b}"));
}

async fn take_paused(watch: &mut purser_registry::WatchStream) -> String {
    line(&watch.next().await.unwrap())
}

#[tokio::test]
async fn watches_end_when_the_registry_stops() {
    let house = House::new().await;
    let mut watch = house
        .watch(&SECRETS, "default", &since(house.registry.revision()))
        .await
        .unwrap();
    assert!(is_quiet(&mut watch).await);
    house.registry.stop().await;
    assert_eq!(take(&mut watch, 1).await, ["END"]);
}

#[tokio::test]
async fn a_store_that_cuts_the_pump_off_costs_nothing() {
    let house = House::new().await;
    let start = house.registry.revision();
    let mut watch = house.watch(&SECRETS, "default", &since(start)).await.unwrap();
    assert!(is_quiet(&mut watch).await);
    house.store.cut();
    let [a, b, c] = three_changes(&house).await;
    let expected = [
        format!("ADDED w1@{a}"),
        format!("MODIFIED w1@{b}"),
        format!("DELETED w1@{c}"),
    ];
    assert_eq!(take(&mut watch, 3).await, expected);
    assert_eq!(house.get(&SECRETS, "default", "w1").await.unwrap_err().code, 404);
}

#[tokio::test]
async fn a_store_that_forgot_what_the_pump_missed_is_loaded_again() {
    let house = House::new().await;
    let start = house.registry.revision();
    let mut watch = house.watch(&SECRETS, "default", &since(start)).await.unwrap();
    assert!(is_quiet(&mut watch).await);
    house.store.cut();
    // The pump learns that it is cut off with the first of these, and is away while the rest is forgotten.
    let [.., last] = three_changes(&house).await;
    house
        .create(&SECRETS, "default", r#"{"metadata":{"name":"kept"}}"#)
        .await
        .unwrap();
    house.store.compact(last + 1).await.unwrap();
    let kept = house.get(&SECRETS, "default", "kept").await.unwrap();
    assert_eq!(kept.name(), "kept");
    let lines = take(&mut watch, 2).await;
    assert_eq!(
        lines,
        [
            format!("ERROR too old resource version: {start} ({})", last + 1),
            "END".to_owned()
        ]
    );
}

/// Puts `count` Secrets, `s000` and so on, into the store in one transaction, whose revision is the answer.
async fn together(house: &House, count: usize) -> u64 {
    let mut changes = Vec::new();
    for n in 0..count {
        let body = format!(r#"{{"metadata":{{"name":"s{n:03}","namespace":"default"}}}}"#);
        let key = format!("/registry/secrets/default/s{n:03}");
        let plaintext = proto::encode(&object(&SECRETS, &body));
        let value = Scrambler.seal(&key, plaintext.expose()).await.unwrap();
        changes.push(Change::Put { key, value });
    }
    let transaction = Transaction {
        checks: Vec::new(),
        changes,
    };
    let Outcome::Committed(revision) = house.store.commit(transaction).await.unwrap() else {
        panic!("no checks")
    };
    revision
}

#[tokio::test]
async fn a_revision_is_seen_whole_or_not_at_all() {
    let gate = Arc::new(Gate::before("/registry/secrets/default/s001"));
    let house = House::sealed_by(Arc::<Gate>::clone(&gate), Arc::new(MemoryStore::default())).await;
    let before = house.registry.revision();
    let revision = together(&house, 2).await;
    gate.reached.acquire().await.unwrap().forget();
    let at_hand = ListOptions {
        resource_version: "0".to_owned(),
        ..ListOptions::default()
    };
    let listing = house.list(&SECRETS, "default", &at_hand).await.unwrap();
    assert_eq!((names(&listing).len(), listing.revision), (0, before));
    let mut watches = [
        house.watch(&SECRETS, "default", &since(before)).await.unwrap(),
        house.watch(&SECRETS, "default", &at_hand).await.unwrap(),
    ];
    for watch in &mut watches {
        assert!(is_quiet(watch).await);
    }
    gate.let_through.add_permits(1);
    let expected = [format!("ADDED s000@{revision}"), format!("ADDED s001@{revision}")];
    for watch in &mut watches {
        assert_eq!(take(watch, 2).await, expected);
    }
}

#[tokio::test]
async fn a_transaction_larger_than_the_queue_of_a_watch_arrives_whole() {
    const OBJECTS: usize = 300;
    let house = House::new().await;
    let mut watch = house
        .watch(&SECRETS, "default", &since(house.registry.revision()))
        .await
        .unwrap();
    assert!(is_quiet(&mut watch).await);
    let revision = together(&house, OBJECTS).await;
    let expected: Vec<String> = (0..OBJECTS)
        .map(|n| format!("ADDED s{n:03}@{revision}"))
        .collect();
    assert_eq!(take(&mut watch, OBJECTS).await, expected);
    let next = house
        .create(&SECRETS, "default", r#"{"metadata":{"name":"next"}}"#)
        .await
        .unwrap();
    assert_eq!(
        take(&mut watch, 1).await,
        [format!("ADDED next@{}", next.revision)]
    );
}

#[tokio::test]
async fn a_transaction_of_which_a_watch_has_a_part_is_not_told_twice_from_history() {
    const OBJECTS: usize = 300;
    let house = House::new().await;
    let mut watch = house
        .watch(&SECRETS, "default", &since(house.registry.revision()))
        .await
        .unwrap();
    assert!(is_quiet(&mut watch).await);
    let revision = together(&house, OBJECTS).await;
    let mut expected: Vec<String> = (0..OBJECTS)
        .map(|n| format!("ADDED s{n:03}@{revision}"))
        .collect();
    // So much that the cache lets go of the transaction, of which the watch got what its queue holds.
    let body = format!(
        r#"{{"metadata":{{"name":"large"}},"stringData":{{"a":"{}"}}}}"#,
        "x".repeat(1 << 20)
    );
    let made = house.create(&SECRETS, "default", &body).await.unwrap();
    expected.push(format!("ADDED large@{}", made.revision));
    for n in 0..2 {
        let label = format!(r#"{{"metadata":{{"labels":{{"n":"{n}"}}}}}}"#);
        let changed = house.merge(&SECRETS, "default", "large", &label).await.unwrap();
        expected.push(format!("MODIFIED large@{}", changed.revision));
    }
    house.get(&SECRETS, "default", "large").await.unwrap();
    assert_eq!(take(&mut watch, expected.len()).await, expected);
}

#[tokio::test]
async fn selectors_that_select_nothing_of_much_let_others_go_on() {
    let house = House::new().await;
    together(&house, 3_000).await;
    house.get(&SECRETS, "default", "s000").await.unwrap();
    let nothing = ListOptions {
        label_selector: "a in (b)".to_owned(),
        resource_version: "0".to_owned(),
        ..ListOptions::default()
    };
    let mut list = pin!(house.list(&SECRETS, "default", &nothing));
    assert!(poll!(&mut list).is_pending());
    assert!(names(&list.await.unwrap()).is_empty());
    let mut watch = house.watch(&SECRETS, "default", &nothing).await.unwrap();
    assert!(poll!(watch.next()).is_pending());
    assert!(is_quiet(&mut watch).await);
    let body = r#"{"metadata":{"name":"a","labels":{"a":"b"}}}"#;
    let made = house.create(&SECRETS, "default", body).await.unwrap();
    assert_eq!(take(&mut watch, 1).await, [format!("ADDED a@{}", made.revision)]);
}
