//! The providers whose keys stand in the configuration: what kube-apiserver wrote is read, and what is written here is
//! read by other code.

use std::collections::BTreeMap;
use std::sync::Arc;

use aes::{Aes128, Aes192, Aes256};
use aes_gcm::Aes256Gcm;
use aes_gcm::aead::{Aead as _, KeyInit as _, Payload};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::{BlockModeDecrypt as _, KeyIvInit as _};
use crypto_secretbox::XSalsa20Poly1305;
use crypto_secretbox::aead::{Aead as _, KeyInit as _};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use proptest::prelude::*;
use purser_encryption::{
    Algorithm, BadKey, Chain, EnvelopeV1, Identity, KeyHolder, Keyed, NamedKey, OpenError, Opened, SealError,
    Transformer, Wrapped,
};
use serde_json::Value;
use zeroize::Zeroizing;

use crate::vectors::{VectorPlugin, assert_is_object, entries};

const KEY: &str = "/registry/secrets/default/a";
const ALL: [Algorithm; 3] = [Algorithm::AesCbc, Algorithm::AesGcm, Algorithm::Secretbox];

fn named(name: &str, secret: &[u8]) -> NamedKey {
    NamedKey {
        name: name.to_owned(),
        secret: secret.to_vec().into(),
    }
}

fn keyed(algorithm: Algorithm, keys: &[(&str, [u8; 32])]) -> Keyed {
    let keys = keys.iter().map(|(name, secret)| named(name, secret)).collect();
    Keyed::new(algorithm, keys).unwrap()
}

fn open(provider: &dyn Transformer, key: &str, stored: &[u8]) -> Result<Opened, OpenError> {
    provider.open(key, stored).now_or_never().unwrap()
}

fn seal(provider: &dyn Transformer, key: &str, plaintext: &[u8]) -> Vec<u8> {
    let sealed = provider.seal(key, plaintext).now_or_never().unwrap();
    sealed.unwrap().to_vec()
}

/// The provider that a vector file's configuration names, and its key.
fn configured(algorithm: Algorithm, file: &str) -> (Chain, Keyed, Vec<u8>) {
    let document: Value = serde_json::from_str(file).unwrap();
    let provider = &document["encryptionConfiguration"]["resources"][0]["providers"][0];
    let key = &provider[algorithm.as_str()]["keys"][0];
    let secret = STANDARD.decode(key["secret"].as_str().unwrap()).unwrap();
    let make = || {
        let key = named(key["name"].as_str().unwrap(), &secret);
        Keyed::new(algorithm, vec![key]).unwrap()
    };
    let chain = Chain::new(Arc::new(make()), vec![Arc::new(Identity::read_only())]);
    (chain, make(), secret)
}

fn assert_read(chain: &dyn Transformer, prefix: &str, file: &str) {
    let mut encrypted = 0;
    for entry in entries(file) {
        let opened = open(chain, &entry.key, &entry.value).unwrap();
        assert_is_object(opened.plaintext.expose(), &entry.object);
        let sealed = entry.value.starts_with(prefix.as_bytes());
        assert_eq!(opened.stale, !sealed, "{}", entry.key);
        encrypted += usize::from(sealed);
    }
    assert_eq!(encrypted, 4);
}

/// Opens `stored` by other ciphers than the ones that sealed it.
fn independently(algorithm: Algorithm, secret: &[u8], storage_key: &str, body: &[u8]) -> Option<Vec<u8>> {
    match algorithm {
        Algorithm::AesGcm => {
            let (nonce, msg) = body.split_at(12);
            let nonce: [u8; 12] = nonce.try_into().unwrap();
            let aad = storage_key.as_bytes();
            Aes256Gcm::new_from_slice(secret)
                .unwrap()
                .decrypt(&nonce.into(), Payload { msg, aad })
                .ok()
        }
        Algorithm::AesCbc => {
            let (iv, blocks) = body.split_at(16);
            match secret.len() {
                16 => cbc::Decryptor::<Aes128>::new_from_slices(secret, iv)
                    .unwrap()
                    .decrypt_padded_vec::<Pkcs7>(blocks),
                24 => cbc::Decryptor::<Aes192>::new_from_slices(secret, iv)
                    .unwrap()
                    .decrypt_padded_vec::<Pkcs7>(blocks),
                _ => cbc::Decryptor::<Aes256>::new_from_slices(secret, iv)
                    .unwrap()
                    .decrypt_padded_vec::<Pkcs7>(blocks),
            }
            .ok()
        }
        Algorithm::Secretbox => {
            let (nonce, boxed) = body.split_at(24);
            let nonce: [u8; 24] = nonce.try_into().unwrap();
            XSalsa20Poly1305::new_from_slice(secret)
                .unwrap()
                .decrypt(&nonce.into(), boxed)
                .ok()
        }
    }
}

