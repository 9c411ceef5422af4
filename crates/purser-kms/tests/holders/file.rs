//! Key files.

use purser_kms::{Destruction, HolderError};

use crate::duties::{destroys_the_old_key, files, open, rotate, spec, takes_another_key};

#[tokio::test]
async fn key_files_wrap_and_old_ones_are_destroyed() {
    let home = tempfile::tempdir().unwrap();
    let word = format!("file:{}", home.path().join("keys").display());
    let none = spec(&word).open(files()).await.err().unwrap();
    assert!(matches!(none, HolderError::NoKey { .. }), "{none}");
    rotate(&word).await;
    takes_another_key(open(&word).await.as_ref(), &word).await;
    assert_eq!(destroys_the_old_key(&word).await, Destruction::Overwritten);
}

#[test]
fn what_systemd_keeps_cannot_be_destroyed_from_here() {
    let refused = spec("credential:a")
        .destroying(files())
        .err()
        .unwrap()
        .to_string();
    assert!(refused.contains("destroy the encrypted credential"), "{refused}");
}
