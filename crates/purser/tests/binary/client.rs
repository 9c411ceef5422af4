//! As little of an HTTPS client as these tests need.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls::client::WantsClientCert;
use rustls::{ClientConfig, ClientConnection, ConfigBuilder, RootCertStore, StreamOwned};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, ServerName};

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) type Connection = StreamOwned<ClientConnection, TcpStream>;

/// Speaks to the server of a kubeconfig, as its user.
pub(crate) struct Client {
    host: String,
    port: u16,
    roots: RootCertStore,
    tls: Arc<ClientConfig>,
    /// Headers that go with every request, each with its end.
    headers: String,
}

/// An answer.
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// The status line and the headers.
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Client {
    pub(crate) fn new(kubeconfig: &str) -> Self {
        let value = |name: &str| {
            let line = kubeconfig.lines().find_map(|line| line.trim().strip_prefix(name));
            line.unwrap_or_else(|| panic!("no {name} in the kubeconfig"))
                .trim()
                .to_owned()
        };
        let data = |name: &str| STANDARD.decode(value(name)).unwrap();
        let mut roots = RootCertStore::empty();
        roots
            .add(CertificateDer::from_pem_slice(&data("certificate-authority-data:")).unwrap())
            .unwrap();
        let chain = vec![CertificateDer::from_pem_slice(&data("client-certificate-data:")).unwrap()];
        let key = PrivateKeyDer::from_pem_slice(&data("client-key-data:")).unwrap();
        let tls = builder(&roots).with_client_auth_cert(chain, key).unwrap();
        let server = value("server: https://");
        let (host, port) = server.rsplit_once(':').unwrap();
        Self {
            host: host.to_owned(),
            port: port.parse().unwrap(),
            roots,
            tls: Arc::new(tls),
            headers: String::new(),
        }
    }

    /// The same server, spoken to with this certificate and key, both PEM.
    pub(crate) fn with_certificate(&self, certificate: &str, key: &str) -> Self {
        let chain = vec![CertificateDer::from_pem_slice(certificate.as_bytes()).unwrap()];
        let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap();
        let tls = builder(&self.roots).with_client_auth_cert(chain, key).unwrap();
        self.with(tls, String::new())
    }

    /// The same server, spoken to with this bearer token and no certificate.
    pub(crate) fn with_token(&self, token: &str) -> Self {
        let tls = builder(&self.roots).with_no_client_auth();
        self.with(tls, format!("Authorization: Bearer {token}\r\n"))
    }

    /// The same server, spoken to without a certificate or a token.
    pub(crate) fn with_nothing(&self) -> Self {
        let tls = builder(&self.roots).with_no_client_auth();
        self.with(tls, String::new())
    }

    fn with(&self, tls: ClientConfig, headers: String) -> Self {
        Self {
            host: self.host.clone(),
            port: self.port,
            roots: self.roots.clone(),
            tls: Arc::new(tls),
            headers,
        }
    }

    /// Expects another name in the server's certificate.
    pub(crate) fn connect_as(&self, name: &str) -> Connection {
        let name = ServerName::try_from(name.to_owned()).unwrap();
        let stream = TcpStream::connect((self.host.as_str(), self.port)).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        StreamOwned::new(
            ClientConnection::new(Arc::clone(&self.tls), name).unwrap(),
            stream,
        )
    }

    /// Sends a request and leaves the answer to be read. Patches are JSON merge patches.
    pub(crate) fn send(&self, method: &str, path: &str, body: &str) -> Connection {
        let mut connection = self.connect_as(&self.host);
        let length = body.len();
        let media = match method {
            "PATCH" => "application/merge-patch+json",
            _ => "application/json",
        };
        write!(
            connection,
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nContent-Type: {media}\r\n\
             {}Content-Length: {length}\r\n\r\n{body}",
            self.host, self.headers
        )
        .unwrap();
        connection.flush().unwrap();
        connection
    }

    pub(crate) fn request(&self, method: &str, path: &str, body: &str) -> Answer {
        let mut connection = self.send(method, path, body);
        let mut answer = Vec::new();
        connection.read_to_end(&mut answer).unwrap();
        let answer = String::from_utf8(answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        let chunked = head.to_lowercase().contains("transfer-encoding: chunked");
        Answer {
            status,
            head: head.to_owned(),
            body: if chunked { unchunk(body) } else { body.to_owned() },
        }
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        self.request("GET", path, "")
    }

    /// Makes an object and fails unless it was made.
    pub(crate) fn create(&self, path: &str, body: &str) {
        let answer = self.request("POST", path, body);
        assert_eq!(answer.status, 201, "{}", answer.body);
    }
}

fn builder(roots: &RootCertStore) -> ConfigBuilder<ClientConfig, WantsClientCert> {
    ClientConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots.clone())
}

fn unchunk(mut body: &str) -> String {
    let mut whole = String::new();
    while let Some((length, rest)) = body.split_once("\r\n") {
        let length = usize::from_str_radix(length.trim(), 16).unwrap();
        if length == 0 {
            break;
        }
        let (chunk, rest) = rest.split_at(length);
        whole.push_str(chunk);
        body = rest.trim_start_matches("\r\n");
    }
    whole
}
