//! A server over a real store on a loopback port, and a plain client.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use base64::Engine as _;
use bytes::Bytes;
use http::{HeaderMap, Method, Request};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use purser_audit::Audit;
use purser_authn::token::{ServiceAccounts, Settings, SigningKey};
use purser_authn::{Authenticator, ClientTrust};
use purser_encryption::{Envelope, LOCAL_PROVIDER, LocalKeyHolder, SealedStore};
use purser_registry::{Registry, SystemClock, TokenMaker};
use purser_server::{Check, Config, LastingTokens, Limits, Server, StoredAccounts, Tls, Version, random};
use purser_store_embedded::{EmbeddedStore, Options};
use rcgen::{BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use serde_json::Value;
use tempfile::TempDir;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// A certificate authority.
pub(crate) struct Ca {
    certificate: CertificateDer<'static>,
    issuer: Issuer<'static, KeyPair>,
}

type Credential = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

impl Ca {
    pub(crate) fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let certificate = params.self_signed(&key).unwrap().der().clone();
        Self {
            certificate,
            issuer: Issuer::new(params, key),
        }
    }

    fn issue(&self, mut params: CertificateParams) -> Credential {
        let key = KeyPair::generate().unwrap();
        params.is_ca = IsCa::NoCa;
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        let key = PrivatePkcs8KeyDer::from(key.serialize_der());
        (vec![certificate.der().clone()], PrivateKeyDer::from(key))
    }

    pub(crate) fn client(&self, name: &str, group: &str) -> Credential {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.distinguished_name.push(DnType::OrganizationName, group);
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        self.issue(params)
    }

    /// Its certificate, PEM.
    pub(crate) fn pem(&self) -> String {
        let encoded = base64::engine::general_purpose::STANDARD.encode(&self.certificate);
        format!("-----BEGIN CERTIFICATE-----\n{encoded}\n-----END CERTIFICATE-----\n")
    }

    fn server(&self) -> Credential {
        self.issue(CertificateParams::new(vec!["localhost".to_owned()]).unwrap())
    }
}

/// Issues tokens with a new key, for a day at most.
fn service_accounts(registry: &Arc<Registry>) -> Arc<ServiceAccounts> {
    let key = KeyPair::generate().unwrap().serialize_pem();
    let settings = Settings {
        issuers: vec!["https://kubernetes.default.svc".to_owned()],
        audiences: Vec::new(),
        signing: SigningKey::from_pem(&key).unwrap(),
        verifying: Vec::new(),
        longest: Some(86_400),
    };
    let accounts = Arc::new(StoredAccounts(Arc::clone(registry)));
    let tokens = Arc::new(ServiceAccounts::new(settings, accounts));
    let maker: Arc<dyn TokenMaker> = Arc::new(LastingTokens(Arc::clone(&tokens)));
    registry.keep_tokens(&maker);
    tokens
}

/// A server under test.
pub(crate) struct Live {
    pub(crate) address: SocketAddr,
    pub(crate) ca: Ca,
    pub(crate) registry: Arc<Registry>,
    stop: Option<oneshot::Sender<()>>,
    serving: JoinHandle<()>,
    _directory: TempDir,
}

/// An answer.
pub(crate) struct Answer {
    pub(crate) code: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("{:?}", self.body))
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub(crate) fn message(&self) -> String {
        self.json()["message"].as_str().unwrap_or_default().to_owned()
    }
}

impl Live {
    pub(crate) async fn start() -> Self {
        Self::with(Limits::default()).await
    }

    pub(crate) async fn with(limits: Limits) -> Self {
        Self::with_checks(limits, Vec::new()).await
    }

    pub(crate) async fn with_checks(limits: Limits, checks: Vec<Box<dyn Check>>) -> Self {
        Self::with_audit(limits, checks, Audit::new(None)).await
    }

    pub(crate) async fn with_audit(limits: Limits, checks: Vec<Box<dyn Check>>, audit: Audit) -> Self {
        Self::with_all(limits, checks, audit, |plain| plain).await
    }

    /// Whose authenticator is what `adapt` makes of one that takes certificates and tokens.
    pub(crate) async fn knowing(adapt: impl FnOnce(Authenticator) -> Authenticator) -> Self {
        Self::with_all(Limits::default(), Vec::new(), Audit::new(None), adapt).await
    }

    async fn with_all(
        limits: Limits,
        checks: Vec<Box<dyn Check>>,
        audit: Audit,
        adapt: impl FnOnce(Authenticator) -> Authenticator,
    ) -> Self {
        let directory = TempDir::new().unwrap();
        let store = EmbeddedStore::open(Options::new(directory.path().join("store"))).unwrap();
        let keys = directory.path().join("keys");
        LocalKeyHolder::generate(&keys).unwrap();
        let envelope = Envelope::new(LOCAL_PROVIDER, Arc::new(LocalKeyHolder::load(&keys).unwrap()));
        let sealed = SealedStore::new(Arc::new(store), Arc::new(envelope));
        Self::made_of(sealed, directory, limits, checks, audit, adapt).await
    }

    /// Over a store that is there already, in a directory that goes when the server does.
    pub(crate) async fn over(
        sealed: SealedStore,
        directory: TempDir,
        limits: Limits,
        checks: Vec<Box<dyn Check>>,
    ) -> Self {
        Self::made_of(sealed, directory, limits, checks, Audit::new(None), |plain| plain).await
    }

