//! The key files of the key directory, and what they seal.

use std::path::Path;
use std::sync::Arc;

use purser_encryption::tally::Tallies;
use purser_encryption::{Envelope, KeyFileError, KeyFiles, KeyHolder, LOCAL_PROVIDER};

use crate::error::Error;
use crate::layout::Layout;

/// How values begin that they seal.
pub(super) const PREFIX: &str = "k8s:enc:kms:v2:purser-local:";

/// What these keys seal and open, counted there.
pub(super) fn envelope(keys: Arc<KeyFiles>, tallies: &Tallies) -> Arc<Envelope> {
    let holder = keys as Arc<dyn KeyHolder>;
    let tally = tallies.provider(LOCAL_PROVIDER);
    Arc::new(Envelope::new(LOCAL_PROVIDER, holder).counted(tally))
}

/// Opens what the keys of the directory sealed, for who seals with others now; `None`: there are no keys.
///
/// # Errors
/// When the keys are open to others or damaged.
pub(super) fn reader(layout: &Layout, tallies: &Tallies) -> Result<Option<Arc<Envelope>>, Error> {
    let keys = load(&layout.keys)?;
    Ok(keys.map(|keys| envelope(keys, tallies)))
}

/// The keys of the directory; `None` when it has none or is not there.
///
/// # Errors
/// When they are open to others or damaged.
pub(super) fn load(keys: &Path) -> Result<Option<Arc<KeyFiles>>, Error> {
    if !keys.exists() {
        return Ok(None);
    }
    match KeyFiles::open(keys) {
        Ok(keys) => Ok(Some(Arc::new(keys))),
        Err(KeyFileError::NoKeys(_)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}
