//! One watch: its first state, its place in the events, and what it has already said.

use std::collections::VecDeque;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use futures_util::StreamExt;
use purser_authz::Permit;
use purser_store::{Event, StoreError, Watched};
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::WatchItem;
use super::bookmarks::Bookmarks;
use super::change::Change;
use super::unjudged::{Judge, Unjudged};
use crate::cache::{CacheEvent, Caches, Next, ResourceCache, Scope, Snapshot, read};
use crate::error::Error;
use crate::event::{EventKind, EventSlot};
use crate::found::Found;
use crate::selection::Selection;

/// How many objects of the first state are taken from the snapshot at a time.
const INITIAL_CHUNK: usize = 256;

/// A watch that is being read.
pub(crate) struct Watcher {
    caches: Arc<Caches>,
    cache: Arc<ResourceCache>,
    selection: Selection,
    scope: Scope,
    /// Nothing at or before this revision is sent.
    floor: u64,
    place: Place,
    pending: VecDeque<WatchItem>,
    /// `None`: all that is selected may be seen.
    judge: Option<Judge>,
    /// What has to be judged before it is pending, in order. Empty where nothing has to be.
    unjudged: Vec<Unjudged>,
    initial: Option<Initial>,
    source: Source,
    bookmarks: Option<Bookmarks>,
}

/// How far a watch is. The events of a transaction share their revision, so the last one may be half taken.
#[derive(Debug, Clone, Copy)]
struct Place {
    /// Every event up to this revision has been taken, but for those of `partial`.
    after: u64,
    /// A revision after `after`, and how many of its events have been taken.
    partial: Option<(u64, usize)>,
}

/// The first state of a watch, still to be sent.
struct Initial {
    snapshot: Snapshot,
    range: String,
    start: String,
    /// Whether a bookmark says where it ends.
    marks_end: bool,
}

/// Where the next events come from.
enum Source {
    /// The cache is to be asked.
    Cache,
    /// The cache tells.
    Queue(Queue),
    /// The store's history, until the cache has what follows.
    History {
        stream: purser_store::WatchStream,
        /// The cache has everything after this revision.
        until: u64,
    },
}

/// A subscription; dropping it ends it.
struct Queue {
    cache: Arc<ResourceCache>,
    scope: Scope,
    id: u64,
    receiver: mpsc::Receiver<Arc<CacheEvent>>,
}

impl Drop for Queue {
    fn drop(&mut self) {
        self.cache.unsubscribe(&self.scope, self.id);
    }
}

/// What a watch starts with.
pub(crate) enum Start {
    /// With the changes after this revision.
    After(u64),
    /// With this state as `ADDED` events, then the changes.
    State {
        /// The state.
        snapshot: Snapshot,
        /// Whether a bookmark says where it ends.
        marks_end: bool,
    },
}

impl Place {
    /// Notes an event.
    fn take(&mut self, revision: u64) {
        self.partial = match self.partial {
            Some((partial, taken)) if partial == revision => Some((partial, taken + 1)),
            _ => Some((revision, 1)),
        };
    }

    /// Notes that everything up to `revision` has been taken.
    fn complete(&mut self, revision: u64) {
        self.after = self.after.max(revision);
        self.partial = self.partial.filter(|(partial, _)| *partial > self.after);
    }

    /// How many events of a revision have been taken already.
    fn taken_of(&self, revision: u64) -> usize {
        let partial = self.partial.filter(|(partial, _)| *partial == revision);
        partial.map_or(0, |(_, taken)| taken)
    }

    /// From which revision to ask for more, and how many of the first events of the next one are known.
    fn resume(&self) -> (u64, usize) {
        // INVARIANT: revisions come in order, so everything before the partial one is complete.
        self.partial.map_or((self.after, 0), |(partial, taken)| {
            (self.after.max(partial.saturating_sub(1)), taken)
        })
    }
}

impl Watcher {
    /// A watch of what `selection` selects of `cache`.
    pub(crate) fn new(
        caches: Arc<Caches>,
        cache: Arc<ResourceCache>,
        selection: Selection,
        start: Start,
        bookmarks: Option<Bookmarks>,
    ) -> Self {
        let scope = selection.scope(cache.kind);
        let range = caches.keys.scope(cache.kind.resource, &selection.namespace);
        let (after, initial) = match start {
            Start::After(revision) => (revision, None),
            Start::State { snapshot, marks_end } => {
                let after = snapshot.revision;
                (
                    after,
                    Some(Initial {
                        snapshot,
                        start: range.clone(),
                        range,
                        marks_end,
                    }),
                )
            }
        };
        Self {
            caches,
            cache,
            selection,
            scope,
            floor: after,
            place: Place { after, partial: None },
            pending: VecDeque::new(),
            judge: None,
            unjudged: Vec::new(),
            initial,
            source: Source::Cache,
            bookmarks,
        }
    }

