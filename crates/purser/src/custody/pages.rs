//! The same, of a server that runs: pages for administrators.
//!
//! ```text
//! GET  /purser/at-rest                           what values are sealed with
//! POST /purser/at-rest/rotation[/keep-old-keys]  begins; answers at once
//! POST /purser/at-rest/erasure                   as that, and what was deleted is unreadable for ever
//! GET  /purser/at-rest/rotation                  how far one of these is, or what came of it
//! ```

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use parking_lot::Mutex;
use purser_encryption::rotation::Progress;
use purser_server::{Page, PageRefusal};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Custody;
use super::report::Told;
use super::rotation::{Purpose, Stage};
use crate::error::Error;

/// Where it is told.
pub(super) const PATH: &str = "/purser/at-rest";
/// Where it is begun and followed.
pub(super) const ROTATION: &str = "/purser/at-rest/rotation";
/// As that, with the old keys kept.
pub(super) const ROTATION_KEEPING: &str = "/purser/at-rest/rotation/keep-old-keys";
/// Where what was deleted is erased.
pub(super) const ERASURE: &str = "/purser/at-rest/erasure";
/// What is told of a panic, whose message may hold anything.
pub(super) const FAULT: &str = "a fault of the server's, which its log tells";

/// The pages of one server.
pub(crate) struct AtRestPages(Arc<State>);

struct State {
    custody: Arc<Custody>,
    rotation: Mutex<Rotation>,
    looking: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct Rotation {
    running: bool,
    stage: Arc<Stage>,
    ended: Option<Result<Told, String>>,
}

/// How far a rotation is, or what came of it.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct Rotating {
    pub(super) running: bool,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(super) stage: String,
    #[serde(default)]
    pub(super) done: u64,
    #[serde(default)]
    pub(super) total: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) result: Option<Told>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) error: Option<String>,
}

impl AtRestPages {
    /// Pages about what `custody` looks after.
    pub(crate) fn new(custody: Arc<Custody>) -> Self {
        Self(Arc::new(State {
            custody,
            rotation: Mutex::new(Rotation::default()),
            looking: tokio::sync::Mutex::new(()),
        }))
    }
}

impl State {
    async fn status(&self) -> Result<Told, Error> {
        // Opening everything costs much: one at a time.
        let _one_at_a_time = self.looking.lock().await;
        let found = self.custody.survey(&Progress::default()).await?;
        self.custody.tell(&found).await
    }

    fn progress(&self) -> Rotating {
        let rotation = self.rotation.lock();
        if rotation.running {
            let (stage, done, total) = rotation.stage.read();
            return Rotating {
                running: true,
                stage: stage.to_owned(),
                done,
                total,
                ..Rotating::default()
            };
        }
        let (result, error) = match rotation.ended.clone() {
            Some(Ok(told)) => (Some(told), None),
            Some(Err(why)) => (None, Some(why)),
            None => (None, None),
        };
        Rotating {
            result,
            error,
            ..Rotating::default()
        }
    }

    /// Begins, unless one is under way.
    fn begin(self: &Arc<Self>, purpose: Purpose) -> Result<Rotating, PageRefusal> {
        let stage = Arc::new(Stage::default());
        {
            let mut rotation = self.rotation.lock();
            if rotation.running {
                return Err(PageRefusal::Conflict("a rotation is under way".to_owned()));
            }
            *rotation = Rotation {
                running: true,
                stage: Arc::clone(&stage),
                ended: None,
            };
        }
        let this = Arc::clone(self);
        let work = async move {
            // A fault ends this one, and keeps no other from being begun.
            let work = AssertUnwindSafe(this.custody.work(purpose, &stage));
            let done = match work.catch_unwind().await {
                Ok(done) => done.map_err(|error| error.to_string()),
                Err(_) => Err(FAULT.to_owned()),
            };
            let mut rotation = this.rotation.lock();
            rotation.running = false;
            rotation.ended = Some(done);
        };
        let runtime = tokio::runtime::Handle::current();
        let thread = std::thread::Builder::new().name("rotation".to_owned());
        let working = thread.spawn(move || {
            // Not with a lower priority: requests would wait for locks that it holds while nobody lets it run.
            runtime.block_on(work);
        });
        if let Err(error) = working {
            *self.rotation.lock() = Rotation::default();
            return Err(PageRefusal::Failed(format!("no thread to rotate on: {error}")));
        }
        Ok(Rotating {
            running: true,
            ..Rotating::default()
        })
    }
}

impl Page for AtRestPages {
    fn paths(&self) -> &'static [&'static str] {
        &[PATH, ROTATION, ROTATION_KEEPING, ERASURE]
    }

    fn get(&self, path: &str) -> BoxFuture<'_, Result<Value, PageRefusal>> {
        let rotating = match path {
            PATH => None,
            ROTATION => Some(json(&self.0.progress())),
            _ => Some(Err(PageRefusal::Method)),
        };
        Box::pin(async {
            if let Some(rotating) = rotating {
                return rotating;
            }
            let told = self.0.status().await;
            json(&told.map_err(|error| PageRefusal::Failed(error.to_string()))?)
        })
    }

    fn post(&self, path: &str) -> BoxFuture<'_, Result<Value, PageRefusal>> {
        let begun = match path {
            ROTATION => self.0.begin(Purpose::Rotate { keep_old_keys: false }),
            ROTATION_KEEPING => self.0.begin(Purpose::Rotate { keep_old_keys: true }),
            ERASURE => self.0.begin(Purpose::Erase),
            _ => Err(PageRefusal::Method),
        };
        Box::pin(async { json(&begun?) })
    }
}

fn json(told: &impl Serialize) -> Result<Value, PageRefusal> {
    serde_json::to_value(told).map_err(|error| PageRefusal::Failed(error.to_string()))
}
