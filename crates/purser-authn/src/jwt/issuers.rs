//! All issuers whose tokens are taken, as the configuration names them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use arc_swap::ArcSwap;
use futures_util::future::BoxFuture;
use purser_outbound::Documents;
use purser_types::{Map, User};
use tokio::task::JoinHandle;

use super::fetch::Fetch;
use super::issuer::{TrustedIssuer, named};
use super::key::Key;
use super::key_source::{KeySource, Pace};
use crate::configuration::{CheckedIssuer, Issuer};
use crate::source::{Proof, Rejected, TokenSource, Vouched};
use crate::token::Compact;

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
}

#[derive(Default)]
struct Current {
    issuers: BTreeMap<String, Kept>,
}

struct Kept {
    issuer: Arc<TrustedIssuer>,
    keeping: Arc<Keeping>,
}

/// Keeps the keys of an issuer up to date for as long as this is there.
struct Keeping(JoinHandle<()>);

impl Drop for Keeping {
    fn drop(&mut self) {
        self.0.abort();
    }
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
            keeping: Arc::new(Keeping(keeping)),
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
        let Some(compact) = Compact::read(token) else {
            return Ok(None);
        };
        let url = named(&compact);
        let Some(issuer) = self.current.load().issuer(&url) else {
            return Ok(None);
        };
        let verified = issuer.verify(compact, since_epoch((self.now)())).await;
        let verified = verified.map_err(|refused| Rejected(refused.to_string()))?;
        let user = Arc::new(verified.user);
        Ok(Some(Vouched {
            user: Arc::clone(&user),
            audiences,
            proof: Arc::new(Standing {
                current: Arc::clone(&self.current),
                now: Arc::clone(&self.now),
                url,
                user,
                key: verified.key,
                claims: verified.claims,
            }),
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

impl Current {
    fn issuer(&self, url: &str) -> Option<Arc<TrustedIssuer>> {
        self.issuers.get(url).map(|kept| Arc::clone(&kept.issuer))
    }
}

/// A token that was found right, against what is known now.
struct Standing {
    current: Arc<ArcSwap<Current>>,
    now: Arc<dyn Fn() -> SystemTime + Send + Sync>,
    url: String,
    user: Arc<User>,
    key: Arc<Key>,
    claims: Map,
}

impl Proof for Standing {
    fn holds(&self) -> BoxFuture<'_, bool> {
        let issuer = self.current.load().issuer(&self.url);
        let holds = issuer.is_some_and(|issuer| {
            issuer.still_holds(&self.user, &self.key, &self.claims, since_epoch((self.now)()))
        });
        Box::pin(std::future::ready(holds))
    }
}

/// Whether the keys of an issuer are fetched from the same place in the same way.
fn same_place(one: &Issuer, other: &Issuer) -> bool {
    one.discovery_url == other.discovery_url && one.certificate_authority == other.certificate_authority
}

fn since_epoch(time: SystemTime) -> Duration {
    time.duration_since(UNIX_EPOCH).unwrap_or_default()
}
