//! How the other side is verified, and who we are to it.

use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};

/// The protocols offered.
pub(crate) const BOTH: &[&[u8]] = &[b"h2", b"http/1.1"];
/// The older of them alone.
pub(crate) const FIRST: &[&[u8]] = &[b"http/1.1"];

/// Whose certificate a server has to have.
pub(crate) enum Trust {
    /// One of an authority in this PEM.
    Authorities(Vec<u8>),
    /// One of an authority that the system trusts.
    System,
    /// Anybody's.
    Anybody,
}

/// A certificate chain and its key.
pub(crate) type Credential = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

/// TLS 1.2 and 1.3 of a client.
///
/// # Errors
/// When there is no authority to trust, or the key does not fit the certificate.
pub(crate) fn client(
    trust: Trust,
    credential: Option<Credential>,
    protocols: &[&[u8]],
) -> Result<ClientConfig, String> {
    let provider = Arc::new(default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?;
    let builder = match trust {
        Trust::Authorities(pem) => builder.with_root_certificates(authorities(&pem)?),
        Trust::System => builder.with_root_certificates(system()?),
        Trust::Anybody => builder
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(Anybody(provider))),
    };
    let mut config = match credential {
        None => builder.with_no_client_auth(),
        Some((chain, key)) => builder
            .with_client_auth_cert(chain, key)
            .map_err(|_| "the client key does not fit the client certificate".to_owned())?,
    };
    config.alpn_protocols = protocols.iter().map(|name| name.to_vec()).collect();
    Ok(config)
}

/// The chain and key that two PEM texts hold.
///
/// # Errors
/// When they do not; the sentence says nothing of them.
pub(crate) fn credential(certificate: &[u8], key: &[u8]) -> Result<Credential, &'static str> {
    let chain: Vec<_> = CertificateDer::pem_slice_iter(certificate)
        .collect::<Result<_, _>>()
        .map_err(|_| "the client certificate is not PEM")?;
    if chain.is_empty() {
        return Err("the client certificate is not PEM");
    }
    let key = PrivateKeyDer::from_pem_slice(key).map_err(|_| "the client key is not one in PEM")?;
    Ok((chain, key))
}

fn authorities(pem: &[u8]) -> Result<RootCertStore, String> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem) {
        let certificate = certificate.map_err(|_| "the certificate authority is not PEM".to_owned())?;
        roots
            .add(certificate)
            .map_err(|error| format!("the certificate authority cannot be used: {error}"))?;
    }
    match roots.is_empty() {
        true => Err("there is no certificate of an authority in it".to_owned()),
        false => Ok(roots),
    }
}

fn system() -> Result<RootCertStore, String> {
    let mut roots = RootCertStore::empty();
    // Some that the system has may be of a kind that is not understood; the others serve.
    let (_, _) = roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    match roots.is_empty() {
        true => Err("this system trusts no certificate authority: name one".to_owned()),
        false => Ok(roots),
    }
}

/// Takes whatever certificate comes (`insecure-skip-tls-verify`); that its key is owned is still seen to.
#[derive(Debug)]
struct Anybody(Arc<CryptoProvider>);

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(
            message,
            certificate,
            signature,
            &self.0.signature_verification_algorithms,
        )
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(
            message,
            certificate,
            signature,
            &self.0.signature_verification_algorithms,
        )
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
