//! Acting as somebody else.

use std::sync::Arc;
use std::time::Duration;

use http_body_util::BodyExt as _;
use purser_audit::{Audit, LogSink, SinkOptions};
use purser_server::Limits;
use serde_json::{Value, json};

use crate::harness::{Answer, Client, Live};
use crate::rights::{give, people, rule, until};

const SECRETS: &str = "/api/v1/namespaces/default/secrets";
const WHO: &str = "/apis/authentication.k8s.io/v1/selfsubjectreviews";
const JSON: (&str, &str) = ("content-type", "application/json");

/// Who the server takes the caller for.
async fn who(client: &mut Client, headers: &[(&str, &str)]) -> Answer {
    let review = r#"{"apiVersion":"authentication.k8s.io/v1","kind":"SelfSubjectReview"}"#;
    client
        .ask("POST", WHO, &[&[JSON], headers].concat(), review)
        .await
}

fn info(answer: &Answer) -> Value {
    answer.json()["status"]["userInfo"].clone()
}

#[tokio::test]
async fn the_rights_of_who_is_impersonated_alone_decide() {
    let (_live, mut admin, mut jane) = people().await;
    admin.secret("a", "v").await;
    let one = format!("{SECRETS}/a");
    let reading = rule(&["get"], &["secrets"]);
    give(&mut admin, "jane", &[reading, rule(&["impersonate"], &["users"])]).await;
    until(&mut jane, &one, 200).await;
    let as_bob = [("impersonate-user", "bob")];
    let refused = jane.ask("GET", &one, &as_bob, "").await;
    assert_eq!(refused.code, 403);
    assert!(
        refused
            .message()
            .contains("User \"bob\" cannot get resource \"secrets\""),
        "{}",
        refused.text()
    );
    // Nothing of jane is left.
    let expected = json!({"username": "bob", "groups": ["system:authenticated"]});
    assert_eq!(info(&who(&mut jane, &as_bob).await), expected);
    // Who is impersonated may be given rights that who impersonates has not.
    assert_eq!(jane.get(SECRETS).await.code, 403);
    let as_admin = [
        ("impersonate-user", "jane"),
        ("impersonate-group", "system:masters"),
    ];
    assert_eq!(admin.ask("GET", SECRETS, &as_admin, "").await.code, 200);
}

