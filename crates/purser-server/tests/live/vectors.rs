//! What kube-apiserver stored is served as kube-apiserver served it, whatever its configuration was.

use std::collections::BTreeMap;
use std::future::ready;
use std::sync::Arc;

use aes_gcm::aead::{Aead as _, KeyInit as _};
use aes_gcm::{Aes256Gcm, Nonce};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use purser_encryption::configuration::{Configuration, Providers, Routes};
use purser_encryption::{Identity, KeyHolder, OpenError, SealError, SealedStore, Transformer, Wrapped};
use purser_store::{Change, Outcome, Store, Transaction};
use purser_store_embedded::{EmbeddedStore, Options};
use serde_json::Value;
use tempfile::TempDir;
use zeroize::Zeroizing;

use crate::harness::Live;
use purser_server::Limits;

/// The key holder of the vectors: see purser-encryption/tests/data/README.md. It only opens; it wraps with a fixed
/// nonce what is written by the way.
struct VectorPlugin(Aes256Gcm);

impl VectorPlugin {
    fn new() -> Self {
        let key: Vec<u8> = (0..32).collect();
        Self(Aes256Gcm::new_from_slice(&key).unwrap())
    }
}

impl KeyHolder for VectorPlugin {
    fn key_id(&self) -> BoxFuture<'_, Result<String, SealError>> {
        ready(Ok("vector-kek-1".to_owned())).boxed()
    }

    fn wrap<'a>(&'a self, secret: &'a [u8]) -> BoxFuture<'a, Result<Wrapped, SealError>> {
        let nonce = [9; 12];
        let sealed = self.0.encrypt(&Nonce::from(nonce), secret).unwrap();
        ready(Ok(Wrapped {
            ciphertext: [&nonce[..], &sealed].concat(),
            key_id: "vector-kek-1".to_owned(),
            annotations: BTreeMap::new(),
        }))
        .boxed()
    }

    fn unwrap<'a>(&'a self, wrapped: &'a Wrapped) -> BoxFuture<'a, Result<Zeroizing<Vec<u8>>, OpenError>> {
        let (nonce, sealed) = wrapped.ciphertext.split_at(12);
        let nonce: [u8; 12] = nonce.try_into().unwrap();
        let opened = self.0.decrypt(&Nonce::from(nonce), sealed);
        ready(opened.map(Zeroizing::new).map_err(|_| OpenError::Damaged)).boxed()
    }
}

struct Entry {
    key: String,
    revision: u64,
    value: Vec<u8>,
    object: Value,
}

/// The values of a vector file in the order they were written.
fn entries(file: &str) -> Vec<Entry> {
    let file: Value = serde_json::from_str(file).unwrap();
    let read = |entry: &Value| Entry {
        key: entry["key"].as_str().unwrap().to_owned(),
        revision: entry["modRevision"].as_u64().unwrap(),
        value: BASE64_STANDARD.decode(entry["value"].as_str().unwrap()).unwrap(),
        object: entry["object"].clone(),
    };
    let mut entries: Vec<_> = file["entries"].as_array().unwrap().iter().map(read).collect();
    entries.sort_by_key(|entry| entry.revision);
    entries
}

/// The path of an object of the core group; `None` for kinds that are not served.
fn path(key: &str) -> Option<String> {
    match *key.strip_prefix("/registry/")?.split('/').collect::<Vec<_>>() {
        ["namespaces", name] => Some(format!("/api/v1/namespaces/{name}")),
        [
            resource @ ("secrets" | "configmaps" | "serviceaccounts"),
            namespace,
            name,
        ] => Some(format!("/api/v1/namespaces/{namespace}/{resource}/{name}")),
        _ => None,
    }
}

async fn put(store: &EmbeddedStore, key: &str, value: Vec<u8>) -> u64 {
    let change = Change::Put {
        key: key.to_owned(),
        value: value.into(),
    };
    let transaction = Transaction {
        checks: Vec::new(),
        changes: vec![change],
    };
    match store.commit(transaction).await.unwrap() {
        Outcome::Committed(revision) => revision,
        failed @ Outcome::Failed { .. } => panic!("{failed:?}"),
    }
}

