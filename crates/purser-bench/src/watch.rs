//! The watch workload: many watchers of one namespace, a few writers, and how late each event arrives.

use std::sync::Arc;
use std::time::Duration;

use http::HeaderValue;
use serde::Deserialize;
use tokio::sync::{oneshot, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout, timeout_at};

use crate::client::{Call, Client};
use crate::drive::{Pace, Window, count};
use crate::error::Error;
use crate::operation::{Operation, Plan};
use crate::random::Random;
use crate::tally::{Latencies, Tally};
use crate::target::Target;
use crate::watchers::{self, ESTABLISHING, Seen, Stage};

/// Writes a second when --rate does not say.
pub(crate) const DEFAULT_RATE: u32 = 200;
/// Watches on one connection: servers allow as many streams or more.
const MOST_PER_CONNECTION: usize = 100;
/// Writes in flight: enough for the rate with a slow server.
const WRITERS: u32 = 16;
/// How long a write may take.
const WRITE_WITHIN: Duration = Duration::from_secs(5);
/// How long it may take until every watch saw the first write.
const ESTABLISHED_WITHIN: Duration = Duration::from_secs(30);

/// What the watchers saw.
pub(crate) struct Deliveries {
    /// From the sending of the write to the arrival of the event.
    pub(crate) latencies: Latencies,
    /// Events that should have arrived (acknowledged writes × watchers) and did not.
    pub(crate) missing: u64,
    /// Watches that ended before their time.
    pub(crate) ended: u64,
}

/// Watches that have begun.
pub(crate) struct Watching {
    running: JoinSet<Seen>,
    stage: watch::Sender<Stage>,
    base: Instant,
}

impl Watching {
    /// Opens the watches, from the state that a list answers, and waits until each has seen a write: what is measured
    /// are changes alone.
    ///
    /// # Errors
    /// When a watch is refused, ends, or sees nothing.
    pub(crate) async fn begin(
        target: &Target,
        accept: &HeaderValue,
        client: &mut Client,
        plan: &Plan,
        watchers: u16,
    ) -> Result<Self, Error> {
        let revision = revision(client, plan.collection()).await?;
        let path = format!("{}?watch=true&resourceVersion={revision}", plan.collection());
        let base = Instant::now();
        let (stage, stages) = watch::channel(Stage::default());
        let (mut running, mut waiting) = (JoinSet::new(), Vec::new());
        let mut left = usize::from(watchers);
        while left > 0 {
            let these = left.min(MOST_PER_CONNECTION);
            let connection = watchers::open(target, accept, &path, these).await?;
            let (established, told) = oneshot::channel();
            running.spawn(connection.follow(base, stages.clone(), established));
            waiting.push(told);
            left -= these;
        }
        let first = plan.update(&mut Random::new(0), ESTABLISHING);
        match client.call(first).await {
            Ok(answer) if answer.status.is_success() => {}
            Ok(answer) => return Err(refused(format!("{} {}", answer.status, answer.message))),
            Err(error) => return Err(refused(error.to_string())),
        }
        let deadline = Instant::now() + ESTABLISHED_WITHIN;
        for told in waiting {
            timeout_at(deadline, told)
                .await
                .map_err(|_| refused(format!("a write was not seen within {ESTABLISHED_WITHIN:?}")))?
                .map_err(|_| refused("a watch was refused, or ended at once".to_owned()))?;
        }
        Ok(Self { running, stage, base })
    }

    /// Writes at the rate through the window, and waits for the last events.
    pub(crate) async fn run(
        mut self,
        clients: &[Client],
        plan: &Arc<Plan>,
        rate: u32,
        window: Window,
    ) -> (Tally, Deliveries) {
        let mut stage = Stage {
            window: Some(window),
            written: None,
        };
        self.stage.send_replace(stage);
        let mut writing = JoinSet::new();
        for (index, client) in (0..WRITERS).zip(clients.iter().cycle()) {
            let pace = Pace::new(Some(rate), index, WRITERS, window.start);
            writing.spawn(write(
                client.clone(),
                Arc::clone(plan),
                pace,
                self.base,
                window,
                index,
            ));
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
        stage.written = Some(writes);
        self.stage.send_replace(stage);
        let mut deliveries = Deliveries {
            latencies: Latencies::new(),
            missing: 0,
            ended: 0,
        };
        while let Some(outcome) = self.running.join_next().await {
            match outcome {
                Ok(seen) => {
                    deliveries.latencies.add(&seen.latencies);
                    deliveries.missing += seen.missing;
                    deliveries.ended += seen.ended;
                }
                Err(error) => tally.failed("driver", || error.to_string()),
            }
        }
        (tally, deliveries)
    }
}

/// The resourceVersion of the collection.
async fn revision(client: &mut Client, collection: &str) -> Result<String, Error> {
    #[derive(Deserialize)]
    struct List {
        metadata: Metadata,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Metadata {
        resource_version: String,
    }
    let call = Call::get(format!("{collection}?limit=1"));
    let (status, body) = client
        .read(call)
        .await
        .map_err(|error| refused(error.to_string()))?;
    if !status.is_success() {
        return Err(refused(status.to_string()));
    }
    let list: List = serde_json::from_slice(&body)
        .map_err(|_| refused("the answer to a list is not JSON with a resourceVersion".to_owned()))?;
    Ok(list.metadata.resource_version)
}

fn refused(reason: String) -> Error {
    Error::Refused {
        what: "cannot watch".to_owned(),
        reason,
    }
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
        if sent >= window.close {
            break;
        }
        let marker = u64::try_from((sent - base).as_nanos()).unwrap_or(u64::MAX);
        // The marker's instant decides whether the write counts, here as at the watchers.
        let sent = base + Duration::from_nanos(marker);
        let Ok(outcome) = timeout(WRITE_WITHIN, client.call(plan.update(&mut random, marker))).await else {
            tally.failed("timeout", || format!("no answer in {WRITE_WITHIN:?}"));
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
