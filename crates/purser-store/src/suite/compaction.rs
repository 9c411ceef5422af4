//! Forgetting history.

use futures_util::StreamExt;

use super::{Subject, next_events, revision_of, sketch};
use crate::{Revision, StoreError};

impl Subject {
    async fn compact(&self, revision: Revision) {
        self.store.compact(revision).await.expect("the store compacts");
    }
}

/// The error says what can be read.
pub async fn compaction_refuses_older_reads(subject: Subject) {
    let first = subject.put("/k/a", "1").await;
    let second = subject.put("/k/a", "2").await;
    subject.put("/k/a", "3").await;
    subject.compact(second).await;
    match subject.try_page("/k/", 0, Some(first)).await {
        Err(StoreError::Compacted { asked, oldest }) => assert_eq!((asked, oldest), (first, second)),
        other => panic!("{other:?}"),
    }
    assert_eq!(subject.texts("/k/", Some(second)).await, ["/k/a=2"]);
    assert_eq!(subject.texts("/k/", None).await, ["/k/a=3"]);
}

/// At the call, or as the first thing the watch says.
pub async fn compaction_refuses_older_watches(subject: Subject) {
    for text in ["1", "2", "3", "4"] {
        subject.put("/k/a", text).await;
    }
    subject.compact(4).await;
    let error = match subject.store.watch("/k/".to_owned(), 2).await {
        Err(error) => error,
        Ok(mut watch) => {
            let first = watch.next().await.expect("the watch says something");
            first.expect_err("the watch is refused")
        }
    };
    assert!(
        matches!(error, StoreError::Compacted { asked: 2, oldest: 4 }),
        "{error:?}"
    );
    let mut watch = subject.watch("/k/", 4).await;
    assert_eq!(revision_of(&next_events(&mut watch).await), 5);
}

/// Values, revisions and lives.
pub async fn compaction_keeps_what_is_current(subject: Subject) {
    let created = subject.put("/k/a", "1").await;
    let changed = subject.put("/k/a", "2").await;
    subject.put("/k/untouched", "x").await;
    subject.put("/k/deleted", "y").await;
    let now = subject.delete("/k/deleted").await;
    subject.compact(now).await;
    assert_eq!(subject.texts("/k/", None).await, ["/k/a=2", "/k/untouched=x"]);
    assert_eq!(
        subject.texts("/k/", Some(now)).await,
        ["/k/a=2", "/k/untouched=x"]
    );
    let record = subject.store.get("/k/a").await.expect("reads").expect("is there");
    assert_eq!((record.create_revision, record.mod_revision), (created, changed));
    assert_eq!(subject.put("/k/a", "3").await, now + 1);
}

/// A second compaction to an older revision brings nothing back.
pub async fn compaction_of_the_past_is_harmless_and_of_the_future_refused(subject: Subject) {
    for text in ["1", "2", "3"] {
        subject.put("/k/a", text).await;
    }
    subject.compact(3).await;
    subject.compact(2).await;
    subject.compact(3).await;
    assert!(matches!(
        subject.try_page("/k/", 0, Some(2)).await,
        Err(StoreError::Compacted { oldest: 3, .. })
    ));
    assert!(matches!(
        subject.store.compact(9).await,
        Err(StoreError::Future { asked: 9, current: 4 })
    ));
}

/// A watch that has what was forgotten goes on.
pub async fn a_watch_survives_compaction_behind_it(subject: Subject) {
    let mut watch = subject.watch("/", 1).await;
    for text in ["1", "2", "3"] {
        let revision = subject.put("/a", text).await;
        assert_eq!(revision_of(&next_events(&mut watch).await), revision);
        subject.compact(revision).await;
    }
    let revision = subject.delete("/a").await;
    subject.compact(revision).await;
    assert_eq!(sketch(&next_events(&mut watch).await), ["-/a"]);
}

/// A key whose deletion was forgotten is like one that never was.
pub async fn deletions_are_forgotten_and_keys_can_return(subject: Subject) {
    subject.put("/k/a", "1").await;
    let deleted = subject.delete("/k/a").await;
    let returned = subject.put("/k/a", "2").await;
    subject.delete("/k/b").await;
    subject.compact(deleted).await;
    assert!(subject.texts("/k/", Some(deleted)).await.is_empty());
    assert_eq!(subject.texts("/k/", Some(returned)).await, ["/k/a=2"]);
    let mut watch = subject.watch("/k/", deleted).await;
    assert_eq!(sketch(&next_events(&mut watch).await), ["+/k/a=2"]);
    let again = subject.delete("/k/a").await;
    subject.compact(again).await;
    assert!(subject.texts("/k/", None).await.is_empty());
    let back = subject.put("/k/a", "3").await;
    let record = subject.store.get("/k/a").await.expect("reads").expect("is there");
    assert_eq!((record.create_revision, record.mod_revision), (back, back));
    assert_eq!(
        sketch(&next_events(&mut subject.watch("/k/", again).await).await),
        ["+/k/a=3"]
    );
}
