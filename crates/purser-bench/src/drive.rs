//! Drives the server: streams that each send, wait for the answer, and send again, at full speed or at a rate.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until, timeout_at};

use crate::client::{Answer, Client};
use crate::operation::{Operation, Plan};
use crate::random::Random;
use crate::tally::Tally;

/// When what is measured begins and ends.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Window {
    /// The driving begins.
    pub(crate) start: Instant,
    /// The measurement begins.
    pub(crate) open: Instant,
    /// Everything ends.
    pub(crate) close: Instant,
}

impl Window {
    /// Begins now.
    pub(crate) fn after(warm_up: Duration, duration: Duration) -> Self {
        let start = Instant::now();
        let open = start + warm_up;
        Self {
            start,
            open,
            close: open + duration,
        }
    }

    /// Whether what ended at `instant` counts.
    pub(crate) fn holds(&self, instant: Instant) -> bool {
        instant >= self.open && instant <= self.close
    }
}

/// When the requests of one stream are due.
pub(crate) struct Pace {
    due: Instant,
    /// `None`: as soon as the last one is answered.
    interval: Option<Duration>,
}

impl Pace {
    /// The `index`th of `count` streams that together send `rate` requests a second.
    pub(crate) fn new(rate: Option<u32>, index: u32, count: u32, start: Instant) -> Self {
        let interval = rate.map(|rate| Duration::from_secs(u64::from(count)) / rate.max(1));
        let offset = interval.map_or(Duration::ZERO, |interval| interval * index / count.max(1));
        Self {
            due: start + offset,
            interval,
        }
    }

    /// Waits until the next request is due and answers from when its latency counts.
    ///
    /// With a rate that is when it was due, if the stream was still busy then: one that waits for a slow server must not
    /// hide how slow it is (coordinated omission). Else it is now: what a timer is late by, up to a millisecond and more
    /// than most answers take, is not the server's.
    pub(crate) async fn wait(&mut self) -> Instant {
        let Some(interval) = self.interval else {
            return Instant::now();
        };
        let due = self.due;
        self.due += interval;
        if Instant::now() >= due {
            return due;
        }
        sleep_until(due).await;
        Instant::now()
    }
}

/// Runs all streams to the end of the window.
pub(crate) async fn drive(
    clients: &[Client],
    streams: u16,
    plan: &Arc<Plan>,
    rate: Option<u32>,
    window: Window,
) -> Tally {
    let lanes: Vec<&Client> = (0..streams).flat_map(|_| clients).collect();
    let count = u32::try_from(lanes.len()).unwrap_or(u32::MAX);
    let mut running = JoinSet::new();
    for (index, client) in (0_u32..).zip(lanes) {
        let pace = Pace::new(rate, index, count, window.start);
        running.spawn(stream(client.clone(), Arc::clone(plan), pace, window, index));
    }
    let mut all = Tally::default();
    while let Some(tally) = running.join_next().await {
        match tally {
            Ok(tally) => all.add(tally),
            Err(error) => all.failed("driver", || error.to_string()),
        }
    }
    all
}

async fn stream(mut client: Client, plan: Arc<Plan>, mut pace: Pace, window: Window, seed: u32) -> Tally {
    let mut random = Random::new(u64::from(seed));
    let mut tally = Tally::default();
    // What is in flight when the window closes is given up and not counted.
    while let Ok(due) = timeout_at(window.close, pace.wait()).await {
        let (operation, call) = plan.next(&mut random);
        let Ok(outcome) = timeout_at(window.close, client.call(call)).await else {
            break;
        };
        let now = Instant::now();
        if now >= window.close {
            break;
        }
        if window.holds(now) || outcome.is_err() {
            count(&mut tally, operation, now - due, &outcome);
        }
        if client.is_closed() {
            break;
        }
    }
    tally
}

/// Counts one outcome.
pub(crate) fn count(
    tally: &mut Tally,
    operation: Operation,
    latency: Duration,
    outcome: &Result<Answer, hyper::Error>,
) {
    match outcome {
        Ok(answer) if answer.status.is_success() => tally.succeeded(operation, latency, answer.bytes),
        Ok(answer) => tally.failed(answer.status.as_str(), || answer.message.clone()),
        Err(error) => tally.failed("connection", || error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn streams_share_the_rate_evenly() {
        let start = Instant::now();
        let mut dues = Vec::new();
        for index in 0..4 {
            let mut pace = Pace::new(Some(8), index, 4, start);
            for _ in 0..4 {
                dues.push(pace.due - start);
                pace.due += pace.interval.unwrap();
            }
        }
        dues.sort();
        let expected: Vec<_> = (0..16)
            .map(|number| Duration::from_millis(125) * number)
            .collect();
        assert_eq!(dues, expected);
    }

    #[tokio::test(start_paused = true)]
    async fn a_late_stream_counts_from_when_it_was_due() {
        let start = Instant::now();
        let mut pace = Pace::new(Some(1), 0, 1, start);
        pace.wait().await;
        tokio::time::advance(Duration::from_secs(5)).await;
        assert_eq!(pace.wait().await, start + Duration::from_secs(1));
    }
}
