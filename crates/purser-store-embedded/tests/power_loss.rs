//! The power goes at every write, resize and sync in turn; whatever of the unsynced writes reached the medium,
//! everything answered is there afterwards and nothing is half done.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "test code reports by panicking"
)]

mod disk;
mod ledger;

use std::time::Duration;

use disk::{Disk, Survives};
use futures_util::StreamExt as _;
use futures_util::future::join_all;
use ledger::{Ledger, verify, write};
use purser_store::{Revision, Store, StoreError, WatchStream, Watched};
use purser_store_embedded::{EmbeddedStore, Options};

const SLOTS: u64 = 3;
const TRANSACTIONS: u64 = 6;
/// Values of a page or so, so that pages split and the file grows.
const PADDING: usize = 1_500;
/// More than the workload does.
const MAX_OPERATIONS: usize = 5_000;

/// Little history, so that forgetting happens under the failing disk too.
fn options() -> Options {
    Options {
        history_age: Duration::ZERO,
        history_revisions: 4,
        tick: Duration::from_millis(1),
        cache_bytes: 1 << 20,
        ..Options::new("unused")
    }
}

/// Runs the workload until it is done or the disk fails; answers what was acknowledged.
async fn run(disk: &Disk) -> Ledger {
    let Ok(store) = EmbeddedStore::open_on(disk.clone(), options()) else {
        return Ledger::new();
    };
    let slots = (0..SLOTS).map(|slot| {
        let store = &store;
        async move {
            let mut answered = None;
            for number in 1..=TRANSACTIONS {
                match write(store, slot, number, PADDING).await {
                    Ok(revision) => answered = Some((slot, (number, revision))),
                    Err(_) => break,
                }
            }
            answered
        }
    });
    let ledger = join_all(slots).await.into_iter().flatten().collect();
    store.close().await.unwrap();
    ledger
}

/// A disk on which a store was made and closed.
async fn new_disk() -> Vec<u8> {
    let disk = Disk::new(Vec::new(), None);
    EmbeddedStore::open_on(disk.clone(), options())
        .unwrap()
        .close()
        .await
        .unwrap();
    disk.content(Survives::Everything)
}

/// Loses power in the middle of the workload.
async fn crash_midway() -> (Disk, Ledger) {
    let whole = Disk::new(new_disk().await, None);
    run(&whole).await;
    let disk = Disk::new(new_disk().await, Some(whole.operations() / 2));
    let answered = run(&disk).await;
    assert!(disk.has_failed() && !answered.is_empty());
    (disk, answered)
}

async fn check(content: Vec<u8>, answered: &Ledger) {
    let disk = Disk::new(content, None);
    let store = EmbeddedStore::open_on(disk, options()).unwrap();
    verify(&store, answered, SLOTS).await;
    let before = store.revision().await.unwrap();
    let after = write(&store, SLOTS, 1, PADDING).await.unwrap();
    assert_eq!(after, before + 1, "revisions go on");
    store.close().await.unwrap();
}

#[tokio::test]
async fn power_lost_at_any_operation_loses_nothing_answered() {
    let new = new_disk().await;
    for fails_at in 1..MAX_OPERATIONS {
        let disk = Disk::new(new.clone(), Some(fails_at));
        let answered = run(&disk).await;
        let seed = fails_at as u64;
        let survivors = [
            Survives::Nothing,
            Survives::Everything,
            Survives::Some(seed),
            Survives::Some(seed << 32),
        ];
        for survives in survivors {
            println!("operation {fails_at}, {survives:?}, {answered:?}");
            check(disk.content(survives), &answered).await;
        }
        if !disk.has_failed() {
            assert_eq!(answered.len() as u64, SLOTS);
            return;
        }
    }
    panic!("the workload did not end");
}

#[tokio::test]
async fn power_lost_while_recovering_loses_nothing_answered() {
    let (disk, answered) = crash_midway().await;
    let crashed = disk.content(Survives::Some(7));
    for fails_at in 1..MAX_OPERATIONS {
        let disk = Disk::new(crashed.clone(), Some(fails_at));
        if let Ok(store) = EmbeddedStore::open_on(disk.clone(), options()) {
            store.close().await.unwrap();
        }
        check(disk.content(Survives::Some(fails_at as u64)), &answered).await;
        if !disk.has_failed() {
            return;
        }
    }
    panic!("recovery did not end");
}

/// More than a store takes to look at its disk again.
const PATIENCE: Duration = Duration::from_secs(10);

