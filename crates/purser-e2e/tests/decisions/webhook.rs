//! A webhook over TLS that decides as a test says.

use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs::default_provider;
use rustls_pki_types::PrivateKeyDer;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

/// What it does with a question.
#[derive(Debug, Clone)]
pub(crate) enum Does {
    /// Answers with this status of a review.
    Says(Value),
    /// Answers so after a while.
    SaysAfter(Duration, Value),
    /// Answers with this text.
    Babbles(&'static str),
    /// Answers with this code of HTTP.
    Fails(u16),
    /// Breaks off.
    BreaksOff,
}

impl Does {
    pub(crate) fn allows() -> Self {
        Self::Says(json!({"allowed": true, "reason": "the webhook says so"}))
    }

    pub(crate) fn denies() -> Self {
        Self::Says(json!({"allowed": false, "denied": true, "reason": "the webhook forbids it"}))
    }

    pub(crate) fn has_no_opinion() -> Self {
        Self::Says(json!({"allowed": false}))
    }
}

/// Decides by the spec of a question.
type Policy = Box<dyn Fn(&Value) -> Does + Send>;

struct State {
    policy: Policy,
    asked: Vec<Value>,
}

/// A webhook that runs. Dropping it ends it.
pub(crate) struct Webhook {
    address: String,
    ca: String,
    state: Arc<Mutex<State>>,
    serving: tokio::task::JoinHandle<()>,
}

impl Webhook {
    /// Starts one on a free port of this machine.
    pub(crate) async fn start(policy: impl Fn(&Value) -> Does + Send + 'static) -> Self {
        let (ca, config) = certificates();
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address").to_string();
        let state = Arc::new(Mutex::new(State {
            policy: Box::new(policy),
            asked: Vec::new(),
        }));
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let serving = tokio::spawn(serve(listener, acceptor, Arc::clone(&state)));
        Self {
            address,
            ca,
            state,
            serving,
        }
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().expect("nobody failed with it")
    }

    /// It decides so from now on.
    pub(crate) fn decide(&self, policy: impl Fn(&Value) -> Does + Send + 'static) {
        self.state().policy = Box::new(policy);
    }

    /// The reviews that it was sent by users of this name.
    pub(crate) fn asked_by(&self, user: &str) -> Vec<Value> {
        let asked = self.state();
        let of_user = |review: &&Value| review["spec"]["user"] == user;
        asked.asked.iter().filter(of_user).cloned().collect()
    }

    /// Where it is; nobody who is refused is told.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// Writes the kubeconfig that leads to it.
    pub(crate) fn kubeconfig(&self, folder: &Path) -> PathBuf {
        let path = folder.join("webhook.kubeconfig");
        let document = json!({
            "apiVersion": "v1", "kind": "Config",
            "clusters": [{"name": "w", "cluster": {
                "server": format!("https://{}/authorize", self.address),
                "certificate-authority-data": STANDARD.encode(&self.ca),
            }}],
            "users": [{"name": "u", "user": {}}],
            "contexts": [{"name": "c", "context": {"cluster": "w", "user": "u"}}],
            "current-context": "c",
        });
        let mut file = std::fs::OpenOptions::new();
        let mut file = file
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&path)
            .expect("it can be written");
        std::io::Write::write_all(&mut file, document.to_string().as_bytes()).expect("it can be written");
        path
    }
}

impl Drop for Webhook {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// An authority in PEM, and what serves with a certificate of it.
fn certificates() -> (String, ServerConfig) {
    let mut authority = CertificateParams::default();
    authority.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    let ca_key = KeyPair::generate().expect("a key can be made");
    let ca = authority.self_signed(&ca_key).expect("it signs itself").pem();
    let signer = Issuer::new(authority, ca_key);
    let own = CertificateParams::new(vec!["127.0.0.1".to_owned()]).expect("an address");
    let key = KeyPair::generate().expect("a key can be made");
    let certificate = own.signed_by(&key, &signer).expect("the authority signs");
    let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(
            vec![certificate.der().clone()],
            PrivateKeyDer::try_from(key.serialize_der()).expect("a key"),
        )
        .expect("the key fits");
    (ca, config)
}

async fn serve(listener: TcpListener, acceptor: TlsAcceptor, state: Arc<Mutex<State>>) {
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            return;
        };
        let (acceptor, state) = (acceptor.clone(), Arc::clone(&state));
        tokio::spawn(async move {
            // Who breaks off is not answered.
            let _ = answer(stream, acceptor, &state).await;
        });
    }
}

/// Answers one question and closes.
async fn answer(stream: TcpStream, acceptor: TlsAcceptor, state: &Mutex<State>) -> std::io::Result<()> {
    let mut stream = acceptor.accept(stream).await?;
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await?);
    }
    let head = String::from_utf8_lossy(&head).to_lowercase();
    assert!(head.starts_with("post /authorize http/1.1"), "{head}");
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "));
    let length = length.expect("a length").parse().expect("a number");
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await?;
    let review: Value = serde_json::from_slice(&body).expect("JSON");
    let does = {
        let mut state = state.lock().expect("nobody failed with it");
        let does = (state.policy)(&review["spec"]);
        state.asked.push(review.clone());
        does
    };
    let said = |status: Value| {
        let kind = &review["apiVersion"];
        json!({"kind": "SubjectAccessReview", "apiVersion": kind, "spec": {}, "status": status}).to_string()
    };
    let (code, body) = match does {
        Does::Says(status) => (200, said(status)),
        Does::SaysAfter(time, status) => {
            tokio::time::sleep(time).await;
            (200, said(status))
        }
        Does::Babbles(text) => (200, text.to_owned()),
        Does::Fails(code) => (code, "{}".to_owned()),
        Does::BreaksOff => return Ok(()),
    };
    let length = body.len();
    let answer = format!(
        "HTTP/1.1 {code} X\r\nContent-Type: application/json\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    );
    stream.write_all(answer.as_bytes()).await?;
    stream.shutdown().await
}
