//! A server that runs: it does the work, and is asked how far it is.

use std::path::Path;
use std::time::Duration;

use purser_outbound::{Asking, Cluster, Options};
use purser_types::Plaintext;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::bar::{bar, show};
use super::chore::{Chore, Done};
use super::options::{AtRestCommand, EraseCommand, Target};
use super::pages::{ERASURE, PATH, ROTATION, ROTATION_KEEPING, Rotating};
use super::report::Told;
use crate::error::Error;
use crate::private;

/// Longest request: a survey of a million values takes a while.
const PATIENCE: Duration = Duration::from_secs(300);
/// How often it is asked how far it is.
const PAUSE: Duration = Duration::from_millis(500);

/// Runs a command through the server that the kubeconfig names.
pub(super) fn run(command: &AtRestCommand, target: &Target) -> Result<Told, Error> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let kubeconfig = target.kubeconfig.clone().unwrap_or_default();
    runtime.block_on(async {
        let server = Running::new(&kubeconfig)?;
        match command {
            AtRestCommand::Rotate {
                keep_old_keys: true, ..
            } => server.work(ROTATION_KEEPING).await,
            AtRestCommand::Rotate { .. } => server.work(ROTATION).await,
            AtRestCommand::Erase(EraseCommand::Deleted(_)) => server.work(ERASURE).await,
            _ => server.ask(Asking::Get, PATH).await,
        }
    })
}

/// Has the server that the kubeconfig names see to chores. What is refused does not keep the others back.
pub(super) fn see_to(chores: &[Chore], target: &Target) -> Result<Done, Error> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let kubeconfig = target.kubeconfig.clone().unwrap_or_default();
    runtime.block_on(async {
        let server = Running::new(&kubeconfig)?;
        let mut all = Done::default();
        for chore in chores {
            let done = server.see_to(chore).await?;
            all = all.join(done.unwrap_or_else(Done::refused));
        }
        Ok(all)
    })
}

struct Running(Cluster);

impl Running {
    fn new(kubeconfig: &Path) -> Result<Self, Error> {
        let options = Options {
            call: PATIENCE,
            ..Options::new(private::read_present)
        };
        let cluster = Cluster::from_kubeconfig(kubeconfig, &options);
        cluster.map(Self).map_err(|error| Error::Login(error.to_string()))
    }

    async fn ask<T: DeserializeOwned>(&self, asking: Asking, path: &str) -> Result<T, Error> {
        let (status, answer) = self.answer(asking, path).await?;
        if matches!(status, 200..300) {
            return self.understood(&answer);
        }
        Err(self.refused(status, &answer))
    }

    /// Status and body of the answer.
    async fn answer(&self, asking: Asking, path: &str) -> Result<(u16, Plaintext), Error> {
        let place: Vec<&str> = path.trim_start_matches('/').split('/').collect();
        let server = self.0.server();
        let answer = self.0.ask(asking, &place, None).await;
        answer.map_err(|error| Error::Login(format!("cannot reach {server}: {error}; does it run?")))
    }

    fn understood<T: DeserializeOwned>(&self, answer: &Plaintext) -> Result<T, Error> {
        let server = self.0.server();
        serde_json::from_slice(answer.expose())
            .map_err(|error| Error::Login(format!("{server} answers what is not understood: {error}")))
    }

    fn refused(&self, status: u16, answer: &Plaintext) -> Error {
        let server = self.0.server();
        Error::Login(match serde_json::from_slice::<Refusal>(answer.expose()) {
            Ok(refusal) => format!("{server} refuses ({status}): {}", refusal.message),
            Err(_) if status == 404 => {
                format!("{server} is no Purser, or one that does not know at-rest")
            }
            Err(_) => format!("{server} answers {status}"),
        })
    }

    /// Has a chore seen to; `Err` in it: it was refused for this reason.
    async fn see_to(&self, chore: &Chore) -> Result<Result<Done, String>, Error> {
        let asking = if chore.is_told() {
            Asking::Get
        } else {
            Asking::Post
        };
        let (status, answer) = self.answer(asking, &chore.path()).await?;
        match (status, serde_json::from_slice::<Refusal>(answer.expose())) {
            (200..300, _) => self.understood(&answer).map(Ok),
            (404 | 409, Ok(refusal)) => Ok(Err(refusal.message)),
            _ => Err(self.refused(status, &answer)),
        }
    }

    /// Has the work of this page done, and watches.
    async fn work(&self, path: &str) -> Result<Told, Error> {
        let _: Rotating = self.ask(Asking::Post, path).await?;
        let bar = bar();
        let ended = loop {
            tokio::time::sleep(PAUSE).await;
            let now: Rotating = self.ask(Asking::Get, ROTATION).await?;
            if !now.running {
                break now;
            }
            show(&bar, &now.stage, now.done, now.total);
        };
        bar.finish_and_clear();
        match (ended.result, ended.error) {
            (Some(told), _) => Ok(told),
            (None, why) => {
                let why = why.unwrap_or_else(|| "the server was started anew".to_owned());
                Err(Error::Server(format!(
                    "it broke off: {why}; run it again to go on"
                )))
            }
        }
    }
}

/// A refusal, as Kubernetes has them.
#[derive(Deserialize)]
struct Refusal {
    message: String,
}
