//! What is kept to tell whether keys are the store's.

use std::sync::Arc;

use purser_encryption::{OpenError, SealedChange, SealedStore, Transformer};
use purser_store::{Record, Store, StoreError};
use purser_types::Plaintext;

use super::first;
use crate::error::Error;
use crate::layout::Layout;

/// The storage key of the witness. No object has it.
pub(super) const WITNESS: &str = "/purser/witness";
/// What it holds; any text would do.
const TESTIMONY: &[u8] = b"whoever opens this has the key";
/// How many records are tried when there is no witness.
const TRIED: usize = 16;

/// The witness; `None`: there is none.
pub(super) async fn find(store: &Arc<dyn Store>) -> Result<Option<Record>, StoreError> {
    store.get(WITNESS).await
}

/// Sees that the keys are the store's, and that there is a witness sealed with the key of now.
///
/// # Errors
/// When they are not, or nobody can tell.
pub(super) async fn check(
    layout: &Layout,
    store: &Arc<dyn Store>,
    transformer: &Arc<dyn Transformer>,
    witness: Option<Record>,
    empty: bool,
) -> Result<(), Error> {
    let failed = |error: StoreError| Error::Store {
        path: layout.store(),
        reason: error.to_string(),
    };
    let mut fit = fit(transformer.as_ref(), witness.as_slice()).await?;
    if matches!(fit, Fit::Unclear) && !empty {
        let held = first(store.as_ref(), TRIED).await.map_err(failed)?;
        fit = self::fit(transformer.as_ref(), &held).await?.by_others();
    }
    match fit {
        Fit::Current => Ok(()),
        Fit::Foreign | Fit::Unclear if !empty => Err(Error::KeysForeign {
            keys: layout.keys.clone(),
            store: layout.store(),
        }),
        Fit::Unprovided(prefix) if !empty => Err(Error::NoProvider {
            store: layout.store(),
            prefix,
        }),
        // Sealed with the key of now, so that losing that one is noticed.
        _ => testify(store, transformer).await.map_err(failed),
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
    /// They were sealed by a provider that is not there, whose values begin like this.
    Unprovided(String),
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
async fn fit(transformer: &dyn Transformer, records: &[Record]) -> Result<Fit, Error> {
    for record in records {
        match transformer.open(&record.key, &record.value).await {
            Ok(opened) if opened.stale => return Ok(Fit::Earlier),
            Ok(_) => return Ok(Fit::Current),
            Err(OpenError::NoKey(_)) => return Ok(Fit::Foreign),
            Err(OpenError::NoProvider(prefix)) => return Ok(Fit::Unprovided(prefix)),
            Err(error @ OpenError::Unavailable(_)) => {
                return Err(Error::Server(format!("cannot open what is stored: {error}")));
            }
            Err(_) => {}
        }
    }
    Ok(Fit::Unclear)
}

async fn testify(store: &Arc<dyn Store>, transformer: &Arc<dyn Transformer>) -> Result<(), StoreError> {
    let sealed = SealedStore::new(Arc::clone(store), Arc::clone(transformer));
    let witness = SealedChange::Put {
        key: WITNESS.to_owned(),
        plaintext: Plaintext::new(TESTIMONY.to_vec()),
    };
    let committed = sealed.commit(Vec::new(), vec![witness]).await;
    committed
        .map(drop)
        .map_err(|error| StoreError::Unavailable(error.to_string()))
}
