//! The directory: one holder, closed to others, whole from the first instant.
#![expect(clippy::unwrap_used, reason = "test code reports by panicking")]

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use bytes::Bytes;
use purser_store::{Change, Store, Transaction};
use purser_store_embedded::{EmbeddedStore, OpenError, Options};

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[tokio::test]
async fn a_second_opening_says_who_holds_the_store() {
    let directory = tempfile::tempdir().unwrap();
    let store = EmbeddedStore::open(Options::new(directory.path())).unwrap();
    let Err(error) = EmbeddedStore::open(Options::new(directory.path())) else {
        panic!("held twice")
    };
    assert!(
        matches!(error, OpenError::Held { pid } if pid == std::process::id()),
        "{error:?}"
    );
    assert_eq!(
        error.to_string(),
        format!("the store is held by process {}", std::process::id())
    );
    store.close().await.unwrap();
    EmbeddedStore::open(Options::new(directory.path())).unwrap();
}

#[tokio::test]
async fn dropping_the_store_frees_the_directory() {
    let directory = tempfile::tempdir().unwrap();
    for _ in 0..3 {
        drop(EmbeddedStore::open(Options::new(directory.path())).unwrap());
    }
}

#[tokio::test]
async fn nobody_else_can_read_the_files() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("made/store");
    drop(EmbeddedStore::open(Options::new(&path)).unwrap());
    assert_eq!(mode(&path), 0o700);
    for entry in std::fs::read_dir(&path).unwrap() {
        let path = entry.unwrap().path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
    }
    for (path, open, closed) in [
        (path.join("purser.redb"), 0o644, 0o600),
        (path.join("lock"), 0o620, 0o600),
    ] {
        std::fs::set_permissions(&path, PermissionsExt::from_mode(open)).unwrap();
        let said = refusal(directory.path());
        assert!(
            said.ends_with(&format!("run `chmod {closed:o} {}`", path.display())),
            "{said}"
        );
        assert_eq!(
            mode(&path),
            open,
            "what others may have read is told, not mended silently"
        );
        std::fs::set_permissions(&path, PermissionsExt::from_mode(closed)).unwrap();
    }
    std::fs::set_permissions(&path, PermissionsExt::from_mode(0o755)).unwrap();
    drop(EmbeddedStore::open(Options::new(&path)).unwrap());
    assert_eq!(mode(&path), 0o700);
}

fn refusal(top: &Path) -> String {
    let opened = EmbeddedStore::open(Options::new(top.join("made/store")));
    opened.err().map_or_else(String::new, |error| error.to_string())
}

#[tokio::test]
async fn links_are_not_followed() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("made/store");
    drop(EmbeddedStore::open(Options::new(&path)).unwrap());
    for name in ["lock", "purser.redb"] {
        let (file, elsewhere) = (path.join(name), directory.path().join("elsewhere"));
        std::fs::rename(&file, &elsewhere).unwrap();
        std::os::unix::fs::symlink(&elsewhere, &file).unwrap();
        let before = std::fs::read(&elsewhere).unwrap();
        let said = refusal(directory.path());
        assert!(said.contains("is not a regular file"), "{said}");
        assert_eq!(std::fs::read(&elsewhere).unwrap(), before);
        // The same when there is nothing where it leads: what is there at other times may be a whole store.
        std::fs::rename(&elsewhere, directory.path().join("away")).unwrap();
        let said = refusal(directory.path());
        assert!(said.contains("is not a regular file"), "{said}");
        std::fs::remove_file(&file).unwrap();
        std::fs::rename(directory.path().join("away"), &file).unwrap();
    }
}

