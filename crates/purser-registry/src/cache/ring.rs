//! The recent events of one resource, bounded in number and bytes, from which watches resume.

use std::collections::VecDeque;
use std::sync::Arc;

use super::event::CacheEvent;

/// How many events of a resource are kept at most.
pub(crate) const RING_EVENTS: usize = 10_000;

/// How many sealed bytes the kept events of a resource hold at most (the newest event is always kept).
pub(crate) const RING_BYTES: usize = 4 << 20;

/// Recent events in order.
#[derive(Debug)]
pub(crate) struct Ring {
    events: VecDeque<Arc<CacheEvent>>,
    bytes: usize,
    /// Every event with a greater revision is here.
    floor: u64,
    max_events: usize,
    max_bytes: usize,
}

impl Ring {
    /// Nothing before or at `floor` is known.
    pub(crate) fn new(floor: u64, max_events: usize, max_bytes: usize) -> Self {
        Self {
            events: VecDeque::new(),
            bytes: 0,
            floor,
            max_events,
            max_bytes,
        }
    }

    /// An empty one with the same bounds.
    pub(crate) fn emptied(&self, floor: u64) -> Self {
        Self::new(floor, self.max_events, self.max_bytes)
    }

    /// The revision after which every event is here.
    pub(crate) fn floor(&self) -> u64 {
        self.floor
    }

    /// Adds the newest event and lets go of the oldest beyond the bounds.
    pub(crate) fn push(&mut self, event: Arc<CacheEvent>) {
        self.bytes += event.bytes();
        self.events.push_back(event);
        while self.events.len() > 1 && (self.events.len() > self.max_events || self.bytes > self.max_bytes) {
            if let Some(oldest) = self.events.pop_front() {
                self.bytes -= oldest.bytes();
                self.floor = oldest.revision;
            }
        }
    }

    /// The events after `after` that `wanted` lets through, about `limit` of them and never part of a revision;
    /// and the revision up to which they are complete. `None` when older ones are gone.
    pub(crate) fn after(
        &self,
        after: u64,
        limit: usize,
        wanted: impl Fn(&CacheEvent) -> bool,
    ) -> Option<(Vec<Arc<CacheEvent>>, u64)> {
        if after < self.floor {
            return None;
        }
        let mut found: Vec<Arc<CacheEvent>> = Vec::new();
        let mut complete = after;
        let start = self.events.partition_point(|event| event.revision <= after);
        for event in self.events.range(start..) {
            if found.len() >= limit && event.revision != complete {
                break;
            }
            complete = event.revision;
            if wanted(event) {
                found.push(Arc::clone(event));
            }
        }
        Some((found, complete))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(revision: u64) -> Arc<CacheEvent> {
        Arc::new(CacheEvent::new(revision, None, None))
    }

    #[test]
    fn what_was_let_go_is_known_to_be_missing() {
        let mut ring = Ring::new(10, 2, usize::MAX);
        for revision in [11, 12, 13] {
            ring.push(event(revision));
        }
        assert_eq!(ring.floor(), 11);
        assert!(ring.after(10, 9, |_| true).is_none());
        let (events, complete) = ring.after(11, 9, |_| true).unwrap();
        assert_eq!(
            events.iter().map(|event| event.revision).collect::<Vec<_>>(),
            [12, 13]
        );
        assert_eq!(complete, 13);
    }

    #[test]
    fn a_revision_is_never_split() {
        let mut ring = Ring::new(0, 10, usize::MAX);
        for revision in [1, 2, 2, 2, 3] {
            ring.push(event(revision));
        }
        let (events, complete) = ring.after(0, 2, |_| true).unwrap();
        assert_eq!((events.len(), complete), (4, 2));
        let (events, complete) = ring.after(2, 2, |_| true).unwrap();
        assert_eq!((events.len(), complete), (1, 3));
        let (events, complete) = ring.after(7, 2, |_| true).unwrap();
        assert_eq!((events.len(), complete), (0, 7));
    }
}
