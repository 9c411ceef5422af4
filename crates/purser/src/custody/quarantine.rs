//! Values that cannot be opened are put aside, and back.

use futures_util::{StreamExt as _, stream};
use purser_encryption::quarantine::{
    Origin, QuarantineError, Quarantined, discard, put_aside, put_back, quarantined, unopened,
};
use purser_store::{Check, Keyspace, StoreError};
use purser_types::resource::NAMESPACES;
use purser_types::time::Timestamp;
use purser_types::{Object, proto};
use serde::{Deserialize, Serialize};

use super::Custody;
use super::place::{kind_at, kind_of, path_of};
use crate::error::Error;

/// Between the place and the revision in the id of a value.
const AT: char = '@';
/// How many values are moved at once: they share the store's flushes.
const AT_ONCE: usize = 64;
/// How many are told that were not moved.
const MOST_REFUSED: usize = 20;
/// How often a move is tried again that somebody else was faster than.
const ATTEMPTS: usize = 8;

/// Values that are kept aside, or were a moment ago.
#[derive(Debug, Default)]
pub(super) struct Moved {
    pub(super) values: Vec<Value>,
    /// What was not done, a sentence each.
    pub(super) refused: Vec<String>,
}

/// A value that is kept aside.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Value {
    /// What it is called here.
    pub(super) id: String,
    resource: String,
    /// The storage key of its place.
    place: String,
    /// The revision that wrote it there.
    revision: u64,
    bytes: usize,
    pub(super) sealed_by: String,
    /// Why it cannot be opened; `None`: it can be.
    pub(super) unreadable: Option<String>,
}

/// Why something is not done.
#[derive(Debug)]
pub(super) enum Refused {
    /// What is named is not there, or cannot be.
    Missing(String),
    /// It is not as it has to be.
    Conflict(String),
    /// The store cannot be read or written.
    Failed(String),
}

impl Refused {
    /// In a sentence.
    ///
    /// # Errors
    /// When nothing else is to be tried either.
    pub(super) fn said(self) -> Result<String, Error> {
        match self {
            Self::Missing(why) | Self::Conflict(why) => Ok(why),
            Self::Failed(why) => Err(Error::Server(why)),
        }
    }

    fn of(name: &str, error: &QuarantineError) -> Self {
        let said = format!("{name}: {error}");
        match error {
            QuarantineError::Missing => Self::Missing(said),
            QuarantineError::Store(_) => Self::Failed(said),
            QuarantineError::Opens
            | QuarantineError::Away(_)
            | QuarantineError::Occupied
            | QuarantineError::Contended => Self::Conflict(said),
        }
    }

    #[expect(clippy::needless_pass_by_value, reason = "it is what maps an error")]
    fn store(error: StoreError) -> Self {
        Self::Failed(format!("cannot read the store: {error}"))
    }
}

