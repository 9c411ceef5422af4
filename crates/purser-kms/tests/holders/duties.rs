//! What every holder has to do, and the files that tests give them.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;

use purser_encryption::{KeyHolder, OpenError, Wrapped};
use purser_kms::{Destruction, HolderError, HolderSpec, PrivateFiles};
use zeroize::Zeroizing;

/// Files as they are: who may read them is not what is tried here.
pub(crate) fn files() -> PrivateFiles {
    PrivateFiles {
        read: |path: &Path| match fs::read_to_string(path) {
            Ok(text) => Ok(Some(Zeroizing::new(text))),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error.to_string()),
        },
        write: |path, text| fs::write(path, text).map_err(|error| error.to_string()),
    }
}

pub(crate) fn spec(word: &str) -> HolderSpec {
    word.parse().unwrap()
}

pub(crate) async fn open(word: &str) -> Arc<dyn KeyHolder> {
    match spec(word).open(files()).await {
        Ok(holder) => holder,
        Err(error) => panic!("{error}"),
    }
}

/// Makes another key of the holder; its id.
pub(crate) async fn rotate(word: &str) -> String {
    spec(word).rotating(files()).unwrap().rotate().await.unwrap()
}

/// Wraps and unwraps, refuses unknown keys and what was changed; answers something wrapped.
pub(crate) async fn does_its_duties(holder: &dyn KeyHolder) -> Wrapped {
    let key_id = holder.key_id().await.unwrap();
    assert!((1..=1024).contains(&key_id.len()));
    let one = holder.wrap(&[7; 32]).await.unwrap();
    let two = holder.wrap(&[7; 32]).await.unwrap();
    assert_eq!((&one.key_id, &two.key_id), (&key_id, &key_id));
    assert_ne!(
        one.ciphertext, two.ciphertext,
        "equal secrets are wrapped differently"
    );
    assert!((1..=1024).contains(&one.ciphertext.len()));
    assert_eq!(*holder.unwrap(&one).await.unwrap(), [7; 32]);
    let mut changed = one.clone();
    let last = changed.ciphertext.len() - 2;
    changed
        .ciphertext
        .get_mut(last)
        .map(|byte| *byte = byte.wrapping_add(1))
        .unwrap();
    assert_eq!(holder.unwrap(&changed).await, Err(OpenError::Damaged));
    let unknown = Wrapped {
        key_id: format!("{key_id}0"),
        ..one.clone()
    };
    let refused = holder.unwrap(&unknown).await;
    assert!(matches!(refused, Err(OpenError::NoKey(_))), "{refused:?}");
    assert_eq!(
        *holder.unwrap(&one).await.unwrap(),
        [7; 32],
        "it goes on after refusals"
    );
    one
}

/// Another key is noticed, wrapped with, and what the one before wrapped is still unwrapped.
pub(crate) async fn takes_another_key(holder: &dyn KeyHolder, word: &str) {
    let before = does_its_duties(holder).await;
    let new = rotate(word).await;
    assert_ne!(before.key_id, new);
    assert_eq!(holder.key_id().await.unwrap(), new);
    assert_eq!(does_its_duties(holder).await.key_id, new);
    assert_eq!(*holder.unwrap(&before).await.unwrap(), [7; 32]);
    // As a plugin that has just started.
    let other = open(word).await;
    assert_eq!(*other.unwrap(&before).await.unwrap(), [7; 32]);
    let made = spec(word).rotating(files()).unwrap().made().await.unwrap();
    assert!(made.elapsed().unwrap_or_default().as_secs() < 600);
}

/// Has a key destroyed.
pub(crate) async fn destroy(word: &str, key_id: &str) -> Result<Destruction, HolderError> {
    spec(word).destroying(files()).unwrap().destroy(key_id).await
}

/// The key before the one of now is destroyed, and that one is not; what became of it.
pub(crate) async fn destroys_the_old_key(word: &str) -> Destruction {
    let holder = open(word).await;
    let old = does_its_duties(holder.as_ref()).await;
    let new = rotate(word).await;
    assert_eq!(holder.key_id().await.unwrap(), new);
    let refused = destroy(word, &new).await.unwrap_err();
    assert!(matches!(refused, HolderError::InUse(_)), "{refused}");
    let destruction = destroy(word, &old.key_id).await.unwrap();
    // As a plugin that looks again, and as one that has just started.
    assert_eq!(holder.key_id().await.unwrap(), new);
    let started = open(word).await;
    for holder in [&holder, &started] {
        let gone = holder.unwrap(&old).await;
        assert!(matches!(gone, Err(OpenError::NoKey(_))), "{gone:?}");
        does_its_duties(holder.as_ref()).await;
    }
    let again = destroy(word, &old.key_id).await;
    assert!(matches!(again, Err(HolderError::NoSuchKey(_))), "{again:?}");
    destruction
}
