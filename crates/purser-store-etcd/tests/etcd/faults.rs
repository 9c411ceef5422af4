//! A member that is killed, hangs, is cut off, is another cluster's, or has no space left.
use std::net::TcpListener;
use std::time::{Duration, Instant};

use crate::cluster::Etcd;
use crate::cluster::line::{Line, State};
use crate::cluster::trial::{end_of, next_revision, set, set_patiently, write};
use purser_store::{Outcome, Store, StoreError};
use purser_store_etcd::{EtcdStore, OpenError, Options};

/// Long enough for a loaded machine, short enough for a test.
const SHORT: Duration = Duration::from_secs(1);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_watch_goes_on_after_etcd_was_killed() {
    let mut etcd = Etcd::start().await;
    let store = etcd.open().await;
    let mut watch = store.watch("/k/".to_owned(), 1).await.unwrap();
    assert_eq!(next_after(&store, &mut watch, "/k/a").await, 2);
    for round in 0..3 {
        etcd.kill();
        etcd.run();
        let revision = set_patiently(&store, &format!("/k/{round}"), b"v").await;
        // A write of which nothing was heard may have been made, and is then seen as well.
        while next_revision(&mut watch).await < revision {}
        let before = revision;
        assert_eq!(next_after(&store, &mut watch, "/k/b").await, before + 1);
    }
}

/// A store on these endpoints that waits no longer than a test may.
async fn impatient<const N: usize>(endpoints: [&String; N]) -> EtcdStore {
    let options = Options {
        compaction_interval: Duration::ZERO,
        request_timeout: SHORT,
        ..Options::new(endpoints.map(Clone::clone).into())
    };
    EtcdStore::open(options).await.unwrap()
}

