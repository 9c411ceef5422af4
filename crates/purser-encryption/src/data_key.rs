//! What seals and opens one value's data: upstream's "extended nonce GCM" and its plain GCM.
//!
//! Source: `k8s.io/apiserver/pkg/storage/value/encrypt/aes/aes_extended_nonce.go` and `aes.go`.

use std::sync::Arc;

use aws_lc_rs::aead::{
    AES_128_GCM, AES_192_GCM, AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey,
};
use aws_lc_rs::hkdf::{HKDF_SHA256, KeyType, Prk};
use aws_lc_rs::rand;
use purser_types::Plaintext;
use zeroize::Zeroizing;

use crate::encrypted_object::SourceType;
use crate::transformer::{OpenError, SealError};

/// Bytes of the random `info` that leads a value and from which its key is derived.
pub(crate) const INFO_LEN: usize = 32;
/// Bytes of a GCM tag.
pub(crate) const TAG_LEN: usize = 16;
/// What a sealed value is longer than its plaintext.
pub(crate) const OVERHEAD: usize = INFO_LEN + NONCE_LEN + TAG_LEN;
/// Bytes of a seed and of a derived key.
pub(crate) const SEED_LEN: usize = 32;
/// Longest seed that is read; upstream writes 32 bytes.
const MAX_SEED_LEN: usize = 64;
const TRUNCATED: OpenError = OpenError::Malformed("truncated");

/// An unwrapped `encryptedDEKSource`; clones share it. AWS-LC wipes the memory of both kinds when the last one goes.
#[derive(Clone)]
pub(crate) enum DataKey {
    /// The AES-GCM key itself, of values written before Kubernetes 1.29; only read.
    Key(Arc<LessSafeKey>),
    /// The seed.
    Seed(Arc<Seed>),
}

impl DataKey {
    pub(crate) fn new(source_type: SourceType, secret: &[u8]) -> Result<Self, OpenError> {
        match source_type {
            SourceType::Key => Ok(Self::Key(Arc::new(gcm(secret)?))),
            SourceType::Seed => Ok(Self::Seed(Arc::new(Seed::new(secret)?))),
        }
    }

    /// Opens `data`, bound to the storage key `key`.
    pub(crate) fn open(&self, key: &str, data: &[u8]) -> Result<Plaintext, OpenError> {
        match self {
            Self::Key(cipher) => open_gcm(cipher, key, data),
            Self::Seed(seed) => {
                let (info, rest) = data.split_at_checked(INFO_LEN).ok_or(TRUNCATED)?;
                open_gcm(&seed.derive(info).ok_or(OpenError::Damaged)?, key, rest)
            }
        }
    }
}

/// A seed, from which the key of every value is derived.
pub(crate) struct Seed(Prk);

struct DerivedLen;

impl KeyType for DerivedLen {
    fn len(&self) -> usize {
        SEED_LEN
    }
}

impl Seed {
    pub(crate) fn new(secret: &[u8]) -> Result<Self, OpenError> {
        if (SEED_LEN..=MAX_SEED_LEN).contains(&secret.len()) {
            Ok(Self(Prk::new_less_safe(HKDF_SHA256, secret)))
        } else {
            Err(OpenError::Malformed("a seed of a wrong length"))
        }
    }

    /// Appends `info ‖ nonce ‖ ciphertext ‖ tag` to `out`; the plaintext itself never enters it.
    pub(crate) fn seal(&self, key: &str, plaintext: &[u8], out: &mut Vec<u8>) -> Result<(), SealError> {
        let mut random = [0_u8; INFO_LEN + NONCE_LEN];
        rand::fill(&mut random).map_err(|_| SealError::NoRandomness)?;
        let (info, nonce) = random.split_at(INFO_LEN);
        let cipher = self.derive(info).ok_or(SealError::Refused)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| SealError::Refused)?;
        out.extend_from_slice(&random);
        let start = out.len();
        out.resize(start + plaintext.len() + TAG_LEN, 0);
        let (_, sealed) = out.split_at_mut(start);
        let (ciphertext, tag) = sealed.split_at_mut(plaintext.len());
        cipher
            .seal_out_of_place_scatter(nonce, Aad::from(key), plaintext, ciphertext, &[], tag)
            .map_err(|_| SealError::Refused)
    }

    fn derive(&self, info: &[u8]) -> Option<LessSafeKey> {
        let mut derived = Zeroizing::new([0_u8; SEED_LEN]);
        self.0
            .expand(&[info], DerivedLen)
            .ok()?
            .fill(derived.as_mut_slice())
            .ok()?;
        Some(LessSafeKey::new(
            UnboundKey::new(&AES_256_GCM, derived.as_slice()).ok()?,
        ))
    }
}

/// A cipher for a key of 16, 24 or 32 bytes.
pub(crate) fn gcm(key: &[u8]) -> Result<LessSafeKey, OpenError> {
    let algorithm = match key.len() {
        16 => &AES_128_GCM,
        24 => &AES_192_GCM,
        32 => &AES_256_GCM,
        _ => return Err(OpenError::Malformed("a key of a wrong length")),
    };
    let key =
        UnboundKey::new(algorithm, key).map_err(|_| OpenError::Malformed("a key that the cipher refuses"))?;
    Ok(LessSafeKey::new(key))
}

/// Opens `nonce ‖ ciphertext ‖ tag`.
pub(crate) fn open_gcm(cipher: &LessSafeKey, key: &str, data: &[u8]) -> Result<Plaintext, OpenError> {
    let (nonce, rest) = data.split_at_checked(NONCE_LEN).ok_or(TRUNCATED)?;
    if rest.len() < TAG_LEN {
        return Err(TRUNCATED);
    }
    let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| TRUNCATED)?;
    // In place in a copy: a new buffer would be written to twice, and allocating one that is zeroed takes longer.
    let mut opened = Zeroizing::new(rest.to_vec());
    let length = cipher
        .open_in_place(nonce, Aad::from(key), &mut opened)
        .map_err(|_| OpenError::Damaged)?
        .len();
    opened.truncate(length);
    Ok(Plaintext::new(std::mem::take(&mut *opened)))
}