    async fn made_of(
        sealed: SealedStore,
        directory: TempDir,
        limits: Limits,
        checks: Vec<Box<dyn Check>>,
        audit: Audit,
        adapt: impl FnOnce(Authenticator) -> Authenticator,
    ) -> Self {
        let registry = Registry::start(sealed, purser_registry::Options::default())
            .await
            .unwrap();
        let tokens = service_accounts(&registry);
        let ca = Ca::new();
        let (chain, key) = ca.server();
        let clients = Arc::new(ClientTrust::new(ca.certificate.clone(), &[]).unwrap());
        let server = Server::new(Config {
            registry: Arc::clone(&registry),
            authenticator: Arc::new(adapt(
                Authenticator::new()
                    .with_clients(Arc::clone(&clients))
                    .with_tokens(tokens),
            )),
            audit,
            tls: Arc::new(ArcSwap::from_pointee(
                Tls::new(chain, key, clients.verifier()).unwrap(),
            )),
            clock: Arc::new(SystemClock),
            random: random(),
            limits,
            version: Version::new("0.1.0", ""),
            advertised: "127.0.0.1:6443".to_owned(),
            checks,
            pages: Vec::new(),
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let serving = tokio::spawn(async move {
            let shutdown = async {
                let _ = stopped.await;
            };
            server.serve(listener, shutdown, Duration::from_secs(5)).await;
        });
        Self {
            address,
            ca,
            registry,
            stop: Some(stop),
            serving,
            _directory: directory,
        }
    }

    /// Asks the server to stop.
    pub(crate) fn stop(&mut self) {
        let _ = self.stop.take().unwrap().send(());
    }

    pub(crate) async fn stopped(self) {
        tokio::time::timeout(Duration::from_secs(10), self.serving)
            .await
            .unwrap()
            .unwrap();
    }

    pub(crate) async fn tls(&self, credential: Option<Credential>, protocol: &[u8]) -> TlsStream<TcpStream> {
        let mut roots = RootCertStore::empty();
        roots.add(self.ca.certificate.clone()).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let builder = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots);
        let mut config = match credential {
            Some((chain, key)) => builder.with_client_auth_cert(chain, key).unwrap(),
            None => builder.with_no_client_auth(),
        };
        config.alpn_protocols = vec![protocol.to_vec()];
        let stream = TcpStream::connect(self.address).await.unwrap();
        let name = ServerName::try_from("localhost").unwrap();
        TlsConnector::from(Arc::new(config))
            .connect(name, stream)
            .await
            .unwrap()
    }

    /// An HTTP/1.1 client in the group that may do everything.
    pub(crate) async fn admin(&self) -> Client {
        Client::first(
            self.tls(Some(self.ca.client("admin", "system:masters")), b"http/1.1")
                .await,
        )
        .await
    }

    /// As [`Live::admin`], over HTTP/2.
    pub(crate) async fn admin_second(&self) -> Client {
        Client::second(
            self.tls(Some(self.ca.client("admin", "system:masters")), b"h2")
                .await,
        )
        .await
    }

    pub(crate) async fn client(&self, credential: Option<Credential>) -> Client {
        Client::first(self.tls(credential, b"http/1.1").await).await
    }
}

/// One connection.
pub(crate) enum Client {
    First(http1::SendRequest<Full<Bytes>>),
    Second(http2::SendRequest<Full<Bytes>>),
}

impl Client {
    async fn first(stream: TlsStream<TcpStream>) -> Self {
        let (sender, connection) = http1::handshake(TokioIo::new(stream)).await.unwrap();
        tokio::spawn(connection);
        Self::First(sender)
    }

    async fn second(stream: TlsStream<TcpStream>) -> Self {
        let (sender, connection) = http2::handshake(TokioExecutor::new(), TokioIo::new(stream))
            .await
            .unwrap();
        tokio::spawn(connection);
        Self::Second(sender)
    }

    /// Whether the server has closed the connection.
    pub(crate) fn is_closed(&self) -> bool {
        match self {
            Self::First(sender) => sender.is_closed(),
            Self::Second(sender) => sender.is_closed(),
        }
    }

    /// The head of the answer, with the body still to come.
    pub(crate) async fn open(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Bytes>,
    ) -> http::Response<Incoming> {
        let mut request = Request::builder()
            .method(method.parse::<Method>().unwrap())
            .header("host", "localhost");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        match self {
            Self::First(sender) => sender
                .send_request(request.uri(path).body(Full::new(body.into())).unwrap())
                .await
                .unwrap(),
            Self::Second(sender) => {
                let uri = format!("https://localhost{path}");
                sender
                    .send_request(request.uri(uri).body(Full::new(body.into())).unwrap())
                    .await
                    .unwrap()
            }
        }
    }

    pub(crate) async fn ask(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Bytes>,
    ) -> Answer {
        let response = self.open(method, path, headers, body).await;
        let (head, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        Answer {
            code: head.status.as_u16(),
            headers: head.headers,
            body,
        }
    }

    pub(crate) async fn get(&mut self, path: &str) -> Answer {
        self.ask("GET", path, &[], "").await
    }

    /// POST of JSON.
    pub(crate) async fn post(&mut self, path: &str, body: &str) -> Answer {
        self.ask(
            "POST",
            path,
            &[("content-type", "application/json")],
            body.to_owned(),
        )
        .await
    }

    /// A Secret with one value in `default`.
    pub(crate) async fn secret(&mut self, name: &str, value: &str) -> Answer {
        let body = format!(
            r#"{{"apiVersion":"v1","kind":"Secret","metadata":{{"name":"{name}"}},"stringData":{{"a":"{value}"}}}}"#
        );
        self.post("/api/v1/namespaces/default/secrets", &body).await
    }
}