#[tokio::test]
async fn what_was_written_is_there_after_opening_again() {
    let directory = tempfile::tempdir().unwrap();
    let change = Change::Put {
        key: "/a".into(),
        value: Bytes::from_static(b"v"),
    };
    let store = EmbeddedStore::open(Options::new(directory.path())).unwrap();
    store
        .commit(Transaction {
            checks: Vec::new(),
            changes: vec![change],
        })
        .await
        .unwrap();
    let before = store.get("/a").await.unwrap();
    store.close().await.unwrap();
    let store = EmbeddedStore::open(Options::new(directory.path())).unwrap();
    assert_eq!(store.get("/a").await.unwrap(), before);
    assert_eq!(store.revision().await.unwrap(), 2);
}

#[tokio::test]
async fn a_store_whose_making_was_cut_short_is_made_again() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("purser.redb.new"), [0; 10_000]).unwrap();
    let store = EmbeddedStore::open(Options::new(directory.path())).unwrap();
    assert_eq!(store.revision().await.unwrap(), 1);
    assert!(!directory.path().join("purser.redb.new").exists());
}

#[tokio::test]
async fn a_disk_that_is_nearly_full_takes_deletions_only() {
    let directory = tempfile::tempdir().unwrap();
    let commit = |change: Change| Transaction {
        checks: Vec::new(),
        changes: vec![change],
    };
    let put = || {
        commit(Change::Put {
            key: "/a".into(),
            value: Bytes::from_static(b"v"),
        })
    };
    let store = EmbeddedStore::open(Options::new(directory.path())).unwrap();
    store.commit(put()).await.unwrap();
    store.writable().await.unwrap();
    store.close().await.unwrap();
    let store = EmbeddedStore::open(Options {
        reserve_bytes: Some(u64::MAX),
        ..Options::new(directory.path())
    })
    .unwrap();
    let said = store.commit(put()).await.unwrap_err().to_string();
    assert!(said.ends_with("only deletions are taken"), "{said}");
    assert!(store.writable().await.is_err());
    store
        .commit(commit(Change::Delete { key: "/a".into() }))
        .await
        .unwrap();
    assert!(store.get("/a").await.unwrap().is_none());
}

#[test]
fn a_database_that_is_missing_is_not_made_when_there_was_one() {
    let directory = tempfile::tempdir().unwrap();
    let options = Options {
        create: false,
        ..Options::new(directory.path())
    };
    let Err(error) = EmbeddedStore::open(options) else {
        panic!("made")
    };
    assert!(matches!(error, OpenError::Missing { .. }), "{error:?}");
    assert!(!directory.path().join("purser.redb").exists());
}

#[test]
fn damaged_pages_are_told_and_nothing_panics() {
    let directory = tempfile::tempdir().unwrap();
    drop(EmbeddedStore::open(Options::new(directory.path())).unwrap());
    let file = directory.path().join("purser.redb");
    let whole = std::fs::read(&file).unwrap();
    // Page by page, zeroes and ones in place of what was there.
    for filler in [0x00, 0xff] {
        for page in 0..whole.len() / 4096 {
            let mut damaged = whole.clone();
            let bytes = damaged.iter_mut().skip(page * 4096 + 16).take(4000);
            bytes.for_each(|byte| *byte = filler);
            std::fs::write(&file, &damaged).unwrap();
            if let Err(error) = EmbeddedStore::open(Options::new(directory.path())) {
                assert!(
                    matches!(error, OpenError::Unreadable(_) | OpenError::Format { .. }),
                    "{error:?}"
                );
            }
        }
    }
}

#[test]
fn a_file_that_is_no_store_is_refused_and_kept() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("purser.redb");
    for content in [vec![b'x'; 10_000], Vec::new()] {
        std::fs::write(&file, &content).unwrap();
        std::fs::set_permissions(&file, PermissionsExt::from_mode(0o600)).unwrap();
        let Err(error) = EmbeddedStore::open(Options::new(directory.path())) else {
            panic!("opened {content:?}")
        };
        assert!(matches!(error, OpenError::Unreadable(_)), "{error:?}");
        assert_eq!(std::fs::read(&file).unwrap(), content);
    }
}
