//! The latest revisions in memory, for watchers that keep up. Stores share it.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::event::Event;
use crate::record::Revision;

/// Revisions kept in memory.
const MAX_RECENT_REVISIONS: usize = 4_096;
/// Bytes of values kept in memory.
const MAX_RECENT_BYTES: usize = 2 << 20;
/// Revisions handed out at once.
const MAX_HANDED_OUT: usize = 256;

/// What follows a watcher's position.
#[derive(Debug)]
pub enum After {
    /// The watcher has everything.
    Nothing,
    /// The next revisions; the last ends at `reached`.
    Events {
        /// Each revision's, in order.
        events: Vec<Arc<[Event]>>,
        /// The revision of the last of them.
        reached: Revision,
    },
    /// Memory begins later.
    Gone,
}

/// A run of consecutive revisions that ends with the current one.
#[derive(Debug)]
pub struct Recent {
    last: Revision,
    bytes: usize,
    revisions: VecDeque<(Arc<[Event]>, usize)>,
}

impl Recent {
    /// Nothing yet; the next revision is `last + 1`.
    #[must_use]
    pub fn starting_after(last: Revision) -> Self {
        Self {
            last,
            bytes: 0,
            revisions: VecDeque::new(),
        }
    }

    /// The current revision.
    #[must_use]
    pub fn last(&self) -> Revision {
        self.last
    }

    /// Appends the next revision's events, and lets go of the oldest.
    pub fn push(&mut self, events: Arc<[Event]>) {
        let bytes = events.iter().map(size).sum();
        self.last += 1;
        self.bytes += bytes;
        self.revisions.push_back((events, bytes));
        while self.revisions.len() > MAX_RECENT_REVISIONS || self.bytes > MAX_RECENT_BYTES {
            let Some((_, bytes)) = self.revisions.pop_front() else {
                break;
            };
            self.bytes -= bytes;
        }
    }

    /// What follows `position`: a bounded piece of it.
    #[must_use]
    pub fn after(&self, position: Revision) -> After {
        let Some(missing) = self.last.checked_sub(position).filter(|missing| *missing > 0) else {
            return After::Nothing;
        };
        let skipped = usize::try_from(missing)
            .ok()
            .and_then(|missing| self.revisions.len().checked_sub(missing));
        let Some(skipped) = skipped else {
            return After::Gone;
        };
        let events: Vec<_> = self
            .revisions
            .range(skipped..)
            .take(MAX_HANDED_OUT)
            .map(|(events, _)| events.clone())
            .collect();
        let reached = position + u64::try_from(events.len()).unwrap_or(missing);
        After::Events { events, reached }
    }
}

fn size(event: &Event) -> usize {
    event.record.value.len() + event.previous.as_ref().map_or(0, |previous| previous.value.len())
}
