//! A connection over TLS as somebody else: with no certificate, with one of an authority that nobody knows, with that of
//! another port. Every server is taken as it is, and looked at; what is asked of it is its version.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rustls::client::ResolvesClientCert;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::crypto::{WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature};
use rustls::sign::CertifiedKey;
use rustls::{ClientConfig, DigitallySignedStruct, SignatureScheme};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use tokio_rustls::TlsConnector;
use x509_parser::prelude::{FromDer as _, X509Name};

use super::question::{self, Answer, Speech};
use super::target::Target;
use crate::error::Error;

/// What a handshake showed.
#[derive(Debug)]
pub(super) struct Shown {
    /// What came of the question.
    pub(super) answer: Answer,
    /// The server's certificate, and those of its authorities that it sent.
    pub(super) chain: Vec<CertificateDer<'static>>,
    /// Of which authorities it wants a client's certificate; `None` when it wants none.
    pub(super) wants: Option<Vec<String>>,
}

/// Connects as whoever `identity` is, and asks; in another way when one is not answered.
///
/// # Errors
/// When there is no connection at all.
pub(super) async fn shake(
    target: &Target,
    identity: Option<Arc<CertifiedKey>>,
    timeout: Duration,
) -> Result<Shown, Error> {
    let first = shake_once(target, identity.clone(), Speech::Http1, timeout).await?;
    if matches!(first.answer, Answer::Answered(_)) || first.chain.is_empty() {
        return Ok(first);
    }
    let second = shake_once(target, identity, Speech::Http2, timeout).await?;
    match second.answer {
        Answer::Answered(_) => Ok(second),
        _ => Ok(first),
    }
}

async fn shake_once(
    target: &Target,
    identity: Option<Arc<CertifiedKey>>,
    speech: Speech,
    timeout: Duration,
) -> Result<Shown, Error> {
    let provider = Arc::new(default_provider());
    let taking = Arc::new(Taking {
        chain: Mutex::default(),
        algorithms: provider.signature_verification_algorithms,
    });
    let showing = Arc::new(Showing {
        wants: Mutex::default(),
        identity,
    });
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(Arc::clone(&taking) as _)
        .with_client_cert_resolver(Arc::clone(&showing) as _);
    config.alpn_protocols = vec![speech.protocol().to_vec()];
    let stream = target
        .connect(timeout)
        .await
        .map_err(|error| Error::Asked(error.to_string()))?;
    let connector = TlsConnector::from(Arc::new(config));
    let connecting = connector.connect(target.server_name()?, stream);
    let answer = match tokio::time::timeout(timeout, connecting).await {
        Ok(Ok(mut stream)) => question::ask(&mut stream, speech, &target.authority(), timeout).await,
        Ok(Err(error)) => Answer::Refused(error.to_string()),
        Err(_) => Answer::Silent(format!("no handshake within {timeout:?}")),
    };
    let kept = |chain: &Mutex<Vec<_>>| chain.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let wants = showing
        .wants
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .clone();
    Ok(Shown {
        answer,
        chain: kept(&taking.chain),
        wants,
    })
}

/// Takes every server whose key is that of its certificate, and keeps what it showed.
#[derive(Debug)]
struct Taking {
    chain: Mutex<Vec<CertificateDer<'static>>>,
    algorithms: WebPkiSupportedAlgorithms,
}

impl ServerCertVerifier for Taking {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let all = std::iter::once(end_entity).chain(intermediates);
        *self.chain.lock().unwrap_or_else(PoisonError::into_inner) =
            all.map(|certificate| certificate.clone().into_owned()).collect();
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signed, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signed, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

/// Shows what it has to whoever wants a certificate, and keeps whose certificates are wanted.
#[derive(Debug)]
struct Showing {
    wants: Mutex<Option<Vec<String>>>,
    identity: Option<Arc<CertifiedKey>>,
}

impl ResolvesClientCert for Showing {
    fn resolve(&self, authorities: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        let names = authorities.iter().map(|name| match X509Name::from_der(name) {
            Ok((_, name)) => name.to_string(),
            Err(_) => "a name that cannot be read".to_owned(),
        });
        *self.wants.lock().unwrap_or_else(PoisonError::into_inner) = Some(names.collect());
        self.identity.clone()
    }

    fn has_certs(&self) -> bool {
        true
    }
}
