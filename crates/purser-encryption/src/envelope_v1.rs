//! The envelope of KMS v1: a key for every value, wrapped by the plugin.
//!
//! ```text
//! k8s:enc:kms:v1:<provider>:    the prefix
//! length(2, big-endian)         of the wrapped key
//! wrapped key
//! nonce(12) ‖ AES-256-GCM(key, nonce, object, AAD = storage key) ‖ tag(16)
//!   or, written before Kubernetes 1.25: IV(16) ‖ AES-CBC(key, object)
//! ```
//!
//! Source: `k8s.io/apiserver/pkg/storage/value/encrypt/envelope/envelope.go`, and `envelopePrefixTransformer` in
//! `k8s.io/apiserver/pkg/server/options/encryptionconfig/config.go`.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::rand;
use bytes::Bytes;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use tokio::sync::Mutex;
use tokio::time::Instant;
use zeroize::Zeroizing;

use crate::chain::describe;
use crate::counters::{CacheCounters, bump};
use crate::encrypted_object::SourceType;
use crate::key_holder::{KeyHolder, Wrapped};
use crate::keyed::{Cbc, Cipher as _, Gcm};
use crate::seed_cache::{SeedCache, SeedId};
use crate::tally::{Direction, ProviderTally, Tallies};
use crate::transformer::{OpenError, Opened, ProviderInfo, SealError, Transformer};

/// Bytes of a value's key.
const KEY_LEN: usize = 32;
/// Bytes of that length.
const LENGTH_LEN: usize = 2;
/// What a plugin is asked to wrap to see whether it does: no key of anything.
const PROBE: &[u8] = b"ping";
/// How long a plugin that is well is believed so. Source: upstream's `kmsPluginHealthzPositiveTTL`.
const WHEN_WELL: Duration = Duration::from_secs(20);
/// How long one that is not. Source: upstream's `kmsPluginHealthzNegativeTTL`.
const WHEN_NOT: Duration = Duration::from_secs(3);
const TRUNCATED: OpenError = OpenError::Malformed("truncated");

/// Seals every value with a key of its own, which a [`KeyHolder`] wraps: a call of the holder for each write.
pub struct EnvelopeV1 {
    name: String,
    prefix: Vec<u8>,
    holder: Arc<dyn KeyHolder>,
    cache: SeedCache<Arc<ValueKey>>,
    /// The most keys that are kept.
    most: usize,
    tally: Arc<ProviderTally>,
    /// What the last look at the plugin found, and until when that is good enough.
    looked: Mutex<Option<(Instant, Result<(), String>)>>,
}

/// A value's key, for both ciphers that it may have been sealed with.
struct ValueKey {
    gcm: Gcm,
    /// Of which the old one's is made when it is needed.
    secret: Zeroizing<Vec<u8>>,
}

impl ValueKey {
    fn new(secret: &[u8]) -> Option<Arc<Self>> {
        Some(Arc::new(Self {
            gcm: Gcm::new(secret)?,
            secret: Zeroizing::new(secret.to_vec()),
        }))
    }

    /// As upstream: GCM first; what it cannot open may be of the time before it.
    fn open(&self, key: &str, body: &[u8]) -> Result<Opened, OpenError> {
        match self.gcm.open(key, body) {
            Ok(plaintext) => Ok(Opened {
                plaintext,
                stale: false,
            }),
            Err(error) => match Cbc::new(&self.secret).map(|cbc| cbc.open(key, body)) {
                Some(Ok(plaintext)) if plaintext.expose().starts_with(b"k8s\0") => Ok(Opened {
                    plaintext,
                    stale: true,
                }),
                _ => Err(error),
            },
        }
    }
}

impl EnvelopeV1 {
    /// An envelope whose values start with `k8s:enc:kms:v1:<name>:`, which keeps at most `kept` unwrapped keys.
    #[must_use]
    pub fn new(name: &str, holder: Arc<dyn KeyHolder>, kept: usize) -> Self {
        Self {
            name: name.to_owned(),
            prefix: format!("k8s:enc:kms:v1:{name}:").into_bytes(),
            holder,
            cache: SeedCache::new(kept),
            most: kept,
            tally: Tallies::default().provider(name),
            looked: Mutex::new(None),
        }
    }

    /// The provider's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether the plugin wraps and unwraps: it is asked to, at most every 20 seconds while it does and every 3 while it
    /// does not. Source: upstream's `kmsPluginProbe`.
    ///
    /// # Errors
    /// Why it does not.
    pub async fn check(&self) -> Result<(), String> {
        let mut looked = self.looked.lock().await;
        if let Some((until, found)) = looked.as_ref()
            && Instant::now() < *until
        {
            return found.clone();
        }
        let found = self.probe().await;
        let pause = if found.is_ok() { WHEN_WELL } else { WHEN_NOT };
        *looked = Some((Instant::now() + pause, found.clone()));
        found
    }

    async fn probe(&self) -> Result<(), String> {
        let wrapped = self.holder.wrap(PROBE).await.map_err(|error| error.to_string())?;
        let unwrapped = self.holder.unwrap(&wrapped).await;
        match unwrapped.map_err(|error| error.to_string())?.as_slice() {
            PROBE => Ok(()),
            _ => Err("it unwraps something else than it wrapped".to_owned()),
        }
    }

