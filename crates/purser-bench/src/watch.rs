//! The watch workload: many watchers of one namespace, one writer, and how late each event arrives.

use std::sync::Arc;
use std::time::Duration;

use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout, timeout_at};

use crate::client::{Call, Client};
use crate::drive::{Pace, Window, count};
use crate::error::Error;
use crate::marker::Scanner;
use crate::operation::{Operation, Plan};
use crate::random::Random;
use crate::tally::{Latencies, Tally};

/// Writes a second when --rate does not say.
pub(crate) const DEFAULT_RATE: u32 = 200;
/// Watches on one connection: servers allow 200 streams or more.
pub(crate) const MOST_PER_CONNECTION: u16 = 100;
/// Writes in flight: enough for the rate with a slow server.
const WRITERS: u32 = 16;
/// How long events may still arrive after the last write.
const STRAGGLERS: Duration = Duration::from_secs(5);

/// What the watchers saw.
pub(crate) struct Deliveries {
    /// From the sending of the write to the arrival of the event.
    pub(crate) latencies: Latencies,
    /// Events that should have arrived: acknowledged writes × watchers.
    pub(crate) expected: u64,
    /// Watches that ended before their time.
    pub(crate) ended: u64,
}

/// Opens the watches (in the warm-up), writes at the rate through the window, and waits for the last events.
///
/// # Errors
/// When a watch is refused.
pub(crate) async fn run(
    clients: &[Client],
    watchers: u16,
    plan: &Arc<Plan>,
    path: &str,
    rate: u32,
    window: Window,
) -> Result<(Tally, Deliveries), Error> {
    let base = window.start;
    let mut bodies = Vec::with_capacity(usize::from(watchers));
    for client in clients.iter().cycle().take(usize::from(watchers)) {
        bodies.push(open(&mut client.clone(), path).await?);
    }
    // The writers' count of what to wait for; it is known when they have ended.
    let (written, expected) = watch::channel(None::<u64>);
    let mut watching = JoinSet::new();
    for body in bodies {
        watching.spawn(follow(body, base, window, expected.clone()));
    }
    drop(expected);

    let mut writing = JoinSet::new();
    for (index, client) in (0..WRITERS).zip(clients.iter().cycle()) {
        let pace = Pace::new(Some(rate), index, WRITERS, window.start);
        writing.spawn(write(client.clone(), Arc::clone(plan), pace, base, window, index));
    }
    let (mut tally, mut writes) = (Tally::default(), 0_u64);
    while let Some(outcome) = writing.join_next().await {
        match outcome {
            Ok((its, count)) => {
                tally.add(its);
                writes += count;
            }
            Err(error) => tally.failed("driver", || error.to_string()),
        }
    }
    // The watchers may all have ended: then nobody listens.
    let _ = written.send(Some(writes));
    let mut deliveries = Deliveries {
        latencies: Latencies::new(),
        expected: writes * u64::from(watchers),
        ended: 0,
    };
    while let Some(outcome) = watching.join_next().await {
        match outcome {
            Ok(seen) => {
                deliveries.latencies.add(&seen.latencies);
                deliveries.ended += u64::from(seen.ended);
            }
            Err(error) => tally.failed("driver", || error.to_string()),
        }
    }
    Ok((tally, deliveries))
}

async fn open(client: &mut Client, collection: &str) -> Result<Incoming, Error> {
    let refused = |reason: String| Error::Refused {
        what: "cannot watch".to_owned(),
        reason,
    };
    // Without a resourceVersion a watch starts with all objects as they are: theirs carry no marker.
    let call = Call::get(format!("{collection}?watch=true"));
    let (status, body) = client
        .open(call)
        .await
        .map_err(|error| refused(error.to_string()))?;
    if status.is_success() {
        Ok(body)
    } else {
        Err(refused(status.to_string()))
    }
}

struct Seen {
    latencies: Latencies,
    ended: bool,
}

async fn follow(
    mut body: Incoming,
    base: Instant,
    window: Window,
    mut expected: watch::Receiver<Option<u64>>,
) -> Seen {
    let mut seen = Seen {
        latencies: Latencies::new(),
        ended: false,
    };
    let mut scanner = Scanner::default();
    let mut wanted = None;
    let mut deadline = window.close + STRAGGLERS * 2;
    while wanted.is_none_or(|wanted| seen.latencies.count() < wanted) {
        let frame = tokio::select! {
            biased;
            frame = timeout_at(deadline, body.frame()) => frame,
            changed = expected.changed(), if wanted.is_none() => {
                wanted = if changed.is_ok() { *expected.borrow() } else { Some(0) };
                deadline = Instant::now() + STRAGGLERS;
                continue;
            }
        };
        let Ok(frame) = frame else { break };
        let Some(Ok(frame)) = frame else {
            seen.ended = true;
            break;
        };
        let now = Instant::now();
        if let Ok(data) = frame.into_data() {
            scanner.feed(&data, |sent| {
                let sent = base + Duration::from_nanos(sent);
                if window.holds(sent) {
                    seen.latencies.record(now.saturating_duration_since(sent));
                }
            });
        }
    }
    seen
}

/// Writes through the window; answers how many writes that began in it were acknowledged.
async fn write(
    mut client: Client,
    plan: Arc<Plan>,
    mut pace: Pace,
    base: Instant,
    window: Window,
    seed: u32,
) -> (Tally, u64) {
    let mut random = Random::new(u64::from(seed));
    let (mut tally, mut acknowledged) = (Tally::default(), 0);
    while let Ok(due) = timeout_at(window.close, pace.wait()).await {
        let sent = Instant::now();
        let marker = u64::try_from((sent - base).as_nanos()).unwrap_or(u64::MAX);
        // The marker's instant decides whether the write counts, here as at the watchers.
        let sent = base + Duration::from_nanos(marker);
        let Ok(outcome) = timeout(STRAGGLERS, client.call(plan.update(&mut random, marker))).await else {
            tally.failed("timeout", || format!("no answer in {STRAGGLERS:?}"));
            break;
        };
        if window.holds(sent) {
            acknowledged += u64::from(outcome.as_ref().is_ok_and(|answer| answer.status.is_success()));
            count(&mut tally, Operation::Update, Instant::now() - due, &outcome);
        }
        if client.is_closed() {
            break;
        }
    }
    (tally, acknowledged)
}
