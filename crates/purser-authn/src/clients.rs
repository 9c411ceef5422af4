//! Whose client certificates hold: those of this server's own authority, and of others that were named. Can change
//! while connections go on.

use std::sync::Arc;

use parking_lot::RwLock;
use rustls::server::danger::ClientCertVerifier;
use rustls::{CertificateError, Error};
use rustls_pki_types::{CertificateDer, UnixTime};

use crate::verifier::{VerifierError, client_verifier};

/// The authorities whose client certificates hold, now.
#[derive(Debug)]
pub struct ClientTrust {
    own: CertificateDer<'static>,
    now: RwLock<Trusted>,
}

#[derive(Debug, Clone)]
struct Trusted {
    verifier: Arc<dyn ClientCertVerifier>,
    /// Grows with each change, so that what was judged before it is judged anew.
    generation: u64,
}

/// How a certificate was judged, and under which authorities.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Judged {
    generation: u64,
    pub(crate) holds: Result<(), Distrust>,
}

/// Why no authority that is trusted vouches for a certificate. Told in the log alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Distrust {
    /// None of them has signed it, nor an authority that one of them has signed.
    #[error("is signed by unknown authority")]
    Authority,
    /// Its time, or that of an authority between, is over.
    #[error("has expired")]
    Expired,
    /// Its time has not come.
    #[error("is not yet valid")]
    NotYet,
    /// It was signed for something else.
    #[error("is not for client authentication")]
    Usage,
    /// Anything else: it cannot be read, a signature is not that of its authority, there are too many between.
    #[error("does not verify")]
    Invalid,
}

impl From<Error> for Distrust {
    fn from(error: Error) -> Self {
        match error {
            // One of its name, but with another key.
            Error::InvalidCertificate(CertificateError::UnknownIssuer | CertificateError::BadSignature) => {
                Self::Authority
            }
            Error::InvalidCertificate(
                CertificateError::Expired | CertificateError::ExpiredContext { .. },
            ) => Self::Expired,
            Error::InvalidCertificate(
                CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. },
            ) => Self::NotYet,
            Error::InvalidCertificate(
                CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. },
            ) => Self::Usage,
            _ => Self::Invalid,
        }
    }
}

impl ClientTrust {
    /// This server's own authority, and `others`.
    ///
    /// # Errors
    /// When one of them is no certificate of an authority.
    pub fn new(
        own: CertificateDer<'static>,
        others: &[CertificateDer<'static>],
    ) -> Result<Self, VerifierError> {
        let verifier = client_verifier(&own, others)?;
        Ok(Self {
            own,
            now: RwLock::new(Trusted {
                verifier,
                generation: 0,
            }),
        })
    }

    /// From now on these others. Requests and watches that are under way with a certificate that does not hold any more
    /// end soon after.
    ///
    /// # Errors
    /// As [`Self::new`]; then nothing changes.
    pub fn replace_others(&self, others: &[CertificateDer<'static>]) -> Result<(), VerifierError> {
        let verifier = client_verifier(&self.own, others)?;
        let mut now = self.now.write();
        *now = Trusted {
            verifier,
            generation: now.generation + 1,
        };
        Ok(())
    }

    /// For TLS: it names the authorities of now to clients.
    #[must_use]
    pub fn verifier(&self) -> Arc<dyn ClientCertVerifier> {
        Arc::clone(&self.now.read().verifier)
    }

    /// How the certificates that a client presented are to be judged, who were judged so `before`.
    pub(crate) fn judge(&self, chain: &[CertificateDer<'_>], before: Option<Judged>) -> Judged {
        let now = self.now.read();
        if let Some(before) = before.filter(|before| before.generation == now.generation) {
            return before;
        }
        let Trusted { verifier, generation } = now.clone();
        drop(now);
        let holds = match chain.split_first() {
            None => Err(Distrust::Invalid),
            Some((leaf, between)) => verifier
                .verify_client_cert(leaf, between, UnixTime::now())
                .map(|_| ())
                .map_err(Distrust::from),
        };
        Judged { generation, holds }
    }
}
