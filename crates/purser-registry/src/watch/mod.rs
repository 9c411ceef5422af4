//! Watches: what they yield, and how one encoding serves many of them.

mod bookmarks;
mod slot;
mod stream;

use std::pin::Pin;
use std::sync::Arc;

use futures_core::Stream;

pub(crate) use bookmarks::Bookmarks;
pub use slot::{EventSlot, FRAME_KEPT};
pub(crate) use stream::{Start, Watcher};

use crate::error::Error;
use crate::found::Found;

/// What happened to an object, from the point of view of one watch and its selectors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventKind {
    /// It appeared.
    Added,
    /// It changed.
    Modified,
    /// It vanished; the object is its last state, at the revision of the vanishing.
    Deleted,
}

impl EventKind {
    /// The word of the frame.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Added => "ADDED",
            Self::Modified => "MODIFIED",
            Self::Deleted => "DELETED",
        }
    }
}

/// What a watch yields.
#[derive(Debug)]
pub enum WatchItem {
    /// A change.
    Event {
        /// What happened.
        kind: EventKind,
        /// The object, sealed.
        found: Arc<Found>,
        /// Where its encodings are shared with other watches.
        slot: Arc<EventSlot>,
    },
    /// Everything up to this revision has been delivered.
    Bookmark {
        /// The revision.
        revision: u64,
        /// Whether the initial events end here (annotation `k8s.io/initial-events-end`).
        initial_events_end: bool,
    },
}

/// A watch. It ends after an error (to be sent as an `ERROR` frame), when the watcher fell too far behind, and when
/// the registry stops.
pub type WatchStream = Pin<Box<dyn Stream<Item = Result<WatchItem, Error>> + Send>>;