fn assert_written_alike(algorithm: Algorithm, file: &str) {
    let (_, provider, secret) = configured(algorithm, file);
    let key_name = provider.info().key_id;
    for entry in entries(file) {
        if !entry.value.starts_with(b"k8s:enc:") {
            continue;
        }
        let opened = open(&provider, &entry.key, &entry.value).unwrap();
        let sealed = seal(&provider, &entry.key, opened.plaintext.expose());
        assert_eq!(sealed.len(), entry.value.len());
        let prefix = format!("k8s:enc:{}:v1:{key_name}:", algorithm.as_str());
        let body = sealed.strip_prefix(prefix.as_bytes()).unwrap();
        let read = independently(algorithm, &secret, &entry.key, body).unwrap();
        assert_eq!(read, opened.plaintext.expose());
        assert_is_object(&read, &entry.object);
    }
}

#[test]
fn what_kube_apiserver_sealed_with_each_provider_is_read_and_written_alike() {
    for (algorithm, file) in [
        (Algorithm::AesCbc, include_str!("../data/aescbc.json")),
        (Algorithm::AesCbc, include_str!("../data/aescbc16.json")),
        (Algorithm::AesGcm, include_str!("../data/aesgcm.json")),
        (Algorithm::Secretbox, include_str!("../data/secretbox.json")),
    ] {
        let (chain, _, _) = configured(algorithm, file);
        assert_read(&chain, &format!("k8s:enc:{}:v1:key", algorithm.as_str()), file);
        assert_written_alike(algorithm, file);
    }
}

/// The plugin of the vectors as KMS v1 knows it: without a key id and annotations.
struct VectorPluginV1;

impl KeyHolder for VectorPluginV1 {
    fn key_id(&self) -> BoxFuture<'_, Result<String, SealError>> {
        std::future::ready(Ok(String::new())).boxed()
    }

    fn wrap<'a>(&'a self, secret: &'a [u8]) -> BoxFuture<'a, Result<Wrapped, SealError>> {
        async move {
            let wrapped = VectorPlugin::new().wrap(secret).await?;
            Ok(Wrapped {
                key_id: String::new(),
                annotations: BTreeMap::new(),
                ..wrapped
            })
        }
        .boxed()
    }

    fn unwrap<'a>(&'a self, wrapped: &'a Wrapped) -> BoxFuture<'a, Result<Zeroizing<Vec<u8>>, OpenError>> {
        let key: Vec<u8> = (0..32).collect();
        let (nonce, sealed) = wrapped.ciphertext.split_at_checked(12).unwrap_or((&[0; 12], &[]));
        let nonce: [u8; 12] = nonce.try_into().unwrap();
        let opened = Aes256Gcm::new_from_slice(&key)
            .unwrap()
            .decrypt(&nonce.into(), sealed);
        std::future::ready(opened.map(Zeroizing::new).map_err(|_| OpenError::Damaged)).boxed()
    }
}

fn kms_v1(kept: usize) -> Arc<EnvelopeV1> {
    Arc::new(EnvelopeV1::new("old-kms", Arc::new(VectorPluginV1), kept))
}

#[test]
fn what_kube_apiserver_sealed_with_a_kms_v1_plugin_is_read() {
    let chain = Chain::new(kms_v1(10), vec![Arc::new(Identity::read_only())]);
    assert_read(
        &chain,
        "k8s:enc:kms:v1:old-kms:",
        include_str!("../data/kmsv1.json"),
    );
}

#[test]
fn what_is_sealed_with_a_kms_v1_plugin_is_what_the_format_says() {
    for kept in [0, 10] {
        let provider = kms_v1(kept);
        let sealed = seal(&*provider, KEY, b"a value");
        let rest = sealed.strip_prefix(b"k8s:enc:kms:v1:old-kms:").unwrap();
        let length = usize::from(u16::from_be_bytes([rest[0], rest[1]]));
        let (wrapped, body) = rest[2..].split_at(length);
        let kek: Vec<u8> = (0..32).collect();
        let dek = independently(Algorithm::AesGcm, &kek, "", wrapped).unwrap();
        let read = independently(Algorithm::AesGcm, &dek, KEY, body).unwrap();
        assert_eq!(read, b"a value");
        assert_eq!(
            open(&*provider, KEY, &sealed).unwrap().plaintext.expose(),
            b"a value"
        );
        assert!(open(&*provider, "/registry/secrets/default/b", &sealed).is_err());
    }
}

#[test]
fn a_kms_v1_value_of_the_time_of_cbc_is_read_and_stale() {
    let provider = kms_v1(10);
    let dek = [7; 32];
    let wrapped = KeyHolder::wrap(&VectorPluginV1, &dek)
        .now_or_never()
        .unwrap()
        .unwrap();
    let cbc = seal(&keyed(Algorithm::AesCbc, &[("k", dek)]), KEY, b"k8s\0an object");
    let body = cbc.strip_prefix(b"k8s:enc:aescbc:v1:k:").unwrap();
    let length = u16::try_from(wrapped.ciphertext.len()).unwrap().to_be_bytes();
    let stored = [b"k8s:enc:kms:v1:old-kms:", &length[..], &wrapped.ciphertext, body].concat();
    let opened = open(&*provider, KEY, &stored).unwrap();
    assert!(opened.stale);
    assert_eq!(opened.plaintext.expose(), b"k8s\0an object");
}

