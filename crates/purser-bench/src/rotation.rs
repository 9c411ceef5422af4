//! What requests notice of a rotation: gets and a few writes at a rate, first with nothing else going on, then while
//! the server seals everything with another key.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::Method;
use serde::Deserialize;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use crate::cli::DriveOptions;
use crate::client::{Call, Client};
use crate::drive::{Pace, count};
use crate::error::Error;
use crate::operation::Plan;
use crate::process::{self, Usage};
use crate::progress::Progress;
use crate::random::Random;
use crate::scene::{demand, refused};
use crate::tally::Tally;

/// Requests a second, unless said otherwise: what leaves even a small machine mostly idle.
pub(crate) const DEFAULT_RATE: u32 = 1000;
/// The server's page that begins a rotation and tells how far it is.
const PAGE: &str = "/purser/at-rest/rotation";
/// How often it is asked how far it is.
const PAUSE: Duration = Duration::from_millis(50);

/// What came out of it.
pub(crate) struct Rotated {
    /// Before it.
    pub(crate) idle: Tally,
    /// While it went on.
    pub(crate) during: Tally,
    /// From the sending of what began it until it was seen to be over.
    pub(crate) took: Duration,
    /// Of that, each of its stages.
    pub(crate) stages: BTreeMap<String, Duration>,
    /// Values that were sealed anew.
    pub(crate) sealed_anew: u64,
    /// Of the driver and of the server, at its beginning and its end.
    pub(crate) usage: [(Usage, Option<Usage>); 2],
}

/// What is going on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    WarmUp,
    Idle,
    Rotating,
    Over,
}

/// What the server tells of it.
#[derive(Deserialize)]
struct Told {
    running: bool,
    #[serde(default)]
    stage: String,
    result: Option<Ended>,
    error: Option<String>,
}

#[derive(Deserialize)]
struct Ended {
    rotation: Did,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Did {
    sealed_anew: u64,
    /// Those that needed nothing, as what is written meanwhile.
    left_alone: u64,
    unreadable: u64,
}

/// Measures.
///
/// # Errors
/// When the server does not rotate, or does not get to the end of it with all that there is.
pub(crate) async fn run(
    options: &DriveOptions,
    clients: &[Client],
    plan: &Arc<Plan>,
) -> Result<Rotated, Error> {
    let progress = Progress::waiting("measuring, then rotating");
    let (phase, phases) = watch::channel(Phase::WarmUp);
    let lanes: Vec<&Client> = (0..options.streams).flat_map(|_| clients).collect();
    let count = u32::try_from(lanes.len()).unwrap_or(u32::MAX);
    let rate = Some(options.rate.unwrap_or(DEFAULT_RATE));
    let mut running = JoinSet::new();
    for (index, client) in (0_u32..).zip(lanes) {
        let pace = Pace::new(rate, index, count, Instant::now());
        running.spawn(stream(
            client.clone(),
            Arc::clone(plan),
            pace,
            phases.clone(),
            index,
        ));
    }
    sleep(options.warm_up).await;
    phase.send_replace(Phase::Idle);
    sleep(options.duration).await;
    phase.send_replace(Phase::Rotating);
    let before = process::usages(options.pid)?;
    let mut client = clients.first().cloned().ok_or_else(|| stuck("no connection"))?;
    let began = Instant::now();
    let (stages, did) = rotate(&mut client).await?;
    let took = began.elapsed();
    let usage = [before, process::usages(options.pid)?];
    phase.send_replace(Phase::Over);
    progress.finish();
    if did.unreadable > 0 || did.sealed_anew + did.left_alone < options.objects {
        let left = format!(
            "{} values sealed anew, {} left alone, {} unreadable",
            did.sealed_anew, did.left_alone, did.unreadable
        );
        return Err(refused("the rotation left something out", left));
    }
    let (mut idle, mut during) = (Tally::default(), Tally::default());
    while let Some(tallies) = running.join_next().await {
        match tallies {
            Ok((before, meanwhile)) => {
                idle.add(before);
                during.add(meanwhile);
            }
            Err(error) => during.failed("driver", || error.to_string()),
        }
    }
    Ok(Rotated {
        idle,
        during,
        took,
        stages,
        sealed_anew: did.sealed_anew,
        usage,
    })
}

/// Sends until it is over; what it counted before the rotation and during it. A request counts where it was sent.
async fn stream(
    mut client: Client,
    plan: Arc<Plan>,
    mut pace: Pace,
    mut phases: watch::Receiver<Phase>,
    seed: u32,
) -> (Tally, Tally) {
    let mut random = Random::new(u64::from(seed));
    let (mut idle, mut during) = (Tally::default(), Tally::default());
    while !client.is_closed() {
        let due = tokio::select! {
            due = pace.wait() => due,
            _ = phases.wait_for(|phase| *phase == Phase::Over) => break,
        };
        let sent_in = *phases.borrow();
        let (operation, call) = plan.next(&mut random);
        let outcome = client.call(call).await;
        let tally = match sent_in {
            Phase::Idle => &mut idle,
            Phase::Rotating => &mut during,
            Phase::WarmUp | Phase::Over => continue,
        };
        count(tally, operation, due.elapsed(), &outcome);
    }
    (idle, during)
}

/// Has everything sealed with another key, and waits until that is over; how long each stage took, and what it did.
async fn rotate(client: &mut Client) -> Result<(BTreeMap<String, Duration>, Did), Error> {
    let begin = Call {
        method: Method::POST,
        path: PAGE.to_owned(),
        body: Bytes::new(),
    };
    demand(client, begin, "cannot begin a rotation").await?;
    let mut stages = BTreeMap::new();
    let mut then = Instant::now();
    loop {
        sleep(PAUSE).await;
        let asked = client.read(Call::get(PAGE.to_owned())).await;
        let (status, body) = asked.map_err(|error| stuck(&error.to_string()))?;
        let told: Told = serde_json::from_slice(&body)
            .map_err(|_| stuck(&format!("{status}, and not what a Purser answers")))?;
        let now = Instant::now();
        if told.running {
            *stages.entry(told.stage).or_default() += now - then;
            then = now;
            continue;
        }
        return match (told.result, told.error) {
            (Some(result), _) => Ok((stages, result.rotation)),
            (None, why) => Err(stuck(
                &why.unwrap_or_else(|| "the server was started anew".to_owned()),
            )),
        };
    }
}

fn stuck(why: &str) -> Error {
    refused("the rotation broke off", why.to_owned())
}
