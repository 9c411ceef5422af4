//! Without a configuration: the keys of the key directory.

use std::sync::Arc;

use arc_swap::ArcSwap;
use purser_encryption::tally::Tallies;
use purser_encryption::{Chain, KeyFiles, LocalKeyHolder, Transformer};

use super::key_files::{envelope, load};
use super::kms::Keepers;
use super::options::Holders;
use super::own_keys::OwnKeys;
use super::{AtRest, held};
use crate::error::Error;
use crate::layout::Layout;

/// Seals with the keys of the directory, and opens what former key holders sealed, and nothing else. Nothing opens a
/// value in the clear: it authenticates nobody, so that whoever can write to the data directory could plant one.
///
/// # Errors
/// When the keys are missing, open to others or damaged, or a former key holder cannot be used.
pub(super) async fn open(layout: &Layout, holders: &Holders, empty: bool) -> Result<AtRest, Error> {
    let (keys, new) = keys(layout, empty)?;
    let tallies = Arc::<Tallies>::default();
    let former = held::reader(holders, &tallies).await?;
    let envelope = envelope(Arc::clone(&keys), &tallies);
    let refreshed = envelope.refresh().await;
    refreshed.map_err(|error| Error::Server(format!("cannot make a data key: {error}")))?;
    let keepers = Keepers::default();
    keepers.keep_reading(Arc::clone(&keys));
    Ok(AtRest {
        key_id: envelope.info().key_id,
        envelopes: Arc::new(ArcSwap::from_pointee(vec![Arc::clone(&envelope)])),
        transformer: match &former {
            Some(former) => {
                let reader = Arc::clone(&former.envelope) as Arc<dyn Transformer>;
                Arc::new(Chain::new(envelope, vec![reader]))
            }
            None => envelope,
        },
        place: layout.keys.display().to_string(),
        new,
        keys: Some(Arc::new(OwnKeys::new(Some(keys), holders.clone()))),
        readers: former.iter().map(|former| Arc::clone(&former.envelope)).collect(),
        layers: former.into_iter().map(|former| former.layer).collect(),
        tallies,
        configured: None,
        keepers: Arc::new(keepers),
    })
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