impl Custody {
    /// All that is kept aside.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub(super) async fn kept_aside(&self) -> Result<Moved, Refused> {
        let all = quarantined(&self.store).await.map_err(Refused::store)?;
        Ok(Moved {
            values: all.into_iter().map(|one| self.told(one)).collect(),
            refused: Vec::new(),
        })
    }

    /// Puts the value of this object aside.
    ///
    /// # Errors
    /// When it is not there, can be opened, or may be soon.
    pub(super) async fn put_aside(&self, resource: &str, name: &str) -> Result<Moved, Refused> {
        let path = path_of(resource, name).map_err(Refused::Missing)?;
        let place = format!("{}{path}", self.store.keyspace().objects());
        let _nothing_is_shown_meanwhile = self.moving.lock().await;
        self.aside(&place).await.map(one)
    }

    /// Puts everything aside that belongs to objects and cannot be opened.
    ///
    /// # Errors
    /// When the store cannot be read; what was put aside by then stays there.
    pub(super) async fn put_all_aside(&self) -> Result<Moved, Refused> {
        let _nothing_is_shown_meanwhile = self.moving.lock().await;
        let places = unopened(&self.store).await.map_err(Refused::store)?;
        let moves = stream::iter(places).map(|place| async move { self.aside(&place).await });
        all(moves.buffered(AT_ONCE)).await
    }

    async fn aside(&self, place: &str) -> Result<Value, Refused> {
        let done = put_aside(&self.store, place).await;
        let short = short(self.store.keyspace(), place);
        let value = self.told(done.map_err(|error| Refused::of(short, &error))?);
        let why = value.unreadable.as_deref().unwrap_or_default();
        tracing::info!(id = value.id, why, "a value that cannot be opened was put aside");
        Ok(value)
    }

    /// Puts a value back to its place.
    ///
    /// # Errors
    /// When there is none, its place is taken, or its namespace is not there.
    pub(super) async fn put_back(&self, id: &str) -> Result<Moved, Refused> {
        let _nothing_is_shown_meanwhile = self.moving.lock().await;
        self.back(id, None).await.map(one)
    }

    /// Puts everything back that can be opened again, and whose namespace is not another one of the same name.
    ///
    /// # Errors
    /// When the store cannot be read; what was put back by then stays there.
    pub(super) async fn put_readable_back(&self) -> Result<Moved, Refused> {
        let _nothing_is_shown_meanwhile = self.moving.lock().await;
        let kept = quarantined(&self.store).await.map_err(Refused::store)?;
        let readable = kept.into_iter().filter(|one| one.unopened.is_none());
        let readable = readable.map(|one| self.told(one));
        // Others need their namespaces there.
        let (namespaces, others): (Vec<Value>, Vec<Value>) =
            readable.partition(|value| value.resource == NAMESPACES.plural);
        let mut moved = Moved::default();
        for values in [namespaces, others] {
            let moves = stream::iter(values).map(|value| async move {
                let made = self.made(&value).await?;
                self.back(&value.id, made).await
            });
            let part = all(moves.buffered(AT_ONCE)).await?;
            moved.values.extend(part.values);
            moved.refused.extend(part.refused);
        }
        Ok(moved)
    }

    /// `made`: when the object was made, which is before its namespace only if that is another one.
    async fn back(&self, id: &str, made: Option<Timestamp>) -> Result<Value, Refused> {
        let (place, revision) = origin_of(self.store.keyspace(), id)?;
        let origin = Origin {
            place: &place,
            revision,
        };
        for _ in 0..ATTEMPTS {
            let guard = self.namespace_of(id, &place, made).await?;
            match put_back(&self.store, origin, guard).await {
                Ok(done) => {
                    let opens = done.unopened.is_none();
                    tracing::info!(id, opens, "a value that was kept aside was put back");
                    return Ok(self.told(done));
                }
                Err(QuarantineError::Contended) => {}
                Err(error) => return Err(Refused::of(id, &error)),
            }
        }
        Err(Refused::of(id, &QuarantineError::Contended))
    }

    /// Destroys a value that is kept aside.
    ///
    /// # Errors
    /// When there is none.
    pub(super) async fn discard(&self, id: &str) -> Result<Moved, Refused> {
        let (place, revision) = origin_of(self.store.keyspace(), id)?;
        let _nothing_is_shown_meanwhile = self.moving.lock().await;
        let origin = Origin {
            place: &place,
            revision,
        };
        let done = discard(&self.store, origin).await;
        let done = done.map_err(|error| Refused::of(id, &error))?;
        tracing::info!(id, "a value that was kept aside was destroyed");
        Ok(one(self.told(done)))
    }

    fn told(&self, one: Quarantined) -> Value {
        told(self.store.keyspace(), one)
    }

    /// When the object of a value that is kept aside was made; `None`: the value does not tell.
    async fn made(&self, value: &Value) -> Result<Option<Timestamp>, Refused> {
        let (keyspace, place) = (self.store.keyspace(), value.place.as_str());
        let origin = Origin {
            place,
            revision: value.revision,
        };
        let kept = self.store.sealed().get(&origin.key(keyspace)).await;
        let (kept, kind) = (kept.map_err(Refused::store)?, kind_at(short(keyspace, place)));
        let (Some(kept), Some(kind)) = (kept, kind) else {
            return Ok(None);
        };
        let opened = self.store.open(place, &kept.value).await.ok();
        let object = opened.and_then(|opened| proto::decode(kind.resource, opened.plaintext.expose()).ok());
        Ok(object.as_ref().and_then(created))
    }

    /// The condition that the object's namespace is there and stays; `None`: it is in none.
    async fn namespace_of(
        &self,
        id: &str,
        place: &str,
        made: Option<Timestamp>,
    ) -> Result<Option<Check>, Refused> {
        let objects = self.store.keyspace().objects();
        let path = place.strip_prefix(objects).unwrap_or_default();
        let Some(kind) = kind_at(path).filter(|kind| kind.resource.namespaced) else {
            return Ok(None);
        };
        let inside = path.strip_prefix(kind.resource.directory).unwrap_or_default();
        let namespace = inside
            .trim_start_matches('/')
            .split('/')
            .next()
            .unwrap_or_default();
        let key = format!("{objects}{}/{namespace}", NAMESPACES.directory);
        let record = self.store.sealed().get(&key).await.map_err(Refused::store)?;
        let gone = |why: &str| Refused::Conflict(format!("{id}: the namespace {namespace} {why}"));
        let record = record.ok_or_else(|| gone("is not there: make it first"))?;
        // One that cannot be read cannot be going either.
        if let Ok(opened) = self.store.open(&key, &record.value).await
            && let Ok(object) = proto::decode(&NAMESPACES, opened.plaintext.expose())
        {
            if !object.meta_str("deletionTimestamp").is_empty() {
                return Err(gone("is being deleted"));
            }
            if made.is_some_and(|made| created(&object).is_some_and(|created| created > made)) {
                return Err(gone("was made after it: say its id to put it there all the same"));
            }
        }
        Ok(Some(Check {
            key,
            mod_revision: record.mod_revision,
        }))
    }
}