#[test]
fn values_of_a_later_key_are_read_and_stale_and_a_missing_key_is_named() {
    for algorithm in ALL {
        let old = keyed(algorithm, &[("key1", [1; 32])]);
        let both = keyed(algorithm, &[("key2", [2; 32]), ("key1", [1; 32])]);
        let new = keyed(algorithm, &[("key2", [2; 32])]);
        let sealed = seal(&old, KEY, b"a value");
        assert!(!open(&old, KEY, &sealed).unwrap().stale);
        let opened = open(&both, KEY, &sealed).unwrap();
        assert!(opened.stale);
        assert_eq!(opened.plaintext.expose(), b"a value");
        let error = open(&new, KEY, &sealed).unwrap_err();
        assert_eq!(error.to_string(), "no key named key1");
        assert!(!open(&both, KEY, &seal(&both, KEY, b"b")).unwrap().stale);
    }
}

#[test]
fn two_keys_of_one_name_are_both_tried() {
    for algorithm in ALL {
        let old = keyed(algorithm, &[("key1", [1; 32])]);
        let both = keyed(algorithm, &[("key1", [2; 32]), ("key1", [1; 32])]);
        let long = b"k8s\0 an object that takes some blocks of the cipher".repeat(4);
        let sealed = seal(&old, KEY, &long);
        // CBC notices a wrong key by the padding alone, which fits one time in some 250 by chance.
        if algorithm != Algorithm::AesCbc {
            assert_eq!(open(&both, KEY, &sealed).unwrap().plaintext.expose(), long);
        }
    }
}

#[test]
fn only_gcm_binds_a_value_to_its_place() {
    for algorithm in ALL {
        let provider = keyed(algorithm, &[("key1", [1; 32])]);
        let sealed = seal(&provider, KEY, b"a value");
        let moved = open(&provider, "/registry/secrets/default/b", &sealed);
        assert_eq!(moved.is_err(), algorithm.binds_the_place(), "{algorithm:?}");
    }
}

#[test]
fn keys_of_a_wrong_length_and_no_keys_are_refused() {
    for algorithm in ALL {
        assert!(matches!(Keyed::new(algorithm, Vec::new()), Err(BadKey)));
        for length in 0..40 {
            let made = Keyed::new(algorithm, vec![named("k", &vec![1; length])]);
            assert_eq!(
                made.is_ok(),
                algorithm.key_lengths().contains(&length),
                "{algorithm:?} {length}"
            );
        }
    }
}

#[test]
fn a_value_cut_anywhere_is_refused_and_what_is_authenticated_does_not_take_a_changed_bit() {
    for algorithm in ALL {
        let provider = keyed(algorithm, &[("key1", [1; 32])]);
        let sealed = seal(&provider, KEY, b"a value");
        for length in 0..sealed.len() {
            assert!(
                open(&provider, KEY, &sealed[..length]).is_err(),
                "{algorithm:?} {length}"
            );
        }
        for position in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[position] ^= 0x10;
            let opened = open(&provider, KEY, &changed);
            assert!(
                opened.is_err() || algorithm == Algorithm::AesCbc,
                "{algorithm:?} {position}"
            );
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_sealed_is_opened_by_us_and_by_others(
        plaintext in proptest::collection::vec(any::<u8>(), 0..5_000),
        index in 0..3_usize,
        key in "/registry/[a-z/]{1,80}",
    ) {
        let algorithm = ALL[index];
        let provider = keyed(algorithm, &[("key1", [3; 32])]);
        let sealed = seal(&provider, &key, &plaintext);
        let opened = open(&provider, &key, &sealed).unwrap();
        prop_assert_eq!(opened.plaintext.expose(), &plaintext[..]);
        let prefix = format!("k8s:enc:{}:v1:key1:", algorithm.as_str());
        let body = sealed.strip_prefix(prefix.as_bytes()).unwrap();
        prop_assert_eq!(independently(algorithm, &[3; 32], &key, body).unwrap(), plaintext);
    }

    #[test]
    fn arbitrary_bytes_do_no_harm(bytes in proptest::collection::vec(any::<u8>(), 0..400), index in 0..3_usize) {
        let algorithm = ALL[index];
        let provider = keyed(algorithm, &[("key1", [3; 32])]);
        for prefix in [format!("k8s:enc:{}:v1:key1:", algorithm.as_str()), format!("k8s:enc:{}:v1:", algorithm.as_str())] {
            let _ = open(&provider, KEY, &[prefix.as_bytes(), &bytes].concat());
        }
        let _ = open(&*kms_v1(2), KEY, &[b"k8s:enc:kms:v1:old-kms:".as_slice(), &bytes].concat());
    }
}
