//! A webhook that tells whose a token is.
//!
//! Source: `k8s.io/apiserver/plugin/pkg/authenticator/token/webhook/webhook.go`, and the cache around it
//! (`k8s.io/apiserver/pkg/authentication/token/cache`): what it decides is kept, what fails is not, and who asks the
//! same at the same time waits for the same answer.

mod review;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use futures_util::future::BoxFuture;
use parking_lot::Mutex;
use purser_outbound::Webhook;
use purser_types::Text;
use tokio::sync::OnceCell;

use self::review::Verdict;
use crate::cache::{Key, TokenCache};
use crate::source::{Proof, Rejected, TokenSource, Vouched};

/// Most decisions that are kept, as upstream's.
const MOST_KEPT: usize = 4096;
/// When so many reviews are listed as under way, those that are over are taken off the list.
const MOST_LISTED: usize = 1024;

/// The version of the API that a review is written in. Answers in either are understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ReviewVersion {
    /// `authentication.k8s.io/v1`.
    #[default]
    V1,
    /// `authentication.k8s.io/v1beta1`.
    V1Beta1,
}

/// Asks a webhook. Cheap to clone.
#[derive(Clone)]
pub struct TokenWebhook(Arc<Inner>);

/// How often it was asked.
#[derive(Debug, Default)]
pub struct WebhookCounters {
    /// Reviews that were answered from what was kept.
    pub kept: AtomicU64,
    /// Calls.
    pub calls: AtomicU64,
    /// Calls that failed: the webhook was not reached or did not answer as it should.
    pub failures: AtomicU64,
}

struct Inner {
    webhook: Webhook,
    version: ReviewVersion,
    /// For whom a token is when the webhook does not say.
    audiences: Vec<String>,
    keep_for: Duration,
    kept: TokenCache<Verdict>,
    under_way: Mutex<HashMap<Key, Weak<OnceCell<Outcome>>>>,
    counters: WebhookCounters,
}

/// What a call came to; a failure in words.
type Outcome = Result<Verdict, String>;

impl TokenWebhook {
    /// Asks `webhook` in this version; `audiences` are this server's own. Decisions are kept for `keep_for`; none at
    /// all when it is zero.
    #[must_use]
    pub fn new(webhook: Webhook, version: ReviewVersion, audiences: Vec<String>, keep_for: Duration) -> Self {
        Self(Arc::new(Inner {
            webhook,
            version,
            audiences,
            keep_for,
            kept: TokenCache::new(MOST_KEPT),
            under_way: Mutex::default(),
            counters: WebhookCounters::default(),
        }))
    }

    /// How often it was asked.
    #[must_use]
    pub fn counters(&self) -> &WebhookCounters {
        &self.0.counters
    }

    async fn vouch(&self, token: &str, wanted: &[String]) -> Result<Option<Vouched>, Rejected> {
        let told = |failure| Rejected(format!("the token webhook cannot tell: {failure}"));
        match self.0.decide(token, wanted).await.map_err(told)? {
            Verdict::Unknown => Ok(None),
            Verdict::Refused(sentence) => Err(Rejected(sentence)),
            Verdict::Known { user, audiences } => {
                let proof = Reviewed {
                    webhook: self.clone(),
                    token: Text::new(token.to_owned()),
                    wanted: wanted.to_vec(),
                    user: Arc::clone(&user),
                };
                Ok(Some(Vouched {
                    user,
                    audiences,
                    proof: Arc::new(proof),
                }))
            }
        }
    }
}

impl TokenSource for TokenWebhook {
    fn review<'a>(
        &'a self,
        token: &'a [u8],
        audiences: &'a [String],
    ) -> BoxFuture<'a, Result<Option<Vouched>, Rejected>> {
        Box::pin(async move {
            match std::str::from_utf8(token) {
                Ok(token) => self.vouch(token, audiences).await,
                Err(_) => Ok(None),
            }
        })
    }
}

impl Inner {
    /// What is kept, or what a call says, which others may be waiting for already.
    async fn decide(&self, token: &str, wanted: &[String]) -> Outcome {
        let Some(key) = self.kept.key(token.as_bytes(), wanted) else {
            return self.call(token, wanted).await;
        };
        if let Some(verdict) = self.kept.get(&key, Instant::now()) {
            self.counters.kept.fetch_add(1, Ordering::Relaxed);
            return Ok(verdict);
        }
        let cell = self.join(key);
        // When who makes the call goes away, the next who waits makes it.
        let outcome = cell.get_or_init(|| self.call(token, wanted)).await.clone();
        self.under_way.lock().remove(&key);
        if let Ok(verdict) = &outcome
            && verdict.is_kept()
        {
            self.kept
                .put(key, verdict.clone(), Instant::now() + self.keep_for);
        }
        outcome
    }

    /// The review of this token that is under way, or a new one.
    fn join(&self, key: Key) -> Arc<OnceCell<Outcome>> {
        let mut under_way = self.under_way.lock();
        if let Some(cell) = under_way.get(&key).and_then(Weak::upgrade) {
            return cell;
        }
        if under_way.len() >= MOST_LISTED {
            under_way.retain(|_, cell| cell.strong_count() > 0);
        }
        let cell = Arc::new(OnceCell::new());
        under_way.insert(key, Arc::downgrade(&cell));
        cell
    }

    async fn call(&self, token: &str, wanted: &[String]) -> Outcome {
        self.counters.calls.fetch_add(1, Ordering::Relaxed);
        let answer = self
            .webhook
            .post(review::request(token, wanted, self.version))
            .await;
        let verdict = match answer {
            Ok(answer) => review::verdict(&answer, token, wanted, &self.audiences).map_err(str::to_owned),
            Err(error) => Err(error.to_string()),
        };
        if let Err(error) = &verdict {
            self.counters.failures.fetch_add(1, Ordering::Relaxed);
            tracing::warn!(error, "the token webhook cannot tell whose a token is");
        }
        verdict
    }
}

/// A token that held. A watch that was begun with it goes on as long as a request would be let in: what is kept counts,
/// and then the webhook is asked again, which has to name the same user.
struct Reviewed {
    webhook: TokenWebhook,
    token: Text,
    wanted: Vec<String>,
    user: Arc<purser_types::User>,
}

impl Proof for Reviewed {
    fn holds(&self) -> BoxFuture<'_, bool> {
        Box::pin(async move {
            let decided = self.webhook.0.decide(self.token.expose(), &self.wanted).await;
            matches!(decided, Ok(Verdict::Known { user, .. }) if user == self.user)
        })
    }
}
