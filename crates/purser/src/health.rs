//! What `/readyz` asks besides the server's own checks.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use purser_encryption::Transformer;
use purser_server::Check;
use purser_store::Store;

/// Fails while the store takes no writes.
pub(crate) struct StoreWrites(pub(crate) Arc<dyn Store>);

impl Check for StoreWrites {
    fn name(&self) -> &'static str {
        "store"
    }

    fn check(&self) -> BoxFuture<'_, Result<(), String>> {
        Box::pin(async { self.0.writable().await.map_err(|error| error.to_string()) })
    }
}

/// Fails while nothing can be sealed and opened.
pub(crate) struct EncryptionWorks(pub(crate) Arc<dyn Transformer>);

/// What is sealed to see whether it can be: no value of anybody's.
const PROBE: &[u8] = b"probe";
/// A storage key that no object has.
const PROBE_KEY: &str = "/purser/probe";

impl Check for EncryptionWorks {
    fn name(&self) -> &'static str {
        "encryption"
    }

    fn check(&self) -> BoxFuture<'_, Result<(), String>> {
        Box::pin(async {
            let sealed = self
                .0
                .seal(PROBE_KEY, PROBE)
                .await
                .map_err(|error| error.to_string())?;
            let opened = self
                .0
                .open(PROBE_KEY, &sealed)
                .await
                .map_err(|error| error.to_string())?;
            if opened.plaintext.expose() == PROBE {
                Ok(())
            } else {
                Err("what was sealed opens as something else".to_owned())
            }
        })
    }
}
