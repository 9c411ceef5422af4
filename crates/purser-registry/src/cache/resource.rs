//! The cache of one resource: sealed objects by key, recent events, and the watches that are up to date.

use std::ops::Bound;
use std::sync::Arc;
use std::time::SystemTime;

use parking_lot::{Mutex, RwLock};
use tokio::sync::mpsc;

use super::event::CacheEvent;
use super::ring::{RING_BYTES, RING_EVENTS, Ring};
use super::snapshots::Snapshots;
use super::watchers::{Scope, Watchers};
use super::{Objects, Snapshot};
use crate::found::Found;
use crate::kinds::Kind;
use crate::lasting::Lasting;

/// How many events a watch that is behind fetches at once.
const CATCH_UP: usize = 128;

/// One resource.
pub(crate) struct ResourceCache {
    /// What it is.
    pub(crate) kind: &'static Kind,
    state: RwLock<State>,
    snapshots: Mutex<Snapshots>,
}

struct State {
    objects: Objects,
    /// How many of them cannot be read.
    unreadable: usize,
    /// How many keep a token that does not end, or are to.
    lasting: usize,
    /// The revision of the newest event here.
    revision: u64,
    ring: Ring,
    watchers: Watchers,
    stopped: bool,
}

/// What became of a key.
pub(super) struct Change {
    pub(super) key: Arc<str>,
    /// The object now; `None`: it was deleted.
    pub(super) current: Option<Arc<Found>>,
}

/// How a watch goes on.
#[derive(Debug)]
pub(crate) enum Next {
    /// With these events, after which everything up to the revision is known.
    Events(Vec<Arc<CacheEvent>>, u64),
    /// With what this queue brings; the number is for [`ResourceCache::unsubscribe`].
    Follow(u64, mpsc::Receiver<Arc<CacheEvent>>),
    /// Events are missing; those after this revision are here.
    Behind(u64),
    /// Not at all: the registry is stopping.
    Stopped,
}

impl ResourceCache {
    /// An empty cache at revision 0.
    pub(crate) fn new(kind: &'static Kind) -> Self {
        Self::with_ring(kind, RING_EVENTS, RING_BYTES)
    }

    /// As [`ResourceCache::new`], with other bounds.
    pub(crate) fn with_ring(kind: &'static Kind, events: usize, bytes: usize) -> Self {
        let state = State {
            objects: Objects::new(),
            unreadable: 0,
            lasting: 0,
            revision: 0,
            ring: Ring::new(0, events, bytes),
            watchers: Watchers::default(),
            stopped: false,
        };
        Self {
            kind,
            state: RwLock::new(state),
            snapshots: Mutex::new(Snapshots::default()),
        }
    }

    /// Starts over with these objects at `revision`: watches end and come back.
    pub(crate) fn reset(&self, objects: Objects, revision: u64) {
        let mut state = self.state.write();
        state.unreadable = objects.values().filter(|found| is_unreadable(found)).count();
        state.lasting = objects.values().filter(|found| is_lasting(found)).count();
        state.objects = objects;
        state.revision = revision;
        state.ring = state.ring.emptied(revision);
        state.watchers.clear();
    }

    /// Lets go of everything but what is there now. Watches that have not seen all of it yet begin anew.
    pub(crate) fn forget_history(&self) {
        let mut state = self.state.write();
        state.ring = state.ring.emptied(state.revision);
        state.watchers.clear();
        drop(state);
        *self.snapshots.lock() = Snapshots::default();
    }

    /// The object of a key.
    pub(crate) fn get(&self, key: &str) -> Option<Arc<Found>> {
        self.state.read().objects.get(key).cloned()
    }

    /// Everything, as of a revision not before `applied` (which the caller read before this call).
    pub(crate) fn snapshot(&self, applied: u64) -> Snapshot {
        let state = self.state.read();
        Snapshot {
            objects: state.objects.clone(),
            revision: applied.max(state.revision),
        }
    }

    /// Keeps a snapshot for the next page.
    pub(crate) fn keep(&self, snapshot: &Snapshot, now: SystemTime) {
        self.snapshots
            .lock()
            .keep(snapshot.revision, snapshot.objects.clone(), now);
    }

    /// A snapshot that was kept.
    pub(crate) fn kept(&self, revision: u64) -> Option<Snapshot> {
        Some(Snapshot {
            objects: self.snapshots.lock().at(revision)?,
            revision,
        })
    }

