//! What is kept to tell whether keys are the store's.

use std::sync::Arc;

use purser_encryption::rotation::SealedBy;
use purser_encryption::{OpenError, SealedStore, Transformer};
use purser_store::{Keyspace, Record, Store, StoreError, prefix_end};

use super::options::Holders;
use super::testimony;
use super::{AtRest, held, key_files};
use crate::error::Error;
use crate::layout::Layout;

/// How many records are tried when the witness does not tell.
const TRIED: usize = 16;
/// How many are looked at together.
const PAGE: usize = 256;

/// The witness; `None`: there is none.
pub(super) async fn find(store: &Arc<dyn Store>, keyspace: &Keyspace) -> Result<Option<Record>, StoreError> {
    store.get(&testimony::witness(keyspace)).await
}

/// Sees that the keys are the store's, and that there is a witness sealed with the key of now.
///
/// # Errors
/// When they are not, or nobody can tell.
pub(super) async fn check(
    layout: &Layout,
    store: &Arc<dyn Store>,
    at_rest: &AtRest,
    witness: Option<Record>,
    empty: bool,
) -> Result<(), Error> {
    let transformer = &at_rest.transformer;
    let failed = |error: StoreError| Error::Store {
        path: layout.store(),
        reason: error.to_string(),
    };
    let by = witness.as_ref().map(|witness| SealedBy::of(&witness.value));
    let mut fit = fit(transformer.as_ref(), witness.as_slice()).await?;
    let is_sealed = by.as_ref().is_some_and(|by| !by.is_clear());
    if !empty && (!is_sealed || matches!(fit, Fit::Unclear)) {
        let others = evidence(store.as_ref(), &layout.keyspace, by.as_ref())
            .await
            .map_err(failed)?;
        let told = self::fit(transformer.as_ref(), &others).await?;
        fit = match (fit, told) {
            (Fit::Current, Fit::Current | Fit::Earlier) => Fit::Current,
            (_, told) => told.by_others(),
        };
    }
    if !empty {
        refuse(layout, at_rest, &fit)?;
    }
    // Sealed with the key of now, so that losing that one is noticed.
    let anew = !matches!(fit, Fit::Current);
    let sealed = SealedStore::new(Arc::clone(store), Arc::clone(transformer)).within(layout.keyspace.clone());
    let changed = testimony::change(&sealed, anew, |used| at_rest.note(used)).await;
    changed.map_err(failed)
}

/// What tells whether the keys are the store's where the witness does not: values of the provider that sealed it; else
/// of others. What is in the clear opens without any key, and tells only where nothing is sealed. The server's own records
/// say nothing: what is kept aside is there since it does not open.
async fn evidence(
    store: &dyn Store,
    keyspace: &Keyspace,
    by: Option<&SealedBy>,
) -> Result<Vec<Record>, StoreError> {
    let mut start = keyspace.objects().to_owned();
    let end = prefix_end(&start);
    let [mut same, mut sealed, mut any] = [const { Vec::new() }; 3];
    loop {
        let page = store.scan(start, end.clone(), PAGE).await?;
        let Some(last) = page.last() else { break };
        start = format!("{}\0", last.key);
        for record in page.into_iter().filter(|record| !keyspace.is_own(&record.key)) {
            let of = SealedBy::of(&record.value);
            let kept = match of.is_clear() {
                true => &mut any,
                false if by.is_some_and(|by| by.provider == of.provider) => &mut same,
                false => &mut sealed,
            };
            if kept.len() < TRIED {
                kept.push(record);
            }
        }
        if same.len() >= TRIED {
            break;
        }
    }
    let all = [same, sealed, any].into_iter();
    Ok(all
        .into_iter()
        .find(|records| !records.is_empty())
        .unwrap_or_default())
}

