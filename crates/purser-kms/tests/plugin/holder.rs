//! A key holder of which a test says how it is: stands in for one on another machine.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use purser_encryption::{KeyHolder, OpenError, SealError, Wrapped};
use zeroize::Zeroizing;

/// "Wraps" by turning every bit over.
#[derive(Default)]
pub(crate) struct Remote {
    pub(crate) key: AtomicUsize,
    pub(crate) away: AtomicBool,
    pub(crate) calls: AtomicUsize,
}

impl Remote {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self::default())
    }

    pub(crate) fn calls(&self) -> usize {
        self.calls.load(Ordering::Relaxed)
    }

    fn ask(&self) -> Result<String, String> {
        self.calls.fetch_add(1, Ordering::Relaxed);
        if self.away.load(Ordering::Relaxed) {
            return Err("away".to_owned());
        }
        Ok(format!("remote-{}", self.key.load(Ordering::Relaxed)))
    }
}

fn turned(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().map(|byte| !byte).collect()
}

impl KeyHolder for Remote {
    fn key_id(&self) -> BoxFuture<'_, Result<String, SealError>> {
        async { self.ask().map_err(SealError::Unavailable) }.boxed()
    }

    fn wrap<'a>(&'a self, secret: &'a [u8]) -> BoxFuture<'a, Result<Wrapped, SealError>> {
        async {
            let key_id = self.ask().map_err(SealError::Unavailable)?;
            Ok(Wrapped {
                ciphertext: turned(secret),
                annotations: BTreeMap::from([("key.remote.example".to_owned(), key_id.clone().into_bytes())]),
                key_id,
            })
        }
        .boxed()
    }

    fn unwrap<'a>(&'a self, wrapped: &'a Wrapped) -> BoxFuture<'a, Result<Zeroizing<Vec<u8>>, OpenError>> {
        async {
            self.ask().map_err(OpenError::Unavailable)?;
            if wrapped.annotations.get("key.remote.example") != Some(&wrapped.key_id.clone().into_bytes()) {
                return Err(OpenError::Damaged);
            }
            if !wrapped.key_id.starts_with("remote-") {
                return Err(OpenError::NoKey(wrapped.key_id.clone()));
            }
            Ok(Zeroizing::new(turned(&wrapped.ciphertext)))
        }
        .boxed()
    }
}
