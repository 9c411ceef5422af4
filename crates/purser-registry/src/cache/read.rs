//! From a stored record to what the cache keeps of it.

use std::sync::Arc;

use purser_encryption::{OpenError, SealedStore};
use purser_store::Record;
use purser_types::{Object, proto};

use crate::error::Error;
use crate::found::Found;
use crate::index::{Index, Unreadable};
use crate::keys::Keys;
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
        Err(Error::Unreadable { why, .. }) => Index::unreadable(named, Unreadable::Sealed(why)),
        Err(_) => Index::unreadable(named, Unreadable::Malformed),
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

/// Says of an object that it cannot be read, if it cannot.
pub(crate) fn warn_if_unreadable(found: &Found) {
    let Some(why) = &found.index.unreadable else {
        return;
    };
    tracing::warn!(
        key = %found.key,
        revision = found.revision,
        why = %why,
        "a stored object cannot be read; it is left out of lists and watches, and can be deleted"
    );
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
    if !is_at(kind, &record.key, &object) {
        return Err(Error::Malformed {
            key: record.key.to_string(),
            why: "it names another object".to_owned(),
        });
    }
    Ok(Open {
        object,
        plaintext: opened.plaintext,
        stale: opened.stale,
    })
}

/// Whether an object is at the key of its namespace and name: nothing else may speak for it.
fn is_at(kind: &Kind, key: &str, object: &Object) -> bool {
    let above = key
        .strip_suffix(object.name())
        .and_then(|key| key.strip_suffix('/'));
    match (above, kind.resource.namespaced) {
        (Some(above), true) => above
            .strip_suffix(object.namespace())
            .is_some_and(|above| above.ends_with('/')),
        (above, _) => above.is_some() && object.namespace().is_empty(),
    }
}

#[cfg(test)]
mod tests {
    use purser_types::resource::{NAMESPACES, SECRETS};

    use super::*;

    fn object(resource: &'static purser_types::Resource, namespace: &str, name: &str) -> Object {
        let mut object = Object::new(resource);
        object.set_meta_str("namespace", namespace);
        object.set_meta_str("name", name);
        object
    }

    #[test]
    fn an_object_is_at_its_own_key_only() {
        let at = |resource: &'static purser_types::Resource, key: &str, namespace: &str, name: &str| {
            let kind = KINDS.iter().find(|kind| kind.resource == resource).unwrap();
            is_at(kind, key, &object(resource, namespace, name))
        };
        assert!(at(&SECRETS, "/registry/secrets/a/b", "a", "b"));
        for (namespace, name) in [
            ("a", "c"),
            ("c", "b"),
            ("", "b"),
            ("a", ""),
            ("", "a/b"),
            ("a", "a/b"),
        ] {
            assert!(
                !at(&SECRETS, "/registry/secrets/a/b", namespace, name),
                "{namespace} {name}"
            );
        }
        assert!(at(&NAMESPACES, "/registry/namespaces/a", "", "a"));
        for (namespace, name) in [("namespaces", "a"), ("", "b"), ("", "")] {
            assert!(
                !at(&NAMESPACES, "/registry/namespaces/a", namespace, name),
                "{namespace} {name}"
            );
        }
    }
}
