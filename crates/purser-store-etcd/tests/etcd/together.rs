//! Several servers on one etcd.
use std::time::{Duration, Instant};

use crate::cluster::Etcd;
use crate::cluster::trial::{next_revision, set, write};
use purser_store::{Change, Outcome, Range, Store, StoreError, Transaction, prefix_end};
use purser_store_etcd::{EtcdStore, Options};

/// How soon each sees what another wrote, on one machine.
const SOON: Duration = Duration::from_millis(50);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_sees_what_another_wrote_soon() {
    let etcd = Etcd::start().await;
    let (writer, reader) = (etcd.open().await, etcd.open().await);
    let mut watch = reader.watch("/".to_owned(), 1).await.unwrap();
    let mut took = Vec::new();
    for round in 0..50_u8 {
        let revision = set(&writer, "/a", &[round]).await.unwrap();
        let written = Instant::now();
        assert_eq!(next_revision(&mut watch).await, revision);
        took.push(written.elapsed());
    }
    took.sort_unstable();
    assert!(took[took.len() / 2] < SOON, "{took:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_that_write_at_the_same_revision_one_is_refused() {
    let etcd = Etcd::start().await;
    let (one, two) = (etcd.open().await, etcd.open().await);
    let mut at = 0;
    for round in 0..20_u8 {
        let (first, second) = tokio::join!(
            one.commit(write("/a", at, &[round, 1])),
            two.commit(write("/a", at, &[round, 2]))
        );
        let (first, second) = (first.unwrap(), second.unwrap());
        let (won, lost) = match (&first, &second) {
            (Outcome::Committed(revision), lost) | (lost, Outcome::Committed(revision)) => (*revision, lost),
            both => panic!("{both:?}"),
        };
        let Outcome::Failed { current, .. } = lost else {
            panic!("both won")
        };
        assert_eq!(current.as_ref().map(|record| record.mod_revision), Some(won));
        at = won;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_of_them_forgets_old_history() {
    let etcd = Etcd::start().await;
    let interval = Duration::from_millis(300);
    let open = || {
        EtcdStore::open(Options {
            compaction_interval: interval,
            ..etcd.options()
        })
    };
    let (one, _two, plain) = (open().await.unwrap(), open().await.unwrap(), etcd.open().await);
    let first = set(&one, "/a", b"1").await.unwrap();
    set(&one, "/a", b"2").await.unwrap();
    let began = Instant::now();
    let oldest = loop {
        assert!(began.elapsed() < Duration::from_secs(20), "nothing is forgotten");
        tokio::time::sleep(interval).await;
        match plain.range(everything(Some(first))).await {
            Err(StoreError::Compacted { oldest, .. }) => break oldest,
            Ok(_) => {}
            Err(error) => panic!("{error}"),
        }
    };
    let clock = plain.get("compact_rev_key").await.unwrap().unwrap();
    assert!(
        String::from_utf8(clock.value.to_vec())
            .unwrap()
            .parse::<u64>()
            .unwrap()
            >= oldest.saturating_sub(1)
    );
    // Both tick, and only one of them writes at each.
    let written = clock.mod_revision;
    let counted = Instant::now();
    tokio::time::sleep(4 * interval).await;
    let ticks = counted.elapsed().as_millis() / interval.as_millis();
    let after = plain.get("compact_rev_key").await.unwrap().unwrap().mod_revision;
    let ticked = u128::from(after - written);
    assert!((1..=ticks + 1).contains(&ticked), "{ticked} in {ticks} intervals");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ranges_larger_than_an_answer_are_read_in_pages_at_one_revision() {
    let etcd = Etcd::start().await;
    let store = etcd.open().await;
    let large = vec![7; 1 << 20];
    for number in 0..40 {
        set(&store, &format!("/k/{number:04}"), &large).await.unwrap();
    }
    let mut revision = 0;
    for number in 40..700 {
        revision = set(&store, &format!("/k/{number:04}"), b"small").await.unwrap();
    }
    let page = store.range(everything(None)).await.unwrap();
    assert_eq!(
        (page.records.len(), page.total, page.revision),
        (700, 700, revision)
    );
    assert!(page.records.is_sorted_by_key(|record| record.key.clone()));
    let limited = Range {
        limit: 650,
        ..everything(None)
    };
    let page = store.range(limited).await.unwrap();
    assert_eq!((page.records.len(), page.total), (650, 700));
    let (mut start, mut seen) = ("/k/".to_owned(), 0);
    loop {
        let some = store.scan(start.clone(), prefix_end("/k/"), 300).await.unwrap();
        let Some(last) = some.last() else { break };
        start = format!("{}\0", last.key);
        seen += some.len();
    }
    assert_eq!(seen, 700);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_wanted_for_a_while_goes_by_itself_unless_it_is_written_for_good() {
    let etcd = Etcd::start().await;
    let store = etcd.open().await;
    let put_for = |key: &str, lifetime| Change::PutFor {
        key: key.to_owned(),
        value: "v".into(),
        lifetime,
    };
    let second = Duration::from_secs(1);
    let transaction = Transaction {
        checks: Vec::new(),
        changes: vec![
            put_for("/short", second),
            put_for("/kept", second),
            put_for("/long", 3600 * second),
        ],
    };
    let Outcome::Committed(written) = store.commit(transaction).await.unwrap() else {
        panic!("nothing was checked")
    };
    let kept = set(&store, "/kept", b"for good").await.unwrap();
    let mut watch = store.watch("/".to_owned(), written).await.unwrap();
    assert_eq!(next_revision(&mut watch).await, kept);
    let gone = next_revision(&mut watch).await;
    assert_eq!(gone, kept + 1, "etcd removes it");
    assert!(store.get("/short").await.unwrap().is_none());
    for key in ["/kept", "/long"] {
        assert!(store.get(key).await.unwrap().is_some(), "{key}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_written_in_another_way_goes_when_it_was_to_go() {
    let etcd = Etcd::start().await;
    let store = etcd.open().await;
    let put_for = Change::PutFor {
        key: "/short".to_owned(),
        value: "v".into(),
        lifetime: Duration::from_secs(2),
    };
    let rewrite = |key: &str| Change::Rewrite {
        key: key.to_owned(),
        value: "w".into(),
    };
    let commit = |changes| Transaction {
        checks: Vec::new(),
        changes,
    };
    store.commit(commit(vec![put_for])).await.unwrap();
    set(&store, "/kept", b"for good").await.unwrap();
    let rewritten = store
        .commit(commit(vec![rewrite("/short"), rewrite("/kept")]))
        .await
        .unwrap();
    let Outcome::Committed(rewritten) = rewritten else {
        panic!("nothing was checked")
    };
    assert_eq!(&*store.get("/short").await.unwrap().unwrap().value, b"w");
    let mut watch = store.watch("/".to_owned(), rewritten).await.unwrap();
    assert_eq!(next_revision(&mut watch).await, rewritten + 1, "etcd removes it");
    assert!(store.get("/short").await.unwrap().is_none());
    assert_eq!(&*store.get("/kept").await.unwrap().unwrap().value, b"w");
}

fn everything(revision: Option<u64>) -> Range {
    Range {
        start: "/k/".to_owned(),
        end: prefix_end("/k/"),
        limit: 0,
        revision,
    }
}
