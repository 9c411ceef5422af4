//! The KMS v2 envelope: what kube-apiserver writes to etcd, byte for byte.
//!
//! Source: `k8s.io/apiserver/pkg/storage/value/encrypt/envelope/kmsv2/envelope.go`.

use std::future::ready;
use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::rand;
use bytes::Bytes;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use parking_lot::RwLock;
use tokio::sync::Mutex;
use tokio::time::Instant;
use zeroize::Zeroizing;

use crate::chain::describe;
use crate::counters::{CacheCounters, bump};
use crate::data_key::{DataKey, OVERHEAD, SEED_LEN, Seed};
use crate::encrypted_object::{
    EncryptedObject, SourceType, check_wrapped, data_head_len, encode_tail, write_data_head,
};
use crate::key_holder::{KeyHolder, Wrapped};
use crate::seed_cache::{CAPACITY, SeedCache, SeedId};
use crate::tally::{Direction, KeyUses, ProviderTally, Tallies};
use crate::transformer::{OpenError, Opened, ProviderInfo, SealError, Transformer};

/// The name of the provider whose key holder is in this process.
pub const LOCAL_PROVIDER: &str = "purser-local";

/// How long a holder that is well is left alone. Source: upstream's `kmsv2PluginHealthzPositiveInterval`.
const WHEN_WELL: Duration = Duration::from_secs(60);
/// How long one that is not. Source: upstream's `kmsv2PluginHealthzNegativeInterval`.
const WHEN_NOT: Duration = Duration::from_secs(10);

/// Most seeds that the holder is asked to unwrap at once.
const LANES: usize = 16;

/// Seals with a seed that a [`KeyHolder`] wrapped, and opens what any of the holder's keys wrapped.
///
/// One seed serves from its making until the holder's key id changes, as upstream's: every value's key is derived
/// from the seed and 32 random bytes and used once, so that no number of writes wears the seed out.
pub struct Envelope {
    name: String,
    prefix: Vec<u8>,
    holder: Arc<dyn KeyHolder>,
    writer: RwLock<Option<Arc<Writer>>>,
    trust: RwLock<Trust>,
    making: Mutex<()>,
    unwrapping: [Mutex<()>; LANES],
    cache: SeedCache<Arc<Unwrapped>>,
    tally: Arc<ProviderTally>,
}

/// A seed or key that was unwrapped, and where uses of the key that had wrapped it are counted.
struct Unwrapped {
    key: DataKey,
    uses: Arc<KeyUses>,
}

/// The seed that is written with, and what every value sealed with it ends in.
struct Writer {
    seed: Arc<Seed>,
    /// The same, to open with.
    unwrapped: Arc<Unwrapped>,
    wrapped: Wrapped,
    tail: Vec<u8>,
}

/// What the holder last said of itself.
#[derive(Default)]
struct Trust {
    /// Until when the seed may be written with; `None`: for ever.
    until: Option<Instant>,
    /// Why it is not well; `None`: it is.
    failure: Option<String>,
}

impl Envelope {
    /// An envelope whose values start with `k8s:enc:kms:v2:<name>:`. The first seed is made by
    /// [`Envelope::refresh`], or else by the first write.
    #[must_use]
    pub fn new(name: &str, holder: Arc<dyn KeyHolder>) -> Self {
        Self {
            name: name.to_owned(),
            prefix: format!("k8s:enc:kms:v2:{name}:").into_bytes(),
            holder,
            writer: RwLock::new(None),
            trust: RwLock::default(),
            making: Mutex::new(()),
            unwrapping: std::array::from_fn(|_| Mutex::new(())),
            cache: SeedCache::new(CAPACITY),
            tally: Tallies::default().provider(name),
        }
    }

    /// The same, which counts there.
    #[must_use]
    pub fn counted(self, tally: Arc<ProviderTally>) -> Self {
        Self { tally, ..self }
    }

    /// Asks the holder how it is, and makes a new seed when its key id is not the one in use. To be called at start,
    /// and from time to time when the holder can be away or change its key: [`Envelope::keep_fresh`].
    ///
    /// # Errors
    /// When the holder is not well; what is there goes on being used, as long as [`KeyHolder::trusted_for`] says.
    pub async fn refresh(&self) -> Result<(), SealError> {
        let _one_at_a_time = self.making.lock().await;
        self.renew_if_changed().await.map(drop)
    }

