//! A plain HTTPS client that sends exactly what it is told and adds nothing: no user agent, no accept header.

use std::sync::{Arc, Once};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::Identity;

/// How long an answer may take before a test fails.
const PATIENCE: Duration = Duration::from_secs(30);

/// A TLS connection with nothing on it yet.
pub type Tls = TlsStream<TcpStream>;

/// One identity towards one server.
#[derive(Clone)]
pub struct Client {
    address: String,
    ca: Vec<u8>,
    identity: Option<Identity>,
}

/// What came back, whole.
#[derive(Debug)]
pub struct Answer {
    /// The status code.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

impl Answer {
    /// The body as JSON.
    ///
    /// # Panics
    ///
    /// When it is not JSON.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error} in {}", self.text()))
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

impl Client {
    /// A client of the server at `address` (`host:port`) that trusts `ca` (PEM).
    pub fn new(address: &str, ca: &[u8], identity: Option<Identity>) -> Self {
        static PROVIDER: Once = Once::new();
        PROVIDER.call_once(|| {
            let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        });
        Self {
            address: address.to_owned(),
            ca: ca.to_vec(),
            identity,
        }
    }

    /// Opens TLS, offering the protocols named.
    ///
    /// # Errors
    ///
    /// The error of the socket or of TLS.
    pub async fn connect(&self, protocols: &[&str]) -> std::io::Result<Tls> {
        let tcp = TcpStream::connect(&self.address).await?;
        tcp.set_nodelay(true)?;
        let host = self
            .address
            .rsplit_once(':')
            .map_or(self.address.as_str(), |(host, _)| host)
            .to_owned();
        let host = ServerName::try_from(host).expect("the address names a host");
        TlsConnector::from(Arc::new(self.config(protocols)))
            .connect(host, tcp)
            .await
    }

    fn config(&self, protocols: &[&str]) -> ClientConfig {
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(&self.ca) {
            roots
                .add(certificate.expect("the CA is PEM"))
                .expect("the CA is a certificate");
        }
        let config = ClientConfig::builder().with_root_certificates(roots);
        let mut config = match &self.identity {
            None => config.with_no_client_auth(),
            Some(Identity { certificate, key }) => {
                let chain = CertificateDer::pem_slice_iter(certificate)
                    .map(|part| part.expect("PEM"))
                    .collect();
                let key = PrivateKeyDer::from_pem_slice(key).expect("the key is PEM");
                config
                    .with_client_auth_cert(chain, key)
                    .expect("the key fits the certificate")
            }
        };
        config.alpn_protocols = protocols
            .iter()
            .map(|protocol| protocol.as_bytes().to_vec())
            .collect();
        config
    }

    /// Sends one request over HTTP/1.1 on a connection of its own and reads the whole answer.
    ///
    /// # Panics
    ///
    /// When there is no answer in 30 seconds, or the connection breaks.
    pub async fn send(&self, request: Request<Bytes>) -> Answer {
        let what = format!("{} {}", request.method(), request.uri());
        let answer = tokio::time::timeout(PATIENCE, self.try_send(request)).await;
        let answer = answer.unwrap_or_else(|_| panic!("{what}: no answer within {PATIENCE:?}"));
        answer.unwrap_or_else(|error| panic!("{what}: {error}"))
    }

    /// Sends one request over HTTP/1.1 on a connection of its own and reads the whole answer.
    ///
    /// # Errors
    ///
    /// What broke, as a sentence.
    pub async fn try_send(&self, mut request: Request<Bytes>) -> Result<Answer, String> {
        let said = |error: &dyn std::fmt::Display| error.to_string();
        let tls = self.connect(&["http/1.1"]).await.map_err(|error| said(&error))?;
        let handshake = hyper::client::conn::http1::handshake(TokioIo::new(tls)).await;
        let (mut sender, connection) = handshake.map_err(|error| said(&error))?;
        let driver = tokio::spawn(connection);
        let host = self.address.parse().expect("the address is a header value");
        request.headers_mut().insert(http::header::HOST, host);
        let answer = sender
            .send_request(request.map(Full::new))
            .await
            .map_err(|error| said(&error))?;
        let (parts, body) = answer.into_parts();
        let body = body.collect().await.map_err(|error| said(&error))?.to_bytes();
        driver.abort();
        Ok(Answer {
            status: parts.status,
            headers: parts.headers,
            body,
        })
    }

    /// An HTTP/2 connection, driven in the background.
    ///
    /// # Panics
    ///
    /// When it cannot be opened.
    pub async fn h2(&self) -> hyper::client::conn::http2::SendRequest<Full<Bytes>> {
        let tls = self.connect(&["h2"]).await.expect("TLS opens");
        let (sender, connection) =
            hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(tls))
                .await
                .expect("h2 opens");
        tokio::spawn(connection);
        sender
    }

    /// `GET path`.
    pub async fn get(&self, path: &str) -> Answer {
        self.send(request(Method::GET, path, "").0).await
    }

    /// `DELETE path`.
    pub async fn delete(&self, path: &str) -> Answer {
        self.send(request(Method::DELETE, path, "").0).await
    }

    /// `POST path` with a JSON body.
    pub async fn post(&self, path: &str, body: &serde_json::Value) -> Answer {
        self.send(request(Method::POST, path, "application/json").with(body.to_string()))
            .await
    }

    /// `PUT path` with a JSON body.
    pub async fn put(&self, path: &str, body: &serde_json::Value) -> Answer {
        self.send(request(Method::PUT, path, "application/json").with(body.to_string()))
            .await
    }

    /// `method path` with any body of any type.
    pub async fn body(&self, method: Method, path: &str, media: &str, body: impl Into<Bytes>) -> Answer {
        self.send(request(method, path, media).with(body)).await
    }
}

struct Draft(Request<Bytes>);

impl Draft {
    fn with(self, body: impl Into<Bytes>) -> Request<Bytes> {
        self.0.map(|_| body.into())
    }
}

fn request(method: Method, path: &str, media: &str) -> Draft {
    let mut request = Request::builder().method(method).uri(path);
    if !media.is_empty() {
        request = request.header(http::header::CONTENT_TYPE, media);
    }
    Draft(request.body(Bytes::new()).expect("the path is a URI"))
}
