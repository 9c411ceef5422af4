//! Checks and changes.

use super::{Subject, check, delete, put};
use crate::Outcome;

/// All changes of a transaction carry its revision.
pub async fn several_keys_change_at_one_revision(subject: Subject) {
    let before = subject.put("/k/old", "1").await;
    let revision = subject
        .commit(vec![put("/k/a", "1"), delete("/k/old"), put("/k/b", "2")])
        .await;
    assert_eq!(revision, before + 1);
    assert_eq!(subject.texts("/k/", None).await, ["/k/a=1", "/k/b=2"]);
    for record in subject.page("/k/", 0, None).await.records {
        assert_eq!(
            (record.create_revision, record.mod_revision),
            (revision, revision)
        );
    }
}

/// Nothing is half done.
pub async fn a_failed_check_changes_nothing_and_says_what_is_there(subject: Subject) {
    let first = subject.put("/k/a", "1").await;
    let second = subject.put("/k/a", "2").await;
    let changes = vec![put("/k/b", "x"), put("/k/a", "3")];
    let outcome = subject.outcome(vec![check("/k/a", first)], changes).await;
    let current = subject.store.get("/k/a").await.expect("reads");
    assert_eq!(current.as_ref().map(|record| record.mod_revision), Some(second));
    assert_eq!(
        outcome,
        Outcome::Failed {
            key: "/k/a".to_owned(),
            current
        }
    );
    assert_eq!(subject.texts("/k/", None).await, ["/k/a=2"]);
    assert_eq!(subject.revision().await, second);
}

/// 0 means that the key must not exist, and a deleted key does not.
pub async fn checks_tell_absent_from_present(subject: Subject) {
    let created = subject.outcome(vec![check("/a", 0)], vec![put("/a", "1")]).await;
    let Outcome::Committed(revision) = created else {
        panic!("{created:?}")
    };
    let again = subject.outcome(vec![check("/a", 0)], vec![put("/a", "2")]).await;
    assert!(
        matches!(again, Outcome::Failed { current: Some(record), .. } if record.mod_revision == revision)
    );
    let deleted = subject
        .outcome(vec![check("/a", revision)], vec![delete("/a")])
        .await;
    assert_eq!(deleted, Outcome::Committed(revision + 1));
    let gone = subject
        .outcome(vec![check("/a", revision + 1)], vec![put("/a", "3")])
        .await;
    assert_eq!(
        gone,
        Outcome::Failed {
            key: "/a".to_owned(),
            current: None
        }
    );
    let back = subject.outcome(vec![check("/a", 0)], vec![put("/a", "4")]).await;
    assert_eq!(back, Outcome::Committed(revision + 2));
}

/// In the order of the checks.
pub async fn the_first_failing_check_is_reported(subject: Subject) {
    let revision = subject.put("/a", "1").await;
    let checks = vec![check("/a", revision), check("/c", 7), check("/b", 9)];
    let outcome = subject.outcome(checks, vec![put("/d", "1")]).await;
    assert_eq!(
        outcome,
        Outcome::Failed {
            key: "/c".to_owned(),
            current: None
        }
    );
}

/// It answers the current revision.
pub async fn a_check_alone_commits_nothing(subject: Subject) {
    let revision = subject.put("/a", "1").await;
    assert_eq!(
        subject.outcome(vec![check("/a", revision)], Vec::new()).await,
        Outcome::Committed(revision)
    );
    assert_eq!(
        subject.outcome(Vec::new(), Vec::new()).await,
        Outcome::Committed(revision)
    );
    assert_eq!(subject.revision().await, revision);
}

/// Alone; beside another change it is left out.
pub async fn deleting_what_is_not_there_takes_no_revision(subject: Subject) {
    let revision = subject.put("/a", "1").await;
    assert_eq!(subject.delete("/b").await, revision);
    assert_eq!(
        subject.commit(vec![delete("/b"), put("/c", "1")]).await,
        revision + 1
    );
    let mut watch = subject.watch("/", revision).await;
    assert_eq!(super::sketch(&super::next_events(&mut watch).await), ["+/c=1"]);
}

/// Like any other write, while its time lasts.
pub async fn what_is_wanted_for_a_while_is_there_meanwhile(subject: Subject) {
    let lifetime = std::time::Duration::from_secs(3600);
    let put_for = |text: &str| crate::Change::PutFor {
        key: "/a".to_owned(),
        value: super::value(text),
        lifetime,
    };
    let created = subject.commit(vec![put_for("1")]).await;
    let changed = subject.commit(vec![put_for("2"), put("/b", "1")]).await;
    assert_eq!(changed, created + 1);
    assert_eq!(subject.text("/a").await.as_deref(), Some("2"));
    subject.put("/a", "3").await;
    let mut watch = subject.watch("/", changed).await;
    assert_eq!(super::sketch(&super::next_events(&mut watch).await), ["~/a=3"]);
}

/// With a creation revision of its own.
pub async fn a_recreated_key_begins_a_new_life(subject: Subject) {
    subject.put("/a", "1").await;
    subject.delete("/a").await;
    assert_eq!(subject.text("/a").await, None);
    let second = subject.put("/a", "2").await;
    let record = subject.store.get("/a").await.expect("reads").expect("is there");
    assert_eq!((record.create_revision, record.mod_revision), (second, second));
}

/// However often it is changed.
pub async fn an_update_keeps_the_creation(subject: Subject) {
    let created = subject.put("/a", "0").await;
    for round in 1..=5 {
        let revision = subject.put("/a", &round.to_string()).await;
        let record = subject.store.get("/a").await.expect("reads").expect("is there");
        assert_eq!((record.create_revision, record.mod_revision), (created, revision));
    }
}
