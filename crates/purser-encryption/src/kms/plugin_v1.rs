//! A plugin that speaks KMS v1.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use tonic::transport::Channel;
use zeroize::Zeroizing;

use super::call::call;
use super::endpoint::Endpoint;
use super::wire::v1;
use crate::key_holder::{KeyHolder, Wrapped};
use crate::tally::{ProviderTally, Tallies};
use crate::transformer::{OpenError, SealError};

/// A key holder at the other end of a socket, which has no names for its keys.
pub struct PluginV1 {
    channel: Channel,
    timeout: Duration,
    tally: Arc<ProviderTally>,
}

impl PluginV1 {
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

    async fn version(&self) -> Result<(), String> {
        let question = v1::VersionRequest {
            version: v1::API_VERSION.to_owned(),
        };
        let answer: v1::VersionResponse =
            call(&self.channel, self.timeout, &self.tally, v1::VERSION, question).await?;
        if answer.version == v1::API_VERSION {
            Ok(())
        } else {
            Err(format!("it does not speak {}", v1::API_VERSION))
        }
    }

    async fn encrypt(&self, secret: &[u8]) -> Result<Wrapped, String> {
        let question = v1::EncryptRequest {
            version: v1::API_VERSION.to_owned(),
            plain: secret.to_vec(),
        };
        let answer: v1::EncryptResponse =
            call(&self.channel, self.timeout, &self.tally, v1::ENCRYPT, question).await?;
        Ok(Wrapped {
            ciphertext: answer.cipher,
            key_id: String::new(),
            annotations: BTreeMap::new(),
        })
    }

    async fn decrypt(&self, wrapped: &Wrapped) -> Result<Zeroizing<Vec<u8>>, String> {
        let question = v1::DecryptRequest {
            version: v1::API_VERSION.to_owned(),
            cipher: wrapped.ciphertext.clone(),
        };
        let mut answer: v1::DecryptResponse =
            call(&self.channel, self.timeout, &self.tally, v1::DECRYPT, question).await?;
        Ok(Zeroizing::new(std::mem::take(&mut answer.plain)))
    }
}

impl KeyHolder for PluginV1 {
    fn key_id(&self) -> BoxFuture<'_, Result<String, SealError>> {
        async {
            self.version().await.map_err(SealError::Unavailable)?;
            Ok(String::new())
        }
        .boxed()
    }

    fn wrap<'a>(&'a self, secret: &'a [u8]) -> BoxFuture<'a, Result<Wrapped, SealError>> {
        async { self.encrypt(secret).await.map_err(SealError::Unavailable) }.boxed()
    }

    fn unwrap<'a>(&'a self, wrapped: &'a Wrapped) -> BoxFuture<'a, Result<Zeroizing<Vec<u8>>, OpenError>> {
        async { self.decrypt(wrapped).await.map_err(OpenError::Unavailable) }.boxed()
    }
}
