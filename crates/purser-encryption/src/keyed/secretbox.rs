//! `nonce(24) ‖ tag(16) ‖ XSalsa20(object)`, the tag by Poly1305 over the ciphertext: NaCl's `secretbox`.
//!
//! A value is authenticated, and not bound to its place: one object's value can be put in the place of another's.
//!
//! Source: `k8s.io/apiserver/pkg/storage/value/encrypt/secretbox/secretbox.go`, and NaCl's
//! `crypto_secretbox_xsalsa20poly1305`.

use aws_lc_rs::rand;
use poly1305::Poly1305;
use poly1305::universal_hash::KeyInit as _;
use purser_types::Plaintext;
use salsa20::XSalsa20;
use salsa20::cipher::{KeyIvInit as _, StreamCipher as _, StreamCipherError};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use super::Cipher;
use crate::transformer::{OpenError, SealError};

const KEY_LEN: usize = 32;
const NONCE_LEN: usize = 24;
const TAG_LEN: usize = 16;
const TRUNCATED: OpenError = OpenError::Malformed("the stored data was shorter than the required size");

pub(super) struct Secretbox(Zeroizing<[u8; KEY_LEN]>);

impl Secretbox {
    pub(super) fn new(key: &[u8]) -> Option<Self> {
        let mut own = Zeroizing::new([0; KEY_LEN]);
        (key.len() == KEY_LEN).then(|| own.copy_from_slice(key))?;
        Some(Self(own))
    }

    /// The stream from after the first 32 bytes of it, which are the key of the tag.
    fn start(&self, nonce: &[u8; NONCE_LEN]) -> Result<(XSalsa20, Poly1305), StreamCipherError> {
        let mut stream = XSalsa20::new((&*self.0).into(), nonce.into());
        let mut tag_key = Zeroizing::new([0; KEY_LEN]);
        stream.try_apply_keystream(tag_key.as_mut_slice())?;
        Ok((stream, Poly1305::new((&*tag_key).into())))
    }
}

impl Cipher for Secretbox {
    fn seal(&self, _key: &str, plaintext: &[u8], out: &mut Vec<u8>) -> Result<(), SealError> {
        let mut nonce = [0; NONCE_LEN];
        rand::fill(&mut nonce).map_err(|_| SealError::NoRandomness)?;
        let (mut stream, tag) = self.start(&nonce).map_err(|_| SealError::Refused)?;
        out.extend_from_slice(&nonce);
        let at = out.len();
        out.resize(at + TAG_LEN + plaintext.len(), 0);
        let (_, boxed) = out.split_at_mut(at);
        let (tag_room, ciphertext) = boxed.split_at_mut(TAG_LEN);
        stream
            .try_apply_keystream_b2b(plaintext, ciphertext)
            .map_err(|_| SealError::Refused)?;
        tag_room.copy_from_slice(&tag.compute_unpadded(ciphertext));
        Ok(())
    }

    fn open(&self, _key: &str, body: &[u8]) -> Result<Plaintext, OpenError> {
        let (nonce, boxed) = body.split_first_chunk::<NONCE_LEN>().ok_or(TRUNCATED)?;
        let (tag, ciphertext) = boxed.split_first_chunk::<TAG_LEN>().ok_or(TRUNCATED)?;
        let (mut stream, expected) = self.start(nonce).map_err(|_| OpenError::Damaged)?;
        let holds: bool = expected.compute_unpadded(ciphertext).as_slice().ct_eq(tag).into();
        if !holds {
            return Err(OpenError::Damaged);
        }
        let mut opened = Zeroizing::new(ciphertext.to_vec());
        stream
            .try_apply_keystream(&mut opened)
            .map_err(|_| OpenError::Damaged)?;
        Ok(Plaintext::new(std::mem::take(&mut *opened)))
    }

    fn overhead(&self, _length: usize) -> usize {
        NONCE_LEN + TAG_LEN
    }
}
