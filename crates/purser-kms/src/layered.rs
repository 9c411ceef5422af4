//! A key of the plugin's own between the API server's seeds and the key holder.
//!
//! ```text
//! ciphertext    nonce(12) ‖ AES-256-GCM(own key, secret, AAD) ‖ tag(16)
//! key id        the holder's, for the key that wrapped the own key
//! annotations   the holder's, and KEK_ANNOTATION: the own key as the holder wrapped it
//! AAD           "purser.dev/kms-layer/v1" ‖ 0 ‖ key id
//! ```

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::digest::{Context, SHA256};
use aws_lc_rs::rand;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use parking_lot::RwLock;
use purser_encryption::{KeyHolder, OpenError, SealError, Wrapped};
use tokio::sync::Mutex;
use zeroize::Zeroizing;

/// The annotation that carries the own key as the holder wrapped it.
pub const KEK_ANNOTATION: &str = "kek.kms.purser.dev";
/// What the ciphertexts of this layer are bound to, besides the key id.
const DOMAIN: &str = "purser.dev/kms-layer/v1";
/// Bytes of an own key.
const KEY_LEN: usize = 32;
/// Bytes of a tag.
const TAG_LEN: usize = 16;
/// After so many secrets an own key is not used any more: far below what random nonces of 96 bits allow (2^32).
const MOST_USES: u64 = 1 << 28;
/// Most own keys that are kept unwrapped: about one for each start of a plugin and each change of the holder's key.
const KEPT: usize = 4096;

/// Wraps with a key of its own, which `holder` wraps.
pub struct Layered {
    holder: Arc<dyn KeyHolder>,
    current: RwLock<Option<Arc<OwnKey>>>,
    making: Mutex<()>,
    unwrapping: Mutex<()>,
    kept: RwLock<HashMap<[u8; 32], Arc<OwnKey>>>,
}

/// An unwrapped key; AWS-LC wipes its memory when it goes.
struct OwnKey {
    cipher: LessSafeKey,
    /// As the holder wrapped it.
    wrapped: Wrapped,
    uses: AtomicU64,
}

impl OwnKey {
    fn new(secret: &[u8], wrapped: Wrapped) -> Option<Arc<Self>> {
        let unbound = UnboundKey::new(&AES_256_GCM, secret).ok()?;
        Some(Arc::new(Self {
            cipher: LessSafeKey::new(unbound),
            wrapped,
            uses: AtomicU64::new(0),
        }))
    }

    fn seal(&self, secret: &[u8]) -> Result<Wrapped, SealError> {
        let mut nonce = [0; NONCE_LEN];
        rand::fill(&mut nonce).map_err(|_| SealError::NoRandomness)?;
        let mut out = vec![0; NONCE_LEN + secret.len() + TAG_LEN];
        let (head, sealed) = out.split_at_mut(NONCE_LEN);
        head.copy_from_slice(&nonce);
        let (ciphertext, tag) = sealed.split_at_mut(secret.len());
        self.cipher
            .seal_out_of_place_scatter(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(bound_to(&self.wrapped.key_id)),
                secret,
                ciphertext,
                &[],
                tag,
            )
            .map_err(|_| SealError::Refused)?;
        let mut annotations = self.wrapped.annotations.clone();
        annotations.insert(KEK_ANNOTATION.to_owned(), self.wrapped.ciphertext.clone());
        Ok(Wrapped {
            ciphertext: out,
            key_id: self.wrapped.key_id.clone(),
            annotations,
        })
    }

    fn open(&self, key_id: &str, ciphertext: &[u8]) -> Result<Zeroizing<Vec<u8>>, OpenError> {
        let truncated = OpenError::Malformed("the ciphertext is too short");
        let (nonce, rest) = ciphertext
            .split_first_chunk::<NONCE_LEN>()
            .ok_or(truncated.clone())?;
        let length = rest.len().checked_sub(TAG_LEN).ok_or(truncated.clone())?;
        let (sealed, tag) = rest.split_at_checked(length).ok_or(truncated)?;
        let mut secret = Zeroizing::new(vec![0; length]);
        self.cipher
            .open_separate_gather(
                Nonce::assume_unique_for_key(*nonce),
                Aad::from(bound_to(key_id)),
                sealed,
                tag,
                &mut secret,
            )
            .map_err(|_| OpenError::Damaged)?;
        Ok(secret)
    }
}

fn bound_to(key_id: &str) -> Vec<u8> {
    [DOMAIN.as_bytes(), &[0], key_id.as_bytes()].concat()
}

impl Layered {
    /// A layer above `holder`; the first own key is made when it is first needed.
    #[must_use]
    pub fn new(holder: Arc<dyn KeyHolder>) -> Self {
        Self {
            holder,
            current: RwLock::new(None),
            making: Mutex::new(()),
            unwrapping: Mutex::new(()),
            kept: RwLock::new(HashMap::new()),
        }
    }

