//! The rules of KMS v2, apart from how its messages travel.
//!
//! Source: the Kubernetes page "Using a KMS provider for data encryption", and `k8s.io/kms/apis/v2/api.proto`.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Instant;

use parking_lot::Mutex;
use purser_encryption::kms::said;
use purser_encryption::kms::wire::v2::{
    DecryptRequest, DecryptResponse, EncryptRequest, EncryptResponse, StatusResponse,
};
use purser_encryption::{KeyHolder, OpenError, Wrapped};
use tonic::Status;

use crate::metrics::{Metrics, Operation, Outcome};

/// The version that is spoken.
const VERSION: &str = "v2";
/// How a healthy plugin says so.
const HEALTHY: &str = "ok";
/// The most bytes of a secret, so that it can be unwrapped again: API servers send seeds of 32.
const MAX_SECRET: usize = 512;
/// The most bytes of what was wrapped, and of a key id.
const MAX_WRAPPED: usize = 1024;
/// The most bytes of annotations.
const MAX_ANNOTATIONS: usize = 32 * 1024;
/// The most characters of what a client says that the log repeats: ids are shorter.
const MAX_LOGGED: usize = 128;
/// Most key ids that are remembered, to notice that one returns.
const MAX_SEEN: usize = 10_000;

/// A plugin in front of a key holder.
pub struct Plugin {
    holder: Arc<dyn KeyHolder>,
    seen: Mutex<Seen>,
    metrics: Metrics,
}

/// The key ids that the holder has used.
#[derive(Default)]
struct Seen {
    now: String,
    before: HashSet<String>,
}

impl Plugin {
    /// A plugin that wraps with `holder`.
    #[must_use]
    pub fn new(holder: Arc<dyn KeyHolder>) -> Self {
        Self {
            holder,
            seen: Mutex::new(Seen::default()),
            metrics: Metrics::default(),
        }
    }

    /// What it counted.
    #[must_use]
    pub fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// How the holder is, truthfully: it is asked each time.
    pub async fn status(&self) -> StatusResponse {
        let began = Instant::now();
        let (healthz, key_id) = match self.holder.key_id().await {
            Ok(key_id) => match self.note(&key_id) {
                Ok(()) => (HEALTHY.to_owned(), key_id),
                Err(why) => (why, key_id),
            },
            Err(error) => {
                tracing::warn!(%error, "the key holder is not well");
                (error.to_string(), self.seen.lock().now.clone())
            }
        };
        let well = healthz == HEALTHY;
        self.metrics.holder_is(well);
        let outcome = if well { Outcome::ok } else { Outcome::unavailable };
        self.metrics.done(Operation::status, outcome, began.elapsed());
        StatusResponse {
            version: VERSION.to_owned(),
            healthz,
            key_id,
        }
    }

    /// A key id that was left may not come back: an API server would take what is stale for fresh.
    fn note(&self, key_id: &str) -> Result<(), String> {
        let mut seen = self.seen.lock();
        if seen.now == key_id {
            return Ok(());
        }
        if seen.before.contains(key_id) {
            return Err(format!(
                "the key holder went back to the key {key_id}, which it had left: make a new one"
            ));
        }
        let left = std::mem::replace(&mut seen.now, key_id.to_owned());
        if !left.is_empty() && seen.before.len() < MAX_SEEN {
            tracing::info!(key = key_id, before = left, "the key holder uses another key");
            self.metrics.key_id_changed();
            seen.before.insert(left);
        }
        Ok(())
    }

    /// Wraps a secret.
    ///
    /// # Errors
    /// What is wrong with the request, or that the holder is not available.
    pub async fn encrypt(&self, request: EncryptRequest) -> Result<EncryptResponse, Status> {
        let began = Instant::now();
        let (answer, outcome) = self.wrapped(&request).await;
        self.metrics.done(Operation::encrypt, outcome, began.elapsed());
        answer
    }

    async fn wrapped(&self, request: &EncryptRequest) -> (Result<EncryptResponse, Status>, Outcome) {
        if request.plaintext.is_empty() || request.plaintext.len() > MAX_SECRET {
            let why = format!("plaintext has to have 1 to {MAX_SECRET} bytes");
            return (Err(Status::invalid_argument(why)), Outcome::refused);
        }
        match self.holder.wrap(&request.plaintext).await {
            Ok(wrapped) => {
                let answer = EncryptResponse {
                    ciphertext: wrapped.ciphertext,
                    key_id: wrapped.key_id,
                    annotations: wrapped.annotations,
                };
                (Ok(answer), Outcome::ok)
            }
            Err(error) => {
                tracing::warn!(%error, uid = said(&request.uid, MAX_LOGGED), "cannot wrap");
                (Err(Status::unavailable(error.to_string())), Outcome::unavailable)
            }
        }
    }

    /// Unwraps a secret.
    ///
    /// # Errors
    /// What is wrong with the request, that its key is not there, or that the holder is not available.
    pub async fn decrypt(&self, request: DecryptRequest) -> Result<DecryptResponse, Status> {
        let began = Instant::now();
        let (answer, outcome) = self.unwrapped(request).await;
        self.metrics.done(Operation::decrypt, outcome, began.elapsed());
        answer
    }

    async fn unwrapped(&self, mut request: DecryptRequest) -> (Result<DecryptResponse, Status>, Outcome) {
        if let Some(why) = wrong(&request) {
            return (Err(Status::invalid_argument(why)), Outcome::refused);
        }
        let wrapped = Wrapped {
            ciphertext: std::mem::take(&mut request.ciphertext),
            key_id: std::mem::take(&mut request.key_id),
            annotations: std::mem::take(&mut request.annotations),
        };
        match self.holder.unwrap(&wrapped).await {
            Ok(mut secret) => {
                let plaintext = std::mem::take(&mut *secret);
                (Ok(DecryptResponse { plaintext }), Outcome::ok)
            }
            Err(error) => {
                tracing::warn!(%error, uid = said(&request.uid, MAX_LOGGED), key = said(&wrapped.key_id, MAX_LOGGED), "cannot unwrap");
                let said = error.to_string();
                let (status, outcome) = match error {
                    OpenError::Unavailable(_) => (Status::unavailable(said), Outcome::unavailable),
                    OpenError::NoKey(_) | OpenError::NoProvider(_) => {
                        (Status::not_found(said), Outcome::no_key)
                    }
                    OpenError::Damaged | OpenError::Malformed(_) => {
                        (Status::invalid_argument(said), Outcome::damaged)
                    }
                };
                (Err(status), outcome)
            }
        }
    }
}

/// What is wrong with a request.
fn wrong(request: &DecryptRequest) -> Option<String> {
    for (field, length) in [
        ("ciphertext", request.ciphertext.len()),
        ("key_id", request.key_id.len()),
    ] {
        if length == 0 || length > MAX_WRAPPED {
            return Some(format!("{field} has to have 1 to {MAX_WRAPPED} bytes"));
        }
    }
    let annotations: usize = request
        .annotations
        .iter()
        .map(|(key, value)| key.len() + value.len())
        .sum();
    (annotations > MAX_ANNOTATIONS).then(|| format!("annotations have at most {MAX_ANNOTATIONS} bytes"))
}