    /// The same, which counts there.
    #[must_use]
    pub fn counted(self, tally: Arc<ProviderTally>) -> Self {
        Self { tally, ..self }
    }

    /// How often a key was at hand.
    #[must_use]
    pub fn key_cache(&self) -> &CacheCounters {
        &self.cache.counters
    }

    async fn seal_now(&self, key: &str, plaintext: &[u8]) -> Result<Bytes, SealError> {
        self.tally.arrived(Direction::ToStorage);
        let mut secret = Zeroizing::new([0_u8; KEY_LEN]);
        let made = self.tally.generating(|| rand::fill(secret.as_mut_slice()));
        made.map_err(|_| SealError::NoRandomness)?;
        let wrapped = self.holder.wrap(secret.as_slice()).await?;
        let length = u16::try_from(wrapped.ciphertext.len())
            .ok()
            .filter(|length| *length > 0)
            .ok_or_else(|| SealError::Unavailable("it answered no key, or too long a one".to_owned()))?;
        let own = ValueKey::new(secret.as_slice()).ok_or(SealError::Refused)?;
        let head = self.prefix.len() + LENGTH_LEN + wrapped.ciphertext.len();
        let mut out = Vec::with_capacity(head + plaintext.len() + own.gcm.overhead(plaintext.len()));
        out.extend_from_slice(&self.prefix);
        out.extend_from_slice(&length.to_be_bytes());
        out.extend_from_slice(&wrapped.ciphertext);
        own.gcm.seal(key, plaintext, &mut out)?;
        self.keep(&wrapped, own);
        Ok(Bytes::from(out))
    }

    /// The wrapped key of a stored value, and its sealed object.
    fn parts<'a>(&self, stored: &'a [u8]) -> Result<(Wrapped, &'a [u8]), OpenError> {
        let rest = stored
            .strip_prefix(self.prefix.as_slice())
            .ok_or_else(|| OpenError::NoProvider(describe(stored)))?;
        let (length, rest) = rest.split_first_chunk::<LENGTH_LEN>().ok_or(TRUNCATED)?;
        let length = usize::from(u16::from_be_bytes(*length));
        let (wrapped, body) = rest.split_at_checked(length).ok_or(TRUNCATED)?;
        if wrapped.is_empty() {
            return Err(OpenError::Malformed("no wrapped key"));
        }
        let wrapped = Wrapped {
            ciphertext: wrapped.to_vec(),
            key_id: String::new(),
            annotations: BTreeMap::new(),
        };
        Ok((wrapped, body))
    }

    async fn unwrap(&self, wrapped: &Wrapped) -> Result<Arc<ValueKey>, OpenError> {
        bump(&self.cache.counters.misses);
        self.tally.missed();
        let secret = self.holder.unwrap(wrapped).await?;
        let own = ValueKey::new(&secret).ok_or(OpenError::Malformed("a key of a wrong length"))?;
        self.keep(wrapped, Arc::clone(&own));
        Ok(own)
    }

    fn keep(&self, wrapped: &Wrapped, own: Arc<ValueKey>) {
        self.cache.insert(id(wrapped), own);
        self.tally.filled(self.cache.len(), self.most);
    }

    fn at_hand(&self, wrapped: &Wrapped) -> Option<Arc<ValueKey>> {
        let own = self.cache.get(&id(wrapped))?;
        bump(&self.cache.counters.hits);
        Some(own)
    }
}

fn id(wrapped: &Wrapped) -> SeedId {
    SeedId::of_wrapped(SourceType::Key, wrapped)
}

impl Transformer for EnvelopeV1 {
    fn seal<'a>(&'a self, key: &'a str, plaintext: &'a [u8]) -> BoxFuture<'a, Result<Bytes, SealError>> {
        self.seal_now(key, plaintext).boxed()
    }

    fn open<'a>(&'a self, key: &'a str, stored: &'a [u8]) -> BoxFuture<'a, Result<Opened, OpenError>> {
        async move {
            let (wrapped, body) = self.parts(stored)?;
            self.tally.arrived(Direction::FromStorage);
            if let Some(own) = self.at_hand(&wrapped) {
                return own.open(key, body);
            }
            let opened = self.unwrap(&wrapped).await?.open(key, body);
            if opened.is_err() {
                // It may be the key that is wrong, and not the value: the holder is asked again the next time.
                self.cache.remove(&id(&wrapped));
            }
            opened
        }
        .boxed()
    }

    fn open_now(&self, key: &str, stored: &[u8]) -> Option<Result<Opened, OpenError>> {
        match self.parts(stored) {
            Ok((wrapped, body)) => {
                let own = self.at_hand(&wrapped)?;
                self.tally.arrived(Direction::FromStorage);
                Some(own.open(key, body))
            }
            Err(error) => Some(Err(error)),
        }
    }

    fn claims(&self, stored: &[u8]) -> bool {
        stored.starts_with(&self.prefix)
    }

    fn prefixes(&self) -> Vec<String> {
        vec![String::from_utf8_lossy(&self.prefix).into_owned()]
    }

    fn info(&self) -> ProviderInfo {
        ProviderInfo {
            name: self.name.clone(),
            key_id: String::new(),
        }
    }
}