    /// Forgets every own key but the one that is wrapped with: what others wrapped is unwrapped only while the holder can.
    pub fn forget(&self) {
        let current = self.current.read().clone();
        self.kept
            .write()
            .retain(|_, own| current.as_ref().is_some_and(|current| Arc::ptr_eq(current, own)));
    }

    fn at_hand(&self) -> Option<Arc<OwnKey>> {
        let current = self.current.read();
        let own = current.as_ref()?;
        (own.uses.fetch_add(1, Ordering::Relaxed) < MOST_USES).then(|| Arc::clone(own))
    }

    /// The own key to wrap with.
    async fn own(&self) -> Result<Arc<OwnKey>, SealError> {
        if let Some(own) = self.at_hand() {
            return Ok(own);
        }
        let _one_at_a_time = self.making.lock().await;
        if let Some(own) = self.at_hand() {
            return Ok(own);
        }
        let mut secret = Zeroizing::new([0_u8; KEY_LEN]);
        rand::fill(secret.as_mut_slice()).map_err(|_| SealError::NoRandomness)?;
        let wrapped = self.holder.wrap(secret.as_slice()).await?;
        if wrapped.annotations.contains_key(KEK_ANNOTATION) {
            let why = format!("it uses the annotation {KEK_ANNOTATION}");
            return Err(SealError::Unavailable(why));
        }
        let own = OwnKey::new(secret.as_slice(), wrapped).ok_or(SealError::Refused)?;
        self.keep(&own);
        *self.current.write() = Some(Arc::clone(&own));
        Ok(own)
    }

    fn keep(&self, own: &Arc<OwnKey>) {
        let mut kept = self.kept.write();
        if kept.len() >= KEPT {
            // Which goes does not matter: it can be unwrapped again.
            let any = kept.keys().next().copied();
            any.and_then(|any| kept.remove(&any));
        }
        kept.insert(name(&own.wrapped), Arc::clone(own));
    }

    /// The own key that the holder wrapped as `wrapped`; it is asked once, however many want to know.
    async fn unwrapped(&self, wrapped: Wrapped) -> Result<Arc<OwnKey>, OpenError> {
        let known = || self.kept.read().get(&name(&wrapped)).cloned();
        if let Some(own) = known() {
            return Ok(own);
        }
        let _one_at_a_time = self.unwrapping.lock().await;
        if let Some(own) = known() {
            return Ok(own);
        }
        let secret = self.holder.unwrap(&wrapped).await?;
        let own = OwnKey::new(&secret, wrapped);
        let own = own.ok_or(OpenError::Malformed("the wrapped key is of a wrong length"))?;
        self.keep(&own);
        Ok(own)
    }
}

/// Tells wrapped keys apart: a hash of everything that the holder is given.
fn name(wrapped: &Wrapped) -> [u8; 32] {
    let mut context = Context::new(&SHA256);
    let mut part = |bytes: &[u8]| {
        context.update(&(bytes.len() as u64).to_be_bytes());
        context.update(bytes);
    };
    part(&wrapped.ciphertext);
    part(wrapped.key_id.as_bytes());
    for (key, value) in &wrapped.annotations {
        part(key.as_bytes());
        part(value);
    }
    let mut name = [0; 32];
    for (to, from) in name.iter_mut().zip(context.finish().as_ref()) {
        *to = *from;
    }
    name
}

impl KeyHolder for Layered {
    /// Also drops the own key when the holder's key is another than the one that wrapped it.
    fn key_id(&self) -> BoxFuture<'_, Result<String, SealError>> {
        async {
            let key_id = self.holder.key_id().await?;
            let mut current = self.current.write();
            if current.as_ref().is_some_and(|own| own.wrapped.key_id != key_id) {
                *current = None;
            }
            Ok(key_id)
        }
        .boxed()
    }

    fn wrap<'a>(&'a self, secret: &'a [u8]) -> BoxFuture<'a, Result<Wrapped, SealError>> {
        async { self.own().await?.seal(secret) }.boxed()
    }

    fn unwrap<'a>(&'a self, wrapped: &'a Wrapped) -> BoxFuture<'a, Result<Zeroizing<Vec<u8>>, OpenError>> {
        async {
            let mut annotations: BTreeMap<String, Vec<u8>> = wrapped.annotations.clone();
            // What an earlier plugin had the holder wrap itself.
            let Some(ciphertext) = annotations.remove(KEK_ANNOTATION) else {
                return self.holder.unwrap(wrapped).await;
            };
            let own = Wrapped {
                ciphertext,
                key_id: wrapped.key_id.clone(),
                annotations,
            };
            let own = self.unwrapped(own).await?;
            own.open(&wrapped.key_id, &wrapped.ciphertext)
        }
        .boxed()
    }

    fn trusted_for(&self) -> Option<Duration> {
        self.holder.trusted_for()
    }
}
