//! The TLS side: whose client certificates are taken.

use std::sync::Arc;

use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{DigitallySignedStruct, DistinguishedName, RootCertStore, SignatureScheme};
use rustls_pki_types::{CertificateDer, UnixTime};

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

/// A verifier that takes clients without a certificate, and those whose certificate one of `roots` itself signed for
/// client authentication. Any other certificate fails the handshake, also one that an authority below a root signed:
/// the library does not look at a root's `pathLenConstraint`, and no root of ours is meant to have any below it.
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
    let chains = WebPkiClientVerifier::builder_with_provider(Arc::new(store), provider)
        .allow_unauthenticated()
        .build()?;
    Ok(Arc::new(Direct(chains)))
}

/// Knows no certificate between a client's and a root.
#[derive(Debug)]
struct Direct(Arc<dyn ClientCertVerifier>);

impl ClientCertVerifier for Direct {
    fn offer_client_auth(&self) -> bool {
        self.0.offer_client_auth()
    }

    fn client_auth_mandatory(&self) -> bool {
        self.0.client_auth_mandatory()
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        self.0.root_hint_subjects()
    }

    fn verify_client_cert(
        &self,
        leaf: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        self.0.verify_client_cert(leaf, &[], now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.0.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.0.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_verify_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rcgen::{BasicConstraints, CertificateParams, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair};

    struct Authority {
        issuer: Issuer<'static, KeyPair>,
        root: CertificateDer<'static>,
    }

    impl Authority {
        fn new() -> Self {
            let mut params = CertificateParams::default();
            params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
            let key = KeyPair::generate().unwrap();
            let root = params.self_signed(&key).unwrap().der().clone();
            Self {
                issuer: Issuer::new(params, key),
                root,
            }
        }

        fn sign(&self, usage: ExtendedKeyUsagePurpose) -> CertificateDer<'static> {
            let mut params = CertificateParams::default();
            params.extended_key_usages = vec![usage];
            params
                .signed_by(&KeyPair::generate().unwrap(), &self.issuer)
                .unwrap()
                .der()
                .clone()
        }
    }

    #[test]
    fn a_verifier_wants_a_root_that_is_a_certificate() {
        assert!(matches!(client_verifier(&[]), Err(VerifierError::Builder(_))));
        let junk = CertificateDer::from(vec![1, 2, 3]);
        assert!(matches!(client_verifier(&[junk]), Err(VerifierError::Root(_))));
    }

    #[test]
    fn an_authority_below_ours_makes_no_clients() {
        let ours = Authority::new();
        let mut params = CertificateParams::default();
        params.distinguished_name.push(rcgen::DnType::CommonName, "below");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &ours.issuer).unwrap().der().clone();
        let below = Authority {
            issuer: Issuer::new(params, key),
            root: certificate,
        };
        let client = below.sign(ExtendedKeyUsagePurpose::ClientAuth);
        let verifier = client_verifier(std::slice::from_ref(&ours.root)).unwrap();
        let judged = verifier.verify_client_cert(&client, &[below.root], UnixTime::now());
        assert!(judged.is_err());
    }

    #[test]
    fn only_certificates_for_clients_of_our_authority_are_taken_and_none_is_demanded() {
        let (ours, other) = (Authority::new(), Authority::new());
        let verifier = client_verifier(std::slice::from_ref(&ours.root)).unwrap();
        assert!(verifier.offer_client_auth() && !verifier.client_auth_mandatory());
        let taken = |certificate: &CertificateDer<'_>| {
            verifier
                .verify_client_cert(certificate, &[], UnixTime::now())
                .is_ok()
        };
        assert!(taken(&ours.sign(ExtendedKeyUsagePurpose::ClientAuth)));
        assert!(!taken(&ours.sign(ExtendedKeyUsagePurpose::ServerAuth)));
        assert!(!taken(&other.sign(ExtendedKeyUsagePurpose::ClientAuth)));
    }
}
