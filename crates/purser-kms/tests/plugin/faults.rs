//! What is away, slow, or speaks nonsense.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use purser_encryption::kms::{Endpoint, PluginV2};
use purser_encryption::{Envelope, KeyHolder as _, Transformer as _};
use tokio::io::AsyncWriteExt as _;
use tokio::net::UnixListener;

use crate::holder::Remote;
use crate::support::Running;

const KEY: &str = "/registry/secrets/default/a";

#[tokio::test]
async fn a_holder_that_is_away_is_told_of_and_what_is_known_goes_on() {
    let remote = Remote::new();
    let running = Running::new(remote.clone()).await;
    let client = running.client();
    let known = client.wrap(b"a seed").await.unwrap();
    remote.away.store(true, Ordering::Relaxed);
    let said = client.key_id().await.unwrap_err().to_string();
    assert!(said.contains("away"), "{said}");
    assert_eq!(*client.unwrap(&known).await.unwrap(), b"a seed");
    assert!(client.wrap(b"a seed").await.is_ok(), "its own key is at hand");
    remote.away.store(false, Ordering::Relaxed);
    assert!(client.key_id().await.is_ok());
}

#[tokio::test]
async fn a_plugin_that_is_killed_and_comes_back_is_spoken_to_again() {
    let remote = Remote::new();
    let running = Running::new(remote.clone()).await;
    let client = running.client();
    let envelope = Envelope::new("p", client.clone());
    envelope.refresh().await.unwrap();
    let sealed = envelope.seal(KEY, b"a value").await.unwrap();
    let url = running.url();
    let directory = running.stopped().await;
    assert!(envelope.refresh().await.is_err());
    assert!(envelope.failure().is_some());
    assert!(envelope.seal(KEY, b"more").await.is_ok(), "for three minutes");
    assert_eq!(
        envelope.open(KEY, &sealed).await.unwrap().plaintext.expose(),
        b"a value"
    );
    let nobody = Envelope::new(
        "p",
        Arc::new(PluginV2::new(
            &Endpoint::parse(&url).unwrap(),
            Duration::from_secs(5),
        )),
    );
    assert!(
        nobody.open(KEY, &sealed).await.is_err(),
        "the seed is not known to it"
    );
    drop(directory);
}

/// A socket that answers every connection with `bytes`, or with nothing at all.
async fn nonsense(directory: &tempfile::TempDir, bytes: Option<&'static [u8]>) -> PluginV2 {
    let path = directory.path().join("kms.sock");
    let listener = UnixListener::bind(&path).unwrap();
    tokio::spawn(async move {
        let mut held = Vec::new();
        while let Ok((mut stream, _)) = listener.accept().await {
            if let Some(bytes) = bytes {
                let _ = stream.write_all(bytes).await;
            } else {
                held.push(stream);
            }
        }
    });
    let endpoint = Endpoint::parse(&format!("unix://{}", path.display())).unwrap();
    PluginV2::new(&endpoint, Duration::from_millis(200))
}

#[tokio::test]
async fn a_plugin_that_says_nothing_or_nonsense_is_given_up_in_time() {
    for bytes in [None, Some(&b"HTTP/1.1 200 OK\r\n\r\n"[..]), Some(&[0xff; 64][..])] {
        let directory = tempfile::tempdir().unwrap();
        let client = nonsense(&directory, bytes).await;
        assert!(client.key_id().await.is_err());
        assert!(client.wrap(b"a seed").await.is_err());
    }
}
