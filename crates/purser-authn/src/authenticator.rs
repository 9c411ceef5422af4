//! The chain of ways to say who one is.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use arc_swap::ArcSwap;
use purser_types::User;

use crate::cache::TokenCache;
use crate::certificate::{Certificate, Unauthenticated};
use crate::clients::ClientTrust;
use crate::configuration::AnonymousAccess;
use crate::denials::DenialList;
use crate::groups::{ANONYMOUS, UNAUTHENTICATED_GROUP, authenticated};
use crate::refusals::Refusals;
use crate::source::{Proof, TokenSource};
use crate::token::{Claims, Refused, Reviewed, ServiceAccounts};

/// How long it is kept that a token was signed by this server; as upstream's `TokenSuccessCacheTTL`.
const SIGNED_FOR: Duration = Duration::from_secs(10);
/// Of how many tokens it is kept; as upstream's.
const MOST_SIGNED: usize = 4096;

/// What came with a request.
#[derive(Debug, Clone, Copy, Default)]
pub struct Presented<'a> {
    /// The client's certificate; `None`: it presented none.
    pub certificate: Option<&'a Arc<Certificate>>,
    /// The header `Authorization`.
    pub authorization: Option<&'a [u8]>,
    /// What is asked for; some paths may be open to who presents nothing.
    pub path: &'a str,
}

/// Who is asking.
#[derive(Clone)]
pub struct Identity {
    /// The user.
    pub user: Arc<User>,
    evidence: Evidence,
}

/// What said so.
#[derive(Clone)]
enum Evidence {
    /// Nothing was presented.
    Nothing,
    Certificate(Arc<Certificate>),
    Account(Arc<Claims>),
    Source(Arc<dyn Proof>),
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity")
            .field("user", &self.user)
            .finish_non_exhaustive()
    }
}

impl Identity {
    /// Whether something was presented that holds.
    #[must_use]
    pub fn is_known(&self) -> bool {
        !matches!(self.evidence, Evidence::Nothing)
    }

    /// The Secret that keeps the token that was presented, and whether it was made together with its account; `None`:
    /// it was no token that a Secret keeps.
    #[must_use]
    pub fn kept_in(&self) -> Option<(&str, bool)> {
        let Evidence::Account(claims) = &self.evidence else {
            return None;
        };
        let (secret, lasting) = (claims.secret.as_ref()?, claims.lasting.as_ref()?);
        Some((&secret.name, lasting.generated))
    }
}

/// Whose a token is.
#[derive(Debug, Clone)]
pub struct Recognized {
    /// Who has it.
    pub identity: Identity,
    /// The audiences of those asked for that it is for.
    pub audiences: Vec<String>,
}

/// Says who is asking.
pub struct Authenticator {
    now: Arc<dyn Fn() -> SystemTime + Send + Sync>,
    /// Whose certificates hold; `None`: everybody's, as somebody else has seen to it.
    clients: Option<Arc<ClientTrust>>,
    denied: Arc<DenialList>,
    tokens: Option<Arc<ServiceAccounts>>,
    /// Tokens of ServiceAccounts whose signature was found right.
    signed: TokenCache<Reviewed>,
    /// Asked in this order about tokens that this server has not signed.
    sources: Vec<Arc<dyn TokenSource>>,
    /// Whether who presents nothing is somebody.
    anonymous: bool,
    /// What may be asked by who presents nothing, if he is somebody.
    open: Arc<ArcSwap<AnonymousAccess>>,
}

impl Default for Authenticator {
    fn default() -> Self {
        Self::new()
    }
}

impl Authenticator {
    /// Goes by the system's clock.
    #[must_use]
    pub fn new() -> Self {
        Self::with_clock(Arc::new(SystemTime::now))
    }

    /// Goes by another clock.
    #[must_use]
    pub fn with_clock(now: Arc<dyn Fn() -> SystemTime + Send + Sync>) -> Self {
        Self {
            now,
            clients: None,
            denied: Arc::default(),
            tokens: None,
            signed: TokenCache::new(MOST_SIGNED),
            sources: Vec::new(),
            anonymous: true,
            open: Arc::default(),
        }
    }

    /// Whether who presents nothing is [`ANONYMOUS`], who may ask for health and version; else nobody, and refused.
    #[must_use]
    pub fn with_anonymous(mut self, anonymous: bool) -> Self {
        self.anonymous = anonymous;
        self
    }

