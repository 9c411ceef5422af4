//! Watches: order, completeness, prefixes, progress, and being cut.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::StreamExt;

use super::{Subject, delete, end_of, next_events, put, revision_of, sketch};
use crate::{Change, Revision, StoreError, WatchStream, Watched};

/// Writes made while a watch replays.
const RACING_WRITES: Revision = 200;
/// The value that lets a watcher lag.
const LAG_BYTES: usize = 512 << 10;

/// Each revision once, from the first to the last, while writes go on.
pub async fn a_watch_replays_and_goes_on_without_gap_or_repetition(subject: Subject) {
    let subject = Arc::new(subject);
    for number in 0..RACING_WRITES {
        subject.put(&format!("/k/{}", number % 7), "old").await;
    }
    let writer = tokio::spawn({
        let subject = subject.clone();
        async move {
            for number in 0..RACING_WRITES {
                subject.put(&format!("/k/{}", number % 7), "new").await;
            }
        }
    });
    for after in [1, RACING_WRITES / 2, RACING_WRITES] {
        let mut watch = subject.watch("/k/", after).await;
        for expected in after + 1..=2 * RACING_WRITES + 1 {
            assert_eq!(revision_of(&next_events(&mut watch).await), expected);
        }
    }
    writer.await.expect("the writer ends");
}

/// Siblings with the same beginning are not its keys.
pub async fn a_watch_sees_only_its_prefix(subject: Subject) {
    let mut watch = subject.watch("/k/", 1).await;
    subject
        .commit(vec![
            put("/k", "1"),
            put("/k/a", "2"),
            put("/kk/a", "3"),
            put("/k/b", "4"),
        ])
        .await;
    subject.put("/j", "5").await;
    subject.put("/k/c", "6").await;
    assert_eq!(sketch(&next_events(&mut watch).await), ["+/k/a=2", "+/k/b=4"]);
    assert_eq!(sketch(&next_events(&mut watch).await), ["+/k/c=6"]);
}

/// In the order of the changes; live and replayed alike.
pub async fn a_watch_gets_all_events_of_a_revision_together(subject: Subject) {
    let mut live = subject.watch("/", 1).await;
    subject.put("/b", "0").await;
    subject
        .commit(vec![put("/c", "1"), delete("/b"), put("/a", "2")])
        .await;
    let mut replayed = subject.watch("/", 1).await;
    for watch in [&mut live, &mut replayed] {
        assert_eq!(sketch(&next_events(watch).await), ["+/b=0"]);
        assert_eq!(sketch(&next_events(watch).await), ["+/c=1", "-/b", "+/a=2"]);
    }
}

/// Live and replayed alike; a deletion carries the last value and the life it ended.
pub async fn events_carry_what_was_there_before(subject: Subject) {
    let mut live = subject.watch("/", 1).await;
    let created = subject.put("/a", "1").await;
    let changed = subject.put("/a", "2").await;
    let deleted = subject.delete("/a").await;
    let again = subject.put("/a", "3").await;
    let mut replayed = subject.watch("/", 1).await;
    for watch in [&mut live, &mut replayed] {
        let mut seen = Vec::new();
        for _ in 0..4 {
            let event = next_events(watch).await.first().cloned().expect("one event");
            let before = event
                .previous
                .map(|previous| (previous.value, previous.create_revision, previous.mod_revision));
            let record = event.record;
            seen.push((
                event.deleted,
                record.value,
                record.create_revision,
                record.mod_revision,
                before,
            ));
        }
        let value = |text: &'static str| Bytes::from_static(text.as_bytes());
        let expected = [
            (false, value("1"), created, created, None),
            (
                false,
                value("2"),
                created,
                changed,
                Some((value("1"), created, created)),
            ),
            (
                true,
                value("2"),
                created,
                deleted,
                Some((value("2"), created, changed)),
            ),
            (false, value("3"), again, again, None),
        ];
        assert_eq!(seen, expected);
    }
}

/// That revision itself is not delivered.
pub async fn a_watch_starts_after_the_revision_asked_for(subject: Subject) {
    subject.put("/a", "1").await;
    let second = subject.put("/a", "2").await;
    subject.put("/a", "3").await;
    let mut watch = subject.watch("/", second).await;
    assert_eq!(sketch(&next_events(&mut watch).await), ["~/a=3"]);
}

/// So that who waits for a revision does not wait for its keys to change.
pub async fn a_quiet_watch_tells_progress(subject: Subject) {
    let mut watch = subject.watch("/quiet/", 1).await;
    let revision = subject.put("/busy/a", "1").await;
    progress_until(&mut watch, revision).await;
    let revision = subject.put("/busy/a", "2").await;
    progress_until(&mut watch, revision).await;
}

/// After the replay, or at once when there is none.
pub async fn progress_is_told_at_the_start(subject: Subject) {
    let revision = subject.put("/a", "1").await;
    progress_until(&mut subject.watch("/", revision).await, revision).await;
    let mut watch = subject.watch("/", 1).await;
    assert_eq!(revision_of(&next_events(&mut watch).await), revision);
}

async fn progress_until(watch: &mut WatchStream, revision: Revision) {
    loop {
        match watch
            .next()
            .await
            .expect("the watch goes on")
            .expect("the watch is sound")
        {
            Watched::Progress(told) if told >= revision => return,
            Watched::Progress(_) => {}
            Watched::Events(events) => panic!("{:?}", sketch(&events)),
        }
    }
}

/// One that goes away, one that sleeps, one that reads.
pub async fn watchers_do_not_disturb_each_other(subject: Subject) {
    let gone = subject.watch("/", 1).await;
    let mut sleeping = subject.watch("/", 1).await;
    let mut reading = subject.watch("/", 1).await;
    drop(gone);
    for number in 2..100 {
        assert_eq!(subject.put("/a", "v").await, number);
        assert_eq!(revision_of(&next_events(&mut reading).await), number);
    }
    for number in 2..100 {
        assert_eq!(revision_of(&next_events(&mut sleeping).await), number);
    }
}

/// Its memory is bounded, and others go on.
pub async fn a_watcher_that_does_not_read_is_cut(subject: Subject) {
    let start = subject.put("/a", "1").await;
    let mut idle = subject.watch("/", 1).await;
    assert_eq!(revision_of(&next_events(&mut idle).await), start);
    let mut reading = subject.watch("/", start).await;
    let value = Bytes::from(vec![7; LAG_BYTES]);
    for _ in 0..subject.lag_writes {
        let change = Change::Put {
            key: "/a".to_owned(),
            value: value.clone(),
        };
        let revision = subject.commit(vec![change]).await;
        assert_eq!(revision_of(&next_events(&mut reading).await), revision);
    }
    let error = end_of(&mut idle).await;
    assert!(matches!(error, StoreError::Lagged), "{error:?}");
    let revision = subject.put("/b", "1").await;
    assert_eq!(revision_of(&next_events(&mut reading).await), revision);
}

/// Whoever holds such a revision has it from another store, or from before a restore.
pub async fn a_watch_in_the_future_is_refused(subject: Subject) {
    let current = subject.put("/a", "1").await;
    match subject.store.watch("/".to_owned(), current + 1).await {
        Err(StoreError::Future { asked, current: told }) => assert_eq!((asked, told), (current + 1, current)),
        Err(other) => panic!("{other:?}"),
        Ok(_) => panic!("a watch from the future"),
    }
}
