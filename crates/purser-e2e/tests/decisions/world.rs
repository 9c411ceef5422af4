//! A server with a webhook among those who decide.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use purser_e2e::{Answer, Client, Purser, Starting};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::webhook::Webhook;

pub(crate) const SECRETS: &str = "/api/v1/namespaces/default/secrets";
pub(crate) const SECRET: &str = "/api/v1/namespaces/default/secrets/db";
/// How long a change of a file may take until it shows.
const PATIENCE: Duration = Duration::from_secs(20);

/// The server, and the file that says who decides.
pub(crate) struct World {
    pub(crate) purser: Purser,
    pub(crate) webhook: Webhook,
    file: PathBuf,
    pub(crate) folder: TempDir,
    /// One certificate a user: with another, a question is another.
    users: Mutex<BTreeMap<String, Client>>,
}

/// RBAC as an entry of the file.
pub(crate) fn rbac() -> Value {
    json!({"type": "RBAC", "name": "rbac"})
}

impl World {
    /// A server whose list `entries` makes of the webhook's settings. `john` may get the Secret by RBAC, `jane` not.
    pub(crate) async fn start(webhook: Webhook, entries: impl Fn(Value) -> Vec<Value>) -> Self {
        let folder = tempfile::tempdir().expect("a temporary directory");
        let file = folder.path().join("authorization.yaml");
        let kubeconfig = webhook.kubeconfig(folder.path());
        std::fs::write(&file, document(&entries(entry(&kubeconfig)))).expect("the file can be written");
        let purser = Starting::default()
            .argument("--authorization-config")
            .argument(file.to_str().expect("a path in UTF-8"))
            .start()
            .await;
        let world = Self {
            purser,
            webhook,
            file,
            folder,
            users: Mutex::default(),
        };
        world.prepare().await;
        world
    }

    async fn prepare(&self) {
        let admin = self.purser.admin();
        let created = |answer: Answer| assert_eq!(answer.status, 201, "{}", answer.text());
        let secret = json!({"metadata": {"name": "db"}, "stringData": {"password": "correct-horse"}});
        created(admin.post(SECRETS, &secret).await);
        let group = "rbac.authorization.k8s.io";
        let rbac = format!("/apis/{group}/v1/namespaces/default");
        let role = json!({
            "metadata": {"name": "reader"},
            "rules": [{"apiGroups": [""], "resources": ["secrets"], "verbs": ["get", "list", "watch"]}],
        });
        created(admin.post(&format!("{rbac}/roles"), &role).await);
        let binding = json!({
            "metadata": {"name": "reader"},
            "roleRef": {"apiGroup": group, "kind": "Role", "name": "reader"},
            "subjects": [{"apiGroup": group, "kind": "User", "name": "john"}],
        });
        created(admin.post(&format!("{rbac}/rolebindings"), &binding).await);
    }

    pub(crate) fn user(&self, name: &str) -> Client {
        let mut users = self.users.lock().expect("nobody failed with it");
        let user = users.entry(name.to_owned());
        user.or_insert_with(|| self.purser.user(name, &["devs"])).clone()
    }

    /// What a user gets when it asks for the Secret.
    pub(crate) async fn asks(&self, user: &str) -> (u16, String) {
        let answer = self.user(user).get(SECRET).await;
        (answer.status.as_u16(), answer.text())
    }

    /// Waits until a user gets `wanted`.
    pub(crate) async fn wait_for(&self, user: &str, wanted: u16) {
        let began = Instant::now();
        loop {
            let (status, text) = self.asks(user).await;
            if status == wanted {
                return;
            }
            let log = self.purser.log();
            assert!(
                began.elapsed() < PATIENCE,
                "still {status}, not {wanted}: {text}\n{log}"
            );
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// The file has this text from now on.
    pub(crate) fn write(&self, text: &str) {
        std::fs::write(&self.file, text).expect("the file can be written");
    }

    /// The line of `/metrics` that begins so, without its beginning.
    pub(crate) async fn metric(&self, name: &str) -> Option<String> {
        let text = self.purser.admin().get("/metrics").await.text();
        text.lines()
            .find_map(|line| line.strip_prefix(name))
            .map(|value| value.trim().to_owned())
    }
}

/// The text of a file with these entries.
pub(crate) fn document(entries: &[Value]) -> String {
    json!({
        "apiVersion": "apiserver.config.k8s.io/v1",
        "kind": "AuthorizationConfiguration",
        "authorizers": entries,
    })
    .to_string()
}

/// The webhook as an entry of the file.
pub(crate) fn entry(kubeconfig: &std::path::Path) -> Value {
    json!({
        "type": "Webhook",
        "name": "gate",
        "webhook": {
            "timeout": "3s",
            "authorizedTTL": "1s",
            "unauthorizedTTL": "1s",
            "subjectAccessReviewVersion": "v1",
            "failurePolicy": "Deny",
            "connectionInfo": {"type": "KubeConfigFile", "kubeConfigFile": kubeconfig},
        },
    })
}

/// `entry` with these settings of the webhook besides or instead.
pub(crate) fn with(mut entry: Value, changes: &Value) -> Value {
    for (name, value) in changes.as_object().expect("changes are an object") {
        entry["webhook"][name] = value.clone();
    }
    entry
}
