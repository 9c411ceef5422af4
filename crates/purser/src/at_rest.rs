//! Encryption at rest: the key directory, and what seals and opens values with it.

use std::path::Path;
use std::sync::Arc;

use purser_encryption::{
    Envelope, KeyFileError, LOCAL_PROVIDER, LocalKeyHolder, OpenError, SealedChange, SealedStore, Transformer,
};
use purser_store::{Range, Record, Store, StoreError};
use purser_types::Plaintext;

use crate::error::Error;
use crate::initialised::Marks;
use crate::layout::Layout;

/// The storage key of what is kept to tell whether keys are the store's. No object has it.
const WITNESS: &str = "/purser/witness";
/// What it holds; any text would do.
const TESTIMONY: &[u8] = b"whoever opens this has the key";
/// How many records are tried when there is no witness.
const TRIED: usize = 16;

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

/// Reads the keys, and sees that they are the store's. A first start gets a new key when there is none; a store with
/// data never does: a new key would open nothing, and writing on with it would hide that the old one is lost.
///
/// # Errors
/// When keys are open to others or damaged, are missing or others while the store holds data, or when the data is lost.
pub(crate) async fn open(layout: &Layout, marks: &Marks, store: &Arc<dyn Store>) -> Result<AtRest, Error> {
    let failed = |error: StoreError| Error::Store {
        path: layout.store(),
        reason: error.to_string(),
    };
    let witness = store.get(WITNESS).await.map_err(failed)?;
    let empty = witness.is_none() && first(store.as_ref(), 1).await.map_err(failed)?.is_empty();
    if empty && marks.any() {
        return Err(Error::StoreLost {
            store: layout.store(),
            marks: marks.named(),
        });
    }
    let (holder, new) = keys(layout, empty)?;
    let key_id = holder.primary().to_owned();
    let transformer = Arc::new(Envelope::new(LOCAL_PROVIDER, Arc::new(holder)));
    let refreshed = transformer.refresh().await;
    refreshed.map_err(|error| Error::Server(format!("cannot make a data key: {error}")))?;
    let mut fit = fit(&transformer, witness.as_slice()).await;
    if matches!(fit, Fit::Unclear) && !empty {
        let held = first(store.as_ref(), TRIED).await.map_err(failed)?;
        fit = self::fit(&transformer, &held).await.by_others();
    }
    match fit {
        Fit::Current => {}
        Fit::Foreign | Fit::Unclear if !empty => {
            return Err(Error::KeysForeign {
                keys: layout.keys.clone(),
                store: layout.store(),
            });
        }
        // Sealed with the key of now, so that losing that one is noticed.
        _ => testify(store, &transformer).await.map_err(failed)?,
    }
    Ok(AtRest {
        transformer,
        key_id,
        new,
    })
}

/// The keys, and whether they were made just now, as happens for an empty store only.
fn keys(layout: &Layout, empty: bool) -> Result<(LocalKeyHolder, bool), Error> {
    match load(&layout.keys)? {
        Some(holder) => Ok((holder, false)),
        None if empty => {
            LocalKeyHolder::generate(&layout.keys)?;
            Ok((LocalKeyHolder::load(&layout.keys)?, true))
        }
        None => Err(Error::KeysMissing {
            keys: layout.keys.clone(),
            store: layout.store(),
        }),
    }
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

/// Whether keys are those that records were sealed with.
enum Fit {
    /// They are, and it was the one to seal with.
    Current,
    /// They are; the witness is missing, damaged, or of an earlier key.
    Earlier,
    /// They are not.
    Foreign,
    /// There are no records, or only damaged ones.
    Unclear,
}

impl Fit {
    /// The same, when it was not the witness that told.
    fn by_others(self) -> Self {
        match self {
            Self::Current => Self::Earlier,
            told => told,
        }
    }
}

/// The first record that is not damaged tells.
async fn fit(envelope: &Envelope, records: &[Record]) -> Fit {
    for record in records {
        match envelope.open(&record.key, &record.value).await {
            Ok(opened) if opened.stale => return Fit::Earlier,
            Ok(_) => return Fit::Current,
            Err(OpenError::NoKey(_)) => return Fit::Foreign,
            Err(_) => {}
        }
    }
    Fit::Unclear
}

async fn testify(store: &Arc<dyn Store>, envelope: &Arc<Envelope>) -> Result<(), StoreError> {
    let sealed = SealedStore::new(Arc::clone(store), Arc::clone(envelope) as Arc<dyn Transformer>);
    let witness = SealedChange::Put {
        key: WITNESS.to_owned(),
        plaintext: Plaintext::new(TESTIMONY.to_vec()),
    };
    let committed = sealed.commit(Vec::new(), vec![witness]).await;
    committed
        .map(drop)
        .map_err(|error| StoreError::Unavailable(error.to_string()))
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
