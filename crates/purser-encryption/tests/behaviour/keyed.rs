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
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use proptest::prelude::*;
use purser_encryption::{
    Algorithm, BadKey, Chain, EnvelopeV1, Identity, KeyHolder, Keyed, NamedKey, OpenError, Opened, SealError,
    Transformer, Wrapped,
};
use salsa20::XSalsa20;
use salsa20::cipher::StreamCipher as _;
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

/// Poly1305 by its definition in RFC 8439, on bytes: slow, and not the code that made the tag.
fn one_time_authenticator(key: &[u8; 32], message: &[u8]) -> [u8; 16] {
    let mut r: Vec<u32> = key[..16].iter().map(|byte| u32::from(*byte)).collect();
    for at in [3, 7, 11, 15] {
        r[at] &= 15;
    }
    for at in [4, 8, 12] {
        r[at] &= 252;
    }
    r.push(0);
    let carry = |limbs: &mut [u32; 17]| {
        let mut over = 0;
        for limb in &mut limbs[..16] {
            over += *limb;
            *limb = over & 255;
            over >>= 8;
        }
        over += limbs[16];
        limbs[16] = over & 3;
        // 2^130 is 5.
        over = 5 * (over >> 2);
        for limb in &mut limbs[..16] {
            over += *limb;
            *limb = over & 255;
            over >>= 8;
        }
        limbs[16] += over;
    };
    let mut sum = [0_u32; 17];
    for block in message.chunks(16) {
        for (limb, byte) in sum.iter_mut().zip(block.iter().chain(&[1])) {
            *limb += u32::from(*byte);
        }
        carry(&mut sum);
        let mut product = [0_u32; 17];
        for (i, limb) in product.iter_mut().enumerate() {
            for (j, factor) in sum.iter().enumerate() {
                let shifted = if j <= i { r[i - j] } else { 320 * r[i + 17 - j] };
                *limb += factor * shifted;
            }
        }
        sum = product;
        carry(&mut sum);
    }
    // The sum is below 2^130: what is not below 2^130 - 5 is reduced once more.
    let mut reduced = sum;
    reduced[0] += 5;
    carry_without_end(&mut reduced);
    if reduced[16] >= 4 {
        reduced[16] -= 4;
        sum = reduced;
    }
    let mut tag = [0; 16];
    let mut over = 0;
    for (at, byte) in tag.iter_mut().enumerate() {
        over += sum[at] + u32::from(key[16 + at]);
        *byte = u8::try_from(over & 255).unwrap();
        over >>= 8;
    }
    tag
}

fn carry_without_end(limbs: &mut [u32; 17]) {
    let mut over = 0;
    for limb in &mut limbs[..16] {
        over += *limb;
        *limb = over & 255;
        over >>= 8;
    }
    limbs[16] += over;
}

/// The example of RFC 8439, section 2.5.2.
#[test]
fn the_authenticator_of_these_tests_is_poly1305() {
    let hex = |text: &str| -> Vec<u8> {
        let digits = text.split(':');
        digits
            .map(|digit| u8::from_str_radix(digit, 16).unwrap())
            .collect()
    };
    let key =
        "85:d6:be:78:57:55:6d:33:7f:44:52:fe:42:d5:06:a8:01:03:80:8a:fb:0d:b2:fd:4a:bf:f6:af:41:49:f5:1b";
    let tag = "a8:06:1d:c1:30:51:36:c6:c2:2b:8b:af:0c:01:27:a9";
    let key: [u8; 32] = hex(key).try_into().unwrap();
    let made = one_time_authenticator(&key, b"Cryptographic Forum Research Group");
    assert_eq!(made.to_vec(), hex(tag));
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
            let (tag, sealed) = boxed.split_at(16);
            let mut stream = XSalsa20::new_from_slices(secret, nonce).unwrap();
            let mut key = [0; 32];
            stream.apply_keystream(&mut key);
            if one_time_authenticator(&key, sealed) != tag {
                return None;
            }
            let mut opened = sealed.to_vec();
            stream.apply_keystream(&mut opened);
            Some(opened)
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
