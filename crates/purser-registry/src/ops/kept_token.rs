//! What is told of a token that a Secret keeps to those who verify tokens, and heard from them.
//!
//! Source: `pkg/serviceaccount/legacy.go`.

use purser_types::resource::{SECRETS, SERVICE_ACCOUNTS};

use crate::lasting::{Digest, INVALID_SINCE, LAST_USED, Lasting};
use crate::registry::Registry;

/// What a Secret that keeps a token tells to those who verify it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptToken {
    /// The Secret's uid.
    pub uid: String,
    /// The digest of its token.
    pub digest: Digest,
    /// Whether it is marked as not to be taken any more.
    pub invalid: bool,
    /// Whether the account names the Secret, as only those do that were made together with their accounts.
    pub generated: bool,
}

impl Registry {
    /// The Secret that keeps a token of `account`, unless it is gone or going. Nothing more is told of it, so that no
    /// permit is needed.
    #[must_use]
    pub fn kept_token(&self, namespace: &str, account: &str, secret: &str) -> Option<KeptToken> {
        let key = self.caches.keys.object(&SECRETS, namespace, secret).ok()?;
        let found = self.caches.of(&SECRETS)?.get(&key)?;
        let index = &found.index;
        let Some(Lasting::Kept {
            digest: Some(digest), ..
        }) = index.lasting.as_deref()
        else {
            return None;
        };
        (!index.deleting).then(|| KeptToken {
            uid: index.uid.to_string(),
            digest: *digest,
            invalid: index.label(INVALID_SINCE).is_some_and(|since| !since.is_empty()),
            generated: self.names_secret(namespace, account, secret),
        })
    }

    /// Whether a ServiceAccount names a Secret as its own.
    pub(crate) fn names_secret(&self, namespace: &str, account: &str, secret: &str) -> bool {
        let key = self
            .caches
            .keys
            .object(&SERVICE_ACCOUNTS, namespace, account)
            .ok();
        let found = key.and_then(|key| self.caches.of(&SERVICE_ACCOUNTS)?.get(&key));
        found.is_some_and(|found| {
            let lasting = found.index.lasting.as_ref();
            lasting.is_some_and(|lasting| lasting.names(secret))
        })
    }

    /// How many Secrets keep tokens that do not end.
    #[must_use]
    pub fn lasting_tokens(&self) -> u64 {
        let count = self.caches.of(&SECRETS).map_or(0, |cache| cache.lasting());
        u64::try_from(count).unwrap_or(u64::MAX)
    }

    /// Hears that such a token was used, so that its Secret can say when. Not more often than the label changes; what
    /// comes faster than it can be written is not heard.
    pub fn token_used(&self, namespace: &str, secret: &str) {
        let key = self.caches.keys.object(&SECRETS, namespace, secret).ok();
        let found = key.and_then(|key| self.caches.of(&SECRETS)?.get(&key));
        let today = self.today();
        let Some(found) = found.filter(|found| found.index.label(LAST_USED) != Some(&today)) else {
            return;
        };
        if let Some(uses) = self.uses.get() {
            // When the queue is full, the next use of this token tells it again.
            let _ = uses.try_send(found);
        }
    }

    /// The day that it is, in UTC.
    pub(crate) fn today(&self) -> String {
        let now = self.timestamp().to_string();
        now.get(..DAY).unwrap_or_default().to_owned()
    }
}

/// Characters of a time that say which day it is.
const DAY: usize = "2006-01-02".len();
