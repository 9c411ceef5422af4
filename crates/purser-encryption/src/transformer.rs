//! What turns an object's bytes into what is stored, and back.

use bytes::Bytes;
use futures_util::future::BoxFuture;
use purser_types::Plaintext;

/// How every encrypted value starts.
pub const ENCRYPTED_PREFIX: &[u8] = b"k8s:enc:";

/// A value that was opened.
#[derive(Debug)]
pub struct Opened {
    /// The object's bytes.
    pub plaintext: Plaintext,
    /// Whether the next write should rewrite it: not sealed by the first provider, or with another key.
    pub stale: bool,
}

/// Who seals, for readiness and people; nothing of it is secret.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProviderInfo {
    /// The provider's name, as in the prefix of what it writes.
    pub name: String,
    /// The id of the key it seals with; empty: none yet, or it has none.
    pub key_id: String,
}

/// Why a value cannot be opened. Never holds any of its bytes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// No provider knows the prefix.
    #[error("no provider for {0}")]
    NoProvider(String),
    /// The provider has no such key.
    #[error("no key named {0}")]
    NoKey(String),
    /// The value is damaged, was moved from another key, or was sealed with another key of the same name.
    #[error("the value does not authenticate")]
    Damaged,
    /// The value is not in the format its prefix promises.
    #[error("the value is malformed: {0}")]
    Malformed(&'static str),
    /// The key holder could not be reached.
    #[error("the key holder is not available: {0}")]
    Unavailable(String),
}

/// Why a value cannot be sealed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// The key holder could not be reached, or answered what cannot be stored.
    #[error("the key holder is not available: {0}")]
    Unavailable(String),
    /// The source of randomness failed.
    #[error("no randomness")]
    NoRandomness,
    /// The cipher refused: the value is beyond what it can take.
    #[error("the value cannot be encrypted")]
    Refused,
    /// The provider is for reading only.
    #[error("provider {0} only reads")]
    ReadOnly(&'static str),
}

/// Seals and opens values; `key` is the storage key and is bound where the format allows it.
pub trait Transformer: Send + Sync + 'static {
    /// The stored bytes for `plaintext`.
    fn seal<'a>(&'a self, key: &'a str, plaintext: &'a [u8]) -> BoxFuture<'a, Result<Bytes, SealError>>;

    /// The plaintext of `stored`.
    fn open<'a>(&'a self, key: &'a str, stored: &'a [u8]) -> BoxFuture<'a, Result<Opened, OpenError>>;

    /// As [`Transformer::open`], when it can be said without waiting for anybody; `None`: it has to be asked. This is
    /// nearly always the case and costs no future.
    fn open_now(&self, _key: &str, _stored: &[u8]) -> Option<Result<Opened, OpenError>> {
        None
    }

    /// Whether `stored` looks like what this one writes, judged by its prefix alone.
    fn claims(&self, _stored: &[u8]) -> bool {
        true
    }

    /// What the values that it claims begin with, what it writes itself first; an empty one: they are in the clear. None
    /// when it cannot be said.
    fn prefixes(&self) -> Vec<String> {
        Vec::new()
    }

    /// Who seals.
    fn info(&self) -> ProviderInfo {
        ProviderInfo::default()
    }
}
