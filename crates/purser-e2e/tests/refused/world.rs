//! A server with keys that the test has, and what it says and logs when somebody is refused.

use std::path::Path;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::Request;
use purser_e2e::{Answer, Client, Identity, Purser, Starting};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::keys::Key;

pub(crate) const SECRETS: &str = "/api/v1/namespaces/default/secrets";
/// How long a change may take until it shows.
const PATIENCE: Duration = Duration::from_secs(20);
/// All that anybody reads who is not let in.
pub(crate) const UNAUTHORIZED: &str = concat!(
    r#"{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"Unauthorized","#,
    r#""reason":"Unauthorized","code":401}"#,
    "\n"
);

/// The server, and what it was given.
pub(crate) struct World {
    pub(crate) purser: Purser,
    /// Signs tokens of ServiceAccounts: ES256.
    pub(crate) key: Key,
    /// Verifies them besides: RS256.
    pub(crate) other: Key,
    folder: TempDir,
}

impl World {
    /// A server that lets nobody in who is on this denial list.
    pub(crate) async fn start(denied: &str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary directory");
        let (key, other) = (Key::ec(), Key::rsa());
        let file = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).expect("a file can be written");
            restrict(&path);
            path.to_str().expect("a path in UTF-8").to_owned()
        };
        let purser = Starting::default()
            .argument("--service-account-signing-key-file")
            .argument(&file("sa.key", &key.private()))
            .argument("--service-account-key-file")
            .argument(&file("other.key", &other.public()))
            .argument("--denial-file")
            .argument(&file("denied", denied))
            .argument("--audit-log-path")
            .argument(&file("audit", ""))
            .start()
            .await;
        Self {
            purser,
            key,
            other,
            folder,
        }
    }

    /// The uid of the ServiceAccount `default/bot`, which is there from now on and may do everything.
    pub(crate) async fn bot(&self) -> String {
        let admin = self.purser.admin();
        let account = json!({"metadata": {"name": "bot"}});
        let made = admin
            .post("/api/v1/namespaces/default/serviceaccounts", &account)
            .await;
        assert_eq!(made.status, 201, "{}", made.text());
        let binding = json!({
            "metadata": {"name": "bot"},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"},
            "subjects": [{"kind": "ServiceAccount", "name": "bot", "namespace": "default"}],
        });
        let bound = admin
            .post("/apis/rbac.authorization.k8s.io/v1/clusterrolebindings", &binding)
            .await;
        assert_eq!(bound.status, 201, "{}", bound.text());
        made.json()["metadata"]["uid"].as_str().expect("a uid").to_owned()
    }

    /// What a token gets.
    pub(crate) async fn with_token(&self, token: &str) -> Answer {
        self.purser.nobody().send(asking(token)).await
    }

    /// What a certificate gets.
    pub(crate) async fn with_certificate(&self, identity: Identity) -> Answer {
        let kubeconfig = self.purser.kubeconfig();
        Client::new(kubeconfig.address(), &kubeconfig.ca, Some(identity))
            .get(SECRETS)
            .await
    }

    /// The denial list from now on; waits until this one is not let in any more.
    pub(crate) async fn deny(&self, denied: &str, identity: &Identity) {
        std::fs::write(self.folder.path().join("denied"), denied).expect("a file can be written");
        let began = Instant::now();
        while self.with_certificate(identity.clone()).await.status != 401 {
            assert!(
                began.elapsed() < PATIENCE,
                "it is still let in:\n{}",
                self.purser.log()
            );
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Waits until a token is let in: what is made is there once the caches know it.
    pub(crate) async fn until_let_in(&self, token: &str) {
        let began = Instant::now();
        while self.with_token(token).await.status != 200 {
            assert!(
                began.elapsed() < PATIENCE,
                "it is not let in:\n{}",
                self.purser.log()
            );
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// How many lines are logged by now.
    pub(crate) fn lines(&self) -> usize {
        self.purser.log().lines().count()
    }

    /// Why somebody was refused since there were so many lines.
    pub(crate) fn reasons_since(&self, lines: usize) -> Vec<String> {
        let log = self.purser.log();
        let entries = log
            .lines()
            .skip(lines)
            .filter_map(|line| serde_json::from_str::<Value>(line).ok());
        entries
            .filter(|entry| entry["message"] == "what a request presented does not hold")
            .map(|entry| entry["error"].as_str().unwrap_or_default().to_owned())
            .collect()
    }

    /// All that was written down: log and audit log.
    pub(crate) fn written(&self) -> String {
        let audit = std::fs::read_to_string(self.folder.path().join("audit")).expect("an audit log");
        self.purser.log() + &audit
    }
}

/// A request with a token.
pub(crate) fn asking(token: &str) -> Request<Bytes> {
    let request = Request::get(SECRETS).header("authorization", format!("Bearer {token}"));
    request.body(Bytes::new()).expect("a request")
}

/// For the eyes of the owner alone, as the server wants it of private keys.
fn restrict(path: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).expect("a mode can be set");
}

/// Asserts that the answer is the one that tells nothing, and that the log has just this reason.
pub(crate) fn assert_refused(what: &str, answer: &Answer, reasons: &[String], reason: &str) {
    assert_eq!(answer.status, 401, "{what}: {}", answer.text());
    assert_eq!(answer.text(), UNAUTHORIZED, "{what}");
    assert!(
        reasons.len() == 1 && reasons[0].contains(reason),
        "{what}: the log has {reasons:?} and not {reason:?}"
    );
}