    /// The same, showing objects that `permit` admits and no others.
    pub(crate) fn admitting(self, permit: &Permit) -> Self {
        let judge = (!permit.is_for_all()).then(|| Judge {
            permit: permit.clone(),
            from: self.floor,
            until: self.caches.applied(),
        });
        Self { judge, ..self }
    }

    /// The next item that is there, or that the cache tells of; `None`: more has to be fetched
    /// ([`Watcher::fetch`]).
    pub(super) fn poll_told(&mut self, context: &mut Context<'_>) -> Poll<Option<WatchItem>> {
        loop {
            if let Some(item) = self.pending.pop_front() {
                return Poll::Ready(Some(item));
            }
            if !self.unjudged.is_empty() {
                return Poll::Ready(None);
            }
            if self.initial.is_some() {
                self.send_initial();
                let nothing = self.pending.is_empty() && self.unjudged.is_empty();
                if nothing && self.initial.is_some() {
                    // Nothing of it is selected: others get their turn before the next.
                    context.waker().wake_by_ref();
                    return Poll::Pending;
                }
                continue;
            }
            let Source::Queue(queue) = &mut self.source else {
                return Poll::Ready(None);
            };
            match ready!(queue.poll(self.bookmarks.as_mut(), context)) {
                Told::Event(event) => self.take(&event),
                Told::Ended => self.source = Source::Cache,
                Told::Due => self.bookmark(),
            }
        }
    }

    /// Queues a chunk of the first state.
    fn send_initial(&mut self) {
        let Some(initial) = &mut self.initial else { return };
        let chunk: Vec<Arc<Found>> = initial
            .snapshot
            .range(&initial.range, &initial.start)
            .take(INITIAL_CHUNK)
            .map(Arc::clone)
            .collect();
        if let Some(last) = chunk.last() {
            initial.start = format!("{}\0", last.key);
            let matching = chunk
                .into_iter()
                .filter(|found| self.selection.matches(&found.index));
            let added = matching.map(|found| WatchItem::Event {
                kind: EventKind::Added,
                found,
                slot: Arc::new(EventSlot::alone()),
            });
            match self.judge {
                None => self.pending.extend(added),
                Some(_) => self.unjudged.extend(added.map(Unjudged::Item)),
            }
            return;
        }
        if initial.marks_end {
            let revision = self.place.after;
            self.pending.push_back(WatchItem::Bookmark {
                revision,
                initial_events_end: true,
            });
        }
        self.initial = None;
    }

    /// Fetches more events from where they are, when the cache does not tell of them.
    pub(super) async fn fetch(&mut self) -> Result<(), Error> {
        if let (Some(judge), false) = (&self.judge, self.unjudged.is_empty()) {
            let unjudged = std::mem::take(&mut self.unjudged);
            let items = judge.items(&self.caches.store, &self.cache, unjudged).await?;
            self.pending.extend(items);
            return Ok(());
        }
        match &mut self.source {
            Source::Cache => self.ask().await,
            Source::Queue(_) => Ok(()),
            Source::History { stream, until } => {
                let until = *until;
                let asked = self.place.after;
                match stream.next().await {
                    Some(Ok(Watched::Events(events))) => self.take_stored(&events).await,
                    Some(Ok(Watched::Progress(revision))) => self.place.complete(revision),
                    Some(Err(error)) => return Err(too_old(error, asked)),
                    None => return Err(Error::Stopping),
                }
                if self.place.after >= until {
                    self.source = Source::Cache;
                }
                Ok(())
            }
        }
    }

