//! What KMS v2 asks of a plugin.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use futures_util::future::join_all;
use purser_encryption::{Envelope, KeyFiles, KeyHolder as _, LocalKeyHolder, Transformer as _, Wrapped};
use purser_kms::KEK_ANNOTATION;

use crate::holder::Remote;
use crate::support::Running;

const KEY: &str = "/registry/secrets/default/a";
/// How many values an API server that starts asks about.
const VALUES: u32 = 10_000;

#[tokio::test]
async fn equal_secrets_are_wrapped_differently_and_unwrapped_again() {
    let running = Running::new(Remote::new()).await;
    let client = running.client();
    assert_eq!(client.key_id().await.unwrap(), "remote-0");
    let one = client.wrap(b"a seed").await.unwrap();
    let two = client.wrap(b"a seed").await.unwrap();
    assert_ne!(one.ciphertext, two.ciphertext);
    assert_eq!(one.key_id, "remote-0");
    assert!(one.annotations.contains_key(KEK_ANNOTATION));
    for wrapped in [one, two] {
        assert_eq!(*client.unwrap(&wrapped).await.unwrap(), b"a seed");
    }
}

#[tokio::test]
async fn a_burst_of_decrypts_at_a_start_costs_the_holder_one_call() {
    let remote = Remote::new();
    let running = Running::new(remote.clone()).await;
    let client = running.client();
    let secrets: Vec<[u8; 4]> = (0..VALUES).map(u32::to_be_bytes).collect();
    let wrapped = join_all(secrets.iter().map(|secret| client.wrap(secret))).await;
    let wrapped: Vec<Wrapped> = wrapped.into_iter().map(Result::unwrap).collect();
    assert_eq!(remote.calls(), 1, "one key of its own, wrapped once");
    // A plugin that has just started knows nothing.
    let running = running.restarted(remote.clone()).await;
    let client = running.client();
    let before = remote.calls();
    let opened = join_all(wrapped.iter().map(|wrapped| client.unwrap(wrapped))).await;
    for (secret, opened) in secrets.iter().zip(opened) {
        assert_eq!(*opened.unwrap(), *secret);
    }
    assert_eq!(remote.calls() - before, 1);
}

#[tokio::test]
async fn another_key_of_the_holder_is_told_and_then_wrapped_with() {
    let remote = Remote::new();
    let running = Running::new(remote.clone()).await;
    let client = running.client();
    let old = client.wrap(b"a seed").await.unwrap();
    remote.key.store(1, Ordering::Relaxed);
    assert_eq!(client.key_id().await.unwrap(), "remote-1");
    let new = client.wrap(b"a seed").await.unwrap();
    assert_eq!(new.key_id, "remote-1");
    for wrapped in [old, new] {
        assert_eq!(*client.unwrap(&wrapped).await.unwrap(), b"a seed");
    }
}

#[tokio::test]
async fn a_key_that_the_holder_had_left_makes_it_unwell() {
    let remote = Remote::new();
    let running = Running::new(remote.clone()).await;
    let client = running.client();
    for key in [0, 1] {
        remote.key.store(key, Ordering::Relaxed);
        assert_eq!(client.key_id().await.unwrap(), format!("remote-{key}"));
    }
    remote.key.store(0, Ordering::Relaxed);
    let said = client.key_id().await.unwrap_err().to_string();
    assert!(said.contains("went back to the key remote-0"), "{said}");
    remote.key.store(2, Ordering::Relaxed);
    assert_eq!(client.key_id().await.unwrap(), "remote-2");
}

#[tokio::test]
async fn what_was_changed_or_has_another_key_is_refused() {
    let running = Running::new(Remote::new()).await;
    let client = running.client();
    let good = client.wrap(b"a seed").await.unwrap();
    let mut changed = good.clone();
    changed.ciphertext[20] ^= 1;
    let mut moved = good.clone();
    moved.key_id = "remote-7".to_owned();
    let mut bare = good.clone();
    bare.annotations.clear();
    let mut swapped = good.clone();
    swapped.annotations.insert(KEK_ANNOTATION.to_owned(), vec![0; 32]);
    let empty = Wrapped {
        ciphertext: Vec::new(),
        ..good.clone()
    };
    for wrong in [changed, moved, bare, swapped, empty] {
        assert!(client.unwrap(&wrong).await.is_err());
    }
    assert!(client.unwrap(&good).await.is_ok());
    assert!(client.wrap(&[]).await.is_err() && client.wrap(&[1; 4000]).await.is_err());
}

#[tokio::test]
async fn values_are_sealed_with_keys_in_files_and_another_key_is_noticed() {
    let home = tempfile::tempdir().unwrap();
    let keys = home.path().join("keys");
    let first = LocalKeyHolder::generate(&keys).unwrap();
    let running = Running::new(Arc::new(KeyFiles::open(&keys).unwrap())).await;
    let envelope = Envelope::new("files", running.client());
    envelope.refresh().await.unwrap();
    assert_eq!(envelope.info().key_id, first);
    let sealed = envelope.seal(KEY, b"a value").await.unwrap();
    assert!(sealed.starts_with(b"k8s:enc:kms:v2:files:"));
    let second = LocalKeyHolder::generate(&keys).unwrap();
    envelope.refresh().await.unwrap();
    assert_eq!(envelope.info().key_id, second);
    // An API server that has just started asks for the seed of the old key.
    let other = Envelope::new("files", running.client());
    other.refresh().await.unwrap();
    let opened = other.open(KEY, &sealed).await.unwrap();
    assert!(opened.stale);
    assert_eq!(opened.plaintext.expose(), b"a value");
}
