//! A server over TLS on loopback, which answers as a test says.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use purser_outbound::{Options, Webhook};
use rcgen::{BasicConstraints, CertificateParams, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair};
use rustls::RootCertStore;
use rustls::server::WebPkiClientVerifier;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use zeroize::Zeroizing;

pub(crate) type Answer = Response<Full<Bytes>>;

/// An authority.
pub(crate) struct Ca {
    pub(crate) pem: String,
    der: CertificateDer<'static>,
    issuer: Issuer<'static, KeyPair>,
}

impl Ca {
    pub(crate) fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let certificate = params.self_signed(&key).unwrap();
        Self {
            pem: certificate.pem(),
            der: certificate.der().clone(),
            issuer: Issuer::new(params, key),
        }
    }

    /// A certificate and key in PEM, and both in DER.
    pub(crate) fn issue(
        &self,
        name: &str,
        usage: ExtendedKeyUsagePurpose,
    ) -> (
        (String, String),
        (CertificateDer<'static>, PrivateKeyDer<'static>),
    ) {
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        params.extended_key_usages = vec![usage];
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        let der = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
        (
            (certificate.pem(), key.serialize_pem()),
            (certificate.der().clone(), der),
        )
    }
}

/// A running server.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    pub(crate) ca: Ca,
}

impl Server {
    /// For `name`, with `answer` to each request; who calls has to have a certificate of the same authority when
    /// `demanding`.
    pub(crate) async fn start<F>(
        name: &str,
        demanding: bool,
        answer: impl Fn(Request<Bytes>) -> F + Clone + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = Answer> + Send + 'static,
    {
        let ca = Ca::new();
        let (_, (certificate, key)) = ca.issue(name, ExtendedKeyUsagePurpose::ServerAuth);
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let builder = rustls::ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .unwrap();
        let mut roots = RootCertStore::empty();
        roots.add(ca.der.clone()).unwrap();
        let builder = if demanding {
            let clients = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
            builder.with_client_cert_verifier(clients.build().unwrap())
        } else {
            builder.with_no_client_auth()
        };
        let mut config = builder.with_single_cert(vec![certificate], key).unwrap();
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (acceptor, answer) = (acceptor.clone(), answer.clone());
                tokio::spawn(async move {
                    let Ok(stream) = acceptor.accept(stream).await else {
                        return;
                    };
                    let service = service_fn(move |request: Request<Incoming>| {
                        let answer = answer.clone();
                        async move {
                            let (head, body) = request.into_parts();
                            let body = body.collect().await.unwrap().to_bytes();
                            let answer = answer(Request::from_parts(head, body)).await;
                            // What a test answers with this code is a connection that breaks.
                            match answer.status().as_u16() {
                                599 => Err(std::io::Error::other("gone")),
                                _ => Ok(answer),
                            }
                        }
                    });
                    let builder = Builder::new(TokioExecutor::new());
                    let _ = builder.serve_connection(TokioIo::new(stream), service).await;
                });
            }
        });
        Self { address, ca }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("https://{}{path}", self.address)
    }

    /// A webhook to it; `cluster` and `user` are more fields of the kubeconfig.
    pub(crate) fn webhook(&self, cluster: &str, user: &str, options: &Options) -> Webhook {
        let directory = TempDir::new().unwrap();
        std::fs::write(directory.path().join("ca.crt"), &self.ca.pem).unwrap();
        let path = directory.path().join("hook.kubeconfig");
        let server = self.url("/review?of=token");
        let text = format!(
            "current-context: main\ncontexts: [{{name: main, context: {{cluster: hook, user: us}}}}]\n\
             clusters: [{{name: hook, cluster: {{server: '{server}', certificate-authority: ca.crt{cluster}}}}}]\n\
             users: [{{name: us, user: {{{user}}}}}]\n"
        );
        std::fs::write(&path, text).unwrap();
        Webhook::from_kubeconfig(&path, options).unwrap()
    }
}

/// Small bounds and no waits.
pub(crate) fn options() -> Options {
    Options {
        call: std::time::Duration::from_secs(2),
        answer_bytes: 1000,
        first_wait: std::time::Duration::ZERO,
        ..Options::new(read)
    }
}

fn read(path: &Path) -> Result<Zeroizing<String>, String> {
    let text = std::fs::read_to_string(path);
    text.map(Zeroizing::new).map_err(|error| error.to_string())
}

pub(crate) fn answer(code: u16, body: impl Into<Bytes>) -> Answer {
    let response = Response::builder().status(code);
    response.body(Full::new(body.into())).unwrap()
}

/// An answer with a header.
pub(crate) fn with(code: u16, header: (&'static str, &str), body: impl Into<Bytes>) -> Answer {
    let mut answer = answer(code, body);
    answer.headers_mut().insert(header.0, header.1.parse().unwrap());
    answer
}

/// Answers nothing at all.
pub(crate) fn broken() -> Answer {
    answer(599, "")
}
