//! One who tries, step by step.

use std::time::Duration;

use serde_json::{Value, json};

use crate::harness::{Answer, Client, Live};

pub(super) const RBAC: &str = "/apis/rbac.authorization.k8s.io/v1";
/// Of nobody who tries.
pub(super) const VICTIM: &str = "/api/v1/namespaces/default/secrets/victim";
const VALUE: &str = "the-value-of-the-victim";
const ENCODED: &str = "dGhlLXZhbHVlLW9mLXRoZS12aWN0aW0=";
/// A path that is there for nobody but who holds the rules of the try: it says that they have arrived.
const ARRIVED: &str = "/arrived";

/// A way that somebody has thought of.
pub(super) struct Try {
    pub(super) what: &'static str,
    /// Where it is written about.
    pub(super) source: &'static str,
    /// What the user has in the whole cluster, as `rules` of a ClusterRole.
    pub(super) holds: Value,
    /// What the administrator has made before, `(path, object)`.
    pub(super) there: Vec<(String, Value)>,
    pub(super) steps: Vec<Step>,
}

/// One request of a try.
pub(super) struct Step {
    method: &'static str,
    path: String,
    headers: Vec<(&'static str, String)>,
    body: String,
    code: u16,
    /// Part of the answer.
    says: &'static str,
}

impl Step {
    pub(super) fn new(method: &'static str, path: impl Into<String>, code: u16, says: &'static str) -> Self {
        Self {
            method,
            path: path.into(),
            headers: Vec::new(),
            body: String::new(),
            code,
            says,
        }
    }

    pub(super) fn get(path: impl Into<String>, code: u16, says: &'static str) -> Self {
        Self::new("GET", path, code, says)
    }

    pub(super) fn post(path: impl Into<String>, body: &Value, code: u16, says: &'static str) -> Self {
        Self::new("POST", path, code, says).with("application/json", body)
    }

    pub(super) fn put(path: impl Into<String>, body: &Value, code: u16, says: &'static str) -> Self {
        Self::new("PUT", path, code, says).with("application/json", body)
    }

    pub(super) fn merge(path: impl Into<String>, body: &Value, code: u16, says: &'static str) -> Self {
        Self::new("PATCH", path, code, says).with("application/merge-patch+json", body)
    }

    pub(super) fn with(self, media_type: &str, body: &Value) -> Self {
        self.text(media_type, &body.to_string())
    }

    pub(super) fn text(mut self, media_type: &str, body: &str) -> Self {
        self.headers.push(("content-type", media_type.to_owned()));
        body.clone_into(&mut self.body);
        self
    }

    pub(super) fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }
}

/// A rule of the core group.
pub(super) fn core(verbs: &[&str], resources: &[&str]) -> Value {
    json!({"apiGroups": [""], "resources": resources, "verbs": verbs})
}

pub(super) fn named(mut rule: Value, names: &[&str]) -> Value {
    rule["resourceNames"] = json!(names);
    rule
}

pub(super) fn of_rbac(verbs: &[&str], resources: &[&str]) -> Value {
    json!({"apiGroups": ["rbac.authorization.k8s.io"], "resources": resources, "verbs": verbs})
}

pub(super) fn of_paths(paths: &[&str]) -> Value {
    json!({"nonResourceURLs": paths, "verbs": ["get"]})
}

/// All that is done with roles and bindings, without `bind` and `escalate`.
pub(super) fn manages() -> Value {
    let kinds = ["roles", "rolebindings", "clusterroles", "clusterrolebindings"];
    of_rbac(&["get", "list", "create", "update", "patch", "delete"], &kinds)
}

pub(super) fn role(kind: &str, name: &str, rules: &Value) -> Value {
    json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": kind, "metadata": {"name": name}, "rules": rules})
}

/// A binding of a role to one user.
pub(super) fn binding(kind: &str, name: &str, role: (&str, &str), user: &str) -> Value {
    json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": kind, "metadata": {"name": name},
        "subjects": [{"kind": "User", "name": user}], "roleRef": {"kind": role.0, "name": role.1}})
}

pub(super) fn cluster(plural: &str) -> String {
    format!("{RBAC}/{plural}")
}

pub(super) fn inside(plural: &str) -> String {
    format!("{RBAC}/namespaces/default/{plural}")
}

async fn make(admin: &mut Client, path: &str, object: &Value) {
    let made = admin.post(path, &object.to_string()).await;
    assert_eq!(made.code, 201, "{path}: {}", made.text());
}

/// Gives the rules of the try, and waits for them.
async fn give(admin: &mut Client, user: &str, holds: &Value, client: &mut Client) {
    let mut rules = holds.clone();
    rules.as_array_mut().unwrap().push(of_paths(&[ARRIVED]));
    let of_user = format!("of-{user}");
    make(
        admin,
        &cluster("clusterroles"),
        &role("ClusterRole", &of_user, &rules),
    )
    .await;
    let bound = binding("ClusterRoleBinding", &of_user, ("ClusterRole", &of_user), user);
    make(admin, &cluster("clusterrolebindings"), &bound).await;
    for _ in 0..250 {
        if client.get(ARRIVED).await.code == 404 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the rights of {user} do not arrive");
}

/// Asks again while what was just written is not known yet: a role that is not found, one that is not held.
async fn take(client: &mut Client, step: &Step, user: &str) -> Answer {
    let headers: Vec<(&str, &str)> = step
        .headers
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    let (path, body) = (step.path.replace("USER", user), step.body.replace("USER", user));
    let mut answer = client.ask(step.method, &path, &headers, body.clone()).await;
    for _ in 0..50 {
        if answer.code == step.code {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
        answer = client.ask(step.method, &path, &headers, body.clone()).await;
    }
    answer
}

/// What went otherwise than it should.
async fn attempt(live: &Live, admin: &mut Client, number: usize, tried: &Try) -> Vec<String> {
    let user = format!("mallory-{number}");
    let mut client = live.client(Some(live.ca.client(&user, "devs"))).await;
    for (path, object) in &tried.there {
        let object = object.to_string().replace("USER", &user);
        make(
            admin,
            &path.replace("USER", &user),
            &serde_json::from_str(&object).unwrap(),
        )
        .await;
    }
    give(admin, &user, &tried.holds, &mut client).await;
    let what = format!("{} ({})", tried.what, tried.source);
    let mut wrong = Vec::new();
    for step in &tried.steps {
        let answer = take(&mut client, step, &user).await;
        let text = String::from_utf8_lossy(&answer.body);
        let said = text
            .replace(&user, "USER")
            .replace("\\n", "\n")
            .replace("\\\"", "\"");
        let gives_away = said.contains(ENCODED) || said.contains(VALUE);
        if answer.code != step.code || !said.contains(step.says) || gives_away {
            wrong.push(format!(
                "{what}: {} {}: {} {said}",
                step.method, step.path, answer.code
            ));
        }
    }
    if client.get(VICTIM).await.code != 403 {
        wrong.push(format!("{what}: the Secret of nobody is read"));
    }
    wrong
}

pub(super) async fn attempt_all(tries: Vec<Try>) {
    let live = Live::start().await;
    let mut admin = live.admin().await;
    assert_eq!(admin.secret("victim", VALUE).await.code, 201);
    let mut wrong = Vec::new();
    for (number, tried) in tries.iter().enumerate() {
        wrong.extend(attempt(&live, &mut admin, number, tried).await);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}