    /// Applies all changes of a revision and tells the watches; answers what was there before each.
    pub(super) fn apply(
        &self,
        revision: u64,
        changes: &[Change],
        now: SystemTime,
    ) -> Vec<Option<Arc<Found>>> {
        let mut state = self.state.write();
        state.revision = revision;
        let before = changes
            .iter()
            .map(|change| state.apply(revision, change))
            .collect();
        drop(state);
        self.snapshots.lock().expire(now);
        before
    }

    /// What follows `after` for a watch: events, or, when there are none, a queue for all that come.
    pub(crate) fn next(&self, scope: &Scope, after: u64) -> Next {
        let mut state = self.state.write();
        if state.stopped {
            return Next::Stopped;
        }
        match state.ring.after(after, CATCH_UP, |event| scope.covers(event)) {
            None => Next::Behind(state.ring.floor()),
            Some((events, _)) if events.is_empty() => {
                let (id, receiver) = state.watchers.add(scope.clone());
                Next::Follow(id, receiver)
            }
            Some((events, complete)) => Next::Events(events, complete),
        }
    }

    /// Ends a subscription.
    pub(crate) fn unsubscribe(&self, scope: &Scope, id: u64) {
        self.state.write().watchers.remove(scope, id);
    }

    /// Ends all watches, for good.
    pub(crate) fn stop(&self) {
        let mut state = self.state.write();
        state.stopped = true;
        state.watchers.clear();
    }

    /// How many objects there are, and how many watches follow.
    pub(crate) fn counts(&self) -> (usize, usize) {
        let state = self.state.read();
        (state.objects.len(), state.watchers.len())
    }

    /// How many keep a token that does not end, or are to.
    pub(crate) fn lasting(&self) -> usize {
        self.state.read().lasting
    }

    /// Objects that cannot be read, at most so many.
    pub(crate) fn unreadable_objects(&self, most: usize) -> Vec<Arc<Found>> {
        // The copy shares all of it, and keeps nobody waiting while it is gone through.
        let objects = self.state.read().objects.clone();
        let unreadable = objects.values().filter(|found| is_unreadable(found));
        unreadable.take(most).map(Arc::clone).collect()
    }

    /// How many objects cannot be read.
    pub(crate) fn unreadable(&self) -> usize {
        self.state.read().unreadable
    }
}

impl State {
    fn apply(&mut self, revision: u64, change: &Change) -> Option<Arc<Found>> {
        let previous = match &change.current {
            Some(found) => self.objects.insert(Arc::clone(&change.key), Arc::clone(found)),
            None => self.objects.remove(change.key.as_ref()),
        };
        self.unreadable += usize::from(change.current.as_ref().is_some_and(is_unreadable));
        self.unreadable -= usize::from(previous.as_ref().is_some_and(is_unreadable));
        self.lasting += usize::from(change.current.as_ref().is_some_and(is_lasting));
        self.lasting -= usize::from(previous.as_ref().is_some_and(is_lasting));
        if change.current.is_some() || previous.is_some() {
            let event = Arc::new(CacheEvent::new(
                revision,
                change.current.clone(),
                previous.as_ref(),
            ));
            self.ring.push(Arc::clone(&event));
            self.watchers.tell(&event);
        }
        previous
    }
}

fn is_lasting(found: &Arc<Found>) -> bool {
    matches!(found.index.lasting.as_deref(), Some(Lasting::Kept { .. }))
}

fn is_unreadable(found: &Arc<Found>) -> bool {
    found.index.unreadable.is_some()
}

impl Snapshot {
    /// Only the object of a key.
    pub(crate) fn only(&self, key: &str) -> Self {
        let found = self.objects.get_key_value(key);
        let objects = found.map_or_else(Objects::new, |(key, found)| {
            Objects::unit(Arc::clone(key), Arc::clone(found))
        });
        Self {
            objects,
            revision: self.revision,
        }
    }

    /// The objects whose key starts with `scope`, from `start` (a key, or `scope` itself) on.
    pub(crate) fn range<'a>(
        &'a self,
        scope: &'a str,
        start: &'a str,
    ) -> impl Iterator<Item = &'a Arc<Found>> {
        let start = Bound::Included(start.max(scope));
        self.objects
            .range::<(Bound<&str>, Bound<&str>), str>((start, Bound::Unbounded))
            .take_while(move |(key, _)| key.starts_with(scope))
            .map(|(_, found)| found)
    }
}
