//! The chain of ways to say who one is.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::SystemTime;

use purser_types::User;

use crate::certificate::{Certificate, Unauthenticated};
use crate::groups::{ANONYMOUS, UNAUTHENTICATED_GROUP};

/// What came with a request.
#[derive(Debug, Clone, Copy, Default)]
pub struct Presented<'a> {
    /// The client's own certificate, which TLS has verified; `None`: it presented none.
    pub certificate: Option<&'a Certificate>,
    /// The header `Authorization`.
    pub authorization: Option<&'a [u8]>,
}

/// Says who is asking.
pub struct Authenticator {
    now: Arc<dyn Fn() -> SystemTime + Send + Sync>,
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
        Self { now }
    }

    /// Who is asking. As upstream's, a certificate that holds is enough, whatever token comes with it; a token alone
    /// has to hold; nothing at all is [`ANONYMOUS`]. To be asked for every request: a connection can outlive the
    /// certificate it was opened with.
    ///
    /// # Errors
    /// When something was presented and does not hold.
    pub fn authenticate(&self, presented: &Presented<'_>) -> Result<Arc<User>, Unauthenticated> {
        if let Some(certificate) = presented.certificate {
            let identity = certificate.identity()?;
            identity.check_time((self.now)())?;
            return Ok(Arc::clone(&identity.user));
        }
        match presented.authorization.and_then(bearer) {
            Some(_token) => Err(Unauthenticated::BadToken),
            None => Ok(Arc::new(anonymous())),
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
