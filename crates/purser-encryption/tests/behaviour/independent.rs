//! What is written is read by other code than what wrote it: RustCrypto's ciphers, and a reader of its own.

use std::fs;
use std::sync::Arc;

use aes_gcm::aead::consts::U12;
use aes_gcm::aead::{Aead as _, KeyInit as _, Payload};
use aes_gcm::aes::Aes192;
use aes_gcm::{Aes128Gcm, Aes256Gcm, AesGcm, Nonce};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hkdf::Hkdf;
use purser_encryption::{Envelope, KeyHolder as _, LOCAL_PROVIDER, LocalKeyHolder, Transformer as _};
use sha2::Sha256;

use crate::vectors::VectorPlugin;

fn decrypt(key: &[u8], sealed: &[u8], aad: &[u8]) -> Option<Vec<u8>> {
    let (nonce, msg) = sealed.split_at(12);
    let nonce: [u8; 12] = nonce.try_into().unwrap();
    Aes256Gcm::new_from_slice(key)
        .unwrap()
        .decrypt(&Nonce::from(nonce), Payload { msg, aad })
        .ok()
}

/// The fields of a message whose lengths are all below 128 or two bytes long.
fn fields(mut message: &[u8]) -> Vec<(u8, Vec<u8>)> {
    let mut found = Vec::new();
    while let [head, rest @ ..] = message {
        if head & 7 == 0 {
            found.push((head >> 3, vec![rest[0]]));
            message = &rest[1..];
            continue;
        }
        let (length, skip) = match rest[0] {
            short @ ..0x80 => (usize::from(short), 1),
            low => (usize::from(low & 0x7f) | usize::from(rest[1]) << 7, 2),
        };
        found.push((head >> 3, rest[skip..skip + length].to_vec()));
        message = &rest[skip + length..];
    }
    found
}

#[tokio::test]
async fn a_sealed_value_is_what_the_formats_say() {
    let home = tempfile::tempdir().unwrap();
    let directory = home.path().join("keys");
    let id = LocalKeyHolder::generate(&directory).unwrap();
    let envelope = Envelope::new(
        LOCAL_PROVIDER,
        Arc::new(LocalKeyHolder::load(&directory).unwrap()),
    );
    let storage_key = "/registry/secrets/default/a";
    let plaintext = b"k8s\0 an object".repeat(20);
    let sealed = envelope.seal(storage_key, &plaintext).await.unwrap();

    let message = sealed.strip_prefix(b"k8s:enc:kms:v2:purser-local:").unwrap();
    let found = fields(message);
    let tags: Vec<u8> = found.iter().map(|(tag, _)| *tag).collect();
    assert_eq!(tags, [1, 2, 3, 5]);
    assert_eq!(found[1].1, id.as_bytes());
    assert_eq!(found[3].1, [1]);

    let file = fs::read_to_string(directory.join(format!("{id}.key"))).unwrap();
    let key = file.lines().nth(2).unwrap().strip_prefix("key: ").unwrap();
    let key = STANDARD.decode(key).unwrap();
    let aad = format!("purser.dev/local-key-wrap/v1\0{id}");
    let seed = decrypt(&key, &found[2].1, aad.as_bytes()).unwrap();
    assert_eq!(seed.len(), 32);

    let (info, data) = found[0].1.split_at(32);
    let mut derived = [0; 32];
    Hkdf::<Sha256>::from_prk(&seed)
        .unwrap()
        .expand(info, &mut derived)
        .unwrap();
    assert_eq!(
        decrypt(&derived, data, storage_key.as_bytes()).unwrap(),
        plaintext
    );
    assert_eq!(decrypt(&derived, data, b"/registry/secrets/default/b"), None);
}

/// A field of a message, with a length below 128.
fn field(tag: u8, bytes: &[u8]) -> Vec<u8> {
    [&[tag << 3 | 2, u8::try_from(bytes.len()).unwrap()], bytes].concat()
}

#[tokio::test]
async fn values_whose_key_is_wrapped_itself_are_read_and_stale() {
    let plugin = VectorPlugin::new();
    let envelope = Envelope::new("vectors-kms", plugin.clone());
    envelope.refresh().await.unwrap();
    let storage_key = "/registry/secrets/default/a";
    for (length, type_0_is_written) in [(16, false), (24, false), (32, true)] {
        let secret = vec![5; length];
        let wrapped = plugin.wrap(&secret).await.unwrap();
        let (name, value) = wrapped.annotations.first_key_value().unwrap();
        let payload = Payload {
            msg: b"a value",
            aad: storage_key.as_bytes(),
        };
        let nonce = Nonce::from([3; 12]);
        let sealed = match length {
            16 => Aes128Gcm::new_from_slice(&secret)
                .unwrap()
                .encrypt(&nonce, payload),
            24 => AesGcm::<Aes192, U12>::new_from_slice(&secret)
                .unwrap()
                .encrypt(&nonce, payload),
            _ => Aes256Gcm::new_from_slice(&secret)
                .unwrap()
                .encrypt(&nonce, payload),
        };
        let stored = [
            b"k8s:enc:kms:v2:vectors-kms:".to_vec(),
            field(1, &[&[3; 12], &sealed.unwrap()[..]].concat()),
            field(2, wrapped.key_id.as_bytes()),
            field(3, &wrapped.ciphertext),
            field(4, &[field(1, name.as_bytes()), field(2, value)].concat()),
            if type_0_is_written {
                vec![5 << 3, 0]
            } else {
                Vec::new()
            },
        ]
        .concat();
        let opened = envelope.open(storage_key, &stored).await.unwrap();
        assert!(opened.stale);
        assert_eq!(opened.plaintext.expose(), b"a value");
        assert!(
            envelope
                .open("/registry/secrets/default/b", &stored)
                .await
                .is_err()
        );
    }
}
