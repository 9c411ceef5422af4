//! The ciphers by themselves.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::cipher::{
    AES_256, AES_CBC_IV_LEN, DecryptionContext, PaddedBlockDecryptingKey, PaddedBlockEncryptingKey,
    UnboundCipherKey,
};
use aws_lc_rs::hkdf::{HKDF_SHA256, KeyType, Prk};
use aws_lc_rs::iv::FixedLength;
use aws_lc_rs::rand;
use poly1305::Poly1305;
use poly1305::universal_hash::KeyInit as _;
use salsa20::XSalsa20;
use salsa20::cipher::{KeyIvInit as _, StreamCipher as _};

const TAG_LEN: usize = 16;
const BLOCK: usize = 16;

/// A cipher with its key.
pub(crate) enum Bare {
    /// None: the bytes are copied.
    Copy,
    Cbc(Box<(PaddedBlockEncryptingKey, PaddedBlockDecryptingKey)>),
    Gcm(LessSafeKey),
    Secretbox([u8; 32]),
    /// A random key for each value, which opens with a key that is at hand.
    NewKey(LessSafeKey),
    /// A key for each value, derived from a seed and 32 random bytes.
    Derived(Box<Prk>),
}

struct KeyLen;

impl KeyType for KeyLen {
    fn len(&self) -> usize {
        32
    }
}

/// What opening needs besides the ciphertext.
pub(crate) struct Made {
    random: [u8; 44],
    tag: [u8; TAG_LEN],
    iv: [u8; AES_CBC_IV_LEN],
}

fn key(secret: &[u8]) -> LessSafeKey {
    LessSafeKey::new(UnboundKey::new(&AES_256_GCM, secret).expect("a key"))
}

fn derive(prk: &Prk, info: &[u8]) -> LessSafeKey {
    let mut derived = [0; 32];
    let filled = prk.expand(&[info], KeyLen).and_then(|okm| okm.fill(&mut derived));
    filled.expect("derived");
    key(&derived)
}

fn gcm_seal(
    key: &LessSafeKey,
    nonce: [u8; NONCE_LEN],
    aad: &str,
    plaintext: &[u8],
    out: &mut [u8],
) -> [u8; 16] {
    let mut tag = [0; TAG_LEN];
    let nonce = Nonce::assume_unique_for_key(nonce);
    let sealed = key.seal_out_of_place_scatter(nonce, Aad::from(aad), plaintext, out, &[], &mut tag);
    sealed.expect("sealed");
    tag
}

fn gcm_open(key: &LessSafeKey, nonce: [u8; NONCE_LEN], aad: &str, tag: &[u8], from: &[u8], out: &mut [u8]) {
    let nonce = Nonce::assume_unique_for_key(nonce);
    let opened = key.open_separate_gather(nonce, Aad::from(aad), from, tag, out);
    opened.expect("opened");
}

fn part<const N: usize>(random: &[u8], at: usize) -> [u8; N] {
    let part = random.get(at..at + N).and_then(|part| part.first_chunk());
    *part.expect("a part")
}

fn random<const N: usize>(made: &mut Made) {
    rand::fill(made.random.get_mut(..N).expect("room")).expect("randomness");
}

impl Bare {
    pub(crate) fn cbc(secret: &[u8]) -> Self {
        let unbound = || UnboundCipherKey::new(&AES_256, secret).expect("a key");
        Self::Cbc(Box::new((
            PaddedBlockEncryptingKey::cbc_pkcs7(unbound()).expect("a key"),
            PaddedBlockDecryptingKey::cbc_pkcs7(unbound()).expect("a key"),
        )))
    }

    pub(crate) fn gcm(secret: &[u8]) -> Self {
        Self::Gcm(key(secret))
    }

    pub(crate) fn new_key(secret: &[u8]) -> Self {
        Self::NewKey(key(secret))
    }

