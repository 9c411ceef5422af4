//! Tokens of ServiceAccounts over the wire: issued, used, reviewed, and gone with what they are bound to.

use std::time::Duration;

use http_body_util::BodyExt as _;
use purser_server::Limits;
use serde_json::{Value, json};

use crate::harness::{Answer, Client, Live};

pub(crate) const ACCOUNTS: &str = "/api/v1/namespaces/default/serviceaccounts";
pub(crate) const SECRETS: &str = "/api/v1/namespaces/default/secrets";
const REVIEWS: &str = "/apis/authentication.k8s.io/v1/tokenreviews";
pub(crate) const RBAC: &str = "/apis/rbac.authorization.k8s.io/v1";
const ISSUER: &str = "https://kubernetes.default.svc";

/// A server, its administrator, the account `bot` that may do everything with Secrets, and a client without any
/// certificate.
pub(crate) async fn machines() -> (Live, Client, Client) {
    machines_of(Live::start().await).await
}

/// As [`machines`], with this server.
pub(crate) async fn machines_of(live: Live) -> (Live, Client, Client) {
    let mut admin = live.admin().await;
    account(&mut admin).await;
    let role = json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": "bots"},
        "rules": [{"apiGroups": [""], "resources": ["secrets"], "verbs": ["*"]}]});
    let binding = json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding",
        "metadata": {"name": "bots"}, "roleRef": {"kind": "ClusterRole", "name": "bots"},
        "subjects": [{"kind": "ServiceAccount", "name": "bot", "namespace": "default"}]});
    for (kind, body) in [("clusterroles", role), ("clusterrolebindings", binding)] {
        let made = admin.post(&format!("{RBAC}/{kind}"), &body.to_string()).await;
        assert_eq!(made.code, 201, "{}", made.text());
    }
    let machine = live.client(None).await;
    (live, admin, machine)
}

pub(crate) async fn account(admin: &mut Client) {
    let bot = json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "bot"}});
    let made = admin.post(ACCOUNTS, &bot.to_string()).await;
    assert_eq!(made.code, 201, "{}", made.text());
}

pub(crate) async fn ask_token(admin: &mut Client, spec: &Value) -> Answer {
    let request = json!({"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": spec});
    let path = format!("{ACCOUNTS}/bot/token");
    // Whatever was just made is issued for as soon as the watch cache has it.
    let mut answer = admin.post(&path, &request.to_string()).await;
    for _ in 0..100 {
        if answer.code != 404 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
        answer = admin.post(&path, &request.to_string()).await;
    }
    answer
}

pub(crate) async fn token(admin: &mut Client, spec: Value) -> String {
    let answer = ask_token(admin, &spec).await;
    assert_eq!(answer.code, 201, "{}", answer.text());
    answer.json()["status"]["token"].as_str().unwrap().to_owned()
}

pub(crate) async fn get(machine: &mut Client, token: &str, path: &str) -> Answer {
    machine
        .ask("GET", path, &[("authorization", &format!("Bearer {token}"))], "")
        .await
}