async fn next_after(store: &EtcdStore, watch: &mut purser_store::WatchStream, key: &str) -> u64 {
    let revision = set_patiently(store, key, b"v").await;
    let seen = next_revision(watch).await;
    assert_eq!(seen, revision, "each revision once and in order");
    seen
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_watch_that_was_cut_off_while_history_was_forgotten_ends() {
    let etcd = Etcd::start().await;
    let line = Line::to(&etcd.endpoint).await;
    let other = etcd.open().await;
    let store = impatient([&line.endpoint]).await;
    let first = set(&store, "/a", b"1").await.unwrap();
    let mut watch = store.watch("/".to_owned(), 1).await.unwrap();
    assert_eq!(next_revision(&mut watch).await, first);
    line.set(State::Cut);
    let mut last = first;
    for _ in 0..10 {
        last = set(&other, "/a", b"2").await.unwrap();
    }
    other.compact(last).await.unwrap();
    assert!(matches!(
        set(&store, "/b", b"1").await,
        Err(StoreError::Unavailable(_) | StoreError::Unsure(_))
    ));
    line.set(State::Whole);
    assert!(matches!(end_of(&mut watch).await, StoreError::Lagged));
    let refused = store.watch("/".to_owned(), first).await.err().unwrap();
    assert!(
        matches!(refused, StoreError::Compacted { asked, oldest } if (asked, oldest) == (first, last)),
        "{refused:?}"
    );
    let mut again = store.watch("/".to_owned(), last).await.unwrap();
    let next = set(&store, "/c", b"1").await.unwrap();
    assert_eq!(next_revision(&mut again).await, next);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_member_that_hangs_is_waited_for_no_longer_than_a_request_may_take() {
    let etcd = Etcd::start().await;
    let options = Options {
        request_timeout: SHORT,
        health_timeout: SHORT / 2,
        ..etcd.options()
    };
    let store = EtcdStore::open(options).await.unwrap();
    store.writable().await.unwrap();
    etcd.pause();
    let began = Instant::now();
    let told = store.get("/a").await.unwrap_err();
    assert!(
        matches!(&told, StoreError::Unavailable(why) if why.contains("no answer")),
        "{told}"
    );
    assert!(began.elapsed() < 3 * SHORT, "{:?}", began.elapsed());
    let unsure = store.commit(write("/a", 0, b"1")).await.unwrap_err();
    assert!(matches!(unsure, StoreError::Unsure(_)), "{unsure}");
    assert!(matches!(store.writable().await, Err(StoreError::Unavailable(_))));
    etcd.resume();
    set_patiently(&store, "/b", b"1").await;
    store.writable().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dead_member_and_one_that_says_nothing_are_passed_over() {
    let etcd = Etcd::start().await;
    let dead = {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        format!("http://{}", listener.local_addr().unwrap())
    };
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let silent = (format!("http://{}", silent.local_addr().unwrap()), silent);
    let options = Options {
        endpoints: vec![dead, silent.0.clone(), etcd.endpoint.clone()],
        ..etcd.options()
    };
    let store = EtcdStore::open(options).await.unwrap();
    let mut watch = store.watch("/".to_owned(), 1).await.unwrap();
    let began = Instant::now();
    let revision = set(&store, "/a", b"1").await.unwrap();
    assert_eq!(next_revision(&mut watch).await, revision);
    assert!(
        began.elapsed() < Duration::from_secs(2),
        "the one that works is stayed with"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_write_of_which_nothing_was_heard_is_found() {
    let etcd = Etcd::start().await;
    let line = Line::to(&etcd.endpoint).await;
    let store = impatient([&line.endpoint, &etcd.endpoint]).await;
    line.set(State::Deaf);
    let outcome = store.commit(write("/a", 0, b"mine")).await.unwrap();
    assert_eq!(outcome, Outcome::Committed(2));
    let held = store.get("/a").await.unwrap().unwrap();
    assert_eq!((&*held.value, held.mod_revision), (b"mine".as_slice(), 2));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_watch_whose_member_says_nothing_is_taken_up_with_another() {
    let etcd = Etcd::start().await;
    let line = Line::to(&etcd.endpoint).await;
    let store = impatient([&line.endpoint, &etcd.endpoint]).await;
    let mut watch = store.watch("/".to_owned(), 1).await.unwrap();
    line.set(State::Deaf);
    for round in 0..3_u8 {
        let revision = set_patiently(&store, "/a", &[round]).await;
        while next_revision(&mut watch).await < revision {}
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_cluster_is_not_believed() {
    let mut etcd = Etcd::start().await;
    // Ports differ, and with them the members and the cluster.
    let other = Etcd::start().await;
    let store = impatient([&etcd.endpoint, &other.endpoint]).await;
    set(&store, "/a", b"1").await.unwrap();
    etcd.kill();
    let told = loop {
        let told = store.get("/a").await.unwrap_err();
        if told.to_string().contains("cluster") {
            break told;
        }
    };
    assert!(matches!(told, StoreError::Unavailable(_)), "{told}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn to_another_cluster_nothing_is_written() {
    let mut etcd = Etcd::start().await;
    let other = Etcd::start().await;
    let store = impatient([&etcd.endpoint, &other.endpoint]).await;
    set(&store, "/a", b"1").await.unwrap();
    etcd.kill();
    // The first may have been under way.
    drop(store.get("/a").await);
    for _ in 0..2 {
        let told = store.commit(write("/b", 0, b"1")).await.unwrap_err();
        assert!(matches!(told, StoreError::Unavailable(_)), "{told}");
    }
    let theirs = other.open().await;
    assert_eq!(theirs.revision().await.unwrap(), 1, "nothing was written there");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_member_without_space_says_so_and_is_not_ready() {
    let etcd = Etcd::start_with(&["--quota-backend-bytes", "8388608"]).await;
    let store = etcd.open().await;
    let value = vec![7; 1 << 20];
    let mut number = 0;
    let told = loop {
        match set(&store, &format!("/{number}"), &value).await {
            Ok(_) => number += 1,
            Err(error) => break error,
        }
    };
    assert!(
        matches!(&told, StoreError::Unavailable(why) if why.contains("NOSPACE")),
        "{told}"
    );
    let unready = store.writable().await.unwrap_err();
    assert!(unready.to_string().contains("NOSPACE"), "{unready}");
    assert!(store.get("/0").await.unwrap().is_some(), "it is still read");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_etcd_that_is_not_there_is_told_when_it_is_opened() {
    let mut options = Options::new(vec!["http://127.0.0.1:1".to_owned()]);
    options.request_timeout = SHORT;
    let told = EtcdStore::open(options).await.err().unwrap();
    assert!(
        matches!(&told, OpenError::Unreachable(why) if why.contains("127.0.0.1:1")),
        "{told}"
    );
}
