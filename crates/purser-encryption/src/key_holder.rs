//! Who holds the key that wraps the seeds.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::future::BoxFuture;
use zeroize::Zeroizing;

use crate::transformer::{OpenError, SealError};

/// A wrapped seed, with what the holder needs to unwrap it. Nothing of it is secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrapped {
    /// The wrapped bytes, 1 to 1,024.
    pub ciphertext: Vec<u8>,
    /// The id of the wrapping key, 1 to 1,024 bytes; empty for plugins of KMS v1, which tell none.
    pub key_id: String,
    /// Handed back as they are; keys are fully qualified domain names, all together at most 32 KiB.
    pub annotations: BTreeMap<String, Vec<u8>>,
}

/// Wraps and unwraps seeds: local key files, a KMS plugin, a PKCS#11 token, a TPM.
///
/// The duties are those of a KMS v2 plugin: a key id is public, never used again for another key, and equal
/// plaintexts are wrapped differently.
pub trait KeyHolder: Send + Sync + 'static {
    /// The id of the key that [`KeyHolder::wrap`] would use now. A change makes a new seed.
    fn key_id(&self) -> BoxFuture<'_, Result<String, SealError>>;

    /// Wraps `secret` with the current key.
    fn wrap<'a>(&'a self, secret: &'a [u8]) -> BoxFuture<'a, Result<Wrapped, SealError>>;

    /// How long values may be sealed with a seed after the holder last said that it is well and still has the key;
    /// `None`: for ever, since it is never away.
    fn trusted_for(&self) -> Option<Duration> {
        None
    }

    /// The bytes that were wrapped. `OpenError::NoKey` when the holder does not have the key.
    fn unwrap<'a>(&'a self, wrapped: &'a Wrapped) -> BoxFuture<'a, Result<Zeroizing<Vec<u8>>, OpenError>>;
}
