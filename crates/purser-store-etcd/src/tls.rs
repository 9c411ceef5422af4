//! How members are verified, and who this client is to them.

use std::path::Path;
use std::sync::Arc;

use rustls::crypto::aws_lc_rs::default_provider;
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use zeroize::Zeroizing;

use crate::error::OpenError;
use crate::options::TlsFiles;

/// Of gRPC.
const PROTOCOL: &[u8] = b"h2";

/// TLS 1.2 and 1.3 with what the files hold now.
///
/// # Errors
/// [`OpenError::File`] and [`OpenError::HalfCertificate`].
pub(crate) fn client(files: &TlsFiles) -> Result<ClientConfig, OpenError> {
    let mut roots = RootCertStore::empty();
    if let Some(path) = &files.ca {
        for authority in certificates(path)? {
            roots.add(authority).map_err(|error| wrong(path, error))?;
        }
    }
    let here = files.ca.as_deref().unwrap_or(Path::new(""));
    let builder = ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| wrong(here, error))?
        .with_root_certificates(roots);
    let mut config = match (&files.certificate, &files.key) {
        (None, None) => builder.with_no_client_auth(),
        (Some(certificate), Some(key)) => builder
            .with_client_auth_cert(certificates(certificate)?, private_key(key)?)
            .map_err(|error| wrong(certificate, error))?,
        _ => return Err(OpenError::HalfCertificate),
    };
    config.alpn_protocols = vec![PROTOCOL.to_vec()];
    Ok(config)
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, OpenError> {
    let pem = read(path)?;
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
    let chain = chain.map_err(|_| wrong(path, "it is not PEM"))?;
    if chain.is_empty() {
        return Err(wrong(path, "it holds no certificate in PEM"));
    }
    Ok(chain)
}

fn private_key(path: &Path) -> Result<PrivateKeyDer<'static>, OpenError> {
    PrivateKeyDer::from_pem_slice(&read(path)?).map_err(|_| wrong(path, "it holds no private key in PEM"))
}

fn read(path: &Path) -> Result<Zeroizing<Vec<u8>>, OpenError> {
    std::fs::read(path)
        .map(Zeroizing::new)
        .map_err(|error| wrong(path, error))
}

fn wrong(path: &Path, why: impl std::fmt::Display) -> OpenError {
    OpenError::File {
        path: path.to_owned(),
        why: why.to_string(),
    }
}
