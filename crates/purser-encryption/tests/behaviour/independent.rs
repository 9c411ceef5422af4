//! What is written is read by other code than what wrote it: RustCrypto's ciphers, and a reader of its own.

use std::fs;
use std::sync::Arc;

use aes_gcm::aead::{Aead as _, KeyInit as _, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hkdf::Hkdf;
use purser_encryption::{Envelope, LOCAL_PROVIDER, LocalKeyHolder, Transformer as _};
use sha2::Sha256;

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
