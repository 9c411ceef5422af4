//! Transit, as a stand-in has it.

use std::fs;
use std::sync::Arc;

use parking_lot::Mutex;
use purser_encryption::{KeyHolder as _, OpenError, Wrapped};
use purser_kms::{Destruction, HolderError, Layered};
use tempfile::TempDir;

use crate::duties::{
    destroy, destroys_the_old_key, does_its_duties, files, open, rotate, spec, takes_another_key,
};
use crate::transit::{Engine, TOKEN, serve};

async fn engine() -> (TempDir, String, Arc<Mutex<Engine>>) {
    let home = tempfile::tempdir().unwrap();
    let token = home.path().join("token");
    fs::write(&token, format!("{TOKEN}\n")).unwrap();
    let (server, engine) = serve().await;
    let word = format!("vault:{server}/purser?token-file={}", token.display());
    (home, word, engine)
}

#[tokio::test]
async fn a_transit_key_wraps_and_its_next_version_is_taken_into_use() {
    let (_home, word, _engine) = engine().await;
    takes_another_key(open(&word).await.as_ref(), &word).await;
}

#[tokio::test]
async fn a_key_that_was_made_anew_has_other_ids_though_it_counts_from_one() {
    let (_home, word, engine) = engine().await;
    let holder = open(&word).await;
    let old = does_its_duties(holder.as_ref()).await;
    engine.lock().versions.clear();
    engine.lock().rotate(1_700_000_001);
    assert_ne!(holder.key_id().await.unwrap(), old.key_id);
    let refused = holder.unwrap(&old).await;
    assert!(matches!(refused, Err(OpenError::NoKey(_))), "{refused:?}");
    // Nor is what one version wrapped taken for what another did.
    let moved = Wrapped {
        key_id: holder.key_id().await.unwrap(),
        ..old
    };
    assert_eq!(holder.unwrap(&moved).await, Err(OpenError::Damaged));
}

#[tokio::test]
async fn a_sealed_engine_and_a_wrong_token_are_told_and_the_token_is_not() {
    let (home, word, engine) = engine().await;
    let holder = open(&word).await;
    let wrapped = holder.wrap(&[1; 32]).await.unwrap();
    engine.lock().sealed = true;
    let said = holder.key_id().await.unwrap_err().to_string();
    assert!(said.contains("503: it is sealed"), "{said}");
    assert!(matches!(
        holder.unwrap(&wrapped).await,
        Err(OpenError::Unavailable(_))
    ));
    engine.lock().sealed = false;
    fs::write(home.path().join("token"), "hvs.wrong").unwrap();
    let said = holder.key_id().await.unwrap_err().to_string();
    assert!(
        said.contains("policy has to allow /v1/transit/keys/purser"),
        "{said}"
    );
    assert!(!said.contains("hvs."), "{said}");
    fs::write(home.path().join("token"), TOKEN).unwrap();
    assert!(
        holder.key_id().await.is_ok(),
        "a token that was replaced is used at once"
    );
    fs::remove_file(home.path().join("token")).unwrap();
    assert!(holder.key_id().await.is_err());
    assert!(spec(&word).open(files()).await.is_err());
}

#[tokio::test]
async fn the_token_is_renewed_once_and_a_burst_of_decrypts_asks_once() {
    let (_home, word, engine) = engine().await;
    let layered = Layered::new(open(&word).await);
    let mut wrapped = Vec::new();
    for number in 0..100_u8 {
        wrapped.push(layered.wrap(&[number; 32]).await.unwrap());
    }
    let layered = Layered::new(open(&word).await);
    for wrapped in &wrapped {
        layered.unwrap(wrapped).await.unwrap();
    }
    for _ in 0..3 {
        layered.key_id().await.unwrap();
    }
    let asked = engine.lock().asked.clone();
    let count = |place: &str| asked.iter().filter(|asked| asked.ends_with(place)).count();
    assert_eq!(count("/v1/transit/encrypt/purser"), 1);
    assert_eq!(count("/v1/transit/decrypt/purser"), 1);
    assert_eq!(count("/v1/auth/token/renew-self"), 1);
}

#[tokio::test]
async fn versions_are_trimmed_with_all_before_them_and_what_was_broken_off_is_finished() {
    let (_home, word, engine) = engine().await;
    assert_eq!(destroys_the_old_key(&word).await, Destruction::ByHolder);
    let second = open(&word).await.key_id().await.unwrap();
    let third = rotate(&word).await;
    rotate(&word).await;
    // As when the power failed between the two steps: what is archived is not destroyed yet.
    engine.lock().least_decryption = 3;
    assert_eq!(destroy(&word, &second).await.unwrap(), Destruction::ByHolder);
    assert_eq!(engine.lock().versions.keys().copied().collect::<Vec<_>>(), [3, 4]);
    assert_eq!(destroy(&word, &third).await.unwrap(), Destruction::ByHolder);
    assert_eq!(engine.lock().versions.keys().copied().collect::<Vec<_>>(), [4]);
    let foreign = third.replace("purser", "payments");
    let refused = destroy(&word, &foreign).await;
    assert!(matches!(refused, Err(HolderError::NoSuchKey(_))), "{refused:?}");
}
