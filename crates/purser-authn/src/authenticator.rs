//! The chain of ways to say who one is.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::SystemTime;

use parking_lot::RwLock;
use purser_types::User;

use crate::certificate::{Identity, Unauthenticated};

/// The user who presented nothing.
pub const ANONYMOUS: &str = "system:anonymous";
/// The group of everybody who presented something that holds.
pub const AUTHENTICATED_GROUP: &str = "system:authenticated";
/// The group of [`ANONYMOUS`].
pub const UNAUTHENTICATED_GROUP: &str = "system:unauthenticated";

/// Most certificates whose reading is remembered.
const MAX_REMEMBERED: usize = 1024;

/// What came with a request.
#[derive(Debug, Clone, Copy, Default)]
pub struct Presented<'a> {
    /// The client's own certificate, DER, which TLS has verified; `None`: it presented none.
    pub certificate: Option<&'a [u8]>,
    /// The header `Authorization`.
    pub authorization: Option<&'a [u8]>,
}

/// Says who is asking.
pub struct Authenticator {
    now: Arc<dyn Fn() -> SystemTime + Send + Sync>,
    remembered: RwLock<HashMap<Box<[u8]>, Arc<Identity>>>,
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
            remembered: RwLock::default(),
        }
    }

    /// Who is asking. As upstream's, a certificate that holds is enough, whatever token comes with it; a token alone
    /// has to hold; nothing at all is [`ANONYMOUS`]. To be asked for every request: a connection can outlive the
    /// certificate it was opened with.
    ///
    /// # Errors
    /// When something was presented and does not hold.
    pub fn authenticate(&self, presented: &Presented<'_>) -> Result<User, Unauthenticated> {
        if let Some(der) = presented.certificate {
            let identity = self.identity(der)?;
            identity.check_time((self.now)())?;
            return Ok(with_group(identity.user.clone()));
        }
        match presented.authorization.and_then(bearer) {
            Some(_token) => Err(Unauthenticated::BadToken),
            None => Ok(anonymous()),
        }
    }

    fn identity(&self, der: &[u8]) -> Result<Arc<Identity>, Unauthenticated> {
        if let Some(identity) = self.remembered.read().get(der) {
            return Ok(Arc::clone(identity));
        }
        let identity = Arc::new(Identity::read(der)?);
        let mut remembered = self.remembered.write();
        if remembered.len() >= MAX_REMEMBERED {
            remembered.clear();
        }
        remembered.insert(der.into(), Arc::clone(&identity));
        Ok(identity)
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

fn with_group(mut user: User) -> User {
    let has = user
        .groups
        .iter()
        .any(|group| group == AUTHENTICATED_GROUP || group == UNAUTHENTICATED_GROUP);
    if user.name != ANONYMOUS && !has {
        user.groups.push(AUTHENTICATED_GROUP.to_owned());
    }
    user
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
