//! The providers whose keys stand in the configuration file: `aescbc`, `aesgcm` and `secretbox`.
//!
//! ```text
//! k8s:enc:<provider>:v1:<key name>:    the prefix
//! the cipher's body                    see each cipher
//! ```
//!
//! Source: `aesPrefixTransformer` and `secretboxPrefixTransformer` in
//! `k8s.io/apiserver/pkg/server/options/encryptionconfig/config.go`, and `prefixTransformers` in
//! `k8s.io/apiserver/pkg/storage/value/transformer.go`.

mod cbc;
mod gcm;
mod secretbox;

use std::future::ready;

use bytes::Bytes;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use purser_types::Plaintext;
use zeroize::Zeroizing;

use crate::chain::describe;
use crate::transformer::{OpenError, Opened, ProviderInfo, SealError, Transformer};

pub(crate) use cbc::Cbc;
pub(crate) use gcm::Gcm;
use secretbox::Secretbox;

/// Which cipher a provider uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// AES in CBC mode with PKCS#7 padding. Authenticates nothing and binds a value to no place.
    AesCbc,
    /// AES in GCM, the storage key as additional data, random nonces: a key wears out after some 2^32 writes.
    AesGcm,
    /// XSalsa20 and Poly1305. Authenticates a value and binds it to no place.
    Secretbox,
}

impl Algorithm {
    /// The word of the configuration file and of the prefix.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AesCbc => "aescbc",
            Self::AesGcm => "aesgcm",
            Self::Secretbox => "secretbox",
        }
    }

    /// The lengths that a key may have, in bytes.
    #[must_use]
    pub fn key_lengths(self) -> &'static [usize] {
        match self {
            Self::AesCbc | Self::AesGcm => &[16, 24, 32],
            Self::Secretbox => &[32],
        }
    }

    /// Whether a value is bound to its storage key, so that it cannot be put into another's place unnoticed.
    #[must_use]
    pub fn binds_the_place(self) -> bool {
        self == Self::AesGcm
    }

    fn cipher(self, key: &[u8]) -> Option<Box<dyn Cipher>> {
        Some(match self {
            Self::AesCbc => Box::new(Cbc::new(key)?),
            Self::AesGcm => Box::new(Gcm::new(key)?),
            Self::Secretbox => Box::new(Secretbox::new(key)?),
        })
    }
}

/// A key with its name.
pub struct NamedKey {
    /// The name, which every value carries in the clear.
    pub name: String,
    /// The key.
    pub secret: Zeroizing<Vec<u8>>,
}

/// One cipher with one key.
pub(crate) trait Cipher: Send + Sync {
    /// Appends the body of the value of the storage key `key` to `out`, which has [`Cipher::overhead`] room beyond
    /// the plaintext.
    fn seal(&self, key: &str, plaintext: &[u8], out: &mut Vec<u8>) -> Result<(), SealError>;

    /// Opens a body.
    fn open(&self, key: &str, body: &[u8]) -> Result<Plaintext, OpenError>;

    /// How many bytes longer the body of a plaintext of `length` bytes is.
    fn overhead(&self, length: usize) -> usize;
}

/// A key that is not of a length that the cipher takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a key is not of a length that the cipher takes, or there is none")]
pub struct BadKey;

/// Writes with the first key, reads with all.
pub struct Keyed {
    algorithm: Algorithm,
    /// `k8s:enc:<provider>:v1:`
    prefix: String,
    first: Named,
    others: Vec<Named>,
}

/// A cipher and the key name with which its values go on after the provider's prefix.
struct Named {
    /// `<key name>:`
    prefix: String,
    cipher: Box<dyn Cipher>,
}

impl Keyed {
    /// A provider that writes with the first of `keys`.
    ///
    /// # Errors
    /// [`BadKey`].
    pub fn new(algorithm: Algorithm, keys: Vec<NamedKey>) -> Result<Self, BadKey> {
        let mut named = Vec::with_capacity(keys.len());
        for key in keys {
            named.push(Named {
                prefix: format!("{}:", key.name),
                cipher: algorithm.cipher(&key.secret).ok_or(BadKey)?,
            });
        }
        let mut named = named.into_iter();
        Ok(Self {
            algorithm,
            prefix: format!("k8s:enc:{}:v1:", algorithm.as_str()),
            first: named.next().ok_or(BadKey)?,
            others: named.collect(),
        })
    }

    fn seal_now(&self, key: &str, plaintext: &[u8]) -> Result<Bytes, SealError> {
        let head = self.prefix.len() + self.first.prefix.len();
        let mut out =
            Vec::with_capacity(head + plaintext.len() + self.first.cipher.overhead(plaintext.len()));
        out.extend_from_slice(self.prefix.as_bytes());
        out.extend_from_slice(self.first.prefix.as_bytes());
        self.first.cipher.seal(key, plaintext, &mut out)?;
        Ok(Bytes::from(out))
    }

    /// Tries every key of the value's name: two may share one while a key is replaced.
    fn open_any(&self, key: &str, stored: &[u8]) -> Result<Opened, OpenError> {
        let rest = stored
            .strip_prefix(self.prefix.as_bytes())
            .ok_or_else(|| OpenError::NoProvider(describe(stored)))?;
        let mut failure = None;
        for (index, named) in std::iter::once(&self.first).chain(&self.others).enumerate() {
            let Some(body) = rest.strip_prefix(named.prefix.as_bytes()) else {
                continue;
            };
            match named.cipher.open(key, body) {
                Ok(plaintext) => {
                    return Ok(Opened {
                        plaintext,
                        stale: index > 0,
                    });
                }
                Err(error) => failure = failure.or(Some(error)),
            }
        }
        Err(failure.unwrap_or_else(|| OpenError::NoKey(key_name(rest))))
    }
}

impl Transformer for Keyed {
    fn seal<'a>(&'a self, key: &'a str, plaintext: &'a [u8]) -> BoxFuture<'a, Result<Bytes, SealError>> {
        ready(self.seal_now(key, plaintext)).boxed()
    }

    fn open<'a>(&'a self, key: &'a str, stored: &'a [u8]) -> BoxFuture<'a, Result<Opened, OpenError>> {
        ready(self.open_any(key, stored)).boxed()
    }

    fn open_now(&self, key: &str, stored: &[u8]) -> Option<Result<Opened, OpenError>> {
        Some(self.open_any(key, stored))
    }

    fn claims(&self, stored: &[u8]) -> bool {
        stored.starts_with(self.prefix.as_bytes())
    }

    fn prefixes(&self) -> Vec<String> {
        vec![self.prefix.clone()]
    }

    fn info(&self) -> ProviderInfo {
        ProviderInfo {
            name: self.algorithm.as_str().to_owned(),
            key_id: self.first.prefix.trim_end_matches(':').to_owned(),
        }
    }
}

/// Longest key name that an error repeats, bytes.
const MAX_NAMED: usize = 128;

/// The key that a value names, as far as it can be told.
fn key_name(rest: &[u8]) -> String {
    let head = rest.get(..MAX_NAMED).unwrap_or(rest);
    let name = head.split(|byte| *byte == b':').next().unwrap_or_default();
    if name.len() < head.len() && !name.is_empty() && name.iter().all(u8::is_ascii_graphic) {
        String::from_utf8_lossy(name).into_owned()
    } else {
        "(unreadable)".to_owned()
    }
}
