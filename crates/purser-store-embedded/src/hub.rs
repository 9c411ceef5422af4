//! Where the writer leaves what is committed, and readers and watchers find it.

use std::sync::Arc;

use parking_lot::{Mutex, RwLock};
use purser_store::{After, Event, Recent, Revision, StoreError};
use tokio::sync::watch;

use crate::snapshot::Snapshot;

/// What wakes a watcher.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Signal {
    /// This revision is the current one.
    Revision(Revision),
    /// The store has closed.
    Closed,
}

/// Shared by the writer, the readers and the watchers.
pub(crate) struct Hub {
    snapshot: RwLock<Option<Arc<Snapshot>>>,
    recent: Mutex<Recent>,
    signal: watch::Sender<Signal>,
    /// Why writes are not taken, when they are not.
    trouble: Mutex<Option<String>>,
}

impl Hub {
    pub(crate) fn new(snapshot: Snapshot) -> Self {
        Self {
            recent: Mutex::new(Recent::starting_after(snapshot.revision)),
            signal: watch::Sender::new(Signal::Revision(snapshot.revision)),
            snapshot: RwLock::new(Some(Arc::new(snapshot))),
            trouble: Mutex::new(None),
        }
    }

    /// Shows a commit: to readers first, then to watchers. The writer answers after this. `revisions` are those that
    /// follow `after`; if that is past what was shown, what lies between is forgotten, and watchers that lack it are
    /// cut.
    pub(crate) fn publish(&self, snapshot: Snapshot, after: Revision, revisions: Vec<Arc<[Event]>>) {
        let signal = Signal::Revision(snapshot.revision);
        let replaced = self.snapshot.write().replace(Arc::new(snapshot));
        drop(replaced);
        let mut recent = self.recent.lock();
        if recent.last() < after {
            *recent = Recent::starting_after(after);
        }
        revisions.into_iter().for_each(|events| recent.push(events));
        drop(recent);
        self.signal
            .send_if_modified(|shown| std::mem::replace(shown, signal) != signal);
    }

    /// Lets go of the files; readers and watchers are refused from now on.
    pub(crate) fn release(&self) {
        *self.snapshot.write() = None;
    }

    /// Tells everybody that the files are free.
    pub(crate) fn announce_closed(&self) {
        self.signal.send_replace(Signal::Closed);
    }

    pub(crate) fn snapshot(&self) -> Result<Arc<Snapshot>, StoreError> {
        let snapshot = self.snapshot.read().clone();
        snapshot.ok_or_else(|| self.writable().err().unwrap_or_else(closed))
    }

    /// The current revision. It is known while the disk is not: nothing beyond it was acknowledged.
    pub(crate) fn revision(&self) -> Result<Revision, StoreError> {
        if let Some(snapshot) = self.snapshot.read().as_ref() {
            return Ok(snapshot.revision);
        }
        match *self.signal.borrow() {
            Signal::Revision(revision) => Ok(revision),
            Signal::Closed => Err(closed()),
        }
    }

    /// Tells why writes are not taken, or that they are.
    pub(crate) fn trouble(&self, why: Option<String>) {
        *self.trouble.lock() = why;
    }

    /// Whether writes are taken.
    pub(crate) fn writable(&self) -> Result<(), StoreError> {
        match self.trouble.lock().clone() {
            Some(why) => Err(StoreError::Unavailable(why)),
            None => Ok(()),
        }
    }

    /// What follows `position`, and how far memory reaches.
    pub(crate) fn after(&self, position: Revision) -> (After, Revision) {
        let recent = self.recent.lock();
        (recent.after(position), recent.last())
    }

    pub(crate) fn subscribe(&self) -> watch::Receiver<Signal> {
        self.signal.subscribe()
    }
}

/// The answer of a store that was closed.
pub(crate) fn closed() -> StoreError {
    StoreError::Unavailable("the store is closed".to_owned())
}