    /// [`ANONYMOUS`] is who asks for what `open` allows and presents nothing, and nobody else.
    #[must_use]
    pub fn with_anonymous_access(mut self, open: Arc<ArcSwap<AnonymousAccess>>) -> Self {
        self.open = open;
        self
    }

    /// Takes the certificates of these authorities alone. Without it, whoever makes the connections has to see to it.
    #[must_use]
    pub fn with_clients(mut self, clients: Arc<ClientTrust>) -> Self {
        self.clients = Some(clients);
        self
    }

    /// Lets nobody in who is on the list, whatever he presents.
    #[must_use]
    pub fn with_denials(mut self, denied: Arc<DenialList>) -> Self {
        self.denied = denied;
        self
    }

    /// Takes the tokens of ServiceAccounts too.
    #[must_use]
    pub fn with_tokens(mut self, tokens: Arc<ServiceAccounts>) -> Self {
        self.tokens = Some(tokens);
        self
    }

    /// Asks one more about tokens, after those that are there.
    #[must_use]
    pub fn with_source(mut self, source: Arc<dyn TokenSource>) -> Self {
        self.sources.push(source);
        self
    }

    /// Who issues and verifies tokens; `None`: nobody.
    #[must_use]
    pub fn tokens(&self) -> Option<&Arc<ServiceAccounts>> {
        self.tokens.as_ref()
    }

    /// Whose a token is, for one of the audiences `wanted`; empty: this server's own. Tokens of ServiceAccounts are
    /// known without waiting for anything.
    ///
    /// # Errors
    /// What each of those said that was asked.
    pub async fn review(&self, token: &[u8], wanted: &[String]) -> Result<Recognized, Refusals> {
        let recognized = self.recognize(token, wanted).await?;
        match self.denied.denies(&recognized.identity.user, None) {
            true => Err(Refusals::of(Unauthenticated::Denied.to_string())),
            false => Ok(recognized),
        }
    }

    async fn recognize(&self, token: &[u8], wanted: &[String]) -> Result<Recognized, Refusals> {
        let mut refusals = Refusals::default();
        if let Some(tokens) = &self.tokens {
            match self.review_own(tokens, token, wanted) {
                Ok(reviewed) => return Ok(reviewed.into()),
                Err(Refused::NotOurs) => {}
                Err(refused) => {
                    refusals.add(refused.to_string());
                    // INVARIANT: what this server has signed is shown to nobody else, and nobody else vouches for it.
                    if is_signed_here(&refused) {
                        return Err(refusals);
                    }
                }
            }
        }
        match self.sources.is_empty() {
            true => Err(refusals),
            false => Box::pin(self.ask(token, wanted, refusals)).await,
        }
    }

    /// Whose a ServiceAccount's token is. That it was signed here is kept for a while, as to find that out takes longer
    /// than everything else; whether it still holds is asked every time.
    fn review_own(
        &self,
        tokens: &ServiceAccounts,
        token: &[u8],
        wanted: &[String],
    ) -> Result<Reviewed, Refused> {
        let (now, seconds) = (Instant::now(), self.seconds());
        let key = self.signed.key(token, wanted);
        if let Some(reviewed) = key.and_then(|key| self.signed.get(&key, now))
            && tokens.review_again(&reviewed, seconds)
        {
            return Ok(reviewed);
        }
        let reviewed = tokens.review(token, wanted, seconds);
        match (key, &reviewed) {
            (Some(key), Ok(reviewed)) => self.signed.put(key, reviewed.clone(), now + SIGNED_FOR),
            (Some(key), Err(_)) => self.signed.forget(&key),
            (None, _) => {}
        }
        reviewed
    }

    /// Asks the sources.
    async fn ask(
        &self,
        token: &[u8],
        wanted: &[String],
        mut refusals: Refusals,
    ) -> Result<Recognized, Refusals> {
        let own = self.tokens.as_ref().map_or(&[][..], |tokens| tokens.audiences());
        let wanted = if wanted.is_empty() { own } else { wanted };
        for source in &self.sources {
            match source.review(token, wanted).await {
                Ok(Some(vouched)) => {
                    let user = Arc::unwrap_or_clone(vouched.user);
                    let identity = Identity {
                        user: Arc::new(authenticated(user)),
                        evidence: Evidence::Source(vouched.proof),
                    };
                    return Ok(Recognized {
                        identity,
                        audiences: vouched.audiences,
                    });
                }
                Ok(None) => {}
                Err(rejected) => refusals.add(rejected.0),
            }
        }
        Err(refusals)
    }

