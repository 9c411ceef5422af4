//! The TLS side: whose client certificates are taken.

use std::sync::Arc;

use rustls::RootCertStore;
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::ClientCertVerifier;
use rustls_pki_types::CertificateDer;

/// Why no verifier could be made.
#[derive(Debug, thiserror::Error)]
pub enum VerifierError {
    /// A certificate cannot serve as a root.
    #[error("a client CA certificate cannot be used: {0}")]
    Root(rustls::Error),
    /// There is no root.
    #[error("no client CA certificate: {0}")]
    Builder(#[from] rustls::server::VerifierBuilderError),
}

/// A verifier that takes clients without a certificate, and those whose certificate one of `roots` signed for
/// client authentication. Any other certificate fails the handshake.
///
/// # Errors
/// When there is no root, or one is not a certificate.
pub fn client_verifier(roots: &[CertificateDer<'_>]) -> Result<Arc<dyn ClientCertVerifier>, VerifierError> {
    let mut store = RootCertStore::empty();
    for root in roots {
        store
            .add(root.clone().into_owned())
            .map_err(VerifierError::Root)?;
    }
    let provider = Arc::new(default_provider());
    Ok(
        WebPkiClientVerifier::builder_with_provider(Arc::new(store), provider)
            .allow_unauthenticated()
            .build()?,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verifier_wants_a_root_and_leaves_the_certificate_to_the_client() {
        assert!(matches!(client_verifier(&[]), Err(VerifierError::Builder(_))));
        let junk = CertificateDer::from(vec![1, 2, 3]);
        assert!(matches!(client_verifier(&[junk]), Err(VerifierError::Root(_))));
        let mut params = rcgen::CertificateParams::default();
        params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let root = params.self_signed(&rcgen::KeyPair::generate().unwrap()).unwrap();
        let verifier = client_verifier(std::slice::from_ref(root.der())).unwrap();
        assert!(verifier.offer_client_auth() && !verifier.client_auth_mandatory());
    }
}