fn created(object: &Object) -> Option<Timestamp> {
    Timestamp::parse(object.meta_str("creationTimestamp")).ok()
}

/// What came of many moves. Of a key holder that is away thousands tell the same: some are told, the rest is a number.
async fn all(moves: impl stream::Stream<Item = Result<Value, Refused>>) -> Result<Moved, Refused> {
    let (mut moved, mut more) = (Moved::default(), 0_u64);
    let mut moves = std::pin::pin!(moves);
    while let Some(done) = moves.next().await {
        match done {
            Ok(value) => moved.values.push(value),
            Err(failed @ Refused::Failed(_)) => return Err(failed),
            // It went: there is nothing to be done about it.
            Err(Refused::Missing(_)) => {}
            Err(Refused::Conflict(_)) if moved.refused.len() >= MOST_REFUSED => more += 1,
            Err(Refused::Conflict(why)) => moved.refused.push(why),
        }
    }
    if more > 0 {
        moved.refused.push(format!("and {more} more"));
    }
    Ok(moved)
}

fn one(value: Value) -> Moved {
    Moved {
        values: vec![value],
        refused: Vec::new(),
    }
}

fn told(keyspace: &Keyspace, one: Quarantined) -> Value {
    let sealed_by = match &one.by {
        by if by.is_clear() => "nobody: it is in the clear".to_owned(),
        by if by.is_unknown() => "unknown".to_owned(),
        by => by.to_string(),
    };
    Value {
        id: format!("{}{AT}{}", short(keyspace, &one.place), one.revision),
        resource: kind_of(keyspace, &one.place),
        revision: one.revision,
        bytes: one.bytes,
        sealed_by,
        unreadable: one.unopened.map(|why| why.to_string()),
        place: one.place,
    }
}

/// The storage key as it is shown.
fn short<'p>(keyspace: &Keyspace, place: &'p str) -> &'p str {
    place.strip_prefix(keyspace.objects()).unwrap_or(place)
}

/// The place and the revision that an id names.
fn origin_of(keyspace: &Keyspace, id: &str) -> Result<(String, u64), Refused> {
    let missing = || Refused::Missing(format!("{id}: no value of that id is kept aside"));
    let (place, revision) = id.rsplit_once(AT).ok_or_else(missing)?;
    Ok((
        format!("{}{place}", keyspace.objects()),
        revision.parse().map_err(|_| missing())?,
    ))
}

#[cfg(test)]
mod tests {
    use purser_encryption::rotation::SealedBy;

    use super::*;

    #[test]
    fn an_id_names_places_of_objects_only() {
        let keyspace = Keyspace::default();
        let (place, revision) = origin_of(&keyspace, "secrets/a/b@7@42").unwrap();
        assert_eq!((place.as_str(), revision), ("/registry/secrets/a/b@7", 42));
        for id in ["", "secrets/a/b", "secrets/a/b@", "secrets/a/b@x", "@-1"] {
            assert!(
                matches!(origin_of(&keyspace, id), Err(Refused::Missing(_))),
                "{id}"
            );
        }
        // What is told of them names them.
        let of = |place: &str| Quarantined {
            place: place.to_owned(),
            revision: 42,
            bytes: 1,
            by: SealedBy::of(b"k8s:enc:aesgcm:v1:key1:x"),
            unopened: None,
        };
        assert_eq!(told(&keyspace, of("/registry/secrets/a/b")).id, "secrets/a/b@42");
    }
}
