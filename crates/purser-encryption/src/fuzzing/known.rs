//! Values that kube-apiserver wrote, and what opens them.

use std::collections::BTreeMap;
use std::future::ready;
use std::sync::Arc;

use aws_lc_rs::aead::{Aad, LessSafeKey, NONCE_LEN, Nonce};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use crate::configuration::{Configuration, Providers};
use crate::data_key::{TAG_LEN, gcm, open_gcm};
use crate::key_holder::{KeyHolder, Wrapped};
use crate::transformer::{ENCRYPTED_PREFIX, OpenError, SealError, Transformer};

/// A provider, and what it promises.
pub(super) struct Promises {
    pub(super) name: &'static str,
    /// What its recorded values start with.
    pub(super) prefix: &'static str,
    /// What was changed is not opened.
    pub(super) authenticates: bool,
    /// Nor what was moved to another storage key.
    pub(super) binds: bool,
    recorded: &'static str,
}

/// All of them, named as their targets.
pub(super) const PROVIDERS: [Promises; 5] = [
    Promises {
        name: "aescbc",
        prefix: "k8s:enc:aescbc:v1:key1:",
        authenticates: false,
        binds: false,
        recorded: include_str!("../../tests/data/aescbc.json"),
    },
    Promises {
        name: "aesgcm",
        prefix: "k8s:enc:aesgcm:v1:key1:",
        authenticates: true,
        binds: true,
        recorded: include_str!("../../tests/data/aesgcm.json"),
    },
    Promises {
        name: "secretbox",
        prefix: "k8s:enc:secretbox:v1:key1:",
        authenticates: true,
        binds: false,
        recorded: include_str!("../../tests/data/secretbox.json"),
    },
    Promises {
        name: "kms_v1",
        prefix: "k8s:enc:kms:v1:old-kms:",
        authenticates: true,
        binds: true,
        recorded: include_str!("../../tests/data/kmsv1.json"),
    },
    Promises {
        name: "kms_v2",
        prefix: "k8s:enc:kms:v2:vectors-kms:",
        authenticates: true,
        binds: true,
        recorded: include_str!("../../tests/data/kmsv2.json"),
    },
];

/// A recorded value.
pub(super) struct Known {
    pub(super) key: String,
    pub(super) plaintext: Vec<u8>,
}

/// A provider with its recorded key.
pub(super) struct Provider {
    pub(super) promises: &'static Promises,
    pub(super) transformer: Arc<dyn Transformer>,
    pub(super) known: Vec<Known>,
}

/// Every provider alone, and all of them in one chain.
pub(super) struct World {
    pub(super) providers: Vec<Provider>,
    pub(super) chain: Arc<dyn Transformer>,
}

thread_local! {
    /// One for each thread of tests, so that nobody waits for another's key holder.
    static WORLD: Option<&'static World> = World::make().map(|world| &*Box::leak(Box::new(world)));
}

impl World {
    pub(super) fn get() -> &'static Self {
        let world = WORLD.with(|world| *world);
        assert!(world.is_some(), "the recorded values do not open");
        world.unwrap_or_else(|| std::process::abort())
    }

    pub(super) fn provider(&self, name: &str) -> Option<&Provider> {
        self.providers
            .iter()
            .find(|provider| provider.promises.name == name)
    }

    fn make() -> Option<Self> {
        let mut providers = Vec::new();
        let mut all = Vec::new();
        for promises in &PROVIDERS {
            let recorded: Value = serde_json::from_str(promises.recorded).ok()?;
            let recorded_with = recorded.pointer("/encryptionConfiguration/resources/0/providers/0")?;
            // Without the reader of what is in the clear, to which a changed prefix leads.
            let transformer = transformer(&json!([recorded_with]))?;
            let entries = recorded.get("entries")?.as_array()?;
            let known = entries.iter().filter_map(|entry| known(&*transformer, entry));
            providers.push(Provider {
                promises,
                known: known.collect(),
                transformer,
            });
            all.push(recorded_with.clone());
        }
        all.push(json!({ "identity": {} }));
        let chain = transformer(&Value::Array(all))?;
        Some(Self { providers, chain })
    }
}

fn transformer(providers: &Value) -> Option<Arc<dyn Transformer>> {
    let configuration = json!({
        "apiVersion": "apiserver.config.k8s.io/v1",
        "kind": "EncryptionConfiguration",
        "resources": [{ "resources": ["secrets"], "providers": providers }],
    });
    let read = Configuration::read(configuration.to_string().as_bytes(), false).ok()?;
    let providers = Providers::new(read, |_| Ok(Arc::new(RecordedPlugin))).ok()?;
    Some(providers.of("", "secrets"))
}

fn known(transformer: &dyn Transformer, entry: &Value) -> Option<Known> {
    let key = entry.get("key")?.as_str()?.to_owned();
    let stored = STANDARD.decode(entry.get("value")?.as_str()?).ok()?;
    if !stored.starts_with(ENCRYPTED_PREFIX) {
        return None;
    }
    let opened = transformer.open(&key, &stored).now_or_never()?.ok()?;
    let plaintext = opened.plaintext.expose().to_vec();
    Some(Known { key, plaintext })
}

/// The plugin that the values were recorded with (`tests/data/README.md`).
pub(super) struct RecordedPlugin;

const KEY_ID: &str = "vector-kek-1";
const ANNOTATION: &str = "alg.vectors.purser.dev";
const ANNOTATED: &[u8] = b"aes-256-gcm";

impl RecordedPlugin {
    fn cipher() -> Option<LessSafeKey> {
        let key: Vec<u8> = (0..32).collect();
        gcm(&key).ok()
    }
}

impl KeyHolder for RecordedPlugin {
    fn key_id(&self) -> BoxFuture<'_, Result<String, SealError>> {
        ready(Ok(KEY_ID.to_owned())).boxed()
    }

    fn wrap<'a>(&'a self, secret: &'a [u8]) -> BoxFuture<'a, Result<Wrapped, SealError>> {
        let nonce = [9; NONCE_LEN];
        let mut ciphertext = secret.to_vec();
        let tag = Self::cipher().and_then(|cipher| {
            let nonce = Nonce::assume_unique_for_key(nonce);
            cipher
                .seal_in_place_separate_tag(nonce, Aad::empty(), &mut ciphertext)
                .ok()
        });
        let tag = tag.as_ref().map_or([].as_slice(), AsRef::as_ref);
        ready(Ok(Wrapped {
            ciphertext: [&nonce, ciphertext.as_slice(), tag].concat(),
            key_id: KEY_ID.to_owned(),
            annotations: BTreeMap::from([(ANNOTATION.to_owned(), ANNOTATED.to_vec())]),
        }))
        .boxed()
    }

    fn unwrap<'a>(&'a self, wrapped: &'a Wrapped) -> BoxFuture<'a, Result<Zeroizing<Vec<u8>>, OpenError>> {
        let annotation = wrapped.annotations.get(ANNOTATION).map(Vec::as_slice);
        // KMS v1 knows neither ids nor annotations.
        let v1 = wrapped.key_id.is_empty() && wrapped.annotations.is_empty();
        let ours = v1 || (wrapped.key_id == KEY_ID && annotation == Some(ANNOTATED));
        let long_enough = wrapped.ciphertext.len() >= NONCE_LEN + TAG_LEN;
        let opened = match Self::cipher().filter(|_| ours && long_enough) {
            Some(cipher) => {
                open_gcm(&cipher, "", &wrapped.ciphertext).map(purser_types::Plaintext::into_zeroizing)
            }
            None => Err(OpenError::Damaged),
        };
        ready(opened).boxed()
    }
}
