//! Secrets that keep tokens which never expire: filled, taken, and gone with their accounts.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::harness::{Answer, Client};
use crate::tokens::{ACCOUNTS, RBAC, SECRETS, account, ends_with, get, machines, until};

const TYPE: &str = "kubernetes.io/service-account-token";
const MERGE: (&str, &str) = ("content-type", "application/merge-patch+json");

pub(crate) async fn make(client: &mut Client, name: &str, account: &str) -> Answer {
    let secret = json!({"apiVersion": "v1", "kind": "Secret", "type": TYPE, "metadata": {"name": name,
        "annotations": {"kubernetes.io/service-account.name": account}}});
    client.post(SECRETS, &secret.to_string()).await
}

/// The Secret once it has a token other than `before`, and the token.
pub(crate) async fn filled(admin: &mut Client, name: &str, before: &str) -> (Value, String) {
    for _ in 0..200 {
        let secret = admin.get(&format!("{SECRETS}/{name}")).await.json();
        let token = secret["data"]["token"].as_str().map(|token| {
            let token = STANDARD.decode(token).unwrap();
            String::from_utf8(token).unwrap()
        });
        if let Some(token) = token.filter(|token| token != before) {
            return (secret, token);
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("{name} is not filled");
}

/// Waits until the administrator is answered so.
async fn answered(admin: &mut Client, path: &str, code: u16) -> Answer {
    let mut answer = admin.get(path).await;
    for _ in 0..200 {
        if answer.code == code {
            return answer;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
        answer = admin.get(path).await;
    }
    panic!("{path}: {} and not {code}", answer.code);
}

async fn patch(admin: &mut Client, name: &str, patch: &Value) {
    let path = format!("{SECRETS}/{name}");
    let answer = admin.ask("PATCH", &path, &[MERGE], patch.to_string()).await;
    assert_eq!(answer.code, 200, "{}", answer.text());
}

#[tokio::test]
async fn a_secret_for_a_token_is_filled_with_a_warning_and_counted() {
    let (_live, mut admin, mut machine) = machines().await;
    let made = make(&mut admin, "forever", "bot").await;
    assert_eq!(made.code, 201, "{}", made.text());
    assert_eq!(
        made.headers["warning"],
        "299 - \"the token that this Secret is for never expires: use one that does, from the subresource token of \
         the ServiceAccount (kubectl create token)\""
    );
    let (secret, token) = filled(&mut admin, "forever", "").await;
    let uid = admin.get(&format!("{ACCOUNTS}/bot")).await.json()["metadata"]["uid"].clone();
    assert_eq!(
        secret["metadata"]["annotations"]["kubernetes.io/service-account.uid"],
        uid
    );
    assert_eq!(secret["data"]["namespace"], STANDARD.encode("default"));
    let managers = secret["metadata"]["managedFields"].as_array().unwrap();
    let filled = managers
        .iter()
        .find(|entry| entry["manager"] == "kube-controller-manager");
    assert!(filled.is_some(), "{managers:?}");
    until(&mut machine, &token, SECRETS, 200).await;
    // The day of its use is written on it.
    let mut used = Value::Null;
    for _ in 0..200 {
        let secret = admin.get(&format!("{SECRETS}/forever")).await.json();
        used = secret["metadata"]["labels"]["kubernetes.io/legacy-token-last-used"].clone();
        if used.is_string() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(used.as_str().map(str::len), Some("2006-01-02".len()), "{used}");
    let metrics = admin.get("/metrics").await;
    assert!(
        metrics.text().contains("\npurser_long_lived_token_secrets 1\n"),
        "{}",
        metrics.text()
    );
}

#[tokio::test]
async fn a_token_that_a_secret_keeps_ends_with_the_secret_and_open_watches_with_it() {
    let (_live, mut admin, mut machine) = machines().await;
    assert_eq!(make(&mut admin, "forever", "bot").await.code, 201);
    let (_, token) = filled(&mut admin, "forever", "").await;
    let forever = format!("{SECRETS}/forever");
    ends_with(&mut admin, &mut machine, &token, &forever).await;
}

#[tokio::test]
async fn a_secret_for_a_token_goes_with_its_account() {
    let (_live, mut admin, mut machine) = machines().await;
    assert_eq!(make(&mut admin, "nobodys", "nobody").await.code, 201);
    answered(&mut admin, &format!("{SECRETS}/nobodys"), 404).await;
    assert_eq!(make(&mut admin, "forever", "bot").await.code, 201);
    let (_, token) = filled(&mut admin, "forever", "").await;
    until(&mut machine, &token, SECRETS, 200).await;
    let bot = format!("{ACCOUNTS}/bot");
    assert_eq!(admin.ask("DELETE", &bot, &[], "").await.code, 200);
    until(&mut machine, &token, SECRETS, 401).await;
    answered(&mut admin, &format!("{SECRETS}/forever"), 404).await;
    // Nor does it come back for another account of the same name.
    account(&mut admin).await;
    let kept = json!({"apiVersion": "v1", "kind": "Secret", "type": TYPE,
        "data": {"token": STANDARD.encode(&token)}, "metadata": {"name": "forever",
        "annotations": {"kubernetes.io/service-account.name": "bot"}}});
    assert_eq!(admin.post(SECRETS, &kept.to_string()).await.code, 201);
    assert_eq!(get(&mut machine, &token, SECRETS).await.code, 401);
}

#[tokio::test]
async fn a_kept_token_that_is_marked_or_replaced_is_refused() {
    let (_live, mut admin, mut machine) = machines().await;
    assert_eq!(make(&mut admin, "forever", "bot").await.code, 201);
    let (_, token) = filled(&mut admin, "forever", "").await;
    until(&mut machine, &token, SECRETS, 200).await;
    let mark =
        |value: Value| json!({"metadata": {"labels": {"kubernetes.io/legacy-token-invalid-since": value}}});
    patch(&mut admin, "forever", &mark(json!("2026-11-24"))).await;
    until(&mut machine, &token, SECRETS, 401).await;
    patch(&mut admin, "forever", &mark(Value::Null)).await;
    until(&mut machine, &token, SECRETS, 200).await;
    patch(&mut admin, "forever", &json!({"data": {"token": "AAAA"}})).await;
    until(&mut machine, &token, SECRETS, 401).await;
    // The same text is the same token, who ever puts it there.
    patch(
        &mut admin,
        "forever",
        &json!({"data": {"token": STANDARD.encode(&token)}}),
    )
    .await;
    until(&mut machine, &token, SECRETS, 200).await;
    patch(&mut admin, "forever", &json!({"data": {"token": null}})).await;
    until(&mut machine, &token, SECRETS, 401).await;
}

#[tokio::test]
async fn a_token_of_before_warns_when_its_account_names_its_secret_and_is_forgotten_with_it() {
    let (_live, mut admin, mut machine) = machines().await;
    let names = json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "old"},
        "secrets": [{"name": "old-token-x"}, {"name": "other"}]});
    assert_eq!(admin.post(ACCOUNTS, &names.to_string()).await.code, 201);
    assert_eq!(make(&mut admin, "old-token-x", "old").await.code, 201);
    let (_, token) = filled(&mut admin, "old-token-x", "").await;
    until(&mut machine, &token, "/version", 200).await;
    let answer = get(&mut machine, &token, "/version").await;
    assert_eq!(
        answer.headers["warning"],
        "299 - \"Use tokens from the TokenRequest API or manually created secret-based tokens instead of \
         auto-generated secret-based tokens.\""
    );
    let secret = format!("{SECRETS}/old-token-x");
    assert_eq!(admin.ask("DELETE", &secret, &[], "").await.code, 200);
    let mut left = Value::Null;
    for _ in 0..200 {
        left = admin.get(&format!("{ACCOUNTS}/old")).await.json()["secrets"].clone();
        if left == json!([{"name": "other"}]) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(left, json!([{"name": "other"}]));
}

#[tokio::test]
async fn a_secret_for_a_token_takes_the_right_to_tokens_of_its_account() {
    let (live, mut admin, _machine) = machines().await;
    let mut jane = live.client(Some(live.ca.client("jane", "devs"))).await;
    let rights = |name: &str, rule: Value| {
        let role = json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole",
            "metadata": {"name": name}, "rules": [rule]});
        let binding = json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding",
            "metadata": {"name": name}, "roleRef": {"kind": "ClusterRole", "name": name},
            "subjects": [{"kind": "User", "name": "jane"}]});
        [("clusterroles", role), ("clusterrolebindings", binding)]
    };
    let write = json!({"apiGroups": [""], "resources": ["secrets"], "verbs": ["get", "create", "patch"]});
    for (kind, body) in rights("write", write) {
        assert_eq!(
            admin
                .post(&format!("{RBAC}/{kind}"), &body.to_string())
                .await
                .code,
            201
        );
    }
    admin.secret("plain", "v").await;
    answered(&mut jane, &format!("{SECRETS}/plain"), 200).await;
    let refused = make(&mut jane, "mine", "bot").await;
    assert_eq!(refused.code, 403, "{}", refused.text());
    assert_eq!(
        refused.message(),
        "secrets \"mine\" is forbidden: a Secret that is to keep a token of the ServiceAccount \"bot\" takes the \
         right to create serviceaccounts/token of it"
    );
    // Nor by turning that of another account into one.
    let token = json!({"apiGroups": [""], "resources": ["serviceaccounts/token"], "resourceNames": ["default"],
        "verbs": ["create"]});
    for (kind, body) in rights("default-tokens", token) {
        assert_eq!(
            admin
                .post(&format!("{RBAC}/{kind}"), &body.to_string())
                .await
                .code,
            201
        );
    }
    let mut made = make(&mut jane, "mine", "default").await;
    for _ in 0..200 {
        if made.code == 201 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
        made = make(&mut jane, "mine", "default").await;
    }
    assert_eq!(made.code, 201, "{}", made.text());
    let turned = json!({"metadata": {"annotations": {"kubernetes.io/service-account.name": "bot",
        "kubernetes.io/service-account.uid": null}}, "data": null});
    let path = format!("{SECRETS}/mine");
    let answer = jane.ask("PATCH", &path, &[MERGE], turned.to_string()).await;
    assert_eq!(answer.code, 403, "{}", answer.text());
    let labelled = json!({"metadata": {"labels": {"a": "b"}}});
    let answer = jane.ask("PATCH", &path, &[MERGE], labelled.to_string()).await;
    assert_eq!(answer.code, 200, "{}", answer.text());
}