/// Asks until the answer has the code: what is deleted is gone once the watch cache knows it.
pub(crate) async fn until(machine: &mut Client, token: &str, path: &str, code: u16) {
    let mut answer = get(machine, token, path).await;
    for _ in 0..100 {
        if answer.code == code {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
        answer = get(machine, token, path).await;
    }
    panic!("{path}: {} and not {code}", answer.code);
}

pub(crate) async fn review(admin: &mut Client, spec: Value) -> Value {
    let request = json!({"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "spec": spec});
    let answer = admin.post(REVIEWS, &request.to_string()).await;
    assert_eq!(answer.code, 201, "{}", answer.text());
    answer.json()["status"].clone()
}

#[tokio::test]
async fn a_token_acts_as_its_account_until_the_account_is_deleted() {
    let (_live, mut admin, mut machine) = machines().await;
    let token = token(&mut admin, json!({})).await;
    until(&mut machine, &token, SECRETS, 200).await;
    let refused = get(&mut machine, &token, "/api/v1/namespaces/default/configmaps").await;
    assert_eq!(refused.code, 403);
    assert!(
        refused
            .message()
            .contains("User \"system:serviceaccount:default:bot\"")
    );
    let bot = format!("{ACCOUNTS}/bot");
    assert_eq!(admin.ask("DELETE", &bot, &[], "").await.code, 200);
    until(&mut machine, &token, SECRETS, 401).await;
    // Another account of the same name is another.
    account(&mut admin).await;
    let other = self::token(&mut admin, json!({})).await;
    until(&mut machine, &other, SECRETS, 200).await;
    assert_eq!(get(&mut machine, &token, SECRETS).await.code, 401);
}

#[tokio::test]
async fn a_connection_is_its_users_from_the_first_token_that_holds() {
    let limits = Limits {
        connections: 4,
        stranger_idle: Duration::from_millis(400),
        ..Limits::default()
    };
    let live = Live::with(limits).await;
    let mut admin = live.admin().await;
    account(&mut admin).await;
    let token = token(&mut admin, json!({})).await;
    let (mut known, mut stranger) = (live.client(None).await, live.client(None).await);
    let refused = |answer: Answer| answer.message().contains("serviceaccount:default:bot");
    assert!(refused(get(&mut known, &token, SECRETS).await));
    assert_eq!(get(&mut stranger, "nonsense", SECRETS).await.code, 401);
    tokio::time::sleep(Duration::from_millis(1500)).await;
    assert!(stranger.is_closed(), "a stranger's connection is not kept");
    // Strangers make room, and he is none.
    let mut strangers = Vec::new();
    for _ in 0..8 {
        strangers.push(tokio::net::TcpStream::connect(live.address).await.unwrap());
    }
    assert!(refused(get(&mut known, &token, SECRETS).await), "it stays");
}

#[tokio::test]
async fn a_watch_ends_soon_after_its_token_does() {
    let (_live, mut admin, mut machine) = machines().await;
    admin.secret("with", "v").await;
    let reference = json!({"apiVersion": "v1", "kind": "Secret", "name": "with"});
    let token = token(&mut admin, json!({"boundObjectRef": reference})).await;
    ends_with(&mut admin, &mut machine, &token, &format!("{SECRETS}/with")).await;
}

#[tokio::test]
async fn a_watch_ends_soon_after_the_account_of_its_token_is_deleted() {
    let (_live, mut admin, mut machine) = machines().await;
    let token = token(&mut admin, json!({})).await;
    ends_with(&mut admin, &mut machine, &token, &format!("{ACCOUNTS}/bot")).await;
}

/// A watch with this token ends within five seconds after the administrator deletes what is at `path`, and the token
/// does not hold any more.
pub(crate) async fn ends_with(admin: &mut Client, machine: &mut Client, token: &str, path: &str) {
    until(machine, token, SECRETS, 200).await;
    let header = format!("Bearer {token}");
    let watched = format!("{SECRETS}?watch=1");
    let watch = machine
        .open("GET", &watched, &[("authorization", &header)], "")
        .await;
    assert_eq!(watch.status(), 200);
    assert_eq!(admin.ask("DELETE", path, &[], "").await.code, 200);
    let ended = tokio::time::timeout(Duration::from_secs(5), watch.into_body().collect()).await;
    assert!(ended.is_ok(), "the watch goes on");
    assert_eq!(get(machine, token, SECRETS).await.code, 401);
}

#[tokio::test]
async fn a_token_for_others_is_theirs_alone() {
    let (_live, mut admin, mut machine) = machines().await;
    let token = token(&mut admin, json!({"audiences": ["vault"]})).await;
    assert_eq!(get(&mut machine, &token, SECRETS).await.code, 401);
    let status = review(&mut admin, json!({"token": token})).await;
    assert_eq!(status["authenticated"], Value::Null);
    let status = review(&mut admin, json!({"token": token, "audiences": ["vault", "x"]})).await;
    assert_eq!(
        (&status["authenticated"], &status["audiences"]),
        (&json!(true), &json!(["vault"]))
    );
    assert_eq!(status["user"]["username"], "system:serviceaccount:default:bot");
}

#[tokio::test]
async fn a_token_lasts_no_longer_than_the_bound_and_says_so() {
    let (_live, mut admin, _machine) = machines().await;
    let answer = ask_token(&mut admin, &json!({"expirationSeconds": 90_000})).await;
    assert_eq!(answer.json()["spec"]["expirationSeconds"], 86_400);
    assert_eq!(
        answer.headers["warning"],
        "299 - \"requested expiration of 90000 seconds shortened to 86400 seconds\""
    );
}

#[tokio::test]
async fn a_dry_run_issues_no_token() {
    let (_live, mut admin, _machine) = machines().await;
    token(&mut admin, json!({})).await;
    let request = json!({"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest",
        "spec": {"audiences": ["vault"], "expirationSeconds": 90_000}});
    let path = format!("{ACCOUNTS}/bot/token?dryRun=All");
    let answer = admin.post(&path, &request.to_string()).await;
    assert_eq!(answer.code, 201, "{}", answer.text());
    let answer = answer.json();
    assert_eq!(answer["spec"]["expirationSeconds"], 86_400);
    assert!(answer["status"]["expirationTimestamp"].is_string());
    assert_eq!(answer["status"]["token"], "", "{answer}");
}

#[tokio::test]
async fn a_token_is_not_issued_for_an_account_that_was_there_before() {
    let (_live, mut admin, _machine) = machines().await;
    token(&mut admin, json!({})).await;
    let bot = format!("{ACCOUNTS}/bot");
    let uid = admin.get(&bot).await.json()["metadata"]["uid"].clone();
    let ask = |uid: &Value| {
        json!({"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "metadata": {"uid": uid}, "spec": {}})
            .to_string()
    };
    let path = format!("{bot}/token");
    assert_eq!(admin.post(&path, &ask(&uid)).await.code, 201);
    let refused = admin.post(&path, &ask(&json!("u-1"))).await;
    assert_eq!(refused.code, 409, "{}", refused.text());
    assert_eq!(
        refused.message(),
        format!(
            "Operation cannot be fulfilled on TokenRequest.authentication.k8s.io \"bot\": the UID in the token request \
             (u-1) does not match the UID of the service account ({})",
            uid.as_str().unwrap()
        )
    );
}

#[tokio::test]
async fn names_in_the_body_have_to_be_those_of_the_path() {
    let (_live, mut admin, _machine) = machines().await;
    let path = format!("{ACCOUNTS}/bot/token");
    for (field, value) in [("name", "boss"), ("namespace", "other")] {
        let request = json!({"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest",
            "metadata": {field: value}, "spec": {}});
        let answer = admin.post(&path, &request.to_string()).await;
        assert_eq!(answer.code, 422, "{}", answer.text());
        let why = format!("must match the service account {field} if specified");
        assert!(answer.message().contains(&why), "{}", answer.message());
    }
}

#[tokio::test]
async fn a_token_takes_the_right_to_its_account() {
    let (live, mut admin, _machine) = machines().await;
    let mut jane = live.client(Some(live.ca.client("jane", "devs"))).await;
    assert_eq!(ask_token(&mut jane, &json!({})).await.code, 403);
    let token = token(&mut admin, json!({})).await;
    let request =
        json!({"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "spec": {"token": token}});
    assert_eq!(jane.post(REVIEWS, &request.to_string()).await.code, 403);
    // What makes tokens makes no accounts.
    let bot = json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "boss"}});
    let answer = admin
        .post(&format!("{ACCOUNTS}/boss/token"), &bot.to_string())
        .await;
    assert_eq!(answer.code, 400, "{}", answer.text());
}

#[tokio::test]
async fn a_token_that_does_not_hold_is_a_401_whatever_is_wrong() {
    let (_live, mut admin, mut machine) = machines().await;
    let good = token(&mut admin, json!({})).await;
    let (signed, signature) = good.rsplit_once('.').unwrap();
    let long = "A".repeat(32 * 1024);
    for forged in [
        "nonsense".to_owned(),
        format!("{signed}."),
        format!("{signed}.{}", signature.chars().rev().collect::<String>()),
        format!("{signed}.{long}"),
    ] {
        for path in [SECRETS, "/version", "/nope"] {
            let answer = get(&mut machine, &forged, path).await;
            assert_eq!(answer.code, 401, "{path}");
            assert_eq!(answer.message(), "Unauthorized");
        }
    }
    let status = review(
        &mut admin,
        json!({"token": format!("{signed}.{}", "A".repeat(1 << 20))}),
    )
    .await;
    assert_eq!(status, json!({"user": {}, "error": "invalid bearer token"}));
}

#[tokio::test]
async fn accounts_are_told_how_tokens_are_verified_and_strangers_are_not() {
    let (_live, mut admin, mut machine) = machines().await;
    let token = token(&mut admin, json!({})).await;
    for (path, media_type) in [
        ("/.well-known/openid-configuration", "application/json"),
        ("/openid/v1/jwks", "application/jwk-set+json"),
    ] {
        assert_eq!(machine.get(path).await.code, 403);
        let answer = get(&mut machine, &token, path).await;
        assert_eq!(answer.code, 200, "{}", answer.text());
        assert_eq!(answer.headers["content-type"], media_type);
        assert_eq!(answer.headers["cache-control"], "public, max-age=3600");
        assert_eq!(admin.post(path, "").await.code, 405);
    }
    let configuration = get(&mut machine, &token, "/.well-known/openid-configuration")
        .await
        .json();
    assert_eq!(configuration["issuer"], ISSUER);
    assert_eq!(configuration["jwks_uri"], "https://127.0.0.1:6443/openid/v1/jwks");
}
