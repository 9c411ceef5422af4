//! Encryption at rest: the key directory, and what seals and opens values with it.

use std::path::Path;
use std::sync::Arc;

use purser_encryption::{Envelope, KeyFileError, LOCAL_PROVIDER, LocalKeyHolder};
use purser_store::{Range, Store};

use crate::error::Error;

/// Opens what is stored, and seals what will be.
pub(crate) struct AtRest {
    /// Seals, and opens what was sealed. Nothing opens a value in the clear: it authenticates nobody, so that whoever
    /// can write to the data directory could plant one.
    pub(crate) transformer: Arc<Envelope>,
    /// Id of the key that new values are sealed with.
    pub(crate) key_id: String,
    /// Whether the key was made just now.
    pub(crate) new: bool,
}

/// Reads the keys. An empty store gets a new key when there is none; a store with data never does: a new key would
/// open nothing, and writing on with it would hide that the old one is lost.
///
/// # Errors
/// When keys are open to others or damaged, or are missing while the store holds data.
pub(crate) async fn open(keys: &Path, store: &dyn Store, store_path: &Path) -> Result<AtRest, Error> {
    let (holder, new) = match load(keys)? {
        Some(holder) => (holder, false),
        None if holds_data(store, store_path).await? => {
            return Err(Error::KeysMissing {
                keys: keys.to_owned(),
                store: store_path.to_owned(),
            });
        }
        None => {
            LocalKeyHolder::generate(keys)?;
            (LocalKeyHolder::load(keys)?, true)
        }
    };
    let key_id = holder.primary().to_owned();
    let envelope = Envelope::new(LOCAL_PROVIDER, Arc::new(holder));
    let refreshed = envelope.refresh().await;
    refreshed.map_err(|error| Error::Server(format!("cannot make a data key: {error}")))?;
    Ok(AtRest {
        transformer: Arc::new(envelope),
        key_id,
        new,
    })
}

/// The keys of the directory; `None` when it has none or is not there.
fn load(keys: &Path) -> Result<Option<LocalKeyHolder>, Error> {
    if !keys.exists() {
        return Ok(None);
    }
    match LocalKeyHolder::load(keys) {
        Ok(holder) => Ok(Some(holder)),
        Err(KeyFileError::NoKeys(_)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

async fn holds_data(store: &dyn Store, path: &Path) -> Result<bool, Error> {
    let everything = Range {
        start: String::new(),
        end: char::MAX.to_string(),
        limit: 1,
        revision: None,
    };
    let page = store.range(everything).await;
    let page = page.map_err(|error| Error::Store {
        path: path.to_owned(),
        reason: error.to_string(),
    })?;
    Ok(!page.records.is_empty())
}
