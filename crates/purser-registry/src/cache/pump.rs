//! What fills the caches: one load, then one watch of everything under the prefix.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::StreamExt;
use purser_authz::Authorizer;
use purser_encryption::SealedStore;
use purser_store::{Event, Range, Record, StoreError, WatchStream, Watched, prefix_end};
use purser_types::Resource;
use tokio::sync::watch;

use super::learn::{learn, learn_all};
use super::read::{self, Indexed};
use super::resource::Change;
use super::{Kinship, Objects, ResourceCache};
use crate::clock::Clock;
use crate::error::Error;
use crate::found::Found;
use crate::keys::Keys;
use crate::kinds::{KINDS, Kind};

/// How many records are loaded at a time.
const LOAD_PAGE: usize = 10_000;

/// How many records one task indexes during the load.
const LOAD_CHUNK: usize = 500;

/// How many tasks index at the same time during the load.
const LOAD_TASKS: usize = 8;

/// How many unreadable objects the load names in the log; the rest is a number.
const UNREADABLE_NAMED: usize = 5;

/// How long a read waits for the cache to catch up. Source: `cacher.blockTimeout` upstream.
pub(crate) const CATCH_UP_TIME: Duration = Duration::from_secs(3);

/// How long the pump waits before it asks a store again that failed.
const RETRY_TIME: Duration = Duration::from_millis(200);

/// The caches of all resources.
pub(crate) struct Caches {
    /// What they hold, sealed.
    pub(crate) store: Arc<SealedStore>,
    /// Where things are.
    pub(crate) keys: Keys,
    /// Who belongs to whom.
    pub(crate) kinship: Kinship,
    /// Learns of roles and bindings.
    authorizer: Arc<Authorizer>,
    clock: Arc<dyn Clock>,
    /// In the order of [`KINDS`].
    resources: Vec<Arc<ResourceCache>>,
    applied: watch::Sender<u64>,
    following: AtomicBool,
}

impl Caches {
    /// Loads everything under the prefix.
    ///
    /// # Errors
    /// The store's.
    pub(crate) async fn load(
        store: Arc<SealedStore>,
        keys: Keys,
        clock: Arc<dyn Clock>,
        authorizer: Arc<Authorizer>,
    ) -> Result<Arc<Self>, Error> {
        let caches = Arc::new(Self {
            store,
            keys,
            clock,
            kinship: Kinship::default(),
            authorizer,
            resources: caches_of(KINDS),
            applied: watch::channel(0).0,
            following: AtomicBool::new(false),
        });
        caches.reload().await?;
        Ok(caches)
    }

    /// The cache of a kind, by its place in [`KINDS`]; a face has that of the kind it is stored as.
    pub(crate) fn at(&self, kind: usize) -> Option<&Arc<ResourceCache>> {
        self.resources.get(kind)
    }

    /// The cache of a resource.
    pub(crate) fn of(&self, resource: &'static Resource) -> Option<&Arc<ResourceCache>> {
        self.resources
            .iter()
            .find(|cache| cache.kind.resource == resource.stored_as())
    }

