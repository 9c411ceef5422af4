//! Three members, of which one after the other is away, under load.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use purser_store::{Outcome, Range, Revision, Store, StoreError, prefix_end};
use purser_store_etcd::{EtcdStore, Options};

use crate::cluster::Etcd;
use crate::cluster::trial::{next_revision, set_patiently, write};

/// Tasks that write, each its own keys.
const WRITERS: usize = 4;
/// How long each member is away: longer than it takes the others to choose a leader.
const AWAY: Duration = Duration::from_secs(2);

/// Creates keys one after the other until told to stop; answers the revisions that it heard of.
async fn keep_writing(store: Arc<EtcdStore>, writer: usize, stop: Arc<AtomicBool>) -> Vec<Revision> {
    let mut heard = Vec::new();
    let mut number = 0;
    while !stop.load(Ordering::Relaxed) {
        let key = format!("/k/{writer}/{number}");
        match store.commit(write(&key, 0, b"v")).await {
            Ok(Outcome::Committed(revision)) => heard.push(revision),
            Ok(Outcome::Failed { key, .. }) => panic!("{key} was written by nobody else"),
            Err(StoreError::Unavailable(_) | StoreError::Unsure(_)) => {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            Err(error) => panic!("{error}"),
        }
        // Whatever became of it, it is not written again: a failed check would tell that it was made twice.
        number += 1;
    }
    heard
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_revision_is_lost_or_comes_twice_while_members_come_and_go() {
    let mut members = Etcd::three().await;
    let options = Options {
        endpoints: members.iter().map(|member| member.endpoint.clone()).collect(),
        request_timeout: Duration::from_secs(3),
        ..members[0].options()
    };
    let store = Arc::new(EtcdStore::open(options).await.unwrap());
    let first = store.revision().await.unwrap();
    let mut watch = store.watch("/".to_owned(), first).await.unwrap();
    let stop = Arc::new(AtomicBool::new(false));
    let writers: Vec<_> = (0..WRITERS)
        .map(|writer| tokio::spawn(keep_writing(Arc::clone(&store), writer, Arc::clone(&stop))))
        .collect();
    for member in &mut members {
        member.kill();
        tokio::time::sleep(AWAY).await;
        member.run();
        tokio::time::sleep(AWAY / 3).await;
    }
    for member in &members {
        member.pause();
        tokio::time::sleep(AWAY).await;
        member.resume();
        tokio::time::sleep(AWAY / 3).await;
    }
    stop.store(true, Ordering::Relaxed);
    let mut heard = BTreeSet::new();
    for writer in writers {
        heard.extend(writer.await.unwrap());
    }
    assert!(heard.len() > 50, "{} writes", heard.len());
    let last = set_patiently(store.as_ref(), "/last", b"v").await;
    // Each revision is of some key under the prefix.
    for expected in first + 1..=last {
        assert_eq!(next_revision(&mut watch).await, expected);
        heard.remove(&expected);
    }
    assert!(heard.is_empty(), "acknowledged and gone: {heard:?}");
    let range = Range {
        start: "/".to_owned(),
        end: prefix_end("/"),
        limit: 0,
        revision: None,
    };
    let kept = u64::try_from(store.range(range).await.unwrap().total).unwrap();
    // The last may have been written twice.
    let keys = last - first - 1..=last - first;
    assert!(
        keys.contains(&kept),
        "{kept} keys of {keys:?}: each write made one"
    );
}
