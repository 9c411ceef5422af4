//! Encryption at rest: who seals and opens values, and whether that is who sealed what the store holds.

mod cluster;
mod configured;
mod counting;
mod directories;
mod held;
mod key_files;
mod kms;
mod local;
mod options;
mod own_keys;
mod several;
pub(crate) mod testimony;
mod witness;

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use purser_encryption::configuration::Routes;
use purser_encryption::tally::Tallies;
use purser_encryption::{Envelope, EnvelopeV1, SealedStore, Transformer};
use purser_kms::Layered;
use purser_store::{Keyspace, Store, StoreError, prefix_end};

use crate::error::Error;
use crate::initialised::Marks;
use crate::layout::Layout;
use crate::reload::Followed;

pub(crate) use cluster::Cluster;
pub(crate) use configured::{Configured, Reloads};
pub(crate) use directories::Kept;
pub(crate) use options::Holders;
pub(crate) use own_keys::OwnKeys;

use kms::{Keepers, KmsProviders};
use testimony::UsedKey;

/// Opens what is stored, and seals what will be.
#[derive(Clone)]
pub(crate) struct AtRest {
    /// Seals, and opens what was sealed.
    pub(crate) transformer: Arc<dyn Transformer>,
    /// Those of it whose key holders are asked now and then.
    pub(crate) envelopes: Envelopes,
    /// Id of the key that Secrets are sealed with now; empty: their provider has none.
    pub(crate) key_id: String,
    /// Whether the key was made just now.
    pub(crate) new: bool,
    /// Where the key is, for people.
    pub(crate) place: String,
    /// The keys; `None`: a configuration says with what values are sealed.
    pub(crate) keys: Option<Arc<OwnKeys>>,
    /// What only opens, besides.
    readers: Vec<Arc<Envelope>>,
    /// What stands between envelopes and key holders.
    layers: Vec<Arc<Layered>>,
    /// What it did.
    tallies: Arc<Tallies>,
    /// Who made it; `None`: no configuration did.
    configured: Option<Arc<Configured>>,
    /// Asks key holders now and then, until it is dropped.
    #[expect(dead_code, reason = "it is kept")]
    keepers: Arc<Keepers>,
}

impl AtRest {
    /// What sealing and opening did.
    pub(crate) fn tallies(&self) -> &Arc<Tallies> {
        &self.tallies
    }

    /// How a configuration was read again; `None`: there is none.
    pub(crate) fn reloads(&self) -> Option<Reloads> {
        Some(self.configured.as_ref()?.reloads())
    }

    /// The same, counting what it does for each kind. What a configuration made does so already.
    fn counted(self, keyspace: &Keyspace) -> Self {
        if self.configured.is_some() {
            return self;
        }
        let trees = counting::trees(keyspace, &self.tallies, |_| Arc::clone(&self.transformer));
        let otherwise = counting::other(&self.tallies, Arc::clone(&self.transformer));
        Self {
            transformer: Arc::new(Routes::new(trees, otherwise)),
            ..self
        }
    }

    /// Asks after the plugins.
    pub(crate) fn plugins(&self) -> KmsProviders {
        let configured = self.configured.as_ref();
        KmsProviders {
            envelopes: Arc::clone(&self.envelopes),
            older: configured
                .map(|configured| configured.older())
                .unwrap_or_default(),
        }
    }

    /// The file of the configuration, to be followed while the server runs.
    pub(crate) fn follow(&self, layout: &Layout) -> Option<Followed> {
        self.configured.as_ref()?.follow(layout)
    }

    /// Forgets what can be unwrapped again only with keys that are there.
    pub(crate) fn forget(&self) {
        let envelopes = self.envelopes.load_full();
        let all = envelopes.iter().chain(&self.readers);
        all.for_each(|envelope| envelope.forget());
        self.layers.iter().for_each(|layer| layer.forget());
    }

