//! Bounds, and the end.

use bytes::Bytes;

use super::{Subject, delete, end_of, next_events, put, revision_of};
use crate::{Change, StoreError};

/// A Secret of 1 MiB and what its envelope adds.
const BIG_BYTES: usize = (1 << 20) + (64 << 10);
/// More than any request may hold.
const TOO_BIG_BYTES: usize = 4 << 20;

/// Whole, in reads, in history and in watches.
pub async fn big_values_are_kept(subject: Subject) {
    let value: Bytes = (0..BIG_BYTES)
        .map(|at| u8::try_from(at % 251).unwrap_or(0))
        .collect();
    let change = Change::Put {
        key: "/k/big".to_owned(),
        value: value.clone(),
    };
    let written = subject.commit(vec![change]).await;
    assert_eq!(
        subject
            .store
            .get("/k/big")
            .await
            .expect("reads")
            .map(|record| record.value),
        Some(value.clone())
    );
    subject.put("/k/big", "small").await;
    let page = subject.page("/k/", 0, Some(written)).await;
    assert!(
        page.records.iter().map(|record| &record.value).eq([&value]),
        "as it was"
    );
    let mut watch = subject.watch("/k/", 1).await;
    let events = next_events(&mut watch).await;
    assert!(
        events.iter().map(|event| &event.record.value).eq([&value]),
        "as it was"
    );
}

/// And changes nothing.
pub async fn more_than_a_transaction_may_hold_is_refused(subject: Subject) {
    let change = Change::Put {
        key: "/big".to_owned(),
        value: Bytes::from(vec![0; TOO_BIG_BYTES]),
    };
    let big = subject.try_commit(Vec::new(), vec![put("/a", "1"), change]).await;
    assert!(matches!(big, Err(StoreError::TooLarge(_))), "{big:?}");
    let many = (0..10_000)
        .map(|number| put(&format!("/{number}"), "v"))
        .collect();
    let many = subject.try_commit(Vec::new(), many).await;
    assert!(matches!(many, Err(StoreError::TooLarge(_))), "{many:?}");
    assert_eq!(subject.revision().await, 1);
    assert_eq!(subject.text("/a").await, None);
}

/// Which of the two would hold is not defined.
pub async fn a_key_changed_twice_is_refused(subject: Subject) {
    let twice = subject
        .try_commit(Vec::new(), vec![put("/a", "1"), delete("/a")])
        .await;
    assert!(matches!(twice, Err(StoreError::TooLarge(_))), "{twice:?}");
    assert_eq!(subject.revision().await, 1);
}

/// Everything; and closing twice is no error.
pub async fn a_closed_store_refuses(subject: Subject) {
    subject.put("/a", "1").await;
    subject.store.close().await.expect("the store closes");
    subject.store.close().await.expect("the store is closed");
    let refused =
        |error: Option<StoreError>| assert!(matches!(error, Some(StoreError::Unavailable(_))), "{error:?}");
    refused(subject.store.get("/a").await.err());
    refused(subject.try_page("/", 0, None).await.err());
    refused(subject.try_commit(Vec::new(), vec![put("/a", "2")]).await.err());
    refused(subject.store.revision().await.err());
    refused(subject.store.compact(1).await.err());
    refused(subject.store.watch("/".to_owned(), 1).await.err());
}

/// With an error that says so.
pub async fn closing_ends_watches(subject: Subject) {
    let mut watch = subject.watch("/", 1).await;
    let revision = subject.put("/a", "1").await;
    assert_eq!(revision_of(&next_events(&mut watch).await), revision);
    subject.store.close().await.expect("the store closes");
    let error = end_of(&mut watch).await;
    assert!(matches!(error, StoreError::Unavailable(_)), "{error:?}");
}
