//! Values that cannot be opened, kept aside: under keys of their own, where no list, watch or rewriting meets them.
//!
//! What is kept is byte for byte what was stored. The key that it is kept under says its place, and it is opened as the
//! value of that place and of no other, so that it can be put back whenever what it needs is there again.

use purser_store::{Check, Outcome, Record, Revision, StoreError, prefix_end};

pub use crate::rotation::Origin;
use crate::rotation::SealedBy;
use crate::sealed_store::SealedStore;
use crate::transformer::OpenError;

/// How often a value that changes meanwhile is looked at again.
const ATTEMPTS: usize = 8;
/// How many are read from the store at once.
const PAGE: usize = 256;

/// A value that is kept aside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quarantined {
    /// The storage key of its place.
    pub place: String,
    /// The revision that wrote it there.
    pub revision: Revision,
    /// How many bytes are stored.
    pub bytes: usize,
    /// By whom it is sealed.
    pub by: SealedBy,
    /// Why it cannot be opened; `None`: it can be.
    pub unopened: Option<OpenError>,
}

/// Why a value stays where it is.
#[derive(Debug, thiserror::Error)]
pub enum QuarantineError {
    /// There is nothing.
    #[error("nothing is there")]
    Missing,
    /// It can be opened.
    #[error("it can be opened: only what cannot is put aside")]
    Opens,
    /// Whether it can be opened is not known.
    #[error("it may be readable again soon, for {0}")]
    Away(OpenError),
    /// Its place is taken.
    #[error("something else is at its place: delete that, or put it aside, first")]
    Occupied,
    /// Somebody else was always faster.
    #[error("it is being changed by somebody else")]
    Contended,
    /// The store refuses.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Puts the value of a place aside, in one transaction: for everybody else it is deleted.
///
/// # Errors
/// [`QuarantineError`]: when it can be opened, or may be soon.
pub async fn put_aside(store: &SealedStore, place: &str) -> Result<Quarantined, QuarantineError> {
    let mut record = store.sealed().get(place).await?;
    for _ in 0..ATTEMPTS {
        let found = record.ok_or(QuarantineError::Missing)?;
        let why = match store.open(place, &found.value).await {
            Ok(_) => return Err(QuarantineError::Opens),
            Err(away @ OpenError::Unavailable(_)) => return Err(QuarantineError::Away(away)),
            Err(why) => why,
        };
        let origin = Origin {
            place,
            revision: found.mod_revision,
        };
        match store
            .relocate(&found, origin.key(store.keyspace()), Vec::new())
            .await?
        {
            Outcome::Committed(_) => return Ok(told(origin, &found, Some(why))),
            Outcome::Failed { key, current } if key == place => record = current,
            // The revision is not what it was: this is not the store that wrote it.
            Outcome::Failed { .. } => return Err(QuarantineError::Occupied),
        }
    }
    Err(QuarantineError::Contended)
}

/// Puts a value back to its place, byte for byte, if nothing is there and `besides` holds.
///
/// # Errors
/// [`QuarantineError`].
pub async fn put_back(
    store: &SealedStore,
    origin: Origin<'_>,
    besides: Option<Check>,
) -> Result<Quarantined, QuarantineError> {
    let kept = store.sealed().get(&origin.key(store.keyspace())).await?;
    let kept = kept.ok_or(QuarantineError::Missing)?;
    let moved = store.relocate(&kept, origin.place.to_owned(), besides.into_iter().collect());
    match moved.await? {
        Outcome::Committed(_) => {
            let opened = store.open(origin.place, &kept.value).await;
            Ok(told(origin, &kept, opened.err()))
        }
        Outcome::Failed { key, .. } if key == origin.place => Err(QuarantineError::Occupied),
        Outcome::Failed { .. } => Err(QuarantineError::Contended),
    }
}

/// Destroys a value that is kept aside.
///
/// # Errors
/// [`QuarantineError`].
pub async fn discard(store: &SealedStore, origin: Origin<'_>) -> Result<Quarantined, QuarantineError> {
    let kept = store.sealed().get(&origin.key(store.keyspace())).await?;
    let kept = kept.ok_or(QuarantineError::Missing)?;
    let opened = store.open(origin.place, &kept.value).await;
    match store.remove(&kept).await? {
        Outcome::Committed(_) => Ok(told(origin, &kept, opened.err())),
        Outcome::Failed { .. } => Err(QuarantineError::Contended),
    }
}

/// All that is kept aside, in the order of the places.
///
/// # Errors
/// When the store cannot be read.
pub async fn quarantined(store: &SealedStore) -> Result<Vec<Quarantined>, StoreError> {
    let mut all = Vec::new();
    let mut pages = Pages::of(&Origin::tree(store.keyspace()));
    while let Some(records) = pages.next(store).await? {
        for record in &records {
            if let Some(origin) = Origin::of(store.keyspace(), &record.key) {
                let opened = store.open(origin.place, &record.value).await;
                all.push(told(origin, record, opened.err()));
            }
        }
    }
    Ok(all)
}

/// The storage keys of all objects' values that cannot be opened, or not now.
///
/// # Errors
/// When the store cannot be read.
pub async fn unopened(store: &SealedStore) -> Result<Vec<String>, StoreError> {
    let mut all = Vec::new();
    let keyspace = store.keyspace();
    let mut pages = Pages::of(keyspace.objects());
    while let Some(records) = pages.next(store).await? {
        for record in records.iter().filter(|record| !keyspace.is_own(&record.key)) {
            if store.open(&record.key, &record.value).await.is_err() {
                all.push(record.key.to_string());
            }
        }
    }
    Ok(all)
}

/// What is stored below a prefix, piece by piece, each as it is when it is read.
struct Pages {
    start: String,
    end: String,
}

impl Pages {
    fn of(prefix: &str) -> Self {
        Self {
            start: prefix.to_owned(),
            end: prefix_end(prefix),
        }
    }

    async fn next(&mut self, store: &SealedStore) -> Result<Option<Vec<Record>>, StoreError> {
        let piece = store.sealed().scan(self.start.clone(), self.end.clone(), PAGE);
        let records = piece.await?;
        if let Some(last) = records.last() {
            self.start = format!("{}\0", last.key);
        }
        Ok(Some(records).filter(|records| !records.is_empty()))
    }
}

fn told(origin: Origin<'_>, record: &Record, unopened: Option<OpenError>) -> Quarantined {
    Quarantined {
        place: origin.place.to_owned(),
        revision: origin.revision,
        bytes: record.value.len(),
        by: SealedBy::of(&record.value),
        unopened,
    }
}
