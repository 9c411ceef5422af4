//! Encryption at rest: who seals and opens values, and whether that is who sealed what the store holds.

mod configured;
mod counting;
mod kms;
mod local;
mod witness;

use std::sync::Arc;

use arc_swap::ArcSwap;
use purser_encryption::configuration::Routes;
use purser_encryption::tally::Tallies;
use purser_encryption::{Envelope, KeyFiles, Transformer};
use purser_store::{Range, Record, Store, StoreError};

use crate::error::Error;
use crate::initialised::Marks;
use crate::layout::Layout;
use crate::reload::Followed;

pub(crate) use configured::{Configured, Reloads};
pub(crate) use kms::KmsProviders;

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
    /// The key files; `None`: a configuration says with what values are sealed.
    pub(crate) keys: Option<Arc<KeyFiles>>,
    /// What it did.
    tallies: Arc<Tallies>,
    /// Who made it; `None`: the key directory did.
    configured: Option<Arc<Configured>>,
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

    /// The same, counting what it does. What a configuration made counts already.
    fn counted(self) -> Self {
        if self.configured.is_some() {
            return self;
        }
        for envelope in self.envelopes.load().iter() {
            self.tallies.adopt(envelope.tally());
        }
        let trees = counting::trees(&self.tallies, |_| Arc::clone(&self.transformer));
        let otherwise = counting::other(&self.tallies, Arc::clone(&self.transformer));
        Self {
            transformer: Arc::new(Routes::new(trees, otherwise)),
            ..self
        }
    }

    /// The file of the configuration, to be followed while the server runs.
    pub(crate) fn follow(&self, layout: &Layout) -> Option<Followed> {
        self.configured.as_ref()?.follow(layout)
    }

    /// Forgets what can be unwrapped again only with keys that are there.
    pub(crate) fn forget(&self) {
        self.envelopes
            .load()
            .iter()
            .for_each(|envelope| envelope.forget());
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

/// The envelopes in use, which change when the configuration does.
pub(crate) type Envelopes = Arc<ArcSwap<Vec<Arc<Envelope>>>>;

/// Reads the keys, and sees that they are the store's. Without a configuration they are those of the key directory: a
/// first start gets a new key when there is none; a store with data never does, for a new key would open nothing, and
/// writing on with it would hide that the old one is lost.
///
/// # Errors
/// When keys are open to others or damaged, are missing or others while the store holds data, or when the data is lost.
pub(crate) async fn open(
    layout: &Layout,
    marks: &Marks,
    store: &Arc<dyn Store>,
    configured: Option<Arc<Configured>>,
) -> Result<AtRest, Error> {
    let failed = |error: StoreError| Error::Store {
        path: layout.store(),
        reason: error.to_string(),
    };
    let witness = witness::find(store).await.map_err(failed)?;
    let empty = witness.is_none() && first(store.as_ref(), 1).await.map_err(failed)?.is_empty();
    if empty && marks.any() {
        return Err(Error::StoreLost {
            store: layout.store(),
            marks: marks.named(),
        });
    }
    let at_rest = match configured {
        None => local::open(layout, empty).await?,
        Some(configured) => configured.open(layout).await?,
    };
    witness::check(layout, store, &at_rest.transformer, witness, empty).await?;
    Ok(at_rest.counted())
}

/// The first of what the store holds.
async fn first(store: &dyn Store, limit: usize) -> Result<Vec<Record>, StoreError> {
    let everything = Range {
        start: String::new(),
        end: char::MAX.to_string(),
        limit,
        revision: None,
    };
    Ok(store.range(everything).await?.records)
}
