//! A plugin that speaks KMS v2.

use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use tonic::transport::Channel;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::call::{MAX_SENTENCE, call};
use super::endpoint::Endpoint;
use super::said::said;
use super::wire::v2;
use crate::encrypted_object::{MAX_KEY_ID, check_wrapped};
use crate::key_holder::{KeyHolder, Wrapped};
use crate::tally::{BadKeyId, ProviderTally, Tallies};
use crate::transformer::{OpenError, SealError};

/// How a healthy plugin says so.
const HEALTHY: &str = "ok";
/// The versions that are spoken.
const VERSIONS: [&str; 2] = ["v2", "v2beta1"];
/// The most characters of a version that are repeated.
const MAX_VERSION: usize = 20;
/// How long values may be sealed after the plugin was last well: upstream's `kmsv2PluginWriteDEKSourceMaxTTL`.
const TRUSTED: Duration = Duration::from_secs(3 * 60);

/// A key holder at the other end of a socket.
pub struct PluginV2 {
    channel: Channel,
    timeout: Duration,
    tally: Arc<ProviderTally>,
}

impl PluginV2 {
    /// The plugin that listens at `endpoint`, to be asked when it is first needed; a call takes at most `timeout`.
    #[must_use]
    pub fn new(endpoint: &Endpoint, timeout: Duration) -> Self {
        Self {
            channel: endpoint.channel(),
            timeout,
            tally: Tallies::default().provider(""),
        }
    }

    /// The same, which counts its calls there.
    #[must_use]
    pub fn counted(self, tally: Arc<ProviderTally>) -> Self {
        Self { tally, ..self }
    }

    /// What the plugin says of itself, unjudged.
    ///
    /// # Errors
    /// Why there is no answer.
    pub async fn said(&self) -> Result<v2::StatusResponse, String> {
        call(
            &self.channel,
            self.timeout,
            &self.tally,
            v2::STATUS,
            v2::StatusRequest {},
        )
        .await
    }

    async fn status(&self) -> Result<String, String> {
        let answer = self.said().await?;
        self.count_key_id(&answer.key_id);
        if answer.healthz != HEALTHY {
            let said = said(&answer.healthz, MAX_SENTENCE);
            return Err(format!("got unexpected healthz status: {said}"));
        }
        if !VERSIONS.contains(&answer.version.as_str()) {
            let said = said(&answer.version, MAX_VERSION);
            return Err(format!("expected KMSv2 API version v2, got {said}"));
        }
        if answer.key_id.is_empty() || answer.key_id.len() > MAX_KEY_ID {
            return Err(format!(
                "its key id has {} bytes, not 1 to {MAX_KEY_ID}",
                answer.key_id.len()
            ));
        }
        Ok(answer.key_id)
    }

    /// As upstream: whatever else Status says.
    fn count_key_id(&self, id: &str) {
        match id.len() {
            0 => self.tally.status_gave_none(BadKeyId::Empty),
            1..=MAX_KEY_ID => self.tally.status_gave(id),
            _ => self.tally.status_gave_none(BadKeyId::TooLong),
        }
    }

    async fn encrypt(&self, secret: &[u8]) -> Result<Wrapped, String> {
        let question = v2::EncryptRequest {
            plaintext: secret.to_vec(),
            uid: Uuid::new_v4().to_string(),
        };
        let answer: v2::EncryptResponse =
            call(&self.channel, self.timeout, &self.tally, v2::ENCRYPT, question).await?;
        let wrapped = Wrapped {
            ciphertext: answer.ciphertext,
            key_id: answer.key_id,
            annotations: answer.annotations,
        };
        check_wrapped(&wrapped)?;
        Ok(wrapped)
    }

    async fn decrypt(&self, wrapped: &Wrapped) -> Result<Zeroizing<Vec<u8>>, String> {
        let question = v2::DecryptRequest {
            ciphertext: wrapped.ciphertext.clone(),
            uid: Uuid::new_v4().to_string(),
            key_id: wrapped.key_id.clone(),
            annotations: wrapped.annotations.clone(),
        };
        let mut answer: v2::DecryptResponse =
            call(&self.channel, self.timeout, &self.tally, v2::DECRYPT, question).await?;
        Ok(Zeroizing::new(std::mem::take(&mut answer.plaintext)))
    }
}

impl KeyHolder for PluginV2 {
    fn key_id(&self) -> BoxFuture<'_, Result<String, SealError>> {
        async { self.status().await.map_err(SealError::Unavailable) }.boxed()
    }

    fn wrap<'a>(&'a self, secret: &'a [u8]) -> BoxFuture<'a, Result<Wrapped, SealError>> {
        async { self.encrypt(secret).await.map_err(SealError::Unavailable) }.boxed()
    }

    fn unwrap<'a>(&'a self, wrapped: &'a Wrapped) -> BoxFuture<'a, Result<Zeroizing<Vec<u8>>, OpenError>> {
        // Whatever the plugin answers, the value may be opened another time: it does not say why it refuses.
        async { self.decrypt(wrapped).await.map_err(OpenError::Unavailable) }.boxed()
    }

    fn trusted_for(&self) -> Option<Duration> {
        Some(TRUSTED)
    }
}
