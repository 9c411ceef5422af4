//! A throwaway authority and certificate, and the kubeconfig that trusts it.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::net::SocketAddr;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, SanType,
};
use rustls::ServerConfig;
use rustls_pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use time::OffsetDateTime;

use crate::error::Error;

/// How long the certificates are good: longer than any measurement.
const LIFETIME: Duration = Duration::from_secs(7 * 86_400);
/// Clocks differ.
const BACKDATE: Duration = Duration::from_secs(3_600);

/// What the server shows, and what its clients need.
pub(crate) struct Identity {
    /// TLS as Purser sets it up: 1.2 and 1.3, HTTP/2 and HTTP/1.1.
    pub(crate) tls: ServerConfig,
    /// For the driver.
    pub(crate) kubeconfig: String,
}

/// Makes both for a server at `address`.
///
/// # Errors
/// When keys or certificates cannot be made.
pub(crate) fn make(address: SocketAddr) -> Result<Identity, Error> {
    let (ca_key, server_key) = (key()?, key()?);
    let mut params = dated("purser-bench bare CA");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    let ca = params.self_signed(&ca_key).map_err(tls)?;
    let issuer = Issuer::new(params, ca_key);

    let mut params = dated("purser-bench bare");
    params.subject_alt_names = vec![SanType::IpAddress(address.ip())];
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let certificate = params.signed_by(&server_key, &issuer).map_err(tls)?;

    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(tls)?
        .with_no_client_auth()
        .with_single_cert(
            vec![certificate.der().clone()],
            PrivateKeyDer::from(PrivatePkcs8KeyDer::from(server_key.serialize_der())),
        )
        .map_err(tls)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Identity {
        tls: config,
        kubeconfig: kubeconfig(address, &ca.pem()),
    })
}

/// Writes it for its owner only, at once or not at all: whoever waits for the file may read it when it is there.
///
/// # Errors
/// When the file cannot be written.
pub(crate) fn write_kubeconfig(path: &Path, text: &str) -> Result<(), Error> {
    let mut temporary = path.as_os_str().to_owned();
    temporary.push(".new");
    let write = || {
        let mut file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&temporary)?;
        file.write_all(text.as_bytes())?;
        std::fs::rename(&temporary, path)
    };
    write().map_err(|source| Error::File {
        path: path.to_owned(),
        source,
    })
}

/// The token is no secret: the bare server asks nobody who they are.
fn kubeconfig(address: SocketAddr, ca_pem: &str) -> String {
    let ca = STANDARD.encode(ca_pem);
    format!(
        "\
apiVersion: v1
kind: Config
current-context: bare
clusters:
- name: bare
  cluster:
    server: https://{address}
    certificate-authority-data: {ca}
contexts:
- name: bare
  context:
    cluster: bare
    user: bare
users:
- name: bare
  user:
    token: bare
"
    )
}

fn dated(name: &str) -> CertificateParams {
    let now = OffsetDateTime::now_utc();
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params.not_before = now - BACKDATE;
    params.not_after = now + LIFETIME;
    params
}

fn key() -> Result<KeyPair, Error> {
    KeyPair::generate().map_err(tls)
}

fn tls(error: impl std::fmt::Display) -> Error {
    Error::Tls(error.to_string())
}
