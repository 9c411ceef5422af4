//! Who asks for a login, and what the server answers.

use std::path::PathBuf;
use std::time::Duration;

use purser_outbound::{Asking, Cluster, Options};
use purser_types::Plaintext;
use serde_json::Value;

use super::options::CreateOptions;
use crate::error::Error;
use crate::layout::{Layout, Surroundings};
use crate::private;

/// Longest request.
const PATIENCE: Duration = Duration::from_secs(20);

/// An administrator's way to the server.
pub(super) struct Administrator {
    pub(super) cluster: Cluster,
    kubeconfig: PathBuf,
}

impl Administrator {
    /// By the kubeconfig that is named, or that is where it is by default.
    ///
    /// # Errors
    /// When there is none, or it cannot be used.
    pub(super) fn find(options: &CreateOptions) -> Result<Self, Error> {
        let kubeconfig = kubeconfig(options)?;
        let calls = Options {
            call: PATIENCE,
            ..Options::new(private::read_present)
        };
        let cluster = Cluster::from_kubeconfig(&kubeconfig, &calls).map_err(|error| {
            Error::Login(format!(
                "{error}; name an administrator's login with --kubeconfig FILE or --data-dir DIR"
            ))
        })?;
        Ok(Self { cluster, kubeconfig })
    }

    /// The refusal to use its kubeconfig.
    pub(super) fn unusable(&self, why: &str) -> Error {
        Error::Login(format!("{}: {why}", self.kubeconfig.display()))
    }

    /// Asks for something; answers the object that comes back. `what` is what is tried, for the message.
    ///
    /// # Errors
    /// When the server is not reached, or refuses.
    pub(super) async fn ask(
        &self,
        what: &str,
        asking: Asking,
        place: &[&str],
        body: Option<&Value>,
    ) -> Result<Value, Error> {
        let body = body.map(|body| Plaintext::new(body.to_string().into_bytes()));
        let answer = self.cluster.ask(asking, place, body).await;
        let (status, answer) = answer.map_err(|error| {
            let server = self.cluster.server();
            Error::Login(format!(
                "cannot reach {server}: {error}; does it run, and is it the right one?"
            ))
        })?;
        let answer = serde_json::from_slice::<Value>(answer.expose());
        match (status, answer) {
            (200..300, Ok(answer)) => Ok(answer),
            (_, Ok(refusal)) => {
                let why = refusal
                    .get("message")
                    .and_then(Value::as_str)
                    .unwrap_or("it does not say why");
                Err(Error::Login(format!(
                    "the server refuses to {what} ({status}): {why}"
                )))
            }
            (_, Err(_)) => Err(Error::Login(format!(
                "{} does not answer as a Kubernetes API server ({status})",
                self.cluster.server()
            ))),
        }
    }
}

/// The administrator's login: named, else of the data directory that is named, else what kubectl would take, else of the
/// default data directory.
fn kubeconfig(options: &CreateOptions) -> Result<PathBuf, Error> {
    if let Some(named) = &options.kubeconfig {
        return Ok(named.clone());
    }
    let around = Surroundings::of_process()?;
    let of_kubectl = std::env::var_os("KUBECONFIG").filter(|paths| !paths.is_empty());
    match of_kubectl {
        Some(paths) if options.data_dir.is_none() => {
            let mut all = std::env::split_paths(&paths).filter(|path| !path.as_os_str().is_empty());
            match (all.next(), all.next()) {
                (Some(only), None) => Ok(only),
                _ => Err(Error::Usage(
                    "KUBECONFIG names several files: name the administrator's with --kubeconfig".to_owned(),
                )),
            }
        }
        _ => Ok(Layout::new(options.data_dir.as_deref(), None, &around)?.kubeconfig()),
    }
}