    pub(crate) fn derived(secret: &[u8]) -> Self {
        Self::Derived(Box::new(Prk::new_less_safe(HKDF_SHA256, secret)))
    }

    /// A buffer for what is sealed and opened.
    pub(crate) fn room(&self, size: usize) -> Vec<u8> {
        let mut room = Vec::with_capacity(size + BLOCK);
        room.resize(size, 0);
        room
    }

    pub(crate) fn seal(&self, aad: &str, plaintext: &[u8], room: &mut Vec<u8>) -> Made {
        let mut made = Made {
            random: [0; 44],
            tag: [0; TAG_LEN],
            iv: [0; AES_CBC_IV_LEN],
        };
        match self {
            Self::Copy => room.copy_from_slice(plaintext),
            Self::Cbc(keys) => {
                // In place: what lies there is as good as the plaintext.
                room.truncate(plaintext.len());
                let context = keys.0.encrypt(room).expect("sealed");
                if let DecryptionContext::Iv128(iv) = context {
                    made.iv.copy_from_slice(iv.as_ref());
                }
            }
            Self::Gcm(key) => {
                random::<12>(&mut made);
                made.tag = gcm_seal(key, part(&made.random, 0), aad, plaintext, room);
            }
            Self::NewKey(_) => {
                random::<44>(&mut made);
                let own = key(&part::<32>(&made.random, 0));
                made.tag = gcm_seal(&own, part(&made.random, 32), aad, plaintext, room);
            }
            Self::Derived(prk) => {
                random::<44>(&mut made);
                let own = derive(prk, &part::<32>(&made.random, 0));
                made.tag = gcm_seal(&own, part(&made.random, 32), aad, plaintext, room);
            }
            Self::Secretbox(secret) => {
                random::<24>(&mut made);
                let (mut stream, tag) = start(secret, &part(&made.random, 0));
                stream.apply_keystream_b2b(plaintext, room);
                made.tag = tag.compute_unpadded(room).into();
            }
        }
        made
    }

    /// As [`Bare::seal`], so that it can be opened again.
    pub(crate) fn seal_to_open(&self, aad: &str, plaintext: &[u8], room: &mut Vec<u8>) -> Made {
        let mut made = self.seal(aad, plaintext, room);
        if let Self::NewKey(at_hand) = self {
            made.tag = gcm_seal(at_hand, part(&made.random, 32), aad, plaintext, room);
        }
        made
    }

    pub(crate) fn open(&self, aad: &str, made: &Made, from: &[u8], room: &mut Vec<u8>) {
        match self {
            Self::Copy => room.copy_from_slice(from),
            Self::Cbc(keys) => {
                // In place, so that it has to be there first.
                room.resize(from.len(), 0);
                room.copy_from_slice(from);
                let context = DecryptionContext::Iv128(FixedLength::from(&made.iv));
                keys.1.decrypt(room, context).expect("opened");
            }
            Self::Gcm(key) => gcm_open(key, part(&made.random, 0), aad, &made.tag, from, room),
            Self::NewKey(key) => gcm_open(key, part(&made.random, 32), aad, &made.tag, from, room),
            Self::Derived(prk) => {
                let own = derive(prk, &part::<32>(&made.random, 0));
                gcm_open(&own, part(&made.random, 32), aad, &made.tag, from, room);
            }
            Self::Secretbox(secret) => {
                let (mut stream, tag) = start(secret, &part(&made.random, 0));
                assert!(tag.compute_unpadded(from).as_slice() == made.tag, "opened");
                stream.apply_keystream_b2b(from, room);
            }
        }
    }
}

fn start(secret: &[u8; 32], nonce: &[u8; 24]) -> (XSalsa20, Poly1305) {
    let mut stream = XSalsa20::new(secret.into(), nonce.into());
    let mut tag_key = [0; 32];
    stream.apply_keystream(&mut tag_key);
    (stream, Poly1305::new((&tag_key).into()))
}
