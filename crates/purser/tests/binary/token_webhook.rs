//! A webhook that tells whose a token is.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use rustls_pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

use crate::authorities::{SECRETS, assert_ends, logged, watch};
use crate::server::Server;

/// A webhook on loopback, over TLS.
struct Webhook {
    state: Arc<Mutex<State>>,
    /// Its kubeconfig.
    kubeconfig: String,
}

#[derive(Default)]
struct State {
    /// The `user` of each token.
    users: BTreeMap<String, String>,
    /// What was asked, with the header `Authorization`.
    asked: Vec<String>,
    /// Whether it fails.
    broken: bool,
}

impl Webhook {
    fn start() -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let ca = params.self_signed(&key).unwrap().pem();
        let issuer = Issuer::new(params, key);
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &issuer).unwrap().der().clone();
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key)
            .unwrap();
        let (config, state) = (Arc::new(config), Arc::<Mutex<State>>::default());
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let server = format!("https://{}/review", listener.local_addr().unwrap());
        let shared = Arc::clone(&state);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (config, state) = (Arc::clone(&config), Arc::clone(&shared));
                std::thread::spawn(move || serve(stream, config, &state));
            }
        });
        let ca = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, ca);
        let kubeconfig = format!(
            "apiVersion: v1\nkind: Config\ncurrent-context: main\ncontexts:\n- name: main\n  context: {{cluster: hook, \
             user: purser}}\nclusters:\n- name: hook\n  cluster:\n    server: {server}\n    \
             certificate-authority-data: {ca}\nusers:\n- name: purser\n  user: {{token: we-are-purser}}\n"
        );
        Self { state, kubeconfig }
    }

    fn knows(&self, token: &str, user: &str) {
        let mut state = self.state.lock().unwrap();
        state.users.insert(token.to_owned(), user.to_owned());
    }

    fn forgets(&self, token: &str) {
        self.state.lock().unwrap().users.remove(token);
    }

    fn asked(&self) -> Vec<String> {
        self.state.lock().unwrap().asked.clone()
    }
}

