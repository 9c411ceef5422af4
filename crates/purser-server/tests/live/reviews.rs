//! Questions: what somebody may do, and who the caller is.

use serde_json::{Value, json};

use crate::harness::{Answer, Client};
use crate::rights::{give, people, rule, until};

const GROUP: &str = "/apis/authorization.k8s.io/v1";
const SECRETS: &str = "/api/v1/namespaces/default/secrets";

async fn ask(client: &mut Client, kind: &str, place: &str, spec: Value) -> Answer {
    let review = json!({"apiVersion": "authorization.k8s.io/v1", "kind": kind, "spec": spec});
    client.post(&format!("{GROUP}{place}"), &review.to_string()).await
}

fn reading(verb: &str) -> Value {
    json!({"resourceAttributes": {"namespace": "default", "verb": verb, "resource": "secrets"}})
}

#[tokio::test]
async fn everybody_asks_about_themselves_and_nobody_about_others() {
    let (_live, mut admin, mut jane) = people().await;
    give(&mut admin, "reading", &[rule(&["get"], &["secrets"])]).await;
    until(&mut jane, &format!("{SECRETS}/none"), 404).await;
    for (verb, allowed) in [("get", true), ("list", false), ("*", false)] {
        let own = ask(
            &mut jane,
            "SelfSubjectAccessReview",
            "/selfsubjectaccessreviews",
            reading(verb),
        )
        .await;
        assert_eq!(own.code, 201, "{}", own.text());
        assert_eq!(own.json()["status"]["allowed"], allowed, "{verb}");
    }
    let mut of_jane = reading("get");
    of_jane["user"] = json!("jane");
    let refused = ask(
        &mut jane,
        "SubjectAccessReview",
        "/subjectaccessreviews",
        of_jane.clone(),
    )
    .await;
    assert_eq!(refused.code, 403);
    assert!(
        refused
            .message()
            .contains("cannot create resource \"subjectaccessreviews\"")
    );
    let local = "/namespaces/default/localsubjectaccessreviews";
    assert_eq!(
        ask(&mut jane, "LocalSubjectAccessReview", local, of_jane.clone())
            .await
            .code,
        403
    );
    let answered = ask(
        &mut admin,
        "SubjectAccessReview",
        "/subjectaccessreviews",
        of_jane,
    )
    .await;
    let status = &answered.json()["status"];
    assert_eq!(status["allowed"], true);
    assert_eq!(
        status["reason"],
        "RBAC: allowed by ClusterRoleBinding \"reading\" of ClusterRole \"reading\" to User \"jane\""
    );
    // Groups are those that the question names: the caller's and the user's real ones do not count.
    let masters =
        json!({"groups": ["system:masters"], "nonResourceAttributes": {"path": "/x", "verb": "get"}});
    let answered = ask(
        &mut admin,
        "SubjectAccessReview",
        "/subjectaccessreviews",
        masters,
    )
    .await;
    assert_eq!(answered.json()["status"], json!({"allowed": true}));
}

#[tokio::test]
async fn a_question_is_answered_and_not_kept() {
    let (_live, mut admin, _jane) = people().await;
    let place = format!("{GROUP}/selfsubjectaccessreviews");
    for (method, path, code) in [
        ("GET", place.clone(), 405),
        ("DELETE", place.clone(), 405),
        ("GET", format!("{place}/a"), 404),
        ("PATCH", format!("{place}/a"), 404),
        ("POST", format!("{GROUP}/localsubjectaccessreviews"), 404),
    ] {
        assert_eq!(
            admin.ask(method, &path, &[], "").await.code,
            code,
            "{method} {path}"
        );
    }
    let review = json!({"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview",
        "spec": reading("get"), "nonsense": 1})
    .to_string();
    let dry = admin
        .post(&format!("{place}?dryRun=All&fieldManager=me"), &review)
        .await;
    assert_eq!(dry.code, 201);
    assert_eq!(dry.headers["warning"], "299 - \"unknown field \\\"nonsense\\\"\"");
    assert_eq!(dry.json()["metadata"]["managedFields"][0]["manager"], "me");
    assert_eq!(dry.json()["status"]["allowed"], true);
    let strict = admin
        .post(&format!("{place}?fieldValidation=Strict"), &review)
        .await;
    assert_eq!(strict.code, 400);
    // A namespace that is not there can be asked about.
    let spec = json!({"user": "jane", "resourceAttributes": {"namespace": "gone", "verb": "get", "resource": "secrets"}});
    let place = "/namespaces/gone/localsubjectaccessreviews";
    let answered = ask(&mut admin, "LocalSubjectAccessReview", place, spec).await;
    assert_eq!(
        (answered.code, &answered.json()["status"]),
        (201, &json!({"allowed": false}))
    );
}

#[tokio::test]
async fn selectors_that_are_not_understood_narrow_nothing() {
    let (_live, mut admin, _jane) = people().await;
    for (selectors, said) in [
        (
            json!({"fieldSelector": {"rawSelector": "metadata.name=a"}, "labelSelector": {"rawSelector": "a in (b)"}}),
            None,
        ),
        (
            json!({"fieldSelector": {"rawSelector": "a"}, "labelSelector": {"rawSelector": "a in b"}}),
            Some(
                "spec.resourceAttributes.fieldSelector ignored due to parse error; \
                 spec.resourceAttributes.labelSelector ignored due to parse error",
            ),
        ),
        (
            json!({"fieldSelector": {"requirements": [{"key": "a", "operator": "In", "values": ["b"]},
                {"key": "a", "operator": "Near", "values": ["b"]}]}}),
            Some("spec.resourceAttributes.fieldSelector partially ignored due to parse error"),
        ),
    ] {
        let mut spec = reading("list");
        for (name, selector) in selectors.as_object().unwrap() {
            spec["resourceAttributes"][name] = selector.clone();
        }
        let answered = ask(
            &mut admin,
            "SelfSubjectAccessReview",
            "/selfsubjectaccessreviews",
            spec,
        )
        .await;
        let status = answered.json()["status"].clone();
        assert_eq!(status["allowed"], true, "{}", answered.text());
        assert_eq!(status["evaluationError"].as_str(), said, "{selectors}");
    }
}

#[tokio::test]
async fn the_rules_of_the_caller_are_listed() {
    let (_live, mut admin, mut jane) = people().await;
    let mut named = rule(&["get"], &["secrets"]);
    named["resourceNames"] = json!(["a"]);
    give(&mut admin, "one", &[named.clone()]).await;
    until(&mut jane, &format!("{SECRETS}/a"), 404).await;
    let spec = json!({"namespace": "default"});
    let answered = ask(
        &mut jane,
        "SelfSubjectRulesReview",
        "/selfsubjectrulesreviews",
        spec,
    )
    .await;
    let answer = answered.json();
    assert_eq!((&answer["metadata"], &answer["spec"]), (&json!({}), &json!({})));
    assert_eq!(answer["status"]["resourceRules"][0], named);
    assert_eq!(answer["status"]["incomplete"], false);
}
