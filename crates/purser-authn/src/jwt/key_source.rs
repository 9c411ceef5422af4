//! The keys of an issuer, fetched and kept up to date.
//!
//! As upstream's, keys are asked for before a token comes, again and again until they are there; and when no known key
//! signed a token, the set is fetched anew, once for all that wait for it. Other than upstream's, which keeps a key for
//! as long as nothing is signed with an unknown one, the set is fetched anew every [`Pace::refresh`], so that a key
//! that the issuer has taken back is not believed for longer; and strangers, who can make up tokens, cannot make this
//! server ask the issuer more often than [`Pace::regain`].

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use arc_swap::ArcSwapOption;
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::discovery;
use super::fetch::Fetch;
use super::key::Key;
use super::keys::Keys;
use crate::configuration::Issuer;

/// How long until an issuer that did not answer is asked again, as upstream has it.
const RETRY: Duration = Duration::from_secs(10);
/// How long a set of keys is believed without a look at a newer one, if there is one to be had.
const REFRESH: Duration = Duration::from_secs(5 * 60);
/// How many tokens with an unknown key may each bring about a question at once.
const BURST: u32 = 5;
/// How long until one more may.
const REGAIN: Duration = Duration::from_secs(10);

/// How often an issuer is asked.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace {
    /// See [`RETRY`].
    pub(super) retry: Duration,
    /// See [`REFRESH`].
    pub(super) refresh: Duration,
    /// See [`BURST`].
    pub(super) burst: u32,
    /// See [`REGAIN`].
    pub(super) regain: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            retry: RETRY,
            refresh: REFRESH,
            burst: BURST,
            regain: REGAIN,
        }
    }
}

/// A set of keys, and where it came from.
#[derive(Debug)]
struct Known {
    keys: Keys,
    address: String,
    /// Which fetch this is the outcome of.
    number: u64,
}

/// Why no key is found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum NoKey {
    /// The keys are not known yet.
    NotInitialized,
    /// None of them signed.
    Unsigned,
    /// None of those known signed, and the issuer was not to be asked for others.
    Fetch(String),
}

/// What is signed, and how.
#[derive(Debug, Clone, Copy)]
pub(super) struct Signed<'a> {
    /// The key that the token names, empty when it names none.
    pub(super) key: &'a str,
    pub(super) algorithm: &'a str,
    pub(super) signed: &'a [u8],
    pub(super) signature: &'a [u8],
}

/// The keys of an issuer.
pub(super) struct KeySource {
    issuer: String,
    place: String,
    fetch: Box<dyn Fetch>,
    pace: Pace,
    known: ArcSwapOption<Known>,
    /// How often the issuer was asked for keys.
    fetches: AtomicU64,
    /// How often it has answered because of a token, or has not in time.
    answers: AtomicU64,
    /// Held by who asks the issuer because of a token: the others wait for what it is told.
    asking: Mutex<Allowance>,
}

/// How many questions strangers have left.
struct Allowance {
    left: u32,
    since: Instant,
}

impl KeySource {
    pub(super) fn new(issuer: &Issuer, fetch: Box<dyn Fetch>, pace: Pace) -> Self {
        Self {
            issuer: issuer.url.clone(),
            place: discovery::address(issuer),
            fetch,
            pace,
            known: ArcSwapOption::empty(),
            fetches: AtomicU64::new(0),
            answers: AtomicU64::new(0),
            asking: Mutex::new(Allowance {
                left: pace.burst,
                since: Instant::now(),
            }),
        }
    }

    /// The key that signed. Those that are known are tried without waiting for anything.
    ///
    /// # Errors
    /// [`NoKey`].
    pub(super) async fn signer(&self, signed: Signed<'_>) -> Result<Arc<Key>, NoKey> {
        let known = self.known.load_full().ok_or(NoKey::NotInitialized)?;
        if let Some(key) = known.signer(signed) {
            return Ok(key);
        }
        let newer = self.newer_than(&known).await?;
        newer.signer(signed).ok_or(NoKey::Unsigned)
    }

