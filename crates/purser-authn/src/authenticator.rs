//! The chain of ways to say who one is.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use purser_types::User;

use crate::certificate::{Certificate, Unauthenticated};
use crate::groups::{ANONYMOUS, UNAUTHENTICATED_GROUP};
use crate::token::{Claims, Refused, Reviewed, ServiceAccounts};

/// What came with a request.
#[derive(Debug, Clone, Copy, Default)]
pub struct Presented<'a> {
    /// The client's own certificate, which TLS has verified; `None`: it presented none.
    pub certificate: Option<&'a Certificate>,
    /// The header `Authorization`.
    pub authorization: Option<&'a [u8]>,
}

/// Who is asking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The user.
    pub user: Arc<User>,
    /// The claims of the token that said so; `None`: no token did.
    claims: Option<Arc<Claims>>,
}

impl From<Arc<User>> for Identity {
    fn from(user: Arc<User>) -> Self {
        Self { user, claims: None }
    }
}

/// Says who is asking.
pub struct Authenticator {
    now: Arc<dyn Fn() -> SystemTime + Send + Sync>,
    tokens: Option<Arc<ServiceAccounts>>,
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
        Self { now, tokens: None }
    }

    /// Takes the tokens of ServiceAccounts too.
    #[must_use]
    pub fn with_tokens(self, tokens: Arc<ServiceAccounts>) -> Self {
        Self {
            tokens: Some(tokens),
            ..self
        }
    }

    /// Who issues and verifies tokens; `None`: nobody.
    #[must_use]
    pub fn tokens(&self) -> Option<&Arc<ServiceAccounts>> {
        self.tokens.as_ref()
    }

    /// Whose a token is, for one of the audiences `wanted`; empty: this server's own.
    ///
    /// # Errors
    /// [`Refused`].
    pub fn review(&self, token: &[u8], wanted: &[String]) -> Result<Reviewed, Refused> {
        let tokens = self.tokens.as_ref().ok_or(Refused::NotOurs)?;
        tokens.review(token, wanted, self.seconds())
    }

    /// Whether somebody who is known since a while would still be known by what he presented: a token may end, and
    /// its account may be deleted.
    #[must_use]
    pub fn holds(&self, identity: &Identity) -> bool {
        match (&identity.claims, &self.tokens) {
            (None, _) => true,
            (Some(claims), Some(tokens)) => tokens.check_standing(claims, self.seconds()).is_ok(),
            (Some(_), None) => false,
        }
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
    pub fn authenticate(&self, presented: &Presented<'_>) -> Result<Identity, Unauthenticated> {
        if let Some(certificate) = presented.certificate {
            let identity = certificate.identity()?;
            identity.check_time((self.now)())?;
            return Ok(Arc::clone(&identity.user).into());
        }
        match presented.authorization.and_then(bearer) {
            Some(token) => {
                let Reviewed { user, claims, .. } = self.review(token, &[])?;
                Ok(Identity {
                    user,
                    claims: Some(claims),
                })
            }
            None => Ok(Arc::new(anonymous()).into()),
        }
    }
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
