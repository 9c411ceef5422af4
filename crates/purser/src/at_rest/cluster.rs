//! A cluster's own: what its kube-apiservers seal and open values with, as their configuration says. Nothing of Purser's is
//! asked for or made: no keys, and no witness.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use parking_lot::Mutex;
use purser_encryption::configuration::{Configuration, Providers};
use purser_encryption::tally::Tallies;
use purser_encryption::{Identity, OpenError, Opened, SealError, Transformer};
use purser_store::Keyspace;
use purser_types::resource::SECRETS;

use super::configured::{read, warn};
use super::directories::Kept;
use super::kms::{Keepers, dial, wait, wait_for_older};
use crate::error::Error;

/// The providers of a cluster, each for its kinds.
pub(crate) struct Cluster {
    keyspace: Keyspace,
    providers: Providers,
    /// By kind; made when they are first needed.
    made: Mutex<BTreeMap<String, Arc<dyn Transformer>>>,
    /// Asks plugins now and then, until it is dropped.
    #[expect(dead_code, reason = "it is kept")]
    keepers: Keepers,
}

impl Cluster {
    /// Reads the configuration and waits for the plugins that it names.
    ///
    /// # Errors
    /// When the file is open to others, or something in it is wrong, or a plugin is not well.
    pub(crate) async fn open(file: &Path, keyspace: Keyspace) -> Result<Self, Error> {
        let wrong = |reason: String| Error::Settings {
            path: file.to_owned(),
            reason,
        };
        let content = read(file)?;
        let configuration =
            Configuration::read(content.as_bytes(), false).map_err(|error| wrong(error.to_string()))?;
        warn(&configuration);
        let tallies = Tallies::default();
        let providers = Providers::counted(configuration, &tallies, |kms| dial(kms, &tallies))
            .map_err(|error| wrong(error.to_string()))?;
        let waited = wait(providers.envelopes()).await;
        waited.map_err(|(name, why)| wrong(format!("KMS provider {name}: {why}")))?;
        let waited = wait_for_older(providers.older_envelopes()).await;
        waited.map_err(|(name, why)| wrong(format!("KMS provider {name}: {why}")))?;
        let keepers = Keepers::default();
        keepers.look_after(providers.envelopes());
        Ok(Self {
            keyspace,
            providers,
            made: Mutex::default(),
            keepers,
        })
    }

    fn of(&self, key: &str) -> Arc<dyn Transformer> {
        let kept = Kept::at(&self.keyspace, key);
        let mut made = self.made.lock();
        let transformer = made.entry(format!("{kept:?}")).or_insert_with(|| self.make(kept));
        Arc::clone(transformer)
    }

    fn make(&self, kept: Kept<'_>) -> Arc<dyn Transformer> {
        match kept {
            Kept::Kind { group, resource } => self.providers.of(group, resource),
            Kept::Clear(_) => Arc::new(Identity::in_the_clear()),
            Kept::Unknown(_) => Arc::new(LeftAlone(self.providers.of_no_kind())),
            Kept::Own => self.providers.of_the_server(SECRETS.group, SECRETS.plural),
        }
    }
}

impl Transformer for Cluster {
    fn seal<'a>(&'a self, key: &'a str, plaintext: &'a [u8]) -> BoxFuture<'a, Result<Bytes, SealError>> {
        let transformer = self.of(key);
        async move { transformer.seal(key, plaintext).await }.boxed()
    }

    fn open<'a>(&'a self, key: &'a str, stored: &'a [u8]) -> BoxFuture<'a, Result<Opened, OpenError>> {
        let transformer = self.of(key);
        async move { transformer.open(key, stored).await }.boxed()
    }

    fn open_now(&self, key: &str, stored: &[u8]) -> Option<Result<Opened, OpenError>> {
        self.of(key).open_now(key, stored)
    }
}

/// Opens values of a kind of which nobody knows what would seal it; they are as they should be, whoever sealed them.
struct LeftAlone(Arc<dyn Transformer>);

impl Transformer for LeftAlone {
    fn seal<'a>(&'a self, _key: &'a str, _plaintext: &'a [u8]) -> BoxFuture<'a, Result<Bytes, SealError>> {
        async { Err(SealError::ReadOnly("of kinds that are not known")) }.boxed()
    }

    fn open<'a>(&'a self, key: &'a str, stored: &'a [u8]) -> BoxFuture<'a, Result<Opened, OpenError>> {
        let opening = self.0.open(key, stored);
        async move {
            let opened = opening.await?;
            Ok(Opened {
                stale: false,
                ..opened
            })
        }
        .boxed()
    }
}
