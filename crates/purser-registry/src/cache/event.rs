//! One change of one object, as the cache keeps and hands it out.

use std::sync::Arc;

use crate::event::EventSlot;
use crate::found::Found;

/// A change.
#[derive(Debug)]
pub(crate) struct CacheEvent {
    /// When it happened.
    pub(crate) revision: u64,
    /// The object after it; `None`: it was deleted.
    pub(crate) current: Option<Arc<Found>>,
    /// The object before it, shown at this event's revision; `None`: it was created.
    pub(crate) previous: Option<Arc<Found>>,
    /// The shared encodings.
    pub(crate) slot: Arc<EventSlot>,
}

impl CacheEvent {
    /// What `previous` was before and `current` is after a change at `revision`.
    pub(crate) fn new(revision: u64, current: Option<Arc<Found>>, previous: Option<&Arc<Found>>) -> Self {
        let previous = previous.map(|found| {
            Arc::new(Found {
                revision,
                ..(**found).clone()
            })
        });
        Self {
            revision,
            current,
            previous,
            slot: Arc::new(EventSlot::shared()),
        }
    }

    /// The object it is about: where it is now, or where it was.
    pub(crate) fn subject(&self) -> Option<&Arc<Found>> {
        self.current.as_ref().or(self.previous.as_ref())
    }

    /// How many sealed bytes it keeps in memory.
    pub(crate) fn bytes(&self) -> usize {
        let sealed = |found: &Option<Arc<Found>>| found.as_ref().map_or(0, |found| found.sealed.len());
        sealed(&self.current) + sealed(&self.previous)
    }
}