    /// Whether a key is still one of the issuer's, as far as is known.
    pub(super) fn has(&self, key: &Key) -> bool {
        self.known
            .load()
            .as_ref()
            .is_some_and(|known| known.keys.contains(key))
    }

    /// Whether any keys are known.
    pub(super) fn is_known(&self) -> bool {
        self.known.load().is_some()
    }

    /// A set that was fetched after `known`.
    async fn newer_than(&self, known: &Known) -> Result<Arc<Known>, NoKey> {
        let before = self.answers.load(Ordering::Relaxed);
        let mut allowance = self.asking.lock().await;
        if let Some(newer) = self.known.load_full()
            && newer.number > known.number
        {
            return Ok(newer);
        }
        // Somebody else asked while this one waited, and was told nothing.
        let was_asked = self.answers.load(Ordering::Relaxed) > before;
        if was_asked || !allowance.take(&self.pace) {
            return Err(NoKey::Unsigned);
        }
        let fetched = self.fetch_keys(known.address.clone()).await;
        self.answers.fetch_add(1, Ordering::Relaxed);
        fetched.map_err(NoKey::Fetch)
    }

    /// Asks the issuer, first where its keys are.
    async fn discover(&self) -> Result<(), String> {
        let metadata = self.fetch.get(&self.place).await?;
        let address = discovery::keys_address(&metadata, &self.issuer)?;
        self.fetch_keys(address).await.map(|_| ())
    }

    async fn fetch_keys(&self, address: String) -> Result<Arc<Known>, String> {
        let number = self.fetches.fetch_add(1, Ordering::Relaxed).saturating_add(1);
        let document = self.fetch.get(&address).await?;
        let keys = Keys::read(&document)
            .ok_or_else(|| format!("oidc: failed to decode keys: {address:?} has no set of keys"))?;
        let fresh = Arc::new(Known {
            keys,
            address,
            number,
        });
        let before = self.known.rcu(|now| match now {
            // INVARIANT: what was asked for later is never put back by what was asked for before.
            Some(now) if now.number > number => Some(Arc::clone(now)),
            _ => Some(Arc::clone(&fresh)),
        });
        if before.is_none_or(|before| before.keys != fresh.keys) {
            tracing::info!(
                issuer = self.issuer,
                keys = fresh.keys.len(),
                "the keys of a token issuer are known"
            );
        }
        Ok(fresh)
    }

    /// Keeps the keys up to date, without end.
    pub(super) async fn keep(self: Arc<Self>) {
        loop {
            let pause = match self.discover().await {
                Ok(()) => self.pace.refresh,
                Err(error) => {
                    let issuer = &self.issuer;
                    match self.known.load().is_some() {
                        true => tracing::warn!(
                            issuer,
                            error,
                            "the keys of a token issuer cannot be renewed: those known are used"
                        ),
                        false => tracing::error!(
                            issuer,
                            error,
                            "the keys of a token issuer are not known: its tokens are refused"
                        ),
                    }
                    self.pace.retry
                }
            };
            tokio::time::sleep(pause).await;
        }
    }
}

impl Known {
    fn signer(&self, signed: Signed<'_>) -> Option<Arc<Key>> {
        let Signed {
            key,
            algorithm,
            signed,
            signature,
        } = signed;
        self.keys.signer(key, algorithm, signed, signature).cloned()
    }
}

impl Allowance {
    /// Whether one more question may be asked.
    fn take(&mut self, pace: &Pace) -> bool {
        let now = Instant::now();
        while self.left < pace.burst && now.duration_since(self.since) >= pace.regain {
            self.left = self.left.saturating_add(1);
            self.since += pace.regain;
        }
        if self.left == pace.burst {
            self.since = now;
        }
        let may = self.left > 0;
        self.left = self.left.saturating_sub(1);
        may
    }
}
