//! One who decides by asking a webhook.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_core::future::BoxFuture;
use purser_outbound::{CallError, Webhook};
use purser_types::{Plaintext, User};
use tokio::time::Instant;

use super::answer::Answer;
use super::cache::Cache;
use super::condition::all_hold;
use super::key::Key;
use super::numbers::{Outcome, WebhookNumbers};
use super::question::{may_be_remembered, review, seen_by_conditions};
use super::settings::{FailurePolicy, Settings};
use super::under_way::{Asking, UnderWay};
use crate::attributes::Asked;
use crate::decider::Decider;
use crate::decision::Decision;

/// The log tells of a webhook that fails once in so long.
const TOLD_EVERY: Duration = Duration::from_secs(5);

/// Asks a webhook, and remembers what it said.
pub struct WebhookDecider(Arc<Inner>);

struct Inner {
    name: String,
    webhook: Webhook,
    settings: Settings,
    cache: Mutex<Cache>,
    under_way: UnderWay,
    numbers: Arc<WebhookNumbers>,
    began: Instant,
    /// When the log was told of a failure last, in milliseconds since it began, and one; 0: never.
    told: AtomicU64,
}

impl fmt::Debug for WebhookDecider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("WebhookDecider").field(&self.0.name).finish()
    }
}

impl WebhookDecider {
    /// Asks `webhook`, whose own bound on time is that of `settings`. It has said nothing yet.
    #[must_use]
    pub fn new(name: String, webhook: Webhook, settings: Settings, numbers: Arc<WebhookNumbers>) -> Self {
        Self(Arc::new(Inner {
            name,
            webhook,
            settings,
            cache: Mutex::default(),
            under_way: UnderWay::default(),
            numbers,
            began: Instant::now(),
            told: AtomicU64::new(0),
        }))
    }
}

impl Decider for WebhookDecider {
    fn decide<'a>(&'a self, user: &'a User, asked: Asked<'a>) -> BoxFuture<'a, Decision> {
        Box::pin(self.0.decide(user, asked))
    }

    /// What it said is remembered for a time only.
    fn wavers(&self) -> bool {
        true
    }

    fn unlisted(&self) -> &'static str {
        "webhook authorizer does not support user rule resolution"
    }
}

impl Inner {
    async fn decide(self: &Arc<Self>, user: &User, asked: Asked<'_>) -> Decision {
        match self.is_meant(user, asked) {
            Ok(true) => {}
            Ok(false) => return Decision::no_opinion(""),
            Err(why) => {
                self.tell(&why);
                return self.failure("its match conditions could not be evaluated");
            }
        }
        let question = review(self.settings.version, user, asked);
        let Ok(question) = serde_json::to_vec(&question) else {
            return self.failure("the question could not be written");
        };
        let key = Key::of(&question);
        if let Some(answer) = self.cache().get(&key, Instant::now()) {
            return answer.decision();
        }
        let remembered = may_be_remembered(asked);
        let call = self.under_way.join(key, || {
            let this = Arc::clone(self);
            Box::pin(async move { this.ask(key, question, remembered).await }) as Asking
        });
        match call.await {
            Ok(answer) => answer.decision(),
            Err(outcome) => {
                if self.settings.on_failure == FailurePolicy::NoOpinion {
                    self.numbers.failed_open(outcome);
                }
                self.failure("it did not answer as it should")
            }
        }
    }

    /// Whether its match conditions hold.
    fn is_meant(&self, user: &User, asked: Asked<'_>) -> Result<bool, String> {
        if self.settings.conditions.is_empty() {
            return Ok(true);
        }
        let began = Instant::now();
        let hold = all_hold(&self.settings.conditions, &seen_by_conditions(user, asked));
        self.numbers.judged(&hold, began.elapsed());
        hold
    }

    /// Calls it, and remembers what it says.
    async fn ask(&self, key: Key, question: Vec<u8>, remembered: bool) -> Result<Answer, Outcome> {
        let began = Instant::now();
        let called = self.webhook.post(Plaintext::new(question)).await;
        let said = match called {
            Ok(body) => Answer::read(body.expose()).map_err(|why| (Outcome::Error, why)),
            Err(error) => {
                let outcome = match error {
                    CallError::Timeout(_) | CallError::Status(504) => Outcome::Timeout,
                    _ => Outcome::Error,
                };
                Err((outcome, error.to_string()))
            }
        };
        let outcome = said
            .as_ref()
            .map_or_else(|(outcome, _)| *outcome, |_| Outcome::Success);
        self.numbers.called(outcome, began.elapsed());
        let said = said.map_err(|(outcome, why)| {
            self.tell(&why);
            outcome
        });
        if let Ok(answer) = &said
            && remembered
        {
            let ttl = match answer.is_yes() {
                true => self.settings.authorized_ttl,
                false => self.settings.unauthorized_ttl,
            };
            self.cache().put(key, answer.clone(), ttl, Instant::now());
        }
        self.under_way.leave(&key);
        said
    }

    /// What no answer is.
    fn failure(&self, why: &str) -> Decision {
        let decision = match self.settings.on_failure {
            FailurePolicy::NoOpinion => Decision::no_opinion(""),
            FailurePolicy::Deny => Decision::deny(""),
        };
        decision.failing(format!("authorization webhook {}: {why}", self.name))
    }

    fn cache(&self) -> std::sync::MutexGuard<'_, Cache> {
        self.cache.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells the log why it failed, unless it was told a moment ago: whoever asks much must not fill the disk.
    fn tell(&self, why: &str) {
        let now = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        let told = self.told.load(Ordering::Relaxed);
        let every = u64::try_from(TOLD_EVERY.as_millis()).unwrap_or(u64::MAX);
        let due = told == 0 || now.saturating_sub(told) >= every;
        let now = now.saturating_add(1);
        if due
            && self
                .told
                .compare_exchange(told, now, Ordering::Relaxed, Ordering::Relaxed)
                .is_ok()
        {
            tracing::warn!(
                webhook = self.name,
                why,
                "an authorization webhook cannot be asked"
            );
        }
    }
}
