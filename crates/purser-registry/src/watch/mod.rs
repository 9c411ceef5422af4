//! Watches: what they yield, and when they end.

mod bookmarks;
mod change;
mod following;
mod stream;
mod unjudged;

use std::pin::Pin;
use std::sync::Arc;

use futures_core::Stream;

pub(crate) use bookmarks::Bookmarks;
pub(crate) use following::Following;
pub(crate) use stream::{Start, Watcher};

use crate::error::Error;
use crate::event::{EventKind, EventSlot};
use crate::found::Found;

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
