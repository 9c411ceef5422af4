//! What kube-apiserver wrote is read.

use std::collections::BTreeMap;
use std::future::ready;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use aes_gcm::aead::{Aead as _, KeyInit as _};
use aes_gcm::{Aes256Gcm, Nonce};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use purser_encryption::{
    Chain, Envelope, Identity, KeyHolder, OpenError, SealError, Transformer as _, Wrapped,
};
use purser_types::proto::transcode_json;
use purser_types::resource::{CONFIG_MAPS, NAMESPACES, SECRETS, SERVICE_ACCOUNTS};
use serde_json::Value;
use zeroize::Zeroizing;

pub(crate) const KEY_ID: &str = "vector-kek-1";
const ANNOTATION: &str = "alg.vectors.purser.dev";

/// The plugin that the vectors were made with.
pub(crate) struct VectorPlugin {
    pub(crate) unwraps: AtomicUsize,
}

impl VectorPlugin {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self {
            unwraps: AtomicUsize::new(0),
        })
    }

    fn cipher() -> Aes256Gcm {
        let key: Vec<u8> = (0..32).collect();
        Aes256Gcm::new_from_slice(&key).unwrap()
    }
}

impl KeyHolder for VectorPlugin {
    fn key_id(&self) -> BoxFuture<'_, Result<String, SealError>> {
        ready(Ok(KEY_ID.to_owned())).boxed()
    }

    fn wrap<'a>(&'a self, secret: &'a [u8]) -> BoxFuture<'a, Result<Wrapped, SealError>> {
        let nonce = [9; 12];
        let sealed = Self::cipher().encrypt(&Nonce::from(nonce), secret).unwrap();
        let annotations = BTreeMap::from([(ANNOTATION.to_owned(), b"aes-256-gcm".to_vec())]);
        let ciphertext = [&nonce[..], &sealed].concat();
        ready(Ok(Wrapped {
            ciphertext,
            key_id: KEY_ID.to_owned(),
            annotations,
        }))
        .boxed()
    }

    fn unwrap<'a>(&'a self, wrapped: &'a Wrapped) -> BoxFuture<'a, Result<Zeroizing<Vec<u8>>, OpenError>> {
        self.unwraps.fetch_add(1, Ordering::Relaxed);
        if wrapped.annotations.get(ANNOTATION).map(Vec::as_slice) != Some(b"aes-256-gcm") {
            return ready(Err(OpenError::Damaged)).boxed();
        }
        if wrapped.key_id != KEY_ID {
            return ready(Err(OpenError::NoKey(wrapped.key_id.clone()))).boxed();
        }
        let (nonce, sealed) = wrapped.ciphertext.split_at(12);
        let nonce: [u8; 12] = nonce.try_into().unwrap();
        let opened = Self::cipher()
            .decrypt(&Nonce::from(nonce), sealed)
            .map_err(|_| OpenError::Damaged);
        ready(opened.map(Zeroizing::new)).boxed()
    }
}

/// One value of a vector file.
pub(crate) struct Entry {
    pub(crate) key: String,
    pub(crate) value: Vec<u8>,
    pub(crate) object: Value,
}

pub(crate) fn entries(file: &str) -> Vec<Entry> {
    let document: Value = serde_json::from_str(file).unwrap();
    let read = |entry: &Value| Entry {
        key: entry["key"].as_str().unwrap().to_owned(),
        value: STANDARD.decode(entry["value"].as_str().unwrap()).unwrap(),
        object: entry["object"].clone(),
    };
    document["entries"].as_array().unwrap().iter().map(read).collect()
}

pub(crate) fn kmsv2() -> Vec<Entry> {
    entries(include_str!("../data/kmsv2.json"))
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    needle.is_empty() || haystack.windows(needle.len()).any(|window| window == needle)
}