/// Writes every value at the revision that it had, with other writes in between.
async fn load(store: &EmbeddedStore, entries: &[Entry]) {
    for entry in entries {
        let mut revision = store.revision().await.unwrap();
        while revision + 1 < entry.revision {
            revision = put(store, "/elsewhere", Vec::new()).await;
        }
        assert_eq!(put(store, &entry.key, entry.value.clone()).await, entry.revision);
    }
}

/// What the configuration of a vector file makes, but for the plugin of KMS v1 and v2, which is [`VectorPlugin`].
fn configured(file: &str) -> Arc<dyn Transformer> {
    let file: Value = serde_json::from_str(file).unwrap();
    let written = &file["encryptionConfiguration"];
    if written.is_null() {
        return Arc::new(Identity::in_the_clear());
    }
    let configuration = Configuration::read(&serde_json::to_vec(written).unwrap(), false).unwrap();
    let plugin = |_: &_| Ok(Arc::new(VectorPlugin::new()) as Arc<dyn KeyHolder>);
    let providers = Providers::new(configuration, plugin).unwrap();
    let trees = [("secrets", "secrets"), ("configmaps", "configmaps")];
    let trees =
        trees.map(|(directory, plural)| (format!("/registry/{directory}/"), providers.of("", plural)));
    Arc::new(Routes::new(trees.into(), Arc::new(Identity::in_the_clear())))
}

async fn assert_served(file: &str) {
    let entries = entries(file);
    let directory = TempDir::new().unwrap();
    let store = EmbeddedStore::open(Options::new(directory.path().join("store"))).unwrap();
    load(&store, &entries).await;
    let sealed = SealedStore::new(Arc::new(store), configured(file));
    let live = Live::over(sealed, directory, Limits::default(), Vec::new()).await;
    let mut client = live.admin().await;
    let mut served = 0;
    for entry in &entries {
        let Some(path) = path(&entry.key) else {
            continue;
        };
        let got = client.get(&path).await;
        assert_eq!(got.code, 200, "{path}: {}", got.text());
        assert_eq!(got.json(), entry.object, "{path}");
        served += 1;
    }
    assert_eq!(served, 6);
}

#[tokio::test]
async fn what_kube_apiserver_stored_in_the_clear_is_served_as_it_served_it() {
    assert_served(include_str!("../../../purser-encryption/tests/data/none.json")).await;
}

#[tokio::test]
async fn what_kube_apiserver_sealed_with_aescbc_is_served_as_it_served_it() {
    assert_served(include_str!("../../../purser-encryption/tests/data/aescbc.json")).await;
}

#[tokio::test]
async fn what_kube_apiserver_sealed_with_aescbc_and_a_short_key_is_served_as_it_served_it() {
    assert_served(include_str!(
        "../../../purser-encryption/tests/data/aescbc16.json"
    ))
    .await;
}

#[tokio::test]
async fn what_kube_apiserver_sealed_with_aesgcm_is_served_as_it_served_it() {
    assert_served(include_str!("../../../purser-encryption/tests/data/aesgcm.json")).await;
}

#[tokio::test]
async fn what_kube_apiserver_sealed_with_secretbox_is_served_as_it_served_it() {
    assert_served(include_str!(
        "../../../purser-encryption/tests/data/secretbox.json"
    ))
    .await;
}

#[tokio::test]
async fn what_kube_apiserver_sealed_with_a_kms_v1_plugin_is_served_as_it_served_it() {
    assert_served(include_str!("../../../purser-encryption/tests/data/kmsv1.json")).await;
}

#[tokio::test]
async fn what_kube_apiserver_sealed_with_a_kms_v2_plugin_is_served_as_it_served_it() {
    assert_served(include_str!("../../../purser-encryption/tests/data/kmsv2.json")).await;
}