/// One connection, one answer.
fn serve(stream: TcpStream, config: Arc<ServerConfig>, state: &Mutex<State>) {
    let mut stream = StreamOwned::new(ServerConnection::new(config).unwrap(), stream);
    let mut request = String::new();
    let mut some = [0; 4096];
    while !request.ends_with("}}") {
        match stream.read(&mut some) {
            Ok(count) if count > 0 => request.push_str(std::str::from_utf8(&some[..count]).unwrap()),
            _ => return,
        }
    }
    // Who asks the same meanwhile waits for the same answer.
    std::thread::sleep(Duration::from_millis(200));
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    let asked: serde_json::Value = serde_json::from_str(body).unwrap();
    let token = asked["spec"]["token"].as_str().unwrap();
    let mut state = state.lock().unwrap();
    let bearer = head
        .lines()
        .find(|line| line.to_lowercase().starts_with("authorization:"));
    state.asked.push(format!(
        "{token} {} {}",
        asked["apiVersion"],
        bearer.unwrap_or_default()
    ));
    let status = match state.users.get(token) {
        Some(user) => format!(r#"{{"authenticated":true,"user":{user}}}"#),
        None => r#"{"authenticated":false}"#.to_owned(),
    };
    let answer = format!(
        r#"{{"apiVersion":"authentication.k8s.io/v1","kind":"TokenReview","spec":{{}},"status":{status}}}"#
    );
    let code = if state.broken { "403 Forbidden" } else { "200 OK" };
    let _ = write!(
        stream,
        "HTTP/1.1 {code}\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{answer}",
        answer.len()
    );
    stream.conn.send_close_notify();
    let _ = stream.flush();
}

/// A server that asks the webhook, and keeps what it says for a while.
fn asking(webhook: &Webhook, directory: &tempfile::TempDir, keep_for: &str) -> Server {
    let file = directory.path().join("hook.kubeconfig");
    fs::write(&file, &webhook.kubeconfig).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    Server::new()
        .with(&format!(
            "--authentication-token-webhook-config-file={}",
            file.display()
        ))
        .with(&format!("--authentication-token-webhook-cache-ttl={keep_for}"))
}

const MASTER: &str = r#"{"username":"anna","uid":"7","groups":["system:masters"],"extra":{"scope":["a"]}}"#;

#[test]
fn who_the_webhook_names_is_let_in_until_it_does_not_any_more() {
    let (webhook, directory) = (Webhook::start(), tempfile::tempdir().unwrap());
    webhook.knows("t1", MASTER);
    webhook.knows("t2", r#"{"username":"jane","groups":["devs"]}"#);
    let mut server = asking(&webhook, &directory, "2s");
    server.start();
    let with = |token| server.client().with_token(token);
    // Four at once make one call.
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| assert_eq!(with("t1").get(SECRETS).status, 200));
        }
    });
    assert_eq!(
        webhook.asked(),
        [r#"t1 "authentication.k8s.io/v1" authorization: Bearer we-are-purser"#]
    );
    assert!(
        with("t2")
            .get(SECRETS)
            .body
            .contains(r#"User \"jane\" cannot list"#)
    );
    assert_eq!(with("t3").get(SECRETS).status, 401);
    let whoami = r#"{"apiVersion":"authentication.k8s.io/v1","kind":"SelfSubjectReview"}"#;
    let reviews = "/apis/authentication.k8s.io/v1/selfsubjectreviews";
    let who = with("t1").request("POST", reviews, whoami).body;
    let user = r#""userInfo":{"username":"anna","uid":"7","groups":["system:masters","system:authenticated"],"extra":{"scope":["a"]}}"#;
    assert!(who.contains(user), "{who}");

    let watching = watch(&with("t1"));
    webhook.forgets("t1");
    assert_ends(watching);
    assert_eq!(with("t1").get(SECRETS).status, 401);
    let log = server.log();
    assert!(
        !["t1", "t2", "t3"]
            .iter()
            .any(|token| log.contains(&format!("{token} ")) || log.contains(&format!("\"{token}\"")))
    );
}

#[test]
fn what_this_server_signed_is_never_shown_to_the_webhook_and_a_failure_lets_nobody_in() {
    let (webhook, directory) = (Webhook::start(), tempfile::tempdir().unwrap());
    webhook.knows("t1", MASTER);
    let mut server = asking(&webhook, &directory, "0");
    server.start();
    let admin = server.client();
    let account = r#"{"apiVersion":"v1","kind":"ServiceAccount","metadata":{"name":"bot"}}"#;
    admin.create("/api/v1/namespaces/default/serviceaccounts", account);
    let request = r#"{"apiVersion":"authentication.k8s.io/v1","kind":"TokenRequest","spec":{}}"#;
    let path = "/api/v1/namespaces/default/serviceaccounts/bot";
    let answer = loop {
        let answer = admin.request("POST", &format!("{path}/token"), request);
        if answer.status == 201 {
            break answer.body;
        }
        std::thread::sleep(Duration::from_millis(20));
    };
    let token = answer
        .split(r#""token":""#)
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap();
    let bot = admin.with_token(token);
    assert_eq!(bot.get(SECRETS).status, 403);
    admin.request("DELETE", path, "");
    while bot.get(SECRETS).status != 401 {
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(webhook.asked(), [""; 0]);

    assert_eq!(admin.with_token("t1").get(SECRETS).status, 200);
    webhook.state.lock().unwrap().broken = true;
    assert_eq!(admin.with_token("t1").get(SECRETS).status, 401);
    logged(&server, "the token webhook cannot tell whose a token is");
    let review = r#"{"apiVersion":"authentication.k8s.io/v1","kind":"TokenReview","spec":{"token":"t1"}}"#;
    let reviewed = admin
        .request("POST", "/apis/authentication.k8s.io/v1/tokenreviews", review)
        .body;
    let sentence = "[invalid bearer token, the token webhook cannot tell: it answered 403]";
    assert!(reviewed.contains(sentence), "{reviewed}");
    let metrics = admin.get("/metrics").body;
    assert!(
        metrics.contains("purser_token_webhook_failures_total 2"),
        "{metrics}"
    );
}

#[test]
fn a_kubeconfig_with_a_token_that_others_may_read_is_refused() {
    let (webhook, directory) = (Webhook::start(), tempfile::tempdir().unwrap());
    let server = asking(&webhook, &directory, "2m");
    let file = directory.path().join("hook.kubeconfig");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    let refusal = server.refusal();
    assert!(
        refusal.contains("chmod 600") && !refusal.contains("we-are-purser"),
        "{refusal}"
    );
}
