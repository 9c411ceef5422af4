//! Sealing and opening one object: through the envelope, and its AES-GCM step in both libraries.

#![expect(clippy::expect_used, reason = "a benchmark that cannot run has to stop")]

use std::hint::black_box;
use std::sync::Arc;

use aes_gcm::aead::{AeadInOut as _, KeyInit as _};
use aes_gcm::{Aes256Gcm, Nonce};
use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce as LcNonce, UnboundKey};
use criterion::{Criterion, criterion_group, criterion_main};
use futures_util::FutureExt as _;
use purser_encryption::{Envelope, LOCAL_PROVIDER, LocalKeyHolder, Transformer as _};

const KEY: &str = "/registry/secrets/default/some-secret";
const SIZE: usize = 1024;

fn envelope(c: &mut Criterion) {
    let home = tempfile::tempdir().expect("a directory");
    let directory = home.path().join("keys");
    LocalKeyHolder::generate(&directory).expect("a key");
    let holder = LocalKeyHolder::load(&directory).expect("the key");
    let envelope = Envelope::new(LOCAL_PROVIDER, Arc::new(holder));
    let plaintext = vec![7; SIZE];
    let seal = || {
        envelope
            .seal(KEY, &plaintext)
            .now_or_never()
            .expect("at once")
            .expect("sealed")
    };
    let sealed = seal();
    c.bench_function("envelope/seal 1 KiB", |b| b.iter(|| black_box(seal())));
    c.bench_function("envelope/open 1 KiB", |b| {
        b.iter(|| {
            black_box(
                envelope
                    .open(KEY, &sealed)
                    .now_or_never()
                    .expect("at once")
                    .expect("opened"),
            )
        });
    });
}

fn ciphers(c: &mut Criterion) {
    // A new key for every value, as the envelope has it: the key's set-up is part of the cost.
    let mut buffer = vec![7; SIZE];
    c.bench_function("aes-256-gcm with a new key, 1 KiB/aws-lc-rs", |b| {
        b.iter(|| {
            let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, black_box(&[1; 32])).expect("a key"));
            let nonce = LcNonce::assume_unique_for_key([2; 12]);
            key.seal_in_place_separate_tag(nonce, Aad::from(KEY), &mut buffer)
                .expect("sealed")
        });
    });
    c.bench_function("aes-256-gcm with a new key, 1 KiB/aes-gcm", |b| {
        b.iter(|| {
            let key = Aes256Gcm::new_from_slice(black_box(&[1; 32])).expect("a key");
            let nonce = Nonce::from([2; 12]);
            let tag = key.encrypt_inout_detached(&nonce, KEY.as_bytes(), buffer.as_mut_slice().into());
            tag.expect("sealed")
        });
    });
}

criterion_group!(benches, envelope, ciphers);
criterion_main!(benches);
