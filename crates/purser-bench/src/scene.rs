//! What the measurement needs on the server: a namespace of its own with Secrets in it, removed afterwards.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use http::{HeaderValue, Method};
use tokio::task::JoinSet;

use crate::client::{Call, Client};
use crate::error::Error;
use crate::operation::Plan;
use crate::progress::Progress;
use crate::target::Target;

/// How often the removal of the Secrets is tried: a server may run into its own time limit with very many.
const REMOVAL_TRIES: u32 = 5;

/// The namespace that was made.
pub(crate) struct Scene {
    namespace: String,
}

impl Scene {
    /// A name that no earlier run took.
    pub(crate) fn new() -> Self {
        let seconds = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |since| since.as_secs());
        Self {
            namespace: format!("purser-bench-{seconds:x}-{}", std::process::id()),
        }
    }

    /// The namespace.
    pub(crate) fn name(&self) -> &str {
        &self.namespace
    }

    /// Path of its Secrets.
    pub(crate) fn collection(&self) -> String {
        format!("/api/v1/namespaces/{}/secrets", self.namespace)
    }

    /// Path of its roles or bindings.
    pub(crate) fn rbac(&self, plural: &str) -> String {
        let namespace = &self.namespace;
        format!("/apis/rbac.authorization.k8s.io/v1/namespaces/{namespace}/{plural}")
    }

    /// Makes the namespace.
    ///
    /// # Errors
    /// When the server refuses.
    pub(crate) async fn create(&self, client: &mut Client) -> Result<(), Error> {
        let body = format!(
            r#"{{"apiVersion":"v1","kind":"Namespace","metadata":{{"name":"{}"}}}}"#,
            self.namespace
        );
        let call = Call {
            method: Method::POST,
            path: "/api/v1/namespaces".to_owned(),
            body: Bytes::from(body),
        };
        demand(client, call, "cannot make a namespace").await
    }

    /// Makes objects 0 to `objects`, with `streams` requests in flight on each connection.
    ///
    /// # Errors
    /// At the first refusal.
    pub(crate) async fn fill(
        clients: &[Client],
        streams: u16,
        plan: &Arc<Plan>,
        objects: u64,
    ) -> Result<(), Error> {
        let progress = Progress::counting("making Secrets", objects);
        let next = Arc::new(AtomicU64::new(0));
        let mut running: JoinSet<Result<(), Error>> = JoinSet::new();
        for client in (0..streams).flat_map(|_| clients) {
            let (mut client, plan) = (client.clone(), Arc::clone(plan));
            let (next, progress) = (Arc::clone(&next), progress.clone());
            running.spawn(async move {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= objects {
                        return Ok(());
                    }
                    demand(&mut client, plan.create(number), "cannot make a Secret").await?;
                    progress.step();
                }
            });
        }
        while let Some(outcome) = running.join_next().await {
            outcome.map_err(|error| refused("cannot make Secrets", error.to_string()))??;
        }
        progress.finish();
        Ok(())
    }

    /// Removes everything again, on a new connection: those there are may be what broke.
    ///
    /// # Errors
    /// When the server refuses; the sentence says what is left.
    pub(crate) async fn remove(&self, target: &Target, accept: &HeaderValue) -> Result<(), Error> {
        let progress = Progress::waiting("removing what was made");
        let connected = Client::connect(target, accept).await;
        let mut client = connected.map_err(|error| self.left(&error.to_string()))?;
        let mut tries = 1;
        while let Err(error) = try_call(&mut client, delete(self.collection())).await {
            if tries >= REMOVAL_TRIES {
                return Err(self.left(&error));
            }
            tries += 1;
        }
        let namespace = delete(format!("/api/v1/namespaces/{}", self.namespace));
        try_call(&mut client, namespace)
            .await
            .map_err(|error| self.left(&error))?;
        progress.finish();
        Ok(())
    }

    /// Why it was not removed.
    pub(crate) fn left(&self, reason: &str) -> Error {
        let what = format!("namespace {} is left on the server", self.namespace);
        refused(&what, reason.to_owned())
    }
}

/// A DELETE.
pub(crate) fn delete(path: String) -> Call {
    Call {
        method: Method::DELETE,
        path,
        body: Bytes::new(),
    }
}

/// Sends what the measurement rests on.
///
/// # Errors
/// When the server refuses it.
pub(crate) async fn demand(client: &mut Client, call: Call, what: &str) -> Result<(), Error> {
    let done = try_call(client, call).await;
    done.map_err(|reason| refused(what, reason))
}

/// The reason when it does not succeed.
async fn try_call(client: &mut Client, call: Call) -> Result<(), String> {
    match client.call(call).await {
        Ok(answer) if answer.status.is_success() => Ok(()),
        Ok(answer) => Err(format!("{} {}", answer.status, answer.message.trim_end())),
        Err(error) => Err(error.to_string()),
    }
}

pub(crate) fn refused(what: &str, reason: String) -> Error {
    Error::Refused {
        what: what.to_owned(),
        reason,
    }
}
