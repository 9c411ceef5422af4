//! `nonce(12) ‖ AES-GCM(object, AAD = storage key) ‖ tag(16)`.
//!
//! Source: `gcm` in `k8s.io/apiserver/pkg/storage/value/encrypt/aes/aes.go`.

use aws_lc_rs::aead::{Aad, LessSafeKey, NONCE_LEN, Nonce};
use aws_lc_rs::rand;
use purser_types::Plaintext;

use super::Cipher;
use crate::data_key::{TAG_LEN, gcm, open_gcm};
use crate::transformer::{OpenError, SealError};

pub(crate) struct Gcm(LessSafeKey);

impl Gcm {
    pub(crate) fn new(key: &[u8]) -> Option<Self> {
        gcm(key).ok().map(Self)
    }
}

impl Cipher for Gcm {
    fn seal(&self, key: &str, plaintext: &[u8], out: &mut Vec<u8>) -> Result<(), SealError> {
        let mut random = [0_u8; NONCE_LEN];
        rand::fill(&mut random).map_err(|_| SealError::NoRandomness)?;
        out.extend_from_slice(&random);
        let start = out.len();
        out.resize(start + plaintext.len() + TAG_LEN, 0);
        let (_, sealed) = out.split_at_mut(start);
        let (ciphertext, tag) = sealed.split_at_mut(plaintext.len());
        self.0
            .seal_out_of_place_scatter(
                Nonce::assume_unique_for_key(random),
                Aad::from(key),
                plaintext,
                ciphertext,
                &[],
                tag,
            )
            .map_err(|_| SealError::Refused)
    }

    fn open(&self, key: &str, body: &[u8]) -> Result<Plaintext, OpenError> {
        open_gcm(&self.0, key, body)
    }

    fn overhead(&self, _length: usize) -> usize {
        NONCE_LEN + TAG_LEN
    }
}
