//! Fairness between users.
//!
//! What reads, what writes and what watches has seats of its own, and `system:masters` has its own of each: six
//! [`Level`]s. Within one, each user is a flow, and flows share by one rule ([`share`]): nobody holds more than thrice
//! what stays free. Who may not sit waits in the queue of his flow; the flows that wait are served in turn. The places to
//! wait are shared by the same rule, the wait is bounded, and who finds no place or no seat in time is turned away.
//!
//! It does what API Priority and Fairness does upstream with two priority levels. Flows are exact, and there are never
//! more of them than requests that sit or wait; upstream's shuffle sharding makes do with a fixed number of queues, at
//! the cost of flows that share one by accident.

mod level;
mod queue;
mod retry;
pub(crate) mod share;
#[cfg(test)]
mod tests;
pub(crate) mod width;

pub(crate) use level::{Flow, Level, Seat, Tally, TooMany};

use std::sync::Arc;

use crate::limits::Limits;

/// The levels of all requests.
#[derive(Debug)]
pub(crate) struct Fairness {
    /// Those of `system:masters`. Upstream exempts it from every bound; here it has its own, which others cannot take.
    pub(crate) masters: Levels,
    /// Those of everybody else.
    pub(crate) others: Levels,
}

/// What one class of users shares.
#[derive(Debug)]
pub(crate) struct Levels {
    /// Requests that read.
    pub(crate) reads: Arc<Level>,
    /// Requests that write.
    pub(crate) writes: Arc<Level>,
    /// Watches, for as long as they last.
    pub(crate) watches: Arc<Level>,
}

impl Levels {
    /// What there is and what is going on.
    pub(crate) fn tallies(&self) -> Tallies {
        Tallies {
            reads: self.reads.tally(),
            writes: self.writes.tally(),
            watches: self.watches.tally(),
        }
    }
}

/// The numbers of [`Levels`].
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Tallies {
    /// Of requests that read.
    pub(crate) reads: Tally,
    /// Of requests that write.
    pub(crate) writes: Tally,
    /// Of watches.
    pub(crate) watches: Tally,
}

impl Fairness {
    /// Nobody sits or waits.
    pub(crate) fn new(limits: &Limits) -> Self {
        let levels = || Levels {
            reads: Level::new(limits.reads_in_flight, limits.waiting),
            writes: Level::new(limits.writes_in_flight, limits.waiting),
            watches: Level::new(limits.watches, limits.waiting),
        };
        Self {
            masters: levels(),
            others: levels(),
        }
    }
}
