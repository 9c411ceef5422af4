//! Issues the tokens of ServiceAccounts and tells whose a token is.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use purser_types::quote::quote;
use purser_types::user::SERVICE_ACCOUNTS;
use purser_types::{Text, User, Value};

use super::claims::{Bound, Claims};
use super::compact::{Compact, encode};
use super::key::{KeyError, SigningKey, VerifyingKey};
use super::lasting::{self, Kept};
use super::metadata::Metadata;
use crate::denials::TOKEN;
use crate::groups::{AUTHENTICATED_GROUP, CREDENTIAL_ID};

/// How far clocks may differ, in seconds. Source: `jwt.DefaultLeeway` of upstream's library.
const LEEWAY: i64 = 60;

/// Knows which objects are there now.
pub trait Accounts: Send + Sync {
    /// The uid of the ServiceAccount, unless it is gone or going.
    fn account(&self, namespace: &str, name: &str) -> Option<String>;
    /// The uid of the Secret, unless it is gone or going.
    fn secret(&self, namespace: &str, name: &str) -> Option<String>;
    /// What the Secret tells of the token of `account` that it keeps, unless it is gone or going or keeps none.
    fn kept(&self, namespace: &str, account: &str, secret: &str) -> Option<Kept>;
    /// Hears that the token that a Secret keeps was used.
    fn used(&self, namespace: &str, secret: &str);
}

/// How tokens are issued and verified.
pub struct Settings {
    /// Who issues; the first in new tokens, all of them in tokens that are taken.
    pub issuers: Vec<String>,
    /// The audiences of this server; the first issuer when it is empty.
    pub audiences: Vec<String>,
    /// Signs new tokens.
    pub signing: SigningKey,
    /// What tokens may be signed with besides.
    pub verifying: Vec<VerifyingKey>,
    /// The longest a token lasts, in seconds; `None`: as long as is asked.
    pub longest: Option<i64>,
}

/// What a token is issued for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// The namespace of the account.
    pub namespace: String,
    /// The account.
    pub account: Bound,
    /// The Secret without which the token does not hold.
    pub secret: Option<Bound>,
    /// For whom it is.
    pub audiences: Vec<String>,
    /// How many seconds it lasts.
    pub lasts: i64,
    /// When it is issued, in seconds since 1970.
    pub now: i64,
    /// Its id, which nobody else has.
    pub id: String,
}

/// A token that was just issued.
#[derive(Debug)]
pub struct Token {
    /// The token.
    pub text: Text,
    /// When it ends, in seconds since 1970.
    pub ends: i64,
}

/// Whose a token is.
#[derive(Debug, Clone)]
pub struct Reviewed {
    /// The user.
    pub user: Arc<User>,
    /// The audiences of those asked for that it is for.
    pub audiences: Vec<String>,
    /// What it says.
    pub claims: Arc<Claims>,
}

/// Why a token does not hold. The sentences are upstream's where it has one; none repeats any of the token but names
/// that its issuer has signed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// It is not of an issuer that is known here, or no token at all.
    #[error("invalid bearer token")]
    NotOurs,
    /// The algorithm is not one that is used, or not that of the key.
    #[error("unexpected signature algorithm")]
    Algorithm,
    /// No key is known for it.
    #[error("invalid signature, no keys found")]
    NoKey,
    /// The signature is not the key's.
    #[error("error in cryptographic primitive")]
    Signature,
    /// The claims are not those of a ServiceAccount's token.
    #[error("the claims are not those of a service account token")]
    Claims,
    /// It is for others.
    #[error("token audiences {} is invalid for the target audiences {}", list(.audiences), list(.wanted))]
    Audience {
        /// For whom it is.
        audiences: Vec<String>,
        /// Who asks.
        wanted: Vec<String>,
    },
    /// Its time is over.
    #[error("service account token has expired")]
    Expired,
    /// Its time has not come.
    #[error("service account token is not valid yet")]
    NotYet,
    /// It says that it is issued later than now.
    #[error("service account token is issued in the future")]
    Future,
    /// The account or the Secret is not there any more.
    #[error("service account token has been invalidated")]
    Invalidated,
    /// The Secret that kept it keeps another.
    #[error("Token does not match server's copy")]
    Replaced,
    /// The Secret that keeps it is marked.
    #[error(
        "the token in secret {namespace}/{secret} for service account {namespace}/{account} has been marked invalid. \
         Use tokens from the TokenRequest API or manually created secret-based tokens, or remove the \
         'kubernetes.io/legacy-token-invalid-since' label from the secret to temporarily allow use of this token"
    )]
    Marked {
        /// The namespace of both.
        namespace: String,
        /// The Secret.
        secret: String,
        /// The account.
        account: String,
    },
}