/// What the API answers for a stored object of a kind that is served.
fn served(plaintext: &[u8], object: &Value) -> Option<Value> {
    let resources = [&SECRETS, &CONFIG_MAPS, &NAMESPACES, &SERVICE_ACCOUNTS];
    let resource = resources
        .into_iter()
        .find(|resource| object["kind"] == resource.kind)?;
    let revision = object["metadata"]["resourceVersion"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    let mut json = Vec::new();
    transcode_json(resource, plaintext, revision, &mut json).unwrap();
    Some(serde_json::from_slice(&json).unwrap())
}

/// Every byte that the object's fields promise is in the plaintext, which is kube-apiserver's protobuf.
pub(crate) fn assert_is_object(plaintext: &[u8], object: &Value) {
    assert!(plaintext.starts_with(b"k8s\0"));
    if let Some(served) = served(plaintext, object) {
        assert_eq!(served, *object);
    }
    let metadata = &object["metadata"];
    for field in [
        &object["kind"],
        &metadata["name"],
        &metadata["namespace"],
        &metadata["uid"],
        &object["type"],
    ] {
        assert!(
            contains(plaintext, field.as_str().unwrap_or_default().as_bytes()),
            "{field}"
        );
    }
    let fields = |name: &str| object[name].as_object().cloned().unwrap_or_default();
    let secret = object["kind"] == "Secret";
    for (key, value) in fields("data") {
        let text = value.as_str().unwrap();
        let bytes = if secret {
            STANDARD.decode(text).unwrap()
        } else {
            text.as_bytes().to_vec()
        };
        assert!(
            contains(plaintext, key.as_bytes()) && contains(plaintext, &bytes),
            "{key}"
        );
    }
}

#[tokio::test]
async fn values_of_a_kms_v2_plugin_are_opened_and_need_no_rewriting() {
    let plugin = VectorPlugin::new();
    let envelope = Arc::new(Envelope::new("vectors-kms", plugin.clone()));
    envelope.refresh().await.unwrap();
    let chain = Chain::new(envelope.clone(), vec![Arc::new(Identity::read_only())]);
    let mut encrypted = 0;
    for entry in kmsv2() {
        let opened = chain.open(&entry.key, &entry.value).await.unwrap();
        assert_is_object(opened.plaintext.expose(), &entry.object);
        let sealed = entry.value.starts_with(b"k8s:enc:kms:v2:vectors-kms:");
        assert_eq!(opened.stale, !sealed, "{}", entry.key);
        encrypted += usize::from(sealed);
    }
    assert_eq!(encrypted, 4);
    assert_eq!(
        plugin.unwraps.load(Ordering::Relaxed),
        1,
        "one seed, unwrapped once"
    );
    let counters = envelope.seed_cache();
    assert_eq!(counters.misses.load(Ordering::Relaxed), 1);
    assert_eq!(counters.hits.load(Ordering::Relaxed), encrypted as u64 - 1);
}

#[tokio::test]
async fn values_in_the_clear_are_read_and_stale() {
    let chain = Chain::new(
        Arc::new(Envelope::new("vectors-kms", VectorPlugin::new())),
        vec![Arc::new(Identity::read_only())],
    );
    for entry in entries(include_str!("../data/none.json")) {
        let opened = chain.open(&entry.key, &entry.value).await.unwrap();
        assert_is_object(opened.plaintext.expose(), &entry.object);
        assert!(opened.stale);
        assert_eq!(opened.plaintext.expose(), entry.value);
    }
}

#[tokio::test]
async fn a_value_read_and_written_again_has_the_shape_that_kube_apiserver_gave_it() {
    let envelope = Envelope::new("vectors-kms", VectorPlugin::new());
    for entry in kmsv2()
        .iter()
        .filter(|entry| entry.value.starts_with(b"k8s:enc:"))
    {
        let opened = envelope.open(&entry.key, &entry.value).await.unwrap();
        let sealed = envelope
            .seal(&entry.key, opened.plaintext.expose())
            .await
            .unwrap();
        assert_eq!(sealed.len(), entry.value.len());
        // The ends differ in the wrapped seed only.
        let tail = sealed.len() - 16..;
        assert_eq!(sealed[tail.clone()], entry.value[tail]);
        let head = ..b"k8s:enc:kms:v2:vectors-kms:\n".len();
        assert_eq!(sealed[head], entry.value[head]);
    }
}