#[tokio::test]
async fn a_store_whose_disk_failed_says_so_and_writes_again_once_the_disk_works() {
    for fails_at in [100, 101, 102, 103, 104] {
        let disk = Disk::new(new_disk().await, Some(fails_at));
        let store = EmbeddedStore::open_on(disk.clone(), options()).unwrap();
        let mut watch = store.watch("/".to_owned(), 1).await.unwrap();
        let (mut number, mut answered) = (0, 0);
        while let Ok(revision) = write(&store, 0, number + 1, PADDING).await {
            (number, answered) = (number + 1, revision);
        }
        assert!(disk.has_failed() && number > 0);
        let error = write(&store, 0, number + 2, PADDING).await.unwrap_err();
        let said = error.to_string();
        assert!(matches!(error, StoreError::Unavailable(_)), "{error:?}");
        assert_eq!(said.matches("not available").count(), 1, "{said}");
        let unready = store.writable().await.unwrap_err().to_string();
        assert_eq!(unready.matches("not available").count(), 1, "{unready}");
        // Caches that follow the store go on answering.
        assert_eq!(store.revision().await.unwrap(), answered);
        disk.mend();
        until_it_writes(&store).await;
        // What failed may have reached the disk: then it is there for everybody, watchers included.
        let reached = store.revision().await.unwrap();
        assert!(
            reached == answered || reached == answered + 1,
            "{reached} {answered}"
        );
        let after = write(&store, 1, 1, PADDING).await.unwrap();
        assert_eq!(after, reached + 1);
        sees_each(&mut watch, 1, after).await;
        store.close().await.unwrap();
    }
}

async fn until_it_writes(store: &EmbeddedStore) {
    let begun = std::time::Instant::now();
    while let Err(error) = store.writable().await {
        assert!(begun.elapsed() < PATIENCE, "it does not come back: {error}");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

/// Each revision after `seen` up to `last`, once and in order.
async fn sees_each(watch: &mut WatchStream, mut seen: Revision, last: Revision) {
    while seen < last {
        match watch.next().await.unwrap().unwrap() {
            Watched::Events(events) => {
                let revision = events[0].record.mod_revision;
                assert_eq!(revision, seen + 1, "a revision is missing");
                seen = revision;
            }
            Watched::Progress(told) => assert!(told <= seen, "{told} is told after {seen}"),
        }
    }
}

#[tokio::test]
async fn a_read_that_fails_once_hides_no_revision() {
    for syncs in 1..=12 {
        let disk = Disk::new(new_disk().await, None);
        let options = Options {
            cache_bytes: 0,
            history_revisions: 1_000,
            ..options()
        };
        let store = EmbeddedStore::open_on(disk.clone(), options).unwrap();
        let mut watch = store.watch("/".to_owned(), 1).await.unwrap();
        disk.fail_a_read_after(syncs);
        let mut failures = 0;
        for number in 1..=TRANSACTIONS {
            failures += usize::from(write(&store, 0, number, PADDING).await.is_err());
            until_it_writes(&store).await;
        }
        assert_eq!(failures, 1, "after {syncs} syncs");
        let last = write(&store, 0, TRANSACTIONS + 1, PADDING).await.unwrap();
        sees_each(&mut watch, 1, last).await;
        store.close().await.unwrap();
    }
}

#[tokio::test]
async fn a_store_that_keeps_no_history_comes_back_too() {
    for fails_at in 100..110 {
        let disk = Disk::new(new_disk().await, Some(fails_at));
        let options = Options {
            history_revisions: 0,
            ..options()
        };
        let store = EmbeddedStore::open_on(disk.clone(), options).unwrap();
        let mut watch = store.watch("/".to_owned(), 1).await.unwrap();
        let told = watch.next().await.unwrap().unwrap();
        assert_eq!(told, Watched::Progress(1));
        let mut number = 0;
        while write(&store, 0, number + 1, PADDING).await.is_ok() {
            number += 1;
        }
        disk.mend();
        until_it_writes(&store).await;
        let last = write(&store, 0, number + 2, PADDING).await.unwrap();
        // What it missed is forgotten: the watch ends, or has it all.
        let ended = async {
            loop {
                match watch.next().await {
                    Some(Ok(Watched::Progress(told))) if told >= last => return true,
                    Some(Ok(Watched::Events(events))) if events[0].record.mod_revision == last => {
                        return true;
                    }
                    Some(Ok(_)) => {}
                    Some(Err(error)) => return matches!(error, StoreError::Lagged),
                    None => return false,
                }
            }
        };
        assert!(ended.await, "operation {fails_at}");
        store.close().await.unwrap();
    }
}