    /// Goes on refreshing, every minute, and more often while the holder is not well. Never returns.
    pub async fn keep_fresh(&self) {
        loop {
            let before = self.failure();
            let pause = match self.refresh().await {
                Ok(()) => {
                    if before.is_some() {
                        tracing::info!(provider = self.name, "the key holder is well again");
                    }
                    WHEN_WELL
                }
                Err(error) => {
                    if before.is_none() {
                        tracing::warn!(provider = self.name, %error, "the key holder is not well");
                    }
                    WHEN_NOT
                }
            };
            tokio::time::sleep(pause).await;
        }
    }

    /// Forgets every seed but the one that is written with: what others sealed is opened only while the holder unwraps
    /// them.
    pub fn forget(&self) {
        self.cache.clear();
        self.tally.keeps(self.cache.len());
    }

    /// The provider's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Why the holder was not well when it was last asked; `None`: it was.
    #[must_use]
    pub fn failure(&self) -> Option<String> {
        self.trust.read().failure.clone()
    }

    /// How often a seed was at hand.
    #[must_use]
    pub fn seed_cache(&self) -> &CacheCounters {
        &self.cache.counters
    }

    fn current(&self) -> Option<Arc<Writer>> {
        self.writer.read().clone()
    }

    async fn first_writer(&self) -> Result<Arc<Writer>, SealError> {
        let _one_at_a_time = self.making.lock().await;
        match self.current() {
            Some(writer) => Ok(writer),
            None => self.renew_if_changed().await,
        }
    }

    /// The seed of the holder's key of now; a new one when that has changed.
    async fn renew_if_changed(&self) -> Result<Arc<Writer>, SealError> {
        // From before the question, so that no slow answer makes the time longer.
        let until = self.holder.trusted_for().map(|time| Instant::now() + time);
        let renewed = async {
            let key_id = self.holder.key_id().await?;
            match self.current().filter(|writer| writer.wrapped.key_id == key_id) {
                Some(writer) => Ok(writer),
                None => self.renew(&key_id).await,
            }
        };
        let renewed = renewed.await;
        let mut trust = self.trust.write();
        match &renewed {
            Ok(_) => *trust = Trust { until, failure: None },
            Err(error) => trust.failure = Some(error.to_string()),
        }
        renewed
    }

    /// A new seed, wrapped by the key that the holder says it uses.
    async fn renew(&self, key_id: &str) -> Result<Arc<Writer>, SealError> {
        let mut secret = Zeroizing::new([0_u8; SEED_LEN]);
        let made = self.tally.generating(|| rand::fill(secret.as_mut_slice()));
        made.map_err(|_| SealError::NoRandomness)?;
        let wrapped = self.holder.wrap(secret.as_slice()).await?;
        check_wrapped(&wrapped).map_err(|what| SealError::Unavailable(what.to_owned()))?;
        if wrapped.key_id != key_id {
            let why = "it wraps with another key than the one that it says it uses";
            return Err(SealError::Unavailable(why.to_owned()));
        }
        let seed = Arc::new(Seed::new(secret.as_slice()).map_err(|_| SealError::Refused)?);
        let tail = encode_tail(SourceType::Seed, &wrapped);
        let id = SeedId::of_wrapped(SourceType::Seed, &wrapped);
        let unwrapped = self.keep(id, DataKey::Seed(Arc::clone(&seed)), &wrapped.key_id);
        let writer = Arc::new(Writer {
            seed,
            unwrapped,
            wrapped,
            tail,
        });
        *self.writer.write() = Some(Arc::clone(&writer));
        Ok(writer)
    }

    fn keep(&self, id: SeedId, key: DataKey, key_id: &str) -> Arc<Unwrapped> {
        let uses = self.tally.key(key_id);
        let unwrapped = Arc::new(Unwrapped { key, uses });
        self.cache.insert(id, Arc::clone(&unwrapped));
        self.tally.keeps(self.cache.len());
        unwrapped
    }

    /// Whether the holder has been away for too long to go on writing.
    fn check_trust(&self) -> Result<(), SealError> {
        let trust = self.trust.read();
        if trust.until.is_none_or(|until| Instant::now() <= until) {
            return Ok(());
        }
        let why = trust.failure.as_deref().unwrap_or("it has not been asked");
        Err(SealError::Unavailable(format!(
            "it was last well too long ago: {why}"
        )))
    }

