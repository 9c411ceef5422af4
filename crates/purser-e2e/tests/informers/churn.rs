//! Writers that create, change and delete Secrets until they are stopped. What fails on the way is tried no more: the
//! informers are held against a list, not against what was written.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use k8s_openapi::api::core::v1::Secret;
use kube::api::{Api, DeleteParams, Patch, PatchParams, PostParams};
use kube::{Client, Error};
use serde_json::json;
use tokio::task::JoinSet;

/// The namespaces written to.
pub(crate) const NAMESPACES: [&str; 2] = ["default", "kube-public"];
/// Writers at once.
const WRITERS: usize = 4;
/// One write in so many is a deletion.
const DELETIONS: usize = 7;
/// One object in so many wears the label that selective informers ask for; writing moves it in and out.
const SELECTED: usize = 3;

/// Names from nought to this hold large values, so that who does not read is soon behind.
const LARGE: usize = 24;
/// Bytes of a large value, and of all others.
const SIZES: (usize, usize) = (48 * 1024, 300);
/// The pause after a write that failed, as they do while the server is away.
const RETRY: Duration = Duration::from_millis(50);

/// Running writers.
pub(crate) struct Churn {
    stop: Arc<AtomicBool>,
    writes: Arc<AtomicUsize>,
    writers: JoinSet<()>,
}

impl Churn {
    /// Starts writing to `objects` names, each writer with this pause between two writes.
    pub(crate) fn start(client: &Client, objects: usize, pause: Duration) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let writes = Arc::new(AtomicUsize::new(0));
        let mut writers = JoinSet::new();
        for writer in 0..WRITERS {
            let (client, stop, writes) = (client.clone(), Arc::clone(&stop), Arc::clone(&writes));
            writers.spawn(async move {
                // Knuth's multiplier: the same names in the same order at each run, in no pattern.
                let mut dice = writer * 7919 + 1;
                while !stop.load(Ordering::Relaxed) {
                    dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                    let roll = dice >> 33;
                    let done = write(&client, roll % objects, roll).await.is_ok();
                    writes.fetch_add(usize::from(done), Ordering::Relaxed);
                    tokio::time::sleep(if done { pause } else { pause.max(RETRY) }).await;
                }
            });
        }
        Self {
            stop,
            writes,
            writers,
        }
    }

    /// How many writes were acknowledged until now.
    pub(crate) fn writes(&self) -> usize {
        self.writes.load(Ordering::Relaxed)
    }

    /// Stops, when the last writes are answered; how many were acknowledged.
    pub(crate) async fn stop(mut self) -> usize {
        self.stop.store(true, Ordering::Relaxed);
        while let Some(ended) = self.writers.join_next().await {
            ended.expect("a writer ends well");
        }
        self.writes.load(Ordering::Relaxed)
    }
}

/// Fills an empty server with `objects` Secrets.
pub(crate) async fn fill(client: &Client, objects: usize) {
    let mut writers = JoinSet::new();
    for writer in 0..WRITERS {
        let client = client.clone();
        writers.spawn(async move {
            for number in (writer..objects).step_by(WRITERS) {
                create(&client, number, number).await.expect("it is created");
            }
        });
    }
    while let Some(ended) = writers.join_next().await {
        ended.expect("a writer ends well");
    }
}

fn api(client: &Client, number: usize) -> Api<Secret> {
    Api::namespaced(client.clone(), NAMESPACES[number % NAMESPACES.len()])
}

fn body(number: usize, roll: usize) -> serde_json::Value {
    let selected = if roll.is_multiple_of(SELECTED) {
        "yes"
    } else {
        "no"
    };
    let size = if number < LARGE { SIZES.0 } else { SIZES.1 };
    json!({
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": format!("churned-{number}"), "labels": {"selected": selected}},
        "stringData": {"value": format!("{roll:0>size$}")},
    })
}

async fn create(client: &Client, number: usize, roll: usize) -> Result<(), Error> {
    let secret = serde_json::from_value(body(number, roll)).expect("a Secret");
    api(client, number)
        .create(&PostParams::default(), &secret)
        .await
        .map(drop)
}

async fn write(client: &Client, number: usize, roll: usize) -> Result<(), Error> {
    let api = api(client, number);
    let name = format!("churned-{number}");
    let missing = |error: &Error| matches!(error, Error::Api(status) if status.code == 404);
    let outcome = if roll.is_multiple_of(DELETIONS) {
        api.delete(&name, &DeleteParams::default()).await.map(drop)
    } else {
        let patch = Patch::Merge(body(number, roll));
        api.patch(&name, &PatchParams::default(), &patch).await.map(drop)
    };
    match outcome {
        Err(error) if missing(&error) => create(client, number, roll).await,
        other => other,
    }
}
