//! `IV(16) ‖ AES-CBC(object, PKCS#7 padding)`.
//!
//! Nothing authenticates such a value: who can write to the store can change it, and can put one object's value in
//! the place of another's.
//!
//! Source: `cbc` in `k8s.io/apiserver/pkg/storage/value/encrypt/aes/aes.go`.

use aws_lc_rs::cipher::{
    AES_128, AES_192, AES_256, AES_CBC_IV_LEN, DecryptionContext, PaddedBlockDecryptingKey,
    PaddedBlockEncryptingKey, UnboundCipherKey,
};
use aws_lc_rs::iv::FixedLength;
use purser_types::Plaintext;
use zeroize::Zeroizing;

use super::Cipher;
use crate::transformer::{OpenError, SealError};

/// Bytes of a block.
const BLOCK: usize = 16;

pub(crate) struct Cbc {
    sealing: PaddedBlockEncryptingKey,
    opening: PaddedBlockDecryptingKey,
}

impl Cbc {
    pub(crate) fn new(key: &[u8]) -> Option<Self> {
        let algorithm = match key.len() {
            16 => &AES_128,
            24 => &AES_192,
            32 => &AES_256,
            _ => return None,
        };
        let unbound = || UnboundCipherKey::new(algorithm, key).ok();
        Some(Self {
            sealing: PaddedBlockEncryptingKey::cbc_pkcs7(unbound()?).ok()?,
            opening: PaddedBlockDecryptingKey::cbc_pkcs7(unbound()?).ok()?,
        })
    }
}

impl Cipher for Cbc {
    fn seal(&self, _key: &str, plaintext: &[u8], out: &mut Vec<u8>) -> Result<(), SealError> {
        // Encrypted where it lies; the room for the padding is there, so that no copy in the clear is left behind.
        let mut sealed = Zeroizing::new(Vec::with_capacity(plaintext.len() + BLOCK));
        sealed.extend_from_slice(plaintext);
        let context = self
            .sealing
            .encrypt(&mut *sealed)
            .map_err(|_| SealError::Refused)?;
        let DecryptionContext::Iv128(iv) = context else {
            return Err(SealError::Refused);
        };
        out.extend_from_slice(iv.as_ref());
        out.extend_from_slice(&sealed);
        Ok(())
    }

    fn open(&self, _key: &str, body: &[u8]) -> Result<Plaintext, OpenError> {
        let (iv, blocks) = body
            .split_first_chunk::<AES_CBC_IV_LEN>()
            .ok_or(OpenError::Malformed(
                "the stored data was shorter than the required size",
            ))?;
        if blocks.is_empty() || blocks.len() % BLOCK != 0 {
            return Err(OpenError::Malformed(
                "the stored data is not a multiple of the block size",
            ));
        }
        let mut opened = Zeroizing::new(blocks.to_vec());
        let context = DecryptionContext::Iv128(FixedLength::from(iv));
        let length = self
            .opening
            .decrypt(&mut opened, context)
            .map_err(|_| OpenError::Damaged)?
            .len();
        opened.truncate(length);
        Ok(Plaintext::new(std::mem::take(&mut *opened)))
    }

    fn overhead(&self, length: usize) -> usize {
        AES_CBC_IV_LEN + BLOCK - length % BLOCK
    }
}