    /// Whether who is known since a while is on the denial list by now. Nobody is asked for that.
    fn denies(&self, identity: &Identity) -> bool {
        let issued = match &identity.evidence {
            Evidence::Certificate(certificate) => {
                certificate.identity().ok().map(|identity| &identity.issued)
            }
            _ => None,
        };
        self.denied.denies(&identity.user, issued)
    }

    /// Whether somebody who is known since a while would still be known by what he presented: a certificate or a token
    /// may end or be denied, and its account may be deleted.
    pub async fn holds(&self, identity: &Identity) -> bool {
        if self.denies(identity) {
            return false;
        }
        match &identity.evidence {
            Evidence::Nothing => true,
            Evidence::Certificate(certificate) => self.check(certificate).is_ok(),
            Evidence::Account(claims) => self
                .tokens
                .as_ref()
                .is_some_and(|tokens| tokens.check_standing(claims, self.seconds()).is_ok()),
            Evidence::Source(proof) => proof.holds().await,
        }
    }

    /// Whose a certificate is, if it holds now.
    fn check(&self, certificate: &Certificate) -> Result<Arc<User>, Unauthenticated> {
        if let Some(clients) = &self.clients {
            certificate.check_trust(clients)?;
        }
        let identity = certificate.identity()?;
        identity.check_time((self.now)())?;
        if self.denied.denies(&identity.user, Some(&identity.issued)) {
            return Err(Unauthenticated::Denied);
        }
        Ok(Arc::clone(&identity.user))
    }

    /// Now, in seconds since 1970.
    fn seconds(&self) -> i64 {
        let since = (self.now)().duration_since(UNIX_EPOCH).unwrap_or_default();
        i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
    }

    /// Who is asking. As upstream's, a certificate that holds is enough, whatever token comes with it; a token alone
    /// has to hold; nothing at all is [`ANONYMOUS`]. To be asked for every request: a connection can outlive the
    /// certificate it was opened with.
    ///
    /// # Errors
    /// When something was presented and does not hold.
    pub async fn authenticate(&self, presented: &Presented<'_>) -> Result<Identity, Unauthenticated> {
        if let Some(certificate) = presented.certificate {
            return Ok(Identity {
                user: self.check(certificate)?,
                evidence: Evidence::Certificate(Arc::clone(certificate)),
            });
        }
        match presented.authorization.and_then(bearer) {
            Some(token) => Ok(self.review(token, &[]).await?.identity),
            None if !(self.anonymous && self.open.load().allows(presented.path)) => {
                Err(Unauthenticated::Nothing)
            }
            None => Ok(Identity {
                user: Arc::new(anonymous()),
                evidence: Evidence::Nothing,
            }),
        }
    }
}

impl From<Reviewed> for Recognized {
    fn from(reviewed: Reviewed) -> Self {
        let identity = Identity {
            user: reviewed.user,
            evidence: Evidence::Account(reviewed.claims),
        };
        Self {
            identity,
            audiences: reviewed.audiences,
        }
    }
}

/// Whether the signature of a token that is refused for this reason is that of a key of this server.
fn is_signed_here(refused: &Refused) -> bool {
    !matches!(
        refused,
        Refused::NotOurs | Refused::Algorithm | Refused::NoKey | Refused::Signature
    )
}

/// The token of `Bearer TOKEN`, `None` for another scheme or an empty token. Source:
/// `k8s.io/apiserver/pkg/authentication/request/bearertoken/bearertoken.go`.
fn bearer(header: &[u8]) -> Option<&[u8]> {
    let mut parts = header.trim_ascii().splitn(3, |byte| *byte == b' ');
    let scheme = parts.next()?;
    let token = parts.next()?;
    (scheme.eq_ignore_ascii_case(b"bearer") && !token.is_empty()).then_some(token)
}

fn anonymous() -> User {
    User {
        name: ANONYMOUS.to_owned(),
        uid: String::new(),
        groups: vec![UNAUTHENTICATED_GROUP.to_owned()],
        extra: BTreeMap::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_bearer_token_counts_as_one() {
        for (header, token) in [
            (&b"Bearer abc"[..], Some(&b"abc"[..])),
            (b" bearer abc ", Some(b"abc")),
            (b"BEARER abc def", Some(b"abc")),
            (b"Bearer ", None),
            (b"Bearer  abc", None),
            (b"Bearer", None),
            (b"Basic YTpi", None),
            (b"", None),
        ] {
            assert_eq!(bearer(header), token, "{header:?}");
        }
    }
}
