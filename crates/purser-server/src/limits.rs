//! The bounds on connections and requests, by name.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// Every bound of the server. The defaults are kube-apiserver's where it has one.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Most connections at once; more are closed at once.
    pub connections: usize,
    /// Longest TLS handshake.
    pub handshake: Duration,
    /// Longest wait for the rest of a request's head after its first byte (HTTP/1).
    pub header_read: Duration,
    /// A connection without a request for this long is closed.
    pub idle: Duration,
    /// The same for a peer that has shown no certificate that holds. When there are too many connections, the oldest
    /// of these is closed for each new one.
    pub stranger_idle: Duration,
    /// Most bytes of a request's head.
    pub head_bytes: usize,
    /// Most headers of a request.
    pub headers: usize,
    /// Most bytes of a body: 3 MiB.
    pub body_bytes: usize,
    /// Longest wait for a body.
    pub body_read: Duration,
    /// Most streams of an HTTP/2 connection at once.
    pub streams: u32,
    /// How often a silent HTTP/2 connection is asked whether it lives.
    pub ping_every: Duration,
    /// How long it has to answer.
    pub ping_timeout: Duration,
    /// Longest request that is not a watch; `?timeout=` may shorten it.
    pub request: Duration,
    /// A reader that takes nothing for this long is given up.
    pub stalled_reader: Duration,
    /// Most requests at once that only read, watches apart (`--max-requests-inflight`); 0: no bound.
    pub reads_in_flight: usize,
    /// Most requests at once that write (`--max-mutating-requests-inflight`); 0: no bound.
    pub writes_in_flight: usize,
    /// Shortest life of a watch without `timeoutSeconds` (`--min-request-timeout`); the longest is twice that.
    pub watch_at_least: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 10_000,
            handshake: Duration::from_secs(10),
            header_read: Duration::from_secs(32),
            idle: Duration::from_secs(90),
            stranger_idle: Duration::from_secs(10),
            head_bytes: 64 * 1024,
            headers: 100,
            body_bytes: 3 * 1024 * 1024,
            body_read: Duration::from_secs(30),
            streams: 250,
            ping_every: Duration::from_secs(30),
            ping_timeout: Duration::from_secs(15),
            request: Duration::from_secs(60),
            stalled_reader: Duration::from_secs(30),
            reads_in_flight: 400,
            writes_in_flight: 200,
            watch_at_least: Duration::from_secs(1800),
        }
    }
}

/// Counts what is going on at once, up to a bound.
#[derive(Debug, Clone)]
pub(crate) struct Places {
    taken: Arc<AtomicUsize>,
    bound: usize,
}

/// One of the [`Places`]; given back when dropped.
#[derive(Debug)]
pub(crate) struct Place(Arc<AtomicUsize>);

impl Places {
    /// `bound` places; 0: without bound.
    pub(crate) fn new(bound: usize) -> Self {
        Self {
            taken: Arc::new(AtomicUsize::new(0)),
            bound: if bound == 0 { usize::MAX } else { bound },
        }
    }

    /// A place, if one is left.
    pub(crate) fn take(&self) -> Option<Place> {
        self.take_within(self.bound)
    }

    fn take_within(&self, bound: usize) -> Option<Place> {
        if self.taken.fetch_add(1, Ordering::AcqRel) >= bound {
            self.taken.fetch_sub(1, Ordering::AcqRel);
            return None;
        }
        Some(Place(Arc::clone(&self.taken)))
    }

    /// As [`Places::take`], for somebody who must be answered when others have taken all: up to as many again.
    pub(crate) fn take_reserved(&self) -> Option<Place> {
        self.take_within(self.bound.saturating_mul(2))
    }

    /// As [`Places::take`], for somebody for whom another is about to leave: up to `more` beyond the bound.
    pub(crate) fn take_over(&self, more: usize) -> Option<Place> {
        self.take_within(self.bound.saturating_add(more))
    }

    /// How many are taken.
    pub(crate) fn taken(&self) -> usize {
        self.taken.load(Ordering::Acquire)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_run_out_and_come_back() {
        let places = Places::new(2);
        let (first, second) = (places.take(), places.take());
        assert!(first.is_some() && second.is_some());
        assert!(places.take().is_none());
        drop(first);
        assert_eq!(places.taken(), 1);
        assert!(places.take().is_some());
        let held: Vec<_> = (0..3).map(|_| places.take_reserved()).collect();
        assert_eq!(held.iter().flatten().count(), 3);
        assert!(places.take().is_none());
        assert!(Places::new(0).take().is_some());
    }
}