/// Refuses a store that was sealed by others than those that are there.
fn refuse(layout: &Layout, at_rest: &AtRest, fit: &Fit) -> Result<(), Error> {
    let (keys, store) = (layout.keys.clone(), layout.store());
    match fit {
        Fit::Current | Fit::Earlier => Ok(()),
        Fit::Foreign(key) if at_rest.configured.is_some() => Err(Error::NoKey {
            store,
            key: key.clone(),
        }),
        Fit::Foreign(key) if at_rest.is_held() => Err(Error::HolderForeign {
            holder: at_rest.place.clone(),
            store,
            key: key.clone(),
        }),
        Fit::Unclear if at_rest.configured.is_some() || at_rest.is_held() => {
            Err(Error::NothingOpens { store })
        }
        Fit::Foreign(_) | Fit::Unclear => Err(Error::KeysForeign { keys, store }),
        Fit::Unprovided(prefix) if prefix == held::PREFIX => Err(Error::HolderMissing { store }),
        Fit::Unprovided(prefix) if prefix == key_files::PREFIX => Err(Error::KeysMissing { keys, store }),
        Fit::Unprovided(prefix) => Err(Error::NoProvider {
            store,
            prefix: prefix.clone(),
        }),
    }
}

/// Refuses to start with key files what a key holder has sealed, unless that one is named.
///
/// # Errors
/// [`Error::HolderMissing`].
pub(super) fn refuse_held(layout: &Layout, witness: Option<&Record>, holders: &Holders) -> Result<(), Error> {
    let held = witness.is_some_and(|witness| witness.value.starts_with(held::PREFIX.as_bytes()));
    match held && holders.former_at_rest_key_holder.is_empty() {
        true => Err(Error::HolderMissing {
            store: layout.store(),
        }),
        false => Ok(()),
    }
}

/// Sees that who takes over from now on opens what is there: a configuration that lost a key in an edit takes no effect.
///
/// # Errors
/// When it does not.
pub(super) async fn hand_over(
    layout: &Layout,
    store: &Arc<dyn Store>,
    next: &dyn Transformer,
) -> Result<(), Error> {
    let witness = find(store, &layout.keyspace)
        .await
        .map_err(|error| Error::Store {
            path: layout.store(),
            reason: error.to_string(),
        })?;
    match fit(next, witness.as_slice()).await? {
        Fit::Foreign(key) => Err(Error::NoKey {
            store: layout.store(),
            key,
        }),
        Fit::Unprovided(prefix) => Err(Error::NoProvider {
            store: layout.store(),
            prefix,
        }),
        Fit::Current | Fit::Earlier | Fit::Unclear => Ok(()),
    }
}

/// Seals the witness with the key of now, unless it is so already, so that losing that one is noticed.
///
/// # Errors
/// When it cannot be read or kept.
pub(super) async fn seal_anew(
    keyspace: &Keyspace,
    store: &Arc<dyn Store>,
    now: Arc<dyn Transformer>,
) -> Result<(), StoreError> {
    let witness = find(store, keyspace).await?;
    let opened = match &witness {
        Some(record) => now.open(&record.key, &record.value).await.ok(),
        None => None,
    };
    let sealed = SealedStore::new(Arc::clone(store), now).within(keyspace.clone());
    match opened {
        Some(opened) if !opened.stale => Ok(()),
        _ => testimony::change(&sealed, true, |_| {}).await,
    }
}

/// Whether keys are those that records were sealed with.
enum Fit {
    /// They are, and it was the one to seal with.
    Current,
    /// They are; the witness is missing, damaged, or of an earlier key.
    Earlier,
    /// They are not: this one is missing.
    Foreign(String),
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
            Err(OpenError::NoKey(name)) => return Ok(Fit::Foreign(name)),
            Err(OpenError::NoProvider(prefix)) => return Ok(Fit::Unprovided(prefix)),
            Err(error @ OpenError::Unavailable(_)) => {
                return Err(Error::Server(format!("cannot open what is stored: {error}")));
            }
            Err(_) => {}
        }
    }
    Ok(Fit::Unclear)
}
