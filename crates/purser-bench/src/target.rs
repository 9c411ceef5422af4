//! Where the requests go: the address, TLS and the login, checked once before anything is measured.

use std::path::PathBuf;
use std::sync::Arc;

use http::HeaderValue;
use http::uri::{Scheme, Uri};
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, ServerName};

use crate::cli::DriveOptions;
use crate::error::Error;
use crate::kubeconfig::{self, Login};

/// Port of an https URL that names none.
const HTTPS_PORT: u16 = 443;

/// A server, ready to be connected to.
pub(crate) struct Target {
    /// Host to resolve.
    pub(crate) host: String,
    /// Port.
    pub(crate) port: u16,
    /// What precedes `/api` in paths; mostly empty.
    pub(crate) prefix: String,
    /// Name to expect in the certificate.
    pub(crate) server_name: ServerName<'static>,
    /// TLS with HTTP/2 as the one protocol.
    pub(crate) tls: Arc<ClientConfig>,
    /// The `Authorization` header.
    pub(crate) authorization: Option<HeaderValue>,
}

impl Target {
    /// From the flags, or the kubeconfig they name.
    ///
    /// # Errors
    /// When they do not say enough, or name files that cannot be used.
    pub(crate) fn from_options(options: &DriveOptions) -> Result<Self, Error> {
        let login = match (&options.server, &options.ca, &options.token) {
            (Some(server), Some(ca), Some(token)) => Login {
                server: server.clone(),
                ca: kubeconfig::read_file(ca)?,
                token: Some(kubeconfig::read_token(token)?),
                ..Login::default()
            },
            _ => login_of(options.kubeconfig.clone(), options.context.as_deref())?,
        };
        Self::from_login(&login)
    }

    /// As somebody logs in.
    ///
    /// # Errors
    /// When it does not say enough.
    pub(crate) fn from_login(login: &Login) -> Result<Self, Error> {
        let uri: Uri = login.server.parse().map_err(|_| bad_server(&login.server))?;
        if uri.scheme() != Some(&Scheme::HTTPS) {
            return Err(bad_server(&login.server));
        }
        let host = uri.host().ok_or_else(|| bad_server(&login.server))?;
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        let server_name = ServerName::try_from(login.server_name.clone().unwrap_or_else(|| host.clone()))
            .map_err(|_| bad_server(&login.server))?;
        let authorization = match &login.token {
            Some(token) => {
                let mut header = HeaderValue::try_from(format!("Bearer {token}"))
                    .map_err(|_| Error::Target("the token has characters that no token has".to_owned()))?;
                header.set_sensitive(true);
                Some(header)
            }
            None => None,
        };
        Ok(Self {
            port: uri.port_u16().unwrap_or(HTTPS_PORT),
            prefix: uri.path().trim_end_matches('/').to_owned(),
            host,
            server_name,
            tls: Arc::new(tls(login)?),
            authorization,
        })
    }

    /// Host and port as people and the `:authority` header write them.
    pub(crate) fn authority(&self) -> String {
        if self.host.contains(':') {
            format!("[{}]:{}", self.host, self.port)
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }
}

/// How the kubeconfig says to log in; without one, that of the environment.
///
/// # Errors
/// When there is none, or it cannot be used.
pub(crate) fn login_of(kubeconfig: Option<PathBuf>, context: Option<&str>) -> Result<Login, Error> {
    // Not clap's `env`: a variable that is set would conflict with --server.
    let kubeconfig = kubeconfig.or_else(|| std::env::var_os("KUBECONFIG").map(PathBuf::from));
    let Some(path) = kubeconfig else {
        return Err(Error::Target(
            "no server: give --kubeconfig FILE, or --server URL --ca FILE --token FILE".to_owned(),
        ));
    };
    kubeconfig::read(&path, context)
}

fn bad_server(server: &str) -> Error {
    Error::Target(format!("{server:?} is no https:// address of a server"))
}

fn tls(login: &Login) -> Result<ClientConfig, Error> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(&login.ca)? {
        roots
            .add(certificate)
            .map_err(|error| Error::Tls(format!("the CA: {error}")))?;
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| Error::Tls(error.to_string()))?
        .with_root_certificates(roots);
    let mut config = match &login.certificate {
        Some((chain, key)) => {
            let key = PrivateKeyDer::from_pem_slice(key)
                .map_err(|_| Error::Tls("the client's key is no PEM private key".to_owned()))?;
            builder
                .with_client_auth_cert(certificates(chain)?, key)
                .map_err(|error| Error::Tls(format!("the client's certificate: {error}")))?
        }
        None => builder.with_no_client_auth(),
    };
    config.alpn_protocols = vec![b"h2".to_vec()];
    Ok(config)
}

fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, Error> {
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    match found {
        Ok(found) if !found.is_empty() => Ok(found),
        _ => Err(Error::Tls("a certificate is not PEM".to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn login(server: &str) -> Login {
        let key = rcgen::KeyPair::generate().unwrap();
        let ca = rcgen::CertificateParams::default().self_signed(&key).unwrap();
        Login {
            server: server.to_owned(),
            ca: ca.pem().into_bytes(),
            token: Some("t".to_owned()),
            ..Login::default()
        }
    }

    #[test]
    fn takes_an_address_apart() {
        let target = Target::from_login(&login("https://[::1]:6443/clusters/a/")).unwrap();
        assert_eq!(
            (target.host.as_str(), target.port, target.prefix.as_str()),
            ("::1", 6443, "/clusters/a")
        );
        assert_eq!(target.authority(), "[::1]:6443");
        assert_eq!(
            Target::from_login(&login("https://example.org"))
                .unwrap()
                .authority(),
            "example.org:443"
        );
    }

    #[test]
    fn refuses_plain_http() {
        assert!(Target::from_login(&login("http://127.0.0.1:8080")).is_err());
        assert!(Target::from_login(&login("127.0.0.1:8080")).is_err());
    }

    #[test]
    fn the_token_does_not_show_in_debug() {
        let target = Target::from_login(&login("https://a")).unwrap();
        assert_eq!(format!("{:?}", target.authorization), "Some(Sensitive)");
    }
}
