//! Where the feed leaves what it learns, and watchers find it.

use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;
use purser_store::{After, Recent, Revision, StoreError};
use tokio::sync::watch;

use crate::assembly::Whole;

/// What wakes a watcher.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Signal {
    /// Everything up to this revision is known.
    Revision(Revision),
    /// The store has closed.
    Closed,
}

/// Shared by the feed and the watchers.
pub(crate) struct Hub {
    recent: Mutex<Recent>,
    signal: watch::Sender<Signal>,
    /// How often history became another one.
    rewinds: AtomicU64,
    /// What came before this revision was forgotten on request, though memory may hold some of it.
    forgotten: AtomicU64,
}

impl Hub {
    pub(crate) fn new(revision: Revision) -> Self {
        Self {
            recent: Mutex::new(Recent::starting_after(revision)),
            signal: watch::Sender::new(Signal::Revision(revision)),
            rewinds: AtomicU64::new(0),
            forgotten: AtomicU64::new(0),
        }
    }

    /// Shows revisions, which come in order. Where one is missing, what was before it is forgotten, and watchers that
    /// lack it read history.
    pub(crate) fn publish(&self, revisions: impl IntoIterator<Item = Whole>) {
        let mut recent = self.recent.lock();
        for Whole { revision, events } in revisions {
            if recent.last() + 1 != revision {
                *recent = Recent::starting_after(revision.saturating_sub(1));
            }
            recent.push(events);
        }
        let last = recent.last();
        drop(recent);
        self.show(last);
    }

    /// Begins anew after a revision of another history: watches of the one that was end.
    pub(crate) fn rewind(&self, revision: Revision) {
        self.rewinds.fetch_add(1, Ordering::AcqRel);
        self.forgotten.store(0, Ordering::Release);
        self.begin_after(revision);
    }

    /// How often history became another one.
    pub(crate) fn rewinds(&self) -> u64 {
        self.rewinds.load(Ordering::Acquire)
    }

    /// Takes note that what came before `revision` is forgotten.
    pub(crate) fn forget(&self, revision: Revision) {
        self.forgotten.fetch_max(revision, Ordering::AcqRel);
    }

    /// Judges where a new watch begins.
    ///
    /// # Errors
    /// When what follows `after` is known to be forgotten, or the store is closed.
    pub(crate) fn watchable(&self, after: Revision) -> Result<(), StoreError> {
        self.is_open()?;
        let oldest = self.forgotten.load(Ordering::Acquire);
        if after < oldest {
            return Err(StoreError::Compacted { asked: after, oldest });
        }
        Ok(())
    }

    /// Begins anew after a revision: what came before it is forgotten.
    pub(crate) fn begin_after(&self, revision: Revision) {
        *self.recent.lock() = Recent::starting_after(revision);
        self.show(revision);
    }

    fn show(&self, revision: Revision) {
        let signal = Signal::Revision(revision);
        self.signal.send_if_modified(|shown| {
            let changed = *shown != Signal::Closed && *shown != signal;
            if changed {
                *shown = signal;
            }
            changed
        });
    }

    /// The latest revision that is known.
    pub(crate) fn last(&self) -> Revision {
        self.recent.lock().last()
    }

    /// What follows `position`, and how far memory reaches.
    pub(crate) fn after(&self, position: Revision) -> (After, Revision) {
        let recent = self.recent.lock();
        (recent.after(position), recent.last())
    }

    /// Waits until everything up to `revision` is known, or the store is closed.
    pub(crate) async fn reach(&self, revision: Revision) {
        let mut signal = self.signal.subscribe();
        let reached = |signal: &Signal| match signal {
            Signal::Revision(last) => *last >= revision,
            Signal::Closed => true,
        };
        // An error means that the hub is gone, and it cannot go while `self` holds it.
        drop(signal.wait_for(reached).await);
    }

    pub(crate) fn subscribe(&self) -> watch::Receiver<Signal> {
        self.signal.subscribe()
    }

    /// Ends watches.
    pub(crate) fn close(&self) {
        self.signal.send_replace(Signal::Closed);
    }

    /// # Errors
    /// When the store is closed.
    pub(crate) fn is_open(&self) -> Result<(), StoreError> {
        match *self.signal.borrow() {
            Signal::Revision(_) => Ok(()),
            Signal::Closed => Err(closed()),
        }
    }
}

/// The answer of a store that was closed.
pub(crate) fn closed() -> StoreError {
    StoreError::Unavailable("the store is closed".to_owned())
}
