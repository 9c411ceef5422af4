//! KMS plugins: spoken to, waited for at start, looked after while the server runs.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use parking_lot::Mutex;
use purser_encryption::configuration::{DialError, Kms, KmsVersion};
use purser_encryption::kms::{Endpoint, PluginV1, PluginV2};
use purser_encryption::tally::Tallies;
use purser_encryption::{Envelope, EnvelopeV1, KeyFiles, KeyHolder, SealError};
use purser_server::Check;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::{Envelopes, OlderEnvelopes};

/// How long a start waits for plugins: they may be starting too.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long it waits between two questions.
const PAUSE: Duration = Duration::from_millis(250);

/// Makes the key holder that speaks to a plugin; nothing is asked yet.
///
/// # Errors
/// When its endpoint is no socket.
pub(super) fn dial(kms: &Kms, tallies: &Tallies) -> Result<Arc<dyn KeyHolder>, DialError> {
    let endpoint = Endpoint::parse(&kms.endpoint).map_err(|error| DialError {
        name: kms.name.clone(),
        why: error.to_string(),
    })?;
    let tally = tallies.provider(&kms.name);
    Ok(match kms.version {
        KmsVersion::V1 { .. } => Arc::new(PluginV1::new(&endpoint, kms.timeout).counted(tally)),
        KmsVersion::V2 => Arc::new(PluginV2::new(&endpoint, kms.timeout).counted(tally)),
    })
}

/// Waits until every plugin is well.
///
/// # Errors
/// Which is not, and why.
pub(super) async fn wait(envelopes: &[Arc<Envelope>]) -> Result<(), (String, SealError)> {
    let patient_until = Instant::now() + PATIENCE;
    for envelope in envelopes {
        while let Err(error) = envelope.refresh().await {
            if Instant::now() >= patient_until {
                return Err((envelope.name().to_owned(), error));
            }
            tokio::time::sleep(PAUSE).await;
        }
    }
    Ok(())
}

/// Looks after the key holders of envelopes, until it is dropped or others take their place.
#[derive(Default)]
pub(super) struct Keepers(Mutex<JoinSet<()>>);

impl Keepers {
    /// Looks after these, and no others.
    pub(super) fn look_after(&self, envelopes: &[Arc<Envelope>]) {
        let mut keeping = JoinSet::new();
        for envelope in envelopes {
            let envelope = Arc::clone(envelope);
            keeping.spawn(async move { envelope.keep_fresh().await });
        }
        *self.0.lock() = keeping;
    }

    /// Goes on reading these key files besides.
    pub(super) fn keep_reading(&self, keys: Arc<KeyFiles>) {
        self.0.lock().spawn(async move { keys.keep_reading().await });
    }
}

/// Waits until every plugin of KMS v1 is well.
///
/// # Errors
/// Which is not, and why.
pub(super) async fn wait_for_older(envelopes: &[Arc<EnvelopeV1>]) -> Result<(), (String, String)> {
    let patient_until = Instant::now() + PATIENCE;
    for envelope in envelopes {
        while let Err(why) = envelope.check().await {
            if Instant::now() >= patient_until {
                return Err((envelope.name().to_owned(), why));
            }
            tokio::time::sleep(PAUSE).await;
        }
    }
    Ok(())
}

/// Fails while a plugin is not well.
pub(crate) struct KmsProviders {
    /// Those of KMS v2, which are asked now and then.
    pub(super) envelopes: Envelopes,
    /// Those of KMS v1, which are asked here.
    pub(super) older: OlderEnvelopes,
}

impl Check for KmsProviders {
    fn name(&self) -> &'static str {
        "kms-providers"
    }

    /// As upstream: not of `/livez`, since a restart mends no plugin. Source: `addHealthChecksWithoutLivez` of
    /// `k8s.io/apiserver/pkg/server/options/etcd.go`.
    fn is_in_healthz(&self) -> bool {
        true
    }

    fn check(&self) -> BoxFuture<'_, Result<(), String>> {
        Box::pin(async {
            let envelopes = self.envelopes.load_full();
            let of_v2 =
                |envelope: &Arc<Envelope>| Some(format!("{}: {}", envelope.name(), envelope.failure()?));
            let mut failures: Vec<String> = envelopes.iter().filter_map(of_v2).collect();
            for older in self.older.load_full().iter() {
                if let Err(why) = older.check().await {
                    failures.push(format!("{}: {why}", older.name()));
                }
            }
            match failures.is_empty() {
                true => Ok(()),
                false => Err(failures.join(", ")),
            }
        })
    }
}
