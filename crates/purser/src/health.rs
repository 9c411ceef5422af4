//! What `/readyz` asks besides the server's own checks.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use purser_encryption::SealedStore;
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
pub(crate) struct EncryptionWorks(pub(crate) SealedStore);

/// What is sealed to see whether it can be: no value of anybody's.
const PROBE: &[u8] = b"probe";
/// What it would be called among the server's own records.
const PROBE_NAME: &str = "probe";

impl Check for EncryptionWorks {
    fn name(&self) -> &'static str {
        "encryption"
    }

    fn check(&self) -> BoxFuture<'_, Result<(), String>> {
        Box::pin(async {
            let (transformer, key) = (self.0.transformer(), self.0.keyspace().record(PROBE_NAME));
            let sealed = transformer
                .seal(&key, PROBE)
                .await
                .map_err(|error| error.to_string())?;
            let opened = transformer
                .open(&key, &sealed)
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
