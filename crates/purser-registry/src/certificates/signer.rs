//! Who signs: the binary, which has the authority's key.

use std::time::SystemTime;

use super::policy::Usage;
use super::request::CertificationRequest;

/// Signs requests that were approved and that their signer's rules allow.
pub trait Signer: Send + Sync {
    /// The certificate, PEM: of a client or a server, never of an authority.
    ///
    /// # Errors
    /// [`CannotSign`].
    fn sign(&self, order: &Order<'_>) -> Result<String, CannotSign>;

    /// Why this will never be signed, whatever its signer's rules allow; `None`: it may be.
    fn refuses(&self, order: &Order<'_>) -> Option<&'static str> {
        let _ = order;
        None
    }
}

/// What is to be certified.
#[derive(Debug, Clone, Copy)]
pub struct Order<'a> {
    /// Whose key, and under which names.
    pub request: &'a CertificationRequest,
    /// What it is to be good for.
    pub usages: &'a [Usage],
    /// How long it is to be good, in seconds; `None`: as long as the signer likes.
    pub seconds: Option<i64>,
    /// When it is signed.
    pub now: SystemTime,
}

/// The signer cannot sign now.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the certificate cannot be signed: {0}")]
pub struct CannotSign(pub String);