    fn seal_with(&self, writer: &Writer, key: &str, plaintext: &[u8]) -> Result<Bytes, SealError> {
        let data = plaintext.len() + OVERHEAD;
        // Exactly what is needed, so that `Bytes` takes the buffer over as it is.
        let length = self.prefix.len() + data_head_len(data) + data + writer.tail.len();
        let mut out = Vec::with_capacity(length);
        out.extend_from_slice(&self.prefix);
        write_data_head(data, &mut out);
        writer.seed.seal(key, plaintext, &mut out)?;
        out.extend_from_slice(&writer.tail);
        writer.unwrapped.uses.used(Direction::ToStorage);
        Ok(Bytes::from(out))
    }

    /// The key of `object` if it needs no key holder.
    fn at_hand(&self, object: &EncryptedObject<'_>) -> Option<Arc<Unwrapped>> {
        if let Some(writer) = self.current()
            && object.is_from(SourceType::Seed, &writer.wrapped)
        {
            return Some(Arc::clone(&writer.unwrapped));
        }
        self.cache.get(&SeedId::of(object))
    }

    /// The parts of a stored value.
    fn object<'a>(&self, stored: &'a [u8]) -> Result<EncryptedObject<'a>, OpenError> {
        let message = stored.strip_prefix(self.prefix.as_slice());
        let message = message.ok_or_else(|| OpenError::NoProvider(describe(stored)))?;
        EncryptedObject::decode(message)
    }

    /// Opens `object` if that needs no key holder.
    fn open_at_hand(&self, key: &str, object: &EncryptedObject<'_>) -> Option<Result<Opened, OpenError>> {
        let unwrapped = self.at_hand(object)?;
        bump(&self.cache.counters.hits);
        Some(self.open_with(&unwrapped, key, object))
    }

    /// Asks the holder, once for each seed: many values share one, and the first answer serves them all.
    async fn unwrap(&self, object: &EncryptedObject<'_>) -> Result<Arc<Unwrapped>, OpenError> {
        let id = SeedId::of(object);
        let _one_at_a_time = match self.unwrapping.get(id.lane(LANES)) {
            Some(lane) => Some(lane.lock().await),
            None => None,
        };
        if let Some(key) = self.cache.get(&id) {
            bump(&self.cache.counters.hits);
            return Ok(key);
        }
        bump(&self.cache.counters.misses);
        self.tally.missed();
        let secret = self.holder.unwrap(&object.wrapped()).await?;
        let key = DataKey::new(object.source_type, &secret)?;
        Ok(self.keep(id, key, object.key_id))
    }

    fn open_with(
        &self,
        unwrapped: &Unwrapped,
        key: &str,
        object: &EncryptedObject<'_>,
    ) -> Result<Opened, OpenError> {
        unwrapped.uses.used(Direction::FromStorage);
        let plaintext = unwrapped.key.open(key, object.data)?;
        let current = self.writer.read();
        let fresh = current
            .as_ref()
            .is_some_and(|writer| writer.wrapped.key_id == object.key_id);
        Ok(Opened {
            plaintext,
            stale: !fresh || object.source_type != SourceType::Seed,
        })
    }
}

impl Transformer for Envelope {
    fn seal<'a>(&'a self, key: &'a str, plaintext: &'a [u8]) -> BoxFuture<'a, Result<Bytes, SealError>> {
        match self.current() {
            Some(writer) => ready(
                self.check_trust()
                    .and_then(|()| self.seal_with(&writer, key, plaintext)),
            )
            .boxed(),
            None => async move { self.seal_with(&*self.first_writer().await?, key, plaintext) }.boxed(),
        }
    }

    fn open<'a>(&'a self, key: &'a str, stored: &'a [u8]) -> BoxFuture<'a, Result<Opened, OpenError>> {
        async move {
            let object = self.object(stored)?;
            if let Some(opened) = self.open_at_hand(key, &object) {
                return opened;
            }
            let opened = self.open_with(&*self.unwrap(&object).await?, key, &object);
            if opened.is_err() {
                // It may be the seed that is wrong, and not the value: the holder is asked again the next time.
                self.cache.remove(&SeedId::of(&object));
            }
            opened
        }
        .boxed()
    }

    fn open_now(&self, key: &str, stored: &[u8]) -> Option<Result<Opened, OpenError>> {
        match self.object(stored) {
            Ok(object) => self.open_at_hand(key, &object),
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
        let key_id = self
            .current()
            .map(|writer| writer.wrapped.key_id.clone())
            .unwrap_or_default();
        ProviderInfo {
            name: self.name.clone(),
            key_id,
        }
    }
}
