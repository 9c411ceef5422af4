//! What an event means to one watch.

use std::sync::Arc;

use super::WatchItem;
use crate::cache::CacheEvent;
use crate::event::{EventKind, EventSlot};
use crate::found::Found;
use crate::selection::Selection;

/// An object before and after an event, as far as a watch sees it: one that starts or stops being seen appears or
/// vanishes.
pub(super) struct Change {
    pub(super) previous: Option<Arc<Found>>,
    pub(super) current: Option<Arc<Found>>,
    /// When it was.
    pub(super) revision: u64,
    /// Whether the object was deleted then, and not only lost from sight.
    pub(super) deleted: bool,
    slot: Arc<EventSlot>,
}

impl Change {
    /// What of an event is selected.
    pub(super) fn of(selection: &Selection, event: &CacheEvent) -> Self {
        let seen = |found: &Option<Arc<Found>>| {
            let found = found.as_ref().filter(|found| selection.matches(&found.index));
            found.map(Arc::clone)
        };
        Self {
            previous: seen(&event.previous),
            current: seen(&event.current),
            revision: event.revision,
            deleted: event.current.is_none(),
            slot: Arc::clone(&event.slot),
        }
    }

    /// Whether anything of it is seen.
    pub(super) fn is_seen(&self) -> bool {
        self.previous.is_some() || self.current.is_some()
    }

    /// What is sent.
    pub(super) fn item(self) -> Option<WatchItem> {
        let (kind, found) = match (self.previous, self.current) {
            (None, Some(current)) => (EventKind::Added, current),
            (Some(_), Some(current)) => (EventKind::Modified, current),
            (Some(previous), None) => (EventKind::Deleted, previous),
            (None, None) => return None,
        };
        Some(WatchItem::Event {
            kind,
            found,
            slot: self.slot,
        })
    }
}
