//! How often memory is asked for to seal and to open a value: a count that no other work on the machine changes.

#![expect(clippy::unwrap_used, reason = "a test's helpers fail as the test does")]

use std::future::ready;
use std::sync::Arc;

use allocation_counter::measure;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use purser_encryption::{
    Algorithm, Envelope, EnvelopeV1, Identity, KeyHolder, Keyed, LOCAL_PROVIDER, LocalKeyHolder, NamedKey,
    OpenError, SealError, Transformer, Wrapped,
};
use zeroize::Zeroizing;

const KEY: &str = "/registry/secrets/default/a";

/// A plugin that wraps nothing.
struct Bare;

impl KeyHolder for Bare {
    fn key_id(&self) -> BoxFuture<'_, Result<String, SealError>> {
        ready(Ok("key-1".to_owned())).boxed()
    }

    fn wrap<'a>(&'a self, secret: &'a [u8]) -> BoxFuture<'a, Result<Wrapped, SealError>> {
        ready(Ok(Wrapped {
            ciphertext: secret.to_vec(),
            key_id: "key-1".to_owned(),
            annotations: [].into(),
        }))
        .boxed()
    }

    fn unwrap<'a>(&'a self, wrapped: &'a Wrapped) -> BoxFuture<'a, Result<Zeroizing<Vec<u8>>, OpenError>> {
        ready(Ok(Zeroizing::new(wrapped.ciphertext.clone()))).boxed()
    }
}

fn keyed(algorithm: Algorithm) -> Arc<dyn Transformer> {
    let key = NamedKey {
        name: "key1".to_owned(),
        secret: Zeroizing::new(vec![7; 32]),
    };
    Arc::new(Keyed::new(algorithm, vec![key]).unwrap())
}

/// How many allocations sealing and opening take.
fn counts(transformer: &dyn Transformer, size: usize) -> [u64; 2] {
    let plaintext = vec![7; size];
    let seal = || transformer.seal(KEY, &plaintext).now_or_never().unwrap().unwrap();
    let sealed = seal();
    // What is done for the first value alone.
    transformer.open(KEY, &sealed).now_or_never().unwrap().unwrap();
    let sealing = measure(|| drop(seal()));
    let opening = measure(|| {
        let opened = transformer.open_now(KEY, &sealed);
        assert!(opened.unwrap().is_ok(), "with what is at hand");
    });
    [sealing, opening].map(|counted| counted.count_total)
}

#[test]
fn a_value_is_sealed_into_one_buffer_and_opened_into_one() {
    let home = tempfile::tempdir().unwrap();
    LocalKeyHolder::generate(&home.path().join("keys")).unwrap();
    let local = LocalKeyHolder::load(&home.path().join("keys")).unwrap();
    // Sealing: the value, and the future that is answered; opening: the object.
    let cases: [(&str, Arc<dyn Transformer>, [u64; 2]); 6] = [
        ("identity", Arc::new(Identity::in_the_clear()), [2, 1]),
        // The cipher pads in place, in a buffer that is wiped.
        ("aescbc", keyed(Algorithm::AesCbc), [3, 1]),
        ("aesgcm", keyed(Algorithm::AesGcm), [2, 1]),
        ("secretbox", keyed(Algorithm::Secretbox), [2, 1]),
        ("kms v2", Arc::new(Envelope::new("a", Arc::new(Bare))), [2, 1]),
        (
            LOCAL_PROVIDER,
            Arc::new(Envelope::new(LOCAL_PROVIDER, Arc::new(local))),
            [2, 1],
        ),
    ];
    for (name, transformer, expected) in cases {
        for size in [1, 100, 1000, 1008, 100_000] {
            assert_eq!(counts(&*transformer, size), expected, "{name}, {size} bytes");
        }
    }
}

#[test]
fn a_key_of_its_own_for_each_value_costs_a_fixed_number_of_allocations() {
    let transformer = EnvelopeV1::new("a", Arc::new(Bare), 10);
    let small = counts(&transformer, 100);
    assert_eq!(small, counts(&transformer, 100_000));
    assert!(small[0] <= 8 && small[1] <= 2, "{small:?}");
}