    /// Asks the cache for what follows, or to be told.
    async fn ask(&mut self) -> Result<(), Error> {
        let (after, known) = self.place.resume();
        match self.cache.next(&self.scope, after) {
            Next::Events(events, complete) => {
                for event in events.iter().skip(known) {
                    self.take(event);
                }
                self.place.complete(complete);
            }
            Next::Follow(id, receiver) => {
                let (cache, scope) = (Arc::clone(&self.cache), self.scope.clone());
                self.source = Source::Queue(Queue {
                    cache,
                    scope,
                    id,
                    receiver,
                });
            }
            Next::Behind(until) => {
                let prefix = self.caches.keys.directory(self.cache.kind.resource);
                let watch = self.caches.store.sealed().watch(prefix, after).await;
                let stream = watch.map_err(|error| too_old(error, after))?;
                self.source = Source::History { stream, until };
            }
            Next::Stopped => return Err(Error::Stopping),
        }
        Ok(())
    }

    /// Says how far the watch is. INVARIANT: the revision is read before the queue is emptied, and the cache tells
    /// its watches before it moves that revision, so that nothing at or before it is still to come.
    fn bookmark(&mut self) {
        if let Some(bookmarks) = &mut self.bookmarks {
            bookmarks.renew(Instant::now());
        }
        let revision = self.caches.applied();
        let Source::Queue(queue) = &mut self.source else {
            return;
        };
        let (waiting, whole) = queue.drain();
        let later = waiting.partition_point(|event| event.revision <= revision);
        let (before, after) = waiting.split_at(later);
        before.iter().for_each(|event| self.take(event));
        if whole && revision > self.floor {
            self.place.complete(revision);
            let bookmark = WatchItem::Bookmark {
                revision,
                initial_events_end: false,
            };
            match self.judge {
                None => self.pending.push_back(bookmark),
                Some(_) => self.unjudged.push(Unjudged::Item(bookmark)),
            }
        }
        after.iter().for_each(|event| self.take(event));
    }

    /// Queues what an event means to this watch.
    fn take(&mut self, event: &CacheEvent) {
        self.place.take(event.revision);
        if event.revision <= self.floor {
            return;
        }
        let change = Change::of(&self.selection, event);
        match self.judge {
            None => self.pending.extend(change.item()),
            Some(_) => self
                .unjudged
                .extend(change.is_seen().then_some(Unjudged::Change(change))),
        }
    }

    /// As [`Watcher::take`], for the events of one revision from the store's history, but for those that are known.
    async fn take_stored(&mut self, events: &[Event]) {
        let Some(revision) = events.first().map(|event| event.record.mod_revision) else {
            return;
        };
        let mut known = self.place.taken_of(revision);
        for event in events {
            let (store, keys) = (&self.caches.store, &self.caches.keys);
            let mut current = None;
            if !event.deleted {
                current = read::index(store, keys, &event.record)
                    .await
                    .map(|indexed| indexed.found);
            }
            let mut previous = None;
            if let Some(record) = &event.previous {
                previous = read::index(store, keys, record)
                    .await
                    .map(|indexed| indexed.found);
            }
            let event = CacheEvent::new(revision, current, previous.as_ref());
            if !self.scope.covers(&event) {
                continue;
            }
            match known.checked_sub(1) {
                Some(left) => known = left,
                None => self.take(&event),
            }
        }
        self.place.complete(revision);
    }
}

/// What a watch is told.
enum Told {
    Event(Arc<CacheEvent>),
    /// The queue is over: it ran full, or the registry stops.
    Ended,
    /// A bookmark is due.
    Due,
}

impl Queue {
    fn poll(&mut self, bookmarks: Option<&mut Bookmarks>, context: &mut Context<'_>) -> Poll<Told> {
        match (self.receiver.poll_recv(context), bookmarks) {
            (Poll::Ready(event), _) => Poll::Ready(event.map_or(Told::Ended, Told::Event)),
            (Poll::Pending, Some(bookmarks)) => bookmarks.poll_due(context).map(|()| Told::Due),
            (Poll::Pending, None) => Poll::Pending,
        }
    }

    /// What waits, and whether that is all there is.
    fn drain(&mut self) -> (Vec<Arc<CacheEvent>>, bool) {
        let mut waiting = Vec::new();
        loop {
            match self.receiver.try_recv() {
                Ok(event) => waiting.push(event),
                Err(mpsc::error::TryRecvError::Empty) => return (waiting, true),
                Err(mpsc::error::TryRecvError::Disconnected) => return (waiting, false),
            }
        }
    }
}

fn too_old(error: StoreError, asked: u64) -> Error {
    match error {
        StoreError::Compacted { oldest, .. } => Error::WatchExpired { asked, oldest },
        error => error.into(),
    }
}
