//! Values in the clear, as a cluster without encryption wrote them. Read, never written.

use std::future::ready;

use bytes::Bytes;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use purser_types::Plaintext;

use crate::transformer::{ENCRYPTED_PREFIX, OpenError, Opened, ProviderInfo, SealError, Transformer};

const NAME: &str = "identity";

/// Reads what is not encrypted, and calls it stale so that the next write encrypts it.
///
/// Nothing authenticates such a value: whoever can write to the store can plant one. It belongs into a chain only while
/// the values of another store are taken over.
#[derive(Debug, Clone, Copy, Default)]
pub struct Identity;

impl Transformer for Identity {
    fn seal<'a>(&'a self, _key: &'a str, _plaintext: &'a [u8]) -> BoxFuture<'a, Result<Bytes, SealError>> {
        ready(Err(SealError::ReadOnly(NAME))).boxed()
    }

    fn open<'a>(&'a self, _key: &'a str, stored: &'a [u8]) -> BoxFuture<'a, Result<Opened, OpenError>> {
        ready(if self.claims(stored) {
            Ok(Opened {
                plaintext: Plaintext::new(stored.to_vec()),
                stale: true,
            })
        } else {
            Err(OpenError::Malformed(
                "an encrypted value, asked for as if it were in the clear",
            ))
        })
        .boxed()
    }

    fn claims(&self, stored: &[u8]) -> bool {
        !stored.starts_with(ENCRYPTED_PREFIX)
    }

    fn info(&self) -> ProviderInfo {
        ProviderInfo {
            name: NAME.to_owned(),
            key_id: String::new(),
        }
    }
}
