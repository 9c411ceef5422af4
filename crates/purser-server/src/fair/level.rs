//! Seats that one kind of request shares.

use std::hash::{Hash, Hasher};
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use purser_types::User;
use tokio::sync::oneshot;

use super::queue::{Load, Queue};
use super::retry::Retry;
use super::width::WIDEST;

/// A request takes no more than this part of all seats, however much work it is.
const PART: usize = 8;

/// Whose request it is: all of one user are one flow.
#[derive(Debug, Clone)]
pub(crate) struct Flow(pub(crate) Arc<User>);

impl PartialEq for Flow {
    fn eq(&self, other: &Self) -> bool {
        self.0.name == other.0.name
    }
}

impl Eq for Flow {}

impl Hash for Flow {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.name.hash(state);
    }
}

/// Seats, a queue for them, and what is told to those who find no place in it.
#[derive(Debug)]
pub(crate) struct Level {
    queue: Mutex<Queue<Flow, oneshot::Sender<()>>>,
    refusals: Mutex<Refusals>,
    seats: usize,
    began: Instant,
}

#[derive(Debug)]
struct Refusals {
    retry: Retry,
    queue_full: u64,
    time_out: u64,
}

/// What there is, and what is going on.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Tally {
    /// All seats.
    pub(crate) seats: usize,
    /// What is going on.
    pub(crate) load: Load,
    /// Requests that found no place to wait.
    pub(crate) queue_full: u64,
    /// Requests that waited too long.
    pub(crate) time_out: u64,
}

/// Why there is no seat: try again after so many seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TooMany {
    /// Seconds.
    pub(crate) retry_after: u64,
}

/// What a request sits on, given back when dropped.
#[derive(Debug)]
pub(crate) struct Seat(Claim);

/// What a request takes or waits for.
#[derive(Debug, Clone)]
struct Claim {
    level: Arc<Level>,
    flow: Flow,
    width: usize,
}

impl Level {
    /// `seats`, 0: without bound; and `places` to wait for one.
    pub(crate) fn new(seats: usize, places: usize) -> Arc<Self> {
        let seats = if seats == 0 { usize::MAX } else { seats };
        Arc::new(Self {
            queue: Mutex::new(Queue::new(seats, places)),
            refusals: Mutex::new(Refusals {
                retry: Retry::new(),
                queue_full: 0,
                time_out: 0,
            }),
            seats,
            began: Instant::now(),
        })
    }

    /// Takes a seat for a request of `flow` that is `width` seats of work, or waits for one, as long as `patience`.
    ///
    /// # Errors
    /// [`TooMany`] when there is no place to wait, or no seat in time.
    pub(crate) async fn seat(
        self: &Arc<Self>,
        flow: Flow,
        width: usize,
        patience: Duration,
    ) -> Result<Seat, TooMany> {
        let width = width.min(WIDEST).min(self.seats / PART).max(1);
        let claim = Claim {
            level: Arc::clone(self),
            flow,
            width,
        };
        if self.queue.lock().sit(&claim.flow, width) {
            return Ok(Seat(claim));
        }
        // Boxed: those who need not wait shall not carry it about.
        Box::pin(wait(claim, patience)).await
    }

    /// What there is, and what is going on.
    pub(crate) fn tally(&self) -> Tally {
        let refusals = self.refusals.lock();
        Tally {
            seats: self.seats,
            load: self.queue.lock().load(),
            queue_full: refusals.queue_full,
            time_out: refusals.time_out,
        }
    }

    fn refuse(&self, count: fn(&mut Refusals) -> &mut u64) -> TooMany {
        let mut refusals = self.refusals.lock();
        *count(&mut refusals) += 1;
        let retry_after = refusals.retry.turned_away(self.began.elapsed().as_secs());
        TooMany { retry_after }
    }
}

async fn wait(claim: Claim, patience: Duration) -> Result<Seat, TooMany> {
    let level = Arc::clone(&claim.level);
    let (call, called) = oneshot::channel();
    let ticket = {
        let mut queue = level.queue.lock();
        let ticket = queue.wait(&claim.flow, claim.width, call);
        hand_out(&mut queue);
        ticket
    };
    let Some(ticket) = ticket else {
        return Err(level.refuse(|refusals| &mut refusals.queue_full));
    };
    let mut waiting = Waiting {
        claim: Some(claim),
        ticket,
    };
    let in_time = tokio::time::timeout(patience, called).await.is_ok();
    match waiting.claim.take_if(|_| in_time) {
        Some(claim) => Ok(Seat(claim)),
        None => Err(level.refuse(|refusals| &mut refusals.time_out)),
    }
}

/// Calls those whose turn it is.
fn hand_out(queue: &mut Queue<Flow, oneshot::Sender<()>>) {
    while let Some(call) = queue.next() {
        // Who has gone meanwhile gives the seat back when he is dropped.
        let _ = call.send(());
    }
}

/// A request that waits, or that has been called and does not know yet; it withdraws when dropped.
struct Waiting {
    claim: Option<Claim>,
    ticket: u64,
}

impl Drop for Waiting {
    fn drop(&mut self) {
        let Some(Claim { level, flow, width }) = &self.claim else {
            return;
        };
        let mut queue = level.queue.lock();
        if !queue.withdraw(flow, self.ticket) {
            queue.leave(flow, *width);
        }
        hand_out(&mut queue);
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let Claim { level, flow, width } = &self.0;
        let mut queue = level.queue.lock();
        queue.leave(flow, *width);
        hand_out(&mut queue);
    }
}
