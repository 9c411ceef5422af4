//! All issuers whose tokens are taken, as the configuration names them.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use arc_swap::ArcSwap;
use futures_util::future::BoxFuture;
use purser_outbound::Documents;

use super::current::{Current, Keeping, Kept};
use super::fetch::Fetch;
use super::issuer::{TrustedIssuer, named};
use super::key_source::{KeySource, Pace};
use super::standing::{Standing, since_epoch};
use crate::cache::TokenCache;
use crate::configuration::{CheckedIssuer, Issuer};
use crate::source::{Rejected, TokenSource, Vouched};
use crate::token::Compact;

/// How long it is kept that a token was signed by its issuer; as upstream's `TokenSuccessCacheTTL`. Whether it still
/// holds is asked every time.
const VERIFIED_FOR: Duration = Duration::from_secs(10);
/// Of how many tokens that is kept; as upstream's.
const MOST_VERIFIED: usize = 4096;

/// What makes the way to an issuer's documents.
type MakeFetch = dyn Fn(&Issuer) -> Result<Box<dyn Fetch>, String> + Send + Sync;

/// Tells whose the tokens of configured issuers are.
pub struct JwtIssuers {
    /// The audiences of this server: who asks whose a token is for somebody else is told nothing.
    audiences: Vec<String>,
    now: Arc<dyn Fn() -> SystemTime + Send + Sync>,
    fetch: Box<MakeFetch>,
    pace: Pace,
    current: Arc<ArcSwap<Current>>,
    /// Tokens that were found right.
    verified: TokenCache<Arc<Standing>>,
}

impl JwtIssuers {
    /// With no issuer; `audiences` are those of this server.
    #[must_use]
    pub fn new(audiences: &[String]) -> Self {
        let fetch = |issuer: &Issuer| -> Result<Box<dyn Fetch>, String> {
            match Documents::new(issuer.certificate_authority.as_deref()) {
                Ok(documents) => Ok(Box::new(documents)),
                Err(error) => Err(error.to_string()),
            }
        };
        Self {
            audiences: audiences.to_vec(),
            now: Arc::new(SystemTime::now),
            fetch: Box::new(fetch),
            pace: Pace::default(),
            current: Arc::new(ArcSwap::from_pointee(Current::default())),
            verified: TokenCache::new(MOST_VERIFIED),
        }
    }

    /// With no issuer, another clock, and documents that come from elsewhere.
    #[cfg(test)]
    pub(super) fn for_tests(
        audiences: &[String],
        now: Arc<dyn Fn() -> SystemTime + Send + Sync>,
        fetch: Box<MakeFetch>,
        pace: Pace,
    ) -> Self {
        Self {
            now,
            fetch,
            pace,
            ..Self::new(audiences)
        }
    }

    /// Takes the tokens of these issuers from now on, and no others; to be called where tasks can be begun. Keys of an
    /// issuer that was there before, at the same place, stay known.
    ///
    /// # Errors
    /// When the certificates that an issuer is verified with cannot be used; then nothing is changed.
    pub fn trust(&self, issuers: Vec<CheckedIssuer>) -> Result<(), String> {
        let before = self.current.load_full();
        let mut current = Current::default();
        for settings in issuers {
            let url = settings.issuer.url.clone();
            let kept = match before.issuers.get(&url) {
                Some(known) if same_place(&known.issuer.settings.issuer, &settings.issuer) => Kept {
                    issuer: Arc::new(TrustedIssuer {
                        settings,
                        source: Arc::clone(&known.issuer.source),
                    }),
                    keeping: Arc::clone(&known.keeping),
                },
                _ => self.begin(settings)?,
            };
            current.issuers.insert(url, kept);
        }
        self.current.store(Arc::new(current));
        Ok(())
    }

    /// How many issuers are trusted.
    #[must_use]
    pub fn count(&self) -> usize {
        self.current.load().issuers.len()
    }

    /// How many of them nothing is known of yet, so that their tokens are refused.
    #[must_use]
    pub fn count_unknown(&self) -> usize {
        let current = self.current.load();
        let unknown = |kept: &&Kept| !kept.issuer.source.is_known();
        current.issuers.values().filter(unknown).count()
    }

    fn begin(&self, settings: CheckedIssuer) -> Result<Kept, String> {
        let fetch = (self.fetch)(&settings.issuer)
            .map_err(|error| format!("the certificate authority of {:?}: {error}", settings.issuer.url))?;
        let source = Arc::new(KeySource::new(&settings.issuer, fetch, self.pace));
        let keeping = tokio::spawn(Arc::clone(&source).keep());
        Ok(Kept {
            issuer: Arc::new(TrustedIssuer { settings, source }),
            keeping: Arc::new(Keeping::of(keeping)),
        })
    }

    async fn vouch(&self, token: &[u8], wanted: &[String]) -> Result<Option<Vouched>, Rejected> {
        let audiences: Vec<String> = wanted
            .iter()
            .filter(|audience| self.audiences.contains(audience))
            .cloned()
            .collect();
        if audiences.is_empty() {
            return Ok(None);
        }
        let key = self.verified.key(token, &[]);
        let kept = key.and_then(|key| self.verified.get(&key, Instant::now()));
        if let Some(standing) = kept.filter(|standing| standing.holds_as_it_is()) {
            return Ok(Some(standing.vouched(audiences)));
        }
        let Some(standing) = self.verify(token).await? else {
            return Ok(None);
        };
        let standing = Arc::new(standing);
        if let Some(key) = key {
            let until = Instant::now() + VERIFIED_FOR;
            self.verified.put(key, Arc::clone(&standing), until);
        }
        Ok(Some(standing.vouched(audiences)))
    }

    /// Verifies a token; `None`: no issuer here says that it is its own.
    async fn verify(&self, token: &[u8]) -> Result<Option<Standing>, Rejected> {
        let Some(compact) = Compact::read(token) else {
            return Ok(None);
        };
        let url = named(&compact);
        let Some(issuer) = self.current.load().issuer(&url) else {
            return Ok(None);
        };
        let verified = issuer.verify(compact, since_epoch((self.now)())).await;
        let verified = verified.map_err(|refused| Rejected(refused.to_string()))?;
        Ok(Some(Standing {
            current: Arc::clone(&self.current),
            now: Arc::clone(&self.now),
            url,
            issuer,
            verified,
        }))
    }
}

impl TokenSource for JwtIssuers {
    fn review<'a>(
        &'a self,
        token: &'a [u8],
        audiences: &'a [String],
    ) -> BoxFuture<'a, Result<Option<Vouched>, Rejected>> {
        Box::pin(self.vouch(token, audiences))
    }
}

/// Whether the keys of an issuer are fetched from the same place in the same way.
fn same_place(one: &Issuer, other: &Issuer) -> bool {
    one.discovery_url == other.discovery_url && one.certificate_authority == other.certificate_authority
}