    /// Whether a key holder seals.
    pub(crate) fn is_held(&self) -> bool {
        self.keys.as_ref().is_some_and(|keys| keys.are_held())
    }

    /// Keeps in mind that values were sealed with the key of now, if it is a key holder's.
    ///
    /// # Errors
    /// When that cannot be kept.
    pub(crate) async fn note_key(&self, store: &SealedStore) -> Result<(), StoreError> {
        if !self.is_held() {
            return Ok(());
        }
        testimony::change(store, false, |used| self.note(used)).await
    }

    fn note(&self, used: &mut testimony::Used) {
        let now = self.transformer.info().key_id;
        let holder = self.keys.as_ref().and_then(|keys| keys.holder());
        if let Some(holder) = holder.filter(|_| !now.is_empty()) {
            used.entry(now).or_insert(UsedKey {
                holder,
                destruction_begun: false,
            });
        }
    }

    /// Keeps all keys in mind that are ever sealed with: a holder may take another one by itself. Never returns.
    pub(crate) async fn keep_noting(self, store: SealedStore) {
        loop {
            tokio::time::sleep(LOOK).await;
            if let Err(error) = self.note_key(&store).await {
                tracing::warn!(%error, "cannot keep in mind which key is sealed with");
            }
        }
    }

    /// Takes the key of now into use.
    ///
    /// # Errors
    /// When a key holder is not well.
    pub(crate) async fn refresh(&self) -> Result<(), Error> {
        for envelope in self.envelopes.load_full().iter() {
            let refreshed = envelope.refresh().await;
            refreshed.map_err(|error| Error::Server(format!("cannot make a data key: {error}")))?;
        }
        Ok(())
    }
}

/// How often it is looked whether another key is sealed with.
const LOOK: Duration = Duration::from_secs(10);

/// Those of KMS v1 in use, which change with it too.
type OlderEnvelopes = Arc<ArcSwap<Vec<Arc<EnvelopeV1>>>>;

/// The envelopes in use, which change when the configuration does.
pub(crate) type Envelopes = Arc<ArcSwap<Vec<Arc<Envelope>>>>;

/// Reads the keys, and sees that they are the store's. Without a configuration they are those of the key directory: a
/// first start gets a new key when there is none; a store with data never does, for a new key would open nothing, and
/// writing on with it would hide that the old one is lost. Those of a key holder are made by command only.
///
/// # Errors
/// When keys are open to others or damaged, are missing or others while the store holds data, or when the data is lost.
pub(crate) async fn open(
    layout: &Layout,
    marks: &Marks,
    store: &Arc<dyn Store>,
    configured: Option<Arc<Configured>>,
    holders: &Holders,
) -> Result<AtRest, Error> {
    let failed = |error: StoreError| Error::Store {
        path: layout.store(),
        reason: error.to_string(),
    };
    let keyspace = &layout.keyspace;
    let witness = witness::find(store, keyspace).await.map_err(failed)?;
    let empty = is_empty(store.as_ref(), keyspace).await.map_err(failed)?;
    if empty && marks.any() {
        return Err(Error::StoreLost {
            store: layout.store(),
            marks: marks.named(),
        });
    }
    let at_rest = match (configured, &holders.at_rest_key_holder) {
        (Some(configured), _) => configured.open(layout, store, holders).await?,
        (None, Some(holder)) => held::open(layout, holder, holders, empty).await?,
        (None, None) => {
            witness::refuse_held(layout, witness.as_ref(), holders)?;
            local::open(layout, holders, empty).await?
        }
    };
    witness::check(layout, store, &at_rest, witness, empty).await?;
    Ok(at_rest.counted(keyspace))
}

/// Whether the store holds nothing of this cluster.
async fn is_empty(store: &dyn Store, keyspace: &Keyspace) -> Result<bool, StoreError> {
    for root in keyspace.roots() {
        let first = store.scan(root.to_owned(), prefix_end(root), 1).await?;
        if !first.is_empty() {
            return Ok(false);
        }
    }
    Ok(true)
}
