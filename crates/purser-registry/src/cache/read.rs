//! From a stored record to what the cache keeps of it.

use std::sync::Arc;

use purser_encryption::{OpenError, SealedStore};
use purser_store::Record;
use purser_types::{Object, proto};

use crate::error::Error;
use crate::found::Found;
use crate::index::{Index, Unreadable};
use crate::keys::{Keys, Named};
use crate::kinds::{KINDS, Kind};

/// A record that is ours: the kind (as an index of [`KINDS`]) and what the cache keeps.
pub(crate) struct Indexed {
    /// Which resource.
    pub(crate) kind: usize,
    /// The object.
    pub(crate) found: Arc<Found>,
}

/// Opens a record just long enough to index it; `None` for keys that are not ours.
pub(crate) async fn index(store: &SealedStore, keys: &Keys, record: &Record) -> Option<Indexed> {
    let (at, named) = keys.parse(&record.key)?;
    let kind = KINDS.get(at)?;
    let index = match open(store, kind, record).await {
        Ok(opened) => Index::of(kind, named, &opened.object),
        Err(Error::Unreadable { why, .. }) => unreadable(named, record, Unreadable::Sealed(why)),
        Err(_) => unreadable(named, record, Unreadable::Malformed),
    };
    let found = Arc::new(Found {
        resource: kind.resource,
        key: Arc::clone(&record.key),
        sealed: record.value.clone(),
        revision: record.mod_revision,
        index: Arc::new(index),
    });
    Some(Indexed { kind: at, found })
}

fn unreadable(named: Named<'_>, record: &Record, why: Unreadable) -> Index {
    tracing::warn!(
        key = %record.key,
        revision = record.mod_revision,
        why = %why,
        "a stored object cannot be read; it is left out of lists and watches, and can be deleted"
    );
    Index::unreadable(named, why)
}

/// A record in the clear.
#[derive(Debug)]
pub(crate) struct Open {
    /// The object, without `metadata.resourceVersion`.
    pub(crate) object: Object,
    /// The stored bytes in the clear.
    pub(crate) plaintext: purser_types::Plaintext,
    /// Whether the next write should rewrite it even when nothing changed.
    pub(crate) stale: bool,
}

/// Opens a record.
///
/// # Errors
/// [`Error::Unreadable`] and [`Error::Malformed`].
pub(crate) async fn open(store: &SealedStore, kind: &Kind, record: &Record) -> Result<Open, Error> {
    let opened = store
        .open(&record.key, &record.value)
        .await
        .map_err(|why: OpenError| Error::Unreadable {
            key: record.key.to_string(),
            why,
        })?;
    let object = proto::decode(kind.resource, opened.plaintext.expose()).map_err(|why| Error::Malformed {
        key: record.key.to_string(),
        why: why.to_string(),
    })?;
    Ok(Open {
        object,
        plaintext: opened.plaintext,
        stale: opened.stale,
    })
}
