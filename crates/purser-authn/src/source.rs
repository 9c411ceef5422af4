//! Who else can tell whose a bearer token is: issuers of JSON Web Tokens, a webhook.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use purser_types::User;

/// Tells whose the tokens of one kind are.
pub trait TokenSource: Send + Sync {
    /// Whose a token is, for one of `audiences`, of which there is at least one; `None`: it is none of this source's.
    ///
    /// # Errors
    /// [`Rejected`] when it is one of this source's and does not hold, or the source cannot tell.
    fn review<'a>(
        &'a self,
        token: &'a [u8],
        audiences: &'a [String],
    ) -> BoxFuture<'a, Result<Option<Vouched>, Rejected>>;
}

/// What a source says of a token that holds.
#[derive(Clone)]
pub struct Vouched {
    /// The user. That he is `system:authenticated` is added.
    pub user: Arc<User>,
    /// The audiences of those asked for that it is for.
    pub audiences: Vec<String>,
    /// Asked again for as long as a watch lasts that was begun with the token.
    pub proof: Arc<dyn Proof>,
}

/// Tells whether a token that held still does.
pub trait Proof: Send + Sync {
    /// Whether it still holds, and is still the same user's.
    fn holds(&self) -> BoxFuture<'_, bool>;
}

/// Why a source does not take a token: a sentence for the log and for who reviews tokens. Nothing of the token is in
/// it but names that its issuer has signed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Rejected(pub String);