    /// All caches, each once.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Arc<ResourceCache>> {
        self.resources
            .iter()
            .zip(KINDS)
            .filter(|(_, kind)| kind.is_storage())
            .map(|(cache, _)| cache)
    }

    /// The revision up to which everything is in the caches.
    pub(crate) fn applied(&self) -> u64 {
        *self.applied.borrow()
    }

    /// Whether the store is being followed.
    pub(crate) fn following(&self) -> bool {
        self.following.load(Ordering::Relaxed)
    }

    /// Waits until everything up to `revision` is in the caches, at most [`CATCH_UP_TIME`].
    ///
    /// # Errors
    /// [`Error::TooLarge`] when the time is over.
    pub(crate) async fn reach(&self, revision: u64) -> Result<(), Error> {
        if self.applied() >= revision {
            return Ok(());
        }
        let mut applied = self.applied.subscribe();
        let reached = applied.wait_for(|applied| *applied >= revision);
        match tokio::time::timeout(CATCH_UP_TIME, reached).await {
            Ok(_) => Ok(()),
            Err(_) => Err(Error::TooLarge {
                asked: revision,
                current: self.applied(),
            }),
        }
    }

    /// Waits until everything committed before this call is in the caches.
    ///
    /// # Errors
    /// The store's, and [`Error::TooLarge`].
    pub(crate) async fn reach_latest(&self) -> Result<(), Error> {
        let revision = self.store.sealed().revision().await?;
        self.reach(revision).await
    }

    /// Follows the store for as long as it is polled.
    pub(crate) async fn follow(self: Arc<Self>) {
        loop {
            let failed = match self
                .store
                .sealed()
                .watch(self.keys.root().to_owned(), self.applied())
                .await
            {
                Ok(stream) => {
                    self.following.store(true, Ordering::Relaxed);
                    self.drain(stream).await
                }
                Err(error) => error,
            };
            self.following.store(false, Ordering::Relaxed);
            tracing::warn!(error = %failed, revision = self.applied(), "the watch of the store ended; it is taken up again");
            let lost = matches!(failed, StoreError::Compacted { .. } | StoreError::Future { .. });
            if lost && let Err(error) = self.reload().await {
                tracing::warn!(%error, "the caches cannot be loaded again yet");
            }
            tokio::time::sleep(RETRY_TIME).await;
        }
    }

    /// Applies what a watch yields, until it ends.
    async fn drain(&self, mut stream: WatchStream) -> StoreError {
        loop {
            match stream.next().await {
                Some(Ok(Watched::Events(events))) => self.apply(&events).await,
                Some(Ok(Watched::Progress(revision))) => self.advance(revision),
                Some(Err(error)) => return error,
                None => return StoreError::Unavailable("the watch ended".to_owned()),
            }
        }
    }

    /// Applies the events of one revision. INVARIANT: a cache gets all of its at once, since a list or a watch that
    /// saw some of them would take the revision for seen.
    async fn apply(&self, events: &[Event]) {
        let mut revision = 0;
        let mut by_kind: BTreeMap<usize, Vec<Change>> = BTreeMap::new();
        for event in events {
            revision = event.record.mod_revision;
            let Some((kind, _)) = self.keys.parse(&event.record.key) else {
                continue;
            };
            let current = match event.deleted {
                true => None,
                false => read::index(&self.store, &self.keys, &event.record)
                    .await
                    .map(|indexed| indexed.found),
            };
            current.iter().for_each(|found| read::warn_if_unreadable(found));
            let key = Arc::clone(&event.record.key);
            by_kind.entry(kind).or_default().push(Change { key, current });
        }
        for (kind, changes) in by_kind {
            let Some(cache) = self.at(kind) else { continue };
            // First, so that nobody sees that a right was taken away while it still holds.
            for change in &changes {
                if let Some((_, named)) = self.keys.parse(&change.key) {
                    learn(
                        &self.authorizer,
                        cache.kind.resource,
                        named,
                        change.current.as_deref(),
                    );
                }
            }
            let before = cache.apply(revision, &changes, self.clock.now());
            for (change, previous) in changes.iter().zip(before) {
                self.kinship
                    .changed(previous.as_deref(), change.current.as_deref());
            }
        }
        self.advance(revision);
    }

    fn advance(&self, revision: u64) {
        self.applied.send_if_modified(|applied| {
            let newer = revision > *applied;
            *applied = revision.max(*applied);
            newer
        });
    }

    /// Loads everything anew; watches end and come back.
    async fn reload(&self) -> Result<(), Error> {
        let mut loaded: Vec<Objects> = vec![Objects::new(); KINDS.len()];
        let mut start = self.keys.root().to_owned();
        let end = prefix_end(self.keys.root());
        let mut revision = None;
        loop {
            let range = Range {
                start,
                end: end.clone(),
                limit: LOAD_PAGE,
                revision,
            };
            let page = self.store.sealed().range(range).await?;
            revision = Some(page.revision);
            let last = page.records.last().map(|record| record.key.to_string());
            let complete = page.records.len() >= page.total;
            for indexed in self.index_all(page.records).await? {
                if let Some(objects) = loaded.get_mut(indexed.kind) {
                    objects.insert(Arc::clone(&indexed.found.key), indexed.found);
                }
            }
            match last {
                Some(last) if !complete => start = format!("{last}\0"),
                _ => break,
            }
        }
        let revision = revision.unwrap_or_default();
        warn_of_unreadable(loaded.iter().flat_map(Objects::values));
        // Before the caches: nobody sees that a right was taken away while it still holds.
        let roles = loaded.iter().flat_map(Objects::values);
        learn_all(&self.authorizer, roles.map(AsRef::as_ref));
        for ((cache, objects), kind) in self.resources.iter().zip(&loaded).zip(KINDS) {
            if kind.is_storage() {
                cache.reset(objects.clone(), revision);
            }
        }
        // After the caches: what is to be looked at and is not in them is taken for gone.
        self.kinship.reset(loaded.iter().flat_map(Objects::values));
        self.advance(revision);
        Ok(())
    }

    /// Indexes many records on several tasks.
    ///
    /// # Errors
    /// When a task is cut off: its objects must not be missing.
    async fn index_all(&self, records: Vec<Record>) -> Result<Vec<Indexed>, Error> {
        let chunks: Vec<Vec<Record>> = records.chunks(LOAD_CHUNK).map(<[Record]>::to_vec).collect();
        let tasks = chunks.into_iter().map(|chunk| {
            let (store, keys) = (Arc::clone(&self.store), self.keys.clone());
            tokio::spawn(async move {
                let mut indexed = Vec::with_capacity(chunk.len());
                for record in &chunk {
                    indexed.extend(read::index(&store, &keys, record).await);
                }
                indexed
            })
        });
        let mut done = futures_util::stream::iter(tasks).buffered(LOAD_TASKS);
        let mut all = Vec::new();
        while let Some(indexed) = done.next().await {
            all.extend(indexed.map_err(|_| Error::Stopping)?);
        }
        Ok(all)
    }
}

/// Names some of what cannot be read, and counts the rest: it may be everything.
fn warn_of_unreadable<'a>(objects: impl Iterator<Item = &'a Arc<Found>>) {
    let mut unreadable = objects.filter(|found| found.index.unreadable.is_some());
    unreadable
        .by_ref()
        .take(UNREADABLE_NAMED)
        .for_each(|found| read::warn_if_unreadable(found));
    let more = unreadable.count();
    if more > 0 {
        tracing::warn!(more, "more stored objects cannot be read");
    }
}

/// A cache a storage; the faces of one share it.
fn caches_of(kinds: &'static [Kind]) -> Vec<Arc<ResourceCache>> {
    let mut caches: Vec<Arc<ResourceCache>> = Vec::with_capacity(kinds.len());
    for kind in kinds {
        let stored = kind.resource.stored_as();
        let shared = caches
            .iter()
            .find(|cache| cache.kind.resource == stored)
            .map(Arc::clone);
        let own = kinds.iter().find(|kind| kind.resource == stored).unwrap_or(kind);
        caches.push(shared.unwrap_or_else(|| Arc::new(ResourceCache::new(own))));
    }
    caches
}
