//! What every request can reach.

use std::sync::Arc;

use purser_audit::Audit;
use purser_authn::token::Metadata;
use purser_authn::{Authenticator, Identity};
use purser_authz::Authorizer;
use purser_registry::{Clock, Registry};
use purser_types::time::Timestamp;
use tokio::sync::watch;

use crate::crowd::Crowd;
use crate::decoding::Decoding;
use crate::discovery::{Discovery, Document};
use crate::fair::Fairness;
use crate::health::Check;
use crate::limits::Limits;
use crate::metrics::{Metrics, Snapshot};
use crate::openapi::OpenApi;
use crate::pages::Page;

/// A source of numbers from 0 up to 1, to spread the ends of watches.
pub type Random = Arc<dyn Fn() -> f64 + Send + Sync>;

/// The end of the year 9999, the last second that the API can say.
const LAST_SECOND: u64 = 253_402_300_799;

/// The server without its listeners.
pub(crate) struct Shared {
    pub(crate) limits: Limits,
    pub(crate) connections: Arc<Crowd>,
    pub(crate) fairness: Fairness,
    pub(crate) decoding: Decoding,
    /// True once the server is stopping.
    pub(crate) draining: watch::Sender<bool>,
    pub(crate) registry: Arc<Registry>,
    pub(crate) authenticator: Arc<Authenticator>,
    pub(crate) authorizer: Arc<Authorizer>,
    /// Decides about who is not known: what is open to everybody is theirs, and nothing else, whatever rules say.
    pub(crate) strangers: Arc<Authorizer>,
    pub(crate) audit: Audit,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) random: Random,
    pub(crate) discovery: Discovery,
    pub(crate) openapi: OpenApi,
    /// What others verify tokens with; `None`: it is not told.
    pub(crate) token_metadata: Option<Metadata>,
    pub(crate) version: Document,
    pub(crate) index: Document,
    pub(crate) checks: Vec<Box<dyn Check>>,
    pub(crate) pages: Vec<Box<dyn Page>>,
    pub(crate) metrics: Arc<Metrics>,
}

impl Shared {
    /// Who decides what `identity` may do. Nobody is anonymous: a right that is bound to who is not known, by mistake as
    /// a rule, is nobody's.
    pub(crate) fn decides_about(&self, identity: &Identity) -> &Arc<Authorizer> {
        match identity.is_known() {
            true => &self.authorizer,
            false => &self.strangers,
        }
    }

    /// Now, in the API's whole seconds.
    #[expect(
        clippy::expect_used,
        reason = "INVARIANT: seconds are clamped to the years the API can say"
    )]
    pub(crate) fn now(&self) -> Timestamp {
        let since = self
            .clock
            .now()
            .duration_since(std::time::UNIX_EPOCH)
            .unwrap_or_default();
        let seconds = since.as_secs().min(LAST_SECOND);
        i64::try_from(seconds)
            .ok()
            .and_then(Timestamp::from_seconds)
            .expect("a time of the API")
    }

    /// What `/metrics` tells of the present.
    pub(crate) fn snapshot(&self) -> Snapshot {
        Snapshot {
            masters: self.fairness.masters.tallies(),
            others: self.fairness.others.tallies(),
            connections: self.connections.count(),
            stored: self
                .registry
                .counts()
                .into_iter()
                .map(|(kind, objects, watches)| (kind.resource.qualified(), objects, watches))
                .collect(),
        }
    }
}