/// As Go prints a list with `%q`.
fn list(texts: &[String]) -> String {
    let quoted: Vec<String> = texts.iter().map(|text| quote(text)).collect();
    format!("[{}]", quoted.join(" "))
}

/// Issues the tokens of ServiceAccounts and tells whose a token is.
pub struct ServiceAccounts {
    issuers: Vec<String>,
    audiences: Vec<String>,
    signing: SigningKey,
    keys: Vec<VerifyingKey>,
    longest: Option<i64>,
    accounts: Arc<dyn Accounts>,
}

impl ServiceAccounts {
    /// Issues and verifies with these settings; `accounts` tells who is still there.
    #[must_use]
    pub fn new(settings: Settings, accounts: Arc<dyn Accounts>) -> Self {
        let Settings {
            issuers,
            mut audiences,
            signing,
            verifying,
            longest,
        } = settings;
        if audiences.is_empty() {
            audiences.extend(issuers.first().cloned());
        }
        let mut keys = vec![signing.public().clone()];
        for key in verifying {
            if !keys.contains(&key) {
                keys.push(key);
            }
        }
        Self {
            issuers,
            audiences,
            signing,
            keys,
            longest,
            accounts,
        }
    }

    /// The audiences of this server.
    #[must_use]
    pub fn audiences(&self) -> &[String] {
        &self.audiences
    }

    /// The longest a token lasts, in seconds; `None`: as long as is asked.
    #[must_use]
    pub fn longest(&self) -> Option<i64> {
        self.longest
    }

    /// What others need to verify tokens; `keys_uri` is where they find the keys. `None`: the issuer is no address at
    /// which they could ask.
    #[must_use]
    pub fn metadata(&self, keys_uri: &str) -> Option<Metadata> {
        let issuer = self.issuers.first()?;
        issuer
            .starts_with("https://")
            .then(|| Metadata::new(issuer, keys_uri, &self.keys))
    }

    /// Issues a token.
    ///
    /// # Errors
    /// [`KeyError::Failed`].
    pub fn issue(&self, grant: Grant) -> Result<Token, KeyError> {
        let ends = grant.now.saturating_add(grant.lasts);
        let claims = Claims {
            issuer: self.issuers.first().cloned().unwrap_or_default(),
            audiences: grant.audiences,
            ends,
            begins: grant.now,
            issued: grant.now,
            id: grant.id,
            namespace: grant.namespace,
            account: grant.account,
            secret: grant.secret,
            lasting: None,
        };
        let text = self.signed(&claims.write())?;
        Ok(Token { text, ends })
    }

    /// Issues a token that does not end, for a Secret to keep.
    ///
    /// # Errors
    /// [`KeyError::Failed`].
    pub fn issue_lasting(&self, named: &lasting::Named) -> Result<Text, KeyError> {
        self.signed(&named.write())
    }

    fn signed(&self, claims: &Value) -> Result<Text, KeyError> {
        let mut text = encode(&self.signing.public().header());
        text.push('.');
        text.push_str(&encode(claims));
        let signature = self.signing.sign(text.as_bytes())?;
        text.push('.');
        URL_SAFE_NO_PAD.encode_string(signature, &mut text);
        Ok(Text::new(text))
    }

    /// Whose a token is, for one of `wanted` (empty: this server's own audiences); `now` in seconds since 1970.
    ///
    /// # Errors
    /// [`Refused`].
    pub fn review(&self, token: &[u8], wanted: &[String], now: i64) -> Result<Reviewed, Refused> {
        let compact = Compact::read(token).ok_or(Refused::NotOurs)?;
        let lasts = compact.issuer() == lasting::ISSUER;
        if !lasts && !self.issuers.iter().any(|issuer| issuer == compact.issuer()) {
            return Err(Refused::NotOurs);
        }
        self.check_signature(&compact)?;
        let claims = match lasts {
            true => self.kept(token, &compact)?,
            false => Claims::read(&compact.claims).ok_or(Refused::Claims)?,
        };
        let wanted = if wanted.is_empty() {
            &self.audiences
        } else {
            wanted
        };
        // One that does not say for whom it is is for this server.
        let meant = match lasts {
            true => &self.audiences,
            false => &claims.audiences,
        };
        // Both may be long: neither is walked for each of the other.
        let for_whom: HashSet<&String> = wanted.iter().collect();
        let audiences: Vec<String> = meant
            .iter()
            .filter(|audience| for_whom.contains(audience))
            .cloned()
            .collect();
        if audiences.is_empty() {
            return Err(Refused::Audience {
                audiences: meant.clone(),
                wanted: wanted.to_vec(),
            });
        }
        self.check_standing(&claims, now)?;
        if let (true, Some(secret)) = (lasts, &claims.secret) {
            self.accounts.used(&claims.namespace, &secret.name);
        }
        Ok(Reviewed {
            user: Arc::new(user(&claims)),
            audiences,
            claims: Arc::new(claims),
        })
    }