#[tokio::test]
async fn the_right_to_users_gains_no_group_not_even_as_oneself() {
    let (_live, mut admin, mut jane) = people().await;
    give(&mut admin, "users", &[rule(&["impersonate"], &["users"])]).await;
    for _ in 0..100 {
        if who(&mut jane, &[("impersonate-user", "bob")]).await.code == 201 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let masters = ("impersonate-group", "system:masters");
    for user in ["bob", "jane", "kubernetes-admin"] {
        let name = ("impersonate-user", user);
        let tries: [Vec<(&str, &str)>; 6] = [
            vec![name, masters],
            vec![name, ("impersonate-group", "devs"), masters],
            vec![name, ("Impersonate-Group", "system:masters")],
            vec![name, ("impersonate-uid", "1")],
            vec![name, ("impersonate-extra-scopes", "all")],
            vec![name, ("impersonate-extra-%73copes", "all")],
        ];
        for headers in tries {
            let refused = who(&mut jane, &headers).await;
            assert_eq!(refused.code, 403, "{headers:?}");
            assert!(
                refused
                    .message()
                    .contains("User \"jane\" cannot impersonate-on:user-info:create")
            );
        }
    }
    let account = [("impersonate-user", "system:serviceaccount:kube-system:default")];
    assert_eq!(who(&mut jane, &account).await.code, 403, "accounts are no users");
}

#[tokio::test]
async fn who_is_impersonated_is_named_once() {
    let (live, mut admin, _jane) = people().await;
    let mut second = live.admin_second().await;
    for client in [&mut admin, &mut second] {
        for headers in [
            vec![("impersonate-user", "jane"), ("impersonate-user", "admin")],
            vec![("impersonate-user", ""), ("impersonate-user", "admin")],
            vec![
                ("impersonate-user", "jane"),
                ("impersonate-uid", "1"),
                ("impersonate-uid", "2"),
            ],
            vec![("impersonate-user", "")],
            vec![("impersonate-group", "devs")],
            vec![("impersonate-extra-a", "devs")],
        ] {
            assert_eq!(
                client.ask("GET", SECRETS, &headers, "").await.code,
                400,
                "{headers:?}"
            );
        }
        let whole = who(
            client,
            &[
                ("impersonate-user", "jane"),
                ("impersonate-group", "devs"),
                ("impersonate-group", "ops"),
                ("impersonate-uid", "7"),
                ("impersonate-extra-acme.io%2fproject", "pay"),
                ("impersonate-extra-acme.io%2fproject", "shop"),
            ],
        )
        .await;
        let expected = json!({"username": "jane", "uid": "7",
            "groups": ["devs", "ops", "system:authenticated"], "extra": {"acme.io/project": ["pay", "shop"]}});
        assert_eq!(info(&whole), expected);
    }
}

#[tokio::test]
async fn a_constrained_right_reaches_one_deed() {
    let (_live, mut admin, mut jane) = people().await;
    let who_rule = json!({"apiGroups": ["authentication.k8s.io"], "resources": ["users"],
        "verbs": ["impersonate:user-info"], "resourceNames": ["bob"]});
    let deed = rule(&["impersonate-on:user-info:get"], &["configmaps"]);
    give(&mut admin, "agent", &[who_rule, deed]).await;
    let config = "/api/v1/namespaces/default/configmaps";
    let as_bob = [("impersonate-user", "bob")];
    let mut refused = String::new();
    for _ in 0..100 {
        let one = format!("{config}/a");
        refused = jane.ask("GET", &one, &as_bob, "").await.message();
        if refused.contains("User \"bob\"") {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(
        refused.contains("User \"bob\" cannot get resource \"configmaps\""),
        "{refused}"
    );
    for path in [config.to_owned(), format!("{SECRETS}/a")] {
        let refused = jane.ask("GET", &path, &as_bob, "").await;
        assert!(
            refused
                .message()
                .contains("User \"jane\" cannot impersonate-on:user-info:")
        );
    }
}

#[tokio::test]
async fn a_watch_ends_soon_after_the_right_to_act_as_its_user() {
    let (_live, mut admin, mut jane) = people().await;
    admin.secret("a", "v").await;
    let agent = rule(&["impersonate"], &["users", "groups"]);
    give(&mut admin, "agent", &[agent]).await;
    let as_root = [
        ("impersonate-user", "root"),
        ("impersonate-group", "system:masters"),
    ];
    for _ in 0..100 {
        if jane.ask("GET", SECRETS, &as_root, "").await.code == 200 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let watch = jane
        .open("GET", &format!("{SECRETS}?watch=1"), &as_root, "")
        .await;
    let mut body = watch.into_body();
    assert!(body.frame().await.is_some(), "what is there comes first");
    let role = "/apis/rbac.authorization.k8s.io/v1/clusterroles/agent";
    assert_eq!(admin.ask("DELETE", role, &[], "").await.code, 200);
    let ended = tokio::time::timeout(Duration::from_secs(5), body.collect());
    ended.await.expect("it ends within five seconds").unwrap();
}

#[tokio::test]
async fn the_record_names_both() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("audit.log");
    let sink = Arc::new(LogSink::open(&path, SinkOptions::default()).unwrap());
    let audit = Audit::new(Some(Arc::clone(&sink)));
    let live = Live::with_audit(Limits::default(), Vec::new(), audit).await;
    let mut admin = live.admin().await;
    let headers = [("impersonate-user", "jane"), ("impersonate-group", "devs")];
    assert_eq!(admin.ask("GET", SECRETS, &headers, "").await.code, 403);
    sink.flush(Duration::from_secs(5)).await.unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    let events: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let of_stage = |stage: &str| events.iter().find(|event| event["stage"] == stage).unwrap();
    assert!(
        of_stage("RequestReceived")["impersonatedUser"].is_null(),
        "not decided yet"
    );
    let complete = of_stage("ResponseComplete");
    assert_eq!(complete["user"]["groups"][0], "system:masters");
    assert_eq!(
        complete["impersonatedUser"],
        json!({"username": "jane", "groups": ["devs", "system:authenticated"]})
    );
    assert_eq!(
        complete["authenticationMetadata"],
        json!({"impersonationConstraint": "impersonate:user-info"})
    );
    assert_eq!(complete["annotations"]["authorization.k8s.io/decision"], "forbid");
}
