//! Without a configuration: the keys of the key directory.

use std::path::Path;
use std::sync::Arc;

use arc_swap::ArcSwap;
use purser_encryption::{
    Envelope, KeyFileError, KeyFiles, KeyHolder, LOCAL_PROVIDER, LocalKeyHolder, Transformer as _,
};

use super::AtRest;
use crate::error::Error;
use crate::layout::Layout;

/// Seals with the keys of the directory, and opens nothing else. Nothing opens a value in the clear: it authenticates
/// nobody, so that whoever can write to the data directory could plant one.
///
/// # Errors
/// When the keys are missing, open to others or damaged.
pub(super) async fn open(layout: &Layout, empty: bool) -> Result<AtRest, Error> {
    let (keys, new) = keys(layout, empty)?;
    let holder = Arc::clone(&keys) as Arc<dyn KeyHolder>;
    let envelope = Arc::new(Envelope::new(LOCAL_PROVIDER, holder));
    let refreshed = envelope.refresh().await;
    refreshed.map_err(|error| Error::Server(format!("cannot make a data key: {error}")))?;
    Ok(AtRest {
        key_id: envelope.info().key_id,
        envelopes: Arc::new(ArcSwap::from_pointee(vec![Arc::clone(&envelope)])),
        transformer: envelope,
        new,
        keys: Some(keys),
        tallies: Arc::default(),
        configured: None,
    })
}

/// Opens what the keys of the directory sealed, for who seals with others now; `None`: there are no keys.
///
/// # Errors
/// When the keys are open to others or damaged.
pub(super) fn reader(layout: &Layout) -> Result<Option<Arc<Envelope>>, Error> {
    let keys = load(&layout.keys)?;
    Ok(keys.map(|keys| Arc::new(Envelope::new(LOCAL_PROVIDER, keys))))
}

/// The keys, and whether they were made just now, as happens for an empty store only.
fn keys(layout: &Layout, empty: bool) -> Result<(Arc<KeyFiles>, bool), Error> {
    match load(&layout.keys)? {
        Some(keys) => Ok((keys, false)),
        None if empty => {
            LocalKeyHolder::generate(&layout.keys)?;
            Ok((Arc::new(KeyFiles::open(&layout.keys)?), true))
        }
        None => Err(Error::KeysMissing {
            keys: layout.keys.clone(),
            store: layout.store(),
        }),
    }
}

/// The keys of the directory; `None` when it has none or is not there.
fn load(keys: &Path) -> Result<Option<Arc<KeyFiles>>, Error> {
    if !keys.exists() {
        return Ok(None);
    }
    match KeyFiles::open(keys) {
        Ok(keys) => Ok(Some(Arc::new(keys))),
        Err(KeyFileError::NoKeys(_)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}
