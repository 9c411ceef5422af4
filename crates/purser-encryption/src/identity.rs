//! Values in the clear.

use std::future::ready;

use bytes::Bytes;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use purser_types::Plaintext;

use crate::transformer::{ENCRYPTED_PREFIX, OpenError, Opened, ProviderInfo, SealError, Transformer};

const NAME: &str = "identity";

/// Reads what is not encrypted.
///
/// Nothing authenticates such a value: whoever can write to the store can plant one. It belongs into a chain only while
/// the values of another store are taken over, or where a configuration says so.
#[derive(Debug, Clone, Copy, Default)]
pub struct Identity {
    writes: bool,
}

impl Identity {
    /// One that reads only, and calls every value stale so that the next write encrypts it.
    #[must_use]
    pub fn read_only() -> Self {
        Self { writes: false }
    }

    /// One that stores in the clear.
    #[must_use]
    pub fn in_the_clear() -> Self {
        Self { writes: true }
    }
}

impl Identity {
    fn read(self, stored: &[u8]) -> Result<Opened, OpenError> {
        if self.claims(stored) {
            Ok(Opened {
                plaintext: Plaintext::new(stored.to_vec()),
                stale: !self.writes,
            })
        } else {
            Err(OpenError::Malformed(
                "an encrypted value, asked for as if it were in the clear",
            ))
        }
    }
}

impl Transformer for Identity {
    fn seal<'a>(&'a self, _key: &'a str, plaintext: &'a [u8]) -> BoxFuture<'a, Result<Bytes, SealError>> {
        ready(if self.writes {
            Ok(Bytes::copy_from_slice(plaintext))
        } else {
            Err(SealError::ReadOnly(NAME))
        })
        .boxed()
    }

    fn open<'a>(&'a self, _key: &'a str, stored: &'a [u8]) -> BoxFuture<'a, Result<Opened, OpenError>> {
        ready(self.read(stored)).boxed()
    }

    fn open_now(&self, _key: &str, stored: &[u8]) -> Option<Result<Opened, OpenError>> {
        Some(self.read(stored))
    }

    fn claims(&self, stored: &[u8]) -> bool {
        !stored.starts_with(ENCRYPTED_PREFIX)
    }

    fn prefixes(&self) -> Vec<String> {
        vec![String::new()]
    }

    fn info(&self) -> ProviderInfo {
        ProviderInfo {
            name: NAME.to_owned(),
            key_id: String::new(),
        }
    }
}
