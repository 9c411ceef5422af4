//! A server that trusts an issuer.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{Method, Request, StatusCode};
use purser_e2e::{Answer, Purser, Starting};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::issuer::{Issuer, Key};

pub(crate) const SECRET: &str = "/api/v1/namespaces/default/secrets/db";
pub(crate) const WHOAMI: &str = "/apis/authentication.k8s.io/v1/selfsubjectreviews";
/// How long a change may take until it shows.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// The server, and the file that says whom it trusts.
pub(crate) struct World {
    pub(crate) purser: Purser,
    file: PathBuf,
    _folder: TempDir,
}

impl World {
    /// A server that trusts these issuers, with a Secret which the group `oidc:payments` may get.
    pub(crate) async fn start(entries: &[Value]) -> Self {
        Self::start_with(&document(entries)).await
    }

    /// The same with a file that says this.
    pub(crate) async fn start_with(text: &str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary directory");
        let file = folder.path().join("authentication.yaml");
        std::fs::write(&file, text).expect("the file can be written");
        let purser = Starting::default()
            .argument("--authentication-config")
            .argument(file.to_str().expect("a path in UTF-8"))
            .start()
            .await;
        let world = Self {
            purser,
            file,
            _folder: folder,
        };
        world.prepare().await;
        world
    }

    async fn prepare(&self) {
        let admin = self.purser.admin();
        let created = |answer: Answer| assert_eq!(answer.status, 201, "{}", answer.text());
        let secret = json!({"metadata": {"name": "db"}, "stringData": {"password": "correct-horse"}});
        created(admin.post("/api/v1/namespaces/default/secrets", &secret).await);
        let rbac = "/apis/rbac.authorization.k8s.io/v1/namespaces/default";
        let role = json!({
            "metadata": {"name": "reader"},
            "rules": [{"apiGroups": [""], "resources": ["secrets"], "verbs": ["get", "list", "watch"], "resourceNames": ["db"]}],
        });
        created(admin.post(&format!("{rbac}/roles"), &role).await);
        let binding = json!({
            "metadata": {"name": "reader"},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "reader"},
            "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": "oidc:payments"}],
        });
        created(admin.post(&format!("{rbac}/rolebindings"), &binding).await);
    }

    /// The file says this from now on.
    pub(crate) fn trust(&self, entries: &[Value]) {
        self.write(&document(entries));
    }

    /// The file has this text from now on.
    pub(crate) fn write(&self, text: &str) {
        std::fs::write(&self.file, text).expect("the file can be written");
    }

    /// `method path` with a token and no certificate.
    pub(crate) async fn with_token(&self, token: &str, method: Method, path: &str, body: &Value) -> Answer {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("authorization", format!("Bearer {token}"))
            .header("content-type", "application/json")
            .body(Bytes::from(body.to_string()))
            .expect("a request");
        self.purser.nobody().send(request).await
    }

    /// What a token gets when it asks for the Secret.
    pub(crate) async fn status(&self, token: &str) -> StatusCode {
        self.with_token(token, Method::GET, SECRET, &Value::Null)
            .await
            .status
    }

    /// Waits until a token gets `wanted`.
    pub(crate) async fn wait_for(&self, token: &str, wanted: u16) {
        let began = Instant::now();
        loop {
            let status = self.status(token).await;
            if status == wanted {
                return;
            }
            assert!(
                began.elapsed() < PATIENCE,
                "still {status}, not {wanted}:\n{}",
                self.purser.log()
            );
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Begins a watch of the Secret; ends when the server ends it.
    pub(crate) fn watch(&self, token: &str) -> tokio::task::JoinHandle<Duration> {
        let path =
            "/api/v1/namespaces/default/secrets?watch=1&fieldSelector=metadata.name%3Ddb&timeoutSeconds=120";
        let request = Request::builder()
            .uri(path)
            .header("authorization", format!("Bearer {token}"))
            .body(Bytes::new())
            .expect("a request");
        let client = self.purser.nobody();
        tokio::spawn(async move {
            let began = Instant::now();
            let answer = tokio::time::timeout(Duration::from_secs(60), client.try_send(request)).await;
            let answer = answer.expect("the watch ends").expect("it is answered");
            assert_eq!(answer.status, 200, "{}", answer.text());
            began.elapsed()
        })
    }
}

/// A file that trusts these issuers.
fn document(entries: &[Value]) -> String {
    let document = json!({
        "apiVersion": "apiserver.config.k8s.io/v1",
        "kind": "AuthenticationConfiguration",
        "jwt": entries,
    });
    document.to_string()
}

/// An issuer with a key for ES256, a server that trusts it and knows its keys, and a token that holds.
pub(crate) async fn signed_in() -> (World, Issuer, Key, String) {
    let key = Key::ec("key-1");
    let issuer = Issuer::start(&[&key]).await;
    let world = World::start(&[issuer.entry()]).await;
    let token = key.token(&issuer.claims(&json!({})));
    world.wait_for(&token, 200).await;
    (world, issuer, key, token)
}
