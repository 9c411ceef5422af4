//! The bounds on connections and requests, by name.

use std::time::Duration;

/// Every bound of the server. The defaults are kube-apiserver's where it has one.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Most connections at once; they are shared fairly between users, and addresses of strangers.
    pub connections: usize,
    /// Longest TLS handshake.
    pub handshake: Duration,
    /// Longest wait for the rest of a request's head after its begin.
    pub header_read: Duration,
    /// A connection without a request for this long is closed.
    pub idle: Duration,
    /// The same for a peer that has shown no certificate and no token that holds. When there are too many connections, the oldest
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
    /// Longest request that is not a watch; `?timeout=` may shorten it. A quarter of it may be spent waiting for a seat.
    pub request: Duration,
    /// A reader that takes nothing for this long is given up.
    pub stalled_reader: Duration,
    /// Seats of requests that only read, watches apart (`--max-requests-inflight`); 0: no bound. Here and below
    /// `system:masters` has as many of its own.
    pub reads_in_flight: usize,
    /// Seats of requests that write (`--max-mutating-requests-inflight`); 0: no bound.
    pub writes_in_flight: usize,
    /// Seats of watches; 0: no bound.
    pub watches: usize,
    /// Most requests at once that wait for a seat to read; as many to write, and to watch.
    pub waiting: usize,
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
            watches: 16_384,
            waiting: 1_024,
            watch_at_least: Duration::from_secs(1800),
        }
    }
}
