//! Tokens that Secrets keep and that do not end, of before there were others. Such a token holds as long as its
//! Secret keeps it.
//!
//! Source: `pkg/serviceaccount/legacy.go`. Stricter: the Secret has to be of the type for tokens, claims that only other
//! tokens have are refused, and ours have an id: with RSA the token of a Secret that is made anew under its name would
//! be the one of before.

use aws_lc_rs::digest::{SHA256, digest};
use purser_types::user::SERVICE_ACCOUNT_PREFIX;
use purser_types::{Key, Map, Value};

use super::claims::{Bound, Claims, Lasting};

/// Who has issued them, whoever did.
pub(super) const ISSUER: &str = "kubernetes/serviceaccount";

const NAMESPACE: &str = "kubernetes.io/serviceaccount/namespace";
const SECRET: &str = "kubernetes.io/serviceaccount/secret.name";
const ACCOUNT: &str = "kubernetes.io/serviceaccount/service-account.name";
const ACCOUNT_UID: &str = "kubernetes.io/serviceaccount/service-account.uid";
const SUBJECT: &str = "sub";
const ISSUED_BY: &str = "iss";
const ID: &str = "jti";

/// Claims that say for whom or for how long a token is: these are for whoever has them, for ever.
const OF_OTHERS: [&str; 4] = ["aud", "exp", "nbf", "kubernetes.io"];

/// SHA-256 of a token.
pub type Digest = [u8; 32];

/// What a Secret tells of the token that it keeps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// The Secret's uid.
    pub uid: String,
    /// The digest of the token.
    pub digest: Digest,
    /// Whether it is marked as not to be taken any more.
    pub invalid: bool,
    /// Whether the account names the Secret, as only those do that were made together with their accounts.
    pub generated: bool,
}

/// What such a token names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// The namespace of both.
    pub namespace: String,
    /// The account.
    pub account: Bound,
    /// The Secret that keeps it.
    pub secret: String,
    /// Its id, which nobody else has; empty: it has none, as upstream's.
    pub id: String,
}

impl Named {
    /// The claims as they are signed.
    pub(super) fn write(&self) -> Value {
        let members = [
            (ISSUED_BY, ISSUER),
            (NAMESPACE, &self.namespace),
            (SECRET, &self.secret),
            (ACCOUNT, &self.account.name),
            (ACCOUNT_UID, &self.account.uid),
            (SUBJECT, &self.subject()),
            (ID, &self.id),
        ];
        let members = members.map(|(name, value)| (Key::Borrowed(name), Value::string(value)));
        Value::Map(Map::from(members))
    }

    /// Reads claims whose signature holds.
    pub(super) fn read(claims: &Map) -> Option<Self> {
        if OF_OTHERS.iter().any(|claim| claims.contains_key(*claim)) {
            return None;
        }
        let text = |name: &str| {
            let text = claims.get(name)?.as_str()?;
            (!text.is_empty()).then(|| text.to_owned())
        };
        let named = Self {
            namespace: text(NAMESPACE)?,
            account: Bound {
                name: text(ACCOUNT)?,
                uid: text(ACCOUNT_UID)?,
            },
            secret: text(SECRET)?,
            id: match claims.contains_key(ID) {
                true => text(ID)?,
                false => String::new(),
            },
        };
        (text(SUBJECT)? == named.subject()).then_some(named)
    }

    fn subject(&self) -> String {
        format!("{SERVICE_ACCOUNT_PREFIX}{}:{}", self.namespace, self.account.name)
    }

    /// The claims of the token that a Secret keeps.
    pub(super) fn kept(self, kept: Kept) -> Claims {
        let Self {
            namespace,
            account,
            secret,
            id,
        } = self;
        Claims {
            issuer: ISSUER.to_owned(),
            audiences: Vec::new(),
            ends: i64::MAX,
            begins: 0,
            issued: 0,
            id,
            namespace,
            account,
            secret: Some(Bound {
                name: secret,
                uid: kept.uid,
            }),
            lasting: Some(Lasting {
                digest: kept.digest,
                generated: kept.generated,
            }),
        }
    }
}

pub(super) fn digest_of(token: &[u8]) -> Option<Digest> {
    digest(&SHA256, token).as_ref().try_into().ok()
}
