//! Many at once.

use std::sync::Arc;

use futures_util::future::join_all;

use super::{Subject, check, next_events, put, revision_of};
use crate::{Outcome, Revision};

const WRITERS: usize = 16;
const WRITES: usize = 25;

/// Without gaps, and each writer's own in the order of its writes; a watcher sees them all in order.
pub async fn concurrent_writers_get_increasing_revisions_of_their_own(subject: Subject) {
    let subject = Arc::new(subject);
    let mut watch = subject.watch("/", 1).await;
    let writers = (0..WRITERS).map(|writer| {
        let subject = subject.clone();
        tokio::spawn(async move {
            let mut revisions = Vec::new();
            for write in 0..WRITES {
                revisions.push(subject.put(&format!("/{writer}/{write}"), "v").await);
            }
            revisions
        })
    });
    let mut all: Vec<Revision> = Vec::new();
    for revisions in join_all(writers).await {
        let revisions = revisions.expect("the writer ends");
        assert!(revisions.is_sorted(), "{revisions:?}");
        all.extend(revisions);
    }
    all.sort_unstable();
    let consecutive: Vec<Revision> = (2..).take(WRITERS * WRITES).collect();
    assert_eq!(all, consecutive);
    for revision in all {
        assert_eq!(revision_of(&next_events(&mut watch).await), revision);
    }
}

/// The others learn what the winner wrote.
pub async fn of_racing_creations_one_wins(subject: Subject) {
    let racing = (0..WRITERS).map(|writer| {
        let changes = vec![put("/a", &writer.to_string()), put(&format!("/of/{writer}"), "x")];
        subject.outcome(vec![check("/a", 0)], changes)
    });
    let outcomes = join_all(racing).await;
    let current = subject.store.get("/a").await.expect("reads");
    let lost = Outcome::Failed {
        key: "/a".to_owned(),
        current,
    };
    assert_eq!(
        outcomes
            .iter()
            .filter(|outcome| matches!(outcome, Outcome::Committed(_)))
            .count(),
        1
    );
    assert_eq!(
        outcomes.iter().filter(|outcome| **outcome == lost).count(),
        WRITERS - 1
    );
    assert_eq!(subject.texts("/of/", None).await.len(), 1);
}

/// A counter that everybody raises, each trying until its check holds.
pub async fn racing_updates_lose_nothing(subject: Subject) {
    subject.put("/count", "0").await;
    let raisers = (0..WRITERS).map(|_| async {
        for _ in 0..WRITES {
            let mut seen = subject.store.get("/count").await.expect("reads");
            loop {
                let record = seen.expect("the counter is there");
                let count: usize = String::from_utf8_lossy(&record.value).parse().expect("a number");
                let raised = vec![put("/count", &(count + 1).to_string())];
                match subject
                    .outcome(vec![check("/count", record.mod_revision)], raised)
                    .await
                {
                    Outcome::Committed(_) => break,
                    Outcome::Failed { current, .. } => seen = current,
                }
            }
        }
    });
    join_all(raisers).await;
    assert_eq!(subject.text("/count").await, Some((WRITERS * WRITES).to_string()));
}

/// Reads of all kinds, as soon as the write is answered.
pub async fn a_write_is_seen_by_every_later_read(subject: Subject) {
    let subject = Arc::new(subject);
    let writers = (0..WRITERS).map(|writer| {
        let subject = subject.clone();
        tokio::spawn(async move {
            let key = format!("/{writer}/a");
            for write in 0..WRITES {
                let text = write.to_string();
                let revision = subject.put(&key, &text).await;
                assert_eq!(subject.text(&key).await, Some(text.clone()));
                assert!(subject.revision().await >= revision);
                assert_eq!(
                    subject.texts(&format!("/{writer}/"), None).await,
                    [format!("{key}={text}")]
                );
                assert_eq!(
                    subject.texts(&format!("/{writer}/"), Some(revision)).await.len(),
                    1
                );
            }
        })
    });
    for writer in join_all(writers).await {
        writer.expect("every read was right");
    }
}
