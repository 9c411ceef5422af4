//! Reads, now and at a revision.

use super::{Subject, put};
use crate::{Range, StoreError};

/// A key that was never written.
pub async fn absent_keys_read_as_none(subject: Subject) {
    assert_eq!(subject.text("/a").await, None);
    subject.put("/a/b", "1").await;
    assert_eq!(subject.text("/a").await, None);
    assert_eq!(subject.text("/a/").await, None);
}

/// Creation and change are told apart.
pub async fn a_record_carries_its_revisions(subject: Subject) {
    let created = subject.put("/a", "1").await;
    let changed = subject.put("/a", "2").await;
    let record = subject.store.get("/a").await.expect("reads").expect("is there");
    assert_eq!((&*record.key, &*record.value), ("/a", b"2".as_slice()));
    assert_eq!((record.create_revision, record.mod_revision), (created, changed));
    assert_eq!(subject.page("/a", 0, None).await.records, [record]);
}

/// Bytes decide, not letters; the end is not part of the range.
pub async fn ranges_are_in_byte_order_and_exclude_their_end(subject: Subject) {
    for key in ["/k/b", "/k/a", "/k/Z", "/k/ä", "/k/a/1", "/k0", "/j/x"] {
        subject.put(key, "v").await;
    }
    let sorted = ["/k/Z=v", "/k/a=v", "/k/a/1=v", "/k/b=v", "/k/ä=v"];
    assert_eq!(subject.texts("/k/", None).await, sorted);
    let some = Range {
        start: "/k/a".to_owned(),
        end: "/k/b".to_owned(),
        limit: 0,
        revision: None,
    };
    let page = subject.store.range(some).await.expect("reads");
    assert_eq!(
        page.records.iter().map(|record| &*record.key).collect::<Vec<_>>(),
        ["/k/a", "/k/a/1"]
    );
}

/// The total counts what the limit left out.
pub async fn a_limit_cuts_the_page_and_not_the_total(subject: Subject) {
    for key in ["/k/1", "/k/2", "/k/3", "/k/4", "/l"] {
        subject.put(key, "v").await;
    }
    let page = subject.page("/k/", 3, None).await;
    assert_eq!((page.records.len(), page.total), (3, 4));
    assert_eq!(page.revision, subject.revision().await);
    let next = Range {
        start: "/k/3\0".to_owned(),
        end: "/k0".to_owned(),
        limit: 3,
        revision: Some(page.revision),
    };
    let rest = subject.store.range(next).await.expect("reads");
    assert_eq!((rest.records.len(), rest.total), (1, 1));
}

/// Piece by piece all that is there is read, each once and in order, and what was deleted is not.
pub async fn a_scan_reads_everything_in_pieces(subject: Subject) {
    for number in 0..10 {
        subject.put(&format!("/k/{number}"), "v").await;
    }
    subject.put("/l", "past the end").await;
    subject.delete("/k/4").await;
    subject.delete("/k/9").await;
    let (mut start, mut seen) = ("/k/".to_owned(), Vec::new());
    loop {
        let piece = subject
            .store
            .scan(start, "/k0".to_owned(), 3)
            .await
            .expect("reads");
        assert!(piece.len() <= 3, "{piece:?}");
        let Some(last) = piece.last() else { break };
        start = format!("{}\0", last.key);
        seen.extend(piece.iter().map(|record| record.key.to_string()));
    }
    let there = [0, 1, 2, 3, 5, 6, 7, 8].map(|number| format!("/k/{number}"));
    assert_eq!(seen, there);
    let nothing = subject.store.scan("/k/5".to_owned(), "/k/5".to_owned(), 3).await;
    assert_eq!(nothing.expect("reads"), []);
}

/// Later creations, changes and deletions are not seen.
pub async fn reads_at_a_revision_see_that_revision(subject: Subject) {
    subject.put("/k/changed", "old").await;
    subject.put("/k/deleted", "was").await;
    let then = subject.put("/k/kept", "same").await;
    subject.put("/k/changed", "new").await;
    subject.put("/k/changed", "newer").await;
    subject.delete("/k/deleted").await;
    let now = subject.put("/k/created", "late").await;
    let old = ["/k/changed=old", "/k/deleted=was", "/k/kept=same"];
    assert_eq!(subject.texts("/k/", Some(then)).await, old);
    let page = subject.page("/k/", 1, Some(then)).await;
    assert_eq!((page.records.len(), page.total, page.revision), (1, 3, then));
    let new = ["/k/changed=newer", "/k/created=late", "/k/kept=same"];
    assert_eq!(subject.texts("/k/", Some(now)).await, new);
    assert_eq!(subject.texts("/k/", None).await, new);
}

/// A key that was deleted and created again is found as it was, when it was, and not in between.
pub async fn an_earlier_life_is_read_at_its_revision(subject: Subject) {
    let first = subject.put("/k/a", "1").await;
    let changed = subject.put("/k/a", "2").await;
    let deleted = subject.delete("/k/a").await;
    let second = subject.put("/k/a", "3").await;
    subject.delete("/k/a").await;
    assert_eq!(subject.texts("/k/", Some(first)).await, ["/k/a=1"]);
    assert_eq!(subject.texts("/k/", Some(changed)).await, ["/k/a=2"]);
    assert!(subject.texts("/k/", Some(deleted)).await.is_empty());
    assert_eq!(subject.texts("/k/", Some(second)).await, ["/k/a=3"]);
    assert!(subject.texts("/k/", None).await.is_empty());
    let page = subject.page("/k/", 0, Some(changed)).await;
    let lives: Vec<_> = page
        .records
        .iter()
        .map(|record| (record.create_revision, record.mod_revision))
        .collect();
    assert_eq!(lives, [(first, changed)]);
}

/// Neither an error nor a panic, however the ends lie.
pub async fn an_empty_range_is_empty(subject: Subject) {
    subject.put("/k/a", "1").await;
    for (start, end) in [("/k/b", "/k/c"), ("/k/b", "/k/a"), ("/k/a", "/k/a")] {
        let range = Range {
            start: start.to_owned(),
            end: end.to_owned(),
            limit: 0,
            revision: None,
        };
        let page = subject.store.range(range).await.expect("reads");
        assert_eq!((page.records.len(), page.total), (0, 0), "{start} to {end}");
    }
}

/// The error says both revisions.
pub async fn a_future_revision_is_refused(subject: Subject) {
    let current = subject.put("/k/a", "1").await;
    match subject.try_page("/k/", 0, Some(current + 5)).await {
        Err(StoreError::Future { asked, current: told }) => assert_eq!((asked, told), (current + 5, current)),
        other => panic!("{other:?}"),
    }
}

/// 1, and the first write makes 2.
pub async fn a_new_store_is_at_its_first_revision(subject: Subject) {
    assert_eq!(subject.revision().await, 1);
    assert_eq!(subject.put("/a", "1").await, 2);
    assert_eq!(subject.revision().await, 2);
}

/// Empty values and those that are not text.
pub async fn values_of_any_bytes_come_back(subject: Subject) {
    let all: Vec<u8> = (0..=u8::MAX).collect();
    let value = bytes::Bytes::from(all);
    let change = crate::Change::Put {
        key: "/all".to_owned(),
        value: value.clone(),
    };
    subject.commit(vec![change, put("/empty", "")]).await;
    assert_eq!(
        subject
            .store
            .get("/all")
            .await
            .expect("reads")
            .expect("is there")
            .value,
        value
    );
    assert_eq!(subject.text("/empty").await.as_deref(), Some(""));
}
