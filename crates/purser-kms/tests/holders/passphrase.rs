//! Keys derived from a passphrase.

use std::fs;

use purser_kms::Destruction;

use crate::duties::{destroys_the_old_key, files, open, rotate, spec, takes_another_key};

#[tokio::test]
async fn keys_are_derived_again_from_the_passphrase_and_the_file_beside_it() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("passphrase");
    fs::write(&file, "correct horse battery staple\n").unwrap();
    let word = format!("passphrase-file:{}", file.display());
    let none = spec(&word).open(files()).await.err().unwrap().to_string();
    assert!(none.contains("make the first with `purser kms rotate"), "{none}");
    rotate(&word).await;
    takes_another_key(open(&word).await.as_ref(), &word).await;
    assert_eq!(destroys_the_old_key(&word).await, Destruction::SaltOverwritten);
    let beside = fs::read_to_string(home.path().join("passphrase.keys")).unwrap();
    assert!(
        !beside.contains("horse") && beside.contains("\"memoryKiB\": 65536"),
        "{beside}"
    );
}

#[tokio::test]
async fn another_passphrase_or_a_short_one_is_refused_and_never_shown() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("passphrase");
    fs::write(&file, "correct horse battery staple").unwrap();
    let word = format!("passphrase-file:{}", file.display());
    rotate(&word).await;
    for (wrong, said) in [
        ("incorrect horse battery staple", "is not the passphrase"),
        ("hunter2", "20 bytes or more"),
    ] {
        fs::write(&file, wrong).unwrap();
        let opened = spec(&word).open(files()).await.err().unwrap().to_string();
        let rotated = spec(&word).rotating(files()).unwrap().rotate().await;
        for refused in [opened, rotated.unwrap_err().to_string()] {
            assert!(refused.contains(said) && !refused.contains(wrong), "{refused}");
        }
    }
}