    /// Whether a token that was reviewed before still holds: neither its signature nor what it says can have changed.
    #[must_use]
    pub fn review_again(&self, reviewed: &Reviewed, now: i64) -> bool {
        let claims = &reviewed.claims;
        let holds = self.check_standing(claims, now).is_ok();
        if let (true, Some(_), Some(secret)) = (holds, &claims.lasting, &claims.secret) {
            self.accounts.used(&claims.namespace, &secret.name);
        }
        holds
    }

    /// Whether a token with these claims, whose signature was found right before, still holds.
    ///
    /// # Errors
    /// [`Refused`].
    pub fn check_standing(&self, claims: &Claims, now: i64) -> Result<(), Refused> {
        if now.saturating_sub(LEEWAY) > claims.ends {
            return Err(Refused::Expired);
        }
        let latest = now.saturating_add(LEEWAY);
        if latest < claims.begins {
            return Err(Refused::NotYet);
        }
        if latest < claims.issued {
            return Err(Refused::Future);
        }
        let account = self.accounts.account(&claims.namespace, &claims.account.name);
        let mut stands = account.is_some_and(|uid| uid == claims.account.uid);
        if let Some(secret) = &claims.secret {
            let there = match &claims.lasting {
                Some(lasting) => self
                    .accounts
                    .kept(&claims.namespace, &claims.account.name, &secret.name)
                    .filter(|kept| kept.digest == lasting.digest && !kept.invalid)
                    .map(|kept| kept.uid),
                None => self.accounts.secret(&claims.namespace, &secret.name),
            };
            stands &= there.is_some_and(|uid| uid == secret.uid);
        }
        if stands { Ok(()) } else { Err(Refused::Invalidated) }
    }

    /// The claims of a token that does not end, whose signature holds, when a Secret keeps it.
    fn kept(&self, token: &[u8], compact: &Compact<'_>) -> Result<Claims, Refused> {
        let named = lasting::Named::read(&compact.claims).ok_or(Refused::Claims)?;
        let kept = self
            .accounts
            .kept(&named.namespace, &named.account.name, &named.secret)
            .ok_or(Refused::Invalidated)?;
        if lasting::digest_of(token) != Some(kept.digest) {
            return Err(Refused::Replaced);
        }
        if kept.invalid {
            self.accounts.used(&named.namespace, &named.secret);
            return Err(Refused::Marked {
                namespace: named.namespace,
                secret: named.secret,
                account: named.account.name,
            });
        }
        Ok(named.kept(kept))
    }

    fn check_signature(&self, compact: &Compact<'_>) -> Result<(), Refused> {
        let algorithm = compact.algorithm().ok_or(Refused::Algorithm)?;
        let id = compact.key_id();
        let mut named = self
            .keys
            .iter()
            .filter(|key| id.is_none_or(|id| key.id() == id))
            .peekable();
        if named.peek().is_none() {
            return Err(Refused::NoKey);
        }
        let mut fitting = named.filter(|key| key.algorithm() == algorithm).peekable();
        if fitting.peek().is_none() {
            return Err(Refused::Algorithm);
        }
        match fitting.any(|key| key.verifies(compact.signed, &compact.signature)) {
            true => Ok(()),
            false => Err(Refused::Signature),
        }
    }
}

/// How the credential with this id is named in audit events: of the request that issues it, and of each that presents
/// it.
#[must_use]
pub fn credential_id(id: &str) -> String {
    format!("{TOKEN}{id}")
}

/// The user of a token.
fn user(claims: &Claims) -> User {
    let mut extra = BTreeMap::new();
    if !claims.id.is_empty() {
        extra.insert(CREDENTIAL_ID.to_owned(), vec![credential_id(&claims.id)]);
    }
    User {
        name: claims.user_name(),
        uid: claims.account.uid.clone(),
        groups: vec![
            SERVICE_ACCOUNTS.to_owned(),
            format!("{SERVICE_ACCOUNTS}:{}", claims.namespace),
            AUTHENTICATED_GROUP.to_owned(),
        ],
        extra,
    }
}
