//! A value that was changed, cut or moved is never opened.

use std::sync::Arc;

use futures_util::FutureExt as _;
use proptest::prelude::*;
use purser_encryption::{Envelope, LOCAL_PROVIDER, LocalKeyHolder, OpenError, Opened, Transformer as _};

use crate::vectors::{VectorPlugin, kmsv2};

const KEY: &str = "/registry/secrets/default/a";

pub(crate) fn local() -> (tempfile::TempDir, Envelope) {
    let home = tempfile::tempdir().unwrap();
    LocalKeyHolder::generate(home.path().join("keys").as_path()).unwrap();
    let holder = LocalKeyHolder::load(home.path().join("keys").as_path()).unwrap();
    (home, Envelope::new(LOCAL_PROVIDER, Arc::new(holder)))
}

/// The key holders of these tests answer at once.
pub(crate) fn open(envelope: &Envelope, key: &str, stored: &[u8]) -> Result<Opened, OpenError> {
    envelope.open(key, stored).now_or_never().unwrap()
}

pub(crate) fn seal(envelope: &Envelope, key: &str, plaintext: &[u8]) -> Vec<u8> {
    envelope
        .seal(key, plaintext)
        .now_or_never()
        .unwrap()
        .unwrap()
        .to_vec()
}

#[test]
fn a_value_with_any_bit_of_any_byte_changed_is_refused() {
    let (_home, envelope) = local();
    let sealed = seal(&envelope, KEY, b"a value");
    assert_eq!(
        open(&envelope, KEY, &sealed).unwrap().plaintext.expose(),
        b"a value"
    );
    for position in 0..sealed.len() {
        for bit in 0..8 {
            let mut changed = sealed.clone();
            changed[position] ^= 1 << bit;
            assert!(
                open(&envelope, KEY, &changed).is_err(),
                "byte {position}, bit {bit}"
            );
        }
    }
}

#[test]
fn a_recorded_value_with_any_byte_changed_is_refused() {
    let envelope = Envelope::new("vectors-kms", VectorPlugin::new());
    let entries = kmsv2();
    let entry = entries
        .iter()
        .find(|entry| entry.key.contains("/secrets/"))
        .unwrap();
    assert!(open(&envelope, &entry.key, &entry.value).is_ok());
    for position in 0..entry.value.len() {
        let mut changed = entry.value.clone();
        changed[position] ^= 0x10;
        assert!(open(&envelope, &entry.key, &changed).is_err(), "byte {position}");
    }
}

#[test]
fn a_value_cut_anywhere_or_longer_than_written_is_refused() {
    let (_home, envelope) = local();
    let sealed = seal(&envelope, KEY, b"a value");
    for length in 0..sealed.len() {
        assert!(open(&envelope, KEY, &sealed[..length]).is_err(), "{length}");
    }
    for extra in [0_u8, 8, 0x28, 0x30] {
        let longer = [&sealed[..], &[extra]].concat();
        assert!(open(&envelope, KEY, &longer).is_err());
    }
}

#[test]
fn a_value_moved_to_another_storage_key_is_refused() {
    let (_home, envelope) = local();
    let sealed = seal(&envelope, KEY, b"a value");
    assert_eq!(
        open(&envelope, "/registry/secrets/default/b", &sealed).unwrap_err(),
        OpenError::Damaged
    );
    for entry in kmsv2()
        .iter()
        .filter(|entry| entry.value.starts_with(b"k8s:enc:"))
    {
        let envelope = Envelope::new("vectors-kms", VectorPlugin::new());
        assert_eq!(
            open(&envelope, KEY, &entry.value).unwrap_err(),
            OpenError::Damaged
        );
    }
}

#[test]
fn another_directory_of_keys_opens_nothing_and_says_which_key_is_missing() {
    let (_home, ours) = local();
    let (_other_home, theirs) = local();
    let sealed = seal(&ours, KEY, b"a value");
    let error = open(&theirs, KEY, &sealed).unwrap_err();
    assert_eq!(error, OpenError::NoKey(ours.info().key_id));
    assert!(error.to_string().starts_with("no key named local-"), "{error}");
}

#[test]
fn no_two_seals_of_one_value_are_alike() {
    let (_home, envelope) = local();
    assert_ne!(seal(&envelope, KEY, b"a value"), seal(&envelope, KEY, b"a value"));
}

#[test]
fn errors_and_debug_output_hold_no_value() {
    let (_home, envelope) = local();
    let canary = b"canary-4711";
    let mut sealed = seal(&envelope, KEY, canary);
    assert!(!sealed.windows(canary.len()).any(|window| window == canary));
    assert!(!format!("{:?}", open(&envelope, KEY, &sealed).unwrap()).contains("canary"));
    let last = sealed.len() - 120;
    sealed[last] ^= 1;
    assert!(!format!("{0:?} {0}", open(&envelope, KEY, &sealed).unwrap_err()).contains("canary"));
    assert!(!format!("{:?}", open(&envelope, KEY, canary).unwrap_err()).contains("canary"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_sealed_is_opened(plaintext in proptest::collection::vec(any::<u8>(), 0..20_000), key in "/registry/[a-z/]{1,80}") {
        let (_home, envelope) = local();
        let sealed = seal(&envelope, &key, &plaintext);
        let opened = open(&envelope, &key, &sealed).unwrap();
        prop_assert_eq!(opened.plaintext.expose(), &plaintext[..]);
        prop_assert!(!opened.stale);
    }

    #[test]
    fn arbitrary_bytes_are_refused_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let (_home, envelope) = local();
        let stored = [b"k8s:enc:kms:v2:purser-local:".as_slice(), &bytes].concat();
        prop_assert!(open(&envelope, KEY, &stored).is_err());
    }
}
