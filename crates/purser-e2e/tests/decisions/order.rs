//! The first of the list that allows or forbids is heard.

use serde_json::json;

use crate::webhook::{Does, Webhook};
use crate::world::{SECRET, World, rbac};

#[tokio::test(flavor = "multi_thread")]
async fn before_rbac_a_webhook_allows_forbids_or_leaves_it() {
    let webhook = Webhook::start(|_| Does::has_no_opinion()).await;
    let world = World::start(webhook, |entry| vec![entry, rbac()]).await;
    // Without an opinion of the webhook it is as RBAC has it.
    assert_eq!(world.asks("john").await.0, 200);
    let (status, text) = world.asks("jane").await;
    assert_eq!(status, 403, "{text}");
    let asked = world.webhook.asked_by("jane");
    assert_eq!(asked[0]["spec"]["resourceAttributes"]["verb"], "get");

    world.webhook.decide(|spec| match spec["user"].as_str() {
        Some("jane") => Does::allows(),
        _ => Does::denies(),
    });
    world.wait_for("jane", 200).await;
    world.wait_for("john", 403).await;
    let (_, text) = world.asks("john").await;
    assert!(
        text.contains("cannot get resource \\\"secrets\\\" in API group \\\"\\\" in the namespace \\\"default\\\": the webhook forbids it"),
        "{text}"
    );
    // system:masters is asked of nobody.
    assert_eq!(world.purser.admin().get(SECRET).await.status, 200);
    assert!(world.webhook.asked_by("kubernetes-admin").is_empty());
    // Health is for everybody.
    assert_eq!(world.user("john").get("/readyz").await.status, 200);
    let allowed = world.metric(
        "apiserver_authorization_decisions_total{type=\"Webhook\",name=\"gate\",decision=\"allowed\"}",
    );
    assert!(allowed.await.is_some_and(|count| count != "0"));
    let denied = world.metric(
        "apiserver_authorization_decisions_total{type=\"Webhook\",name=\"gate\",decision=\"denied\"}",
    );
    assert!(denied.await.is_some_and(|count| count != "0"));
}

#[tokio::test(flavor = "multi_thread")]
async fn after_rbac_a_webhook_is_asked_of_what_roles_do_not_allow() {
    let webhook = Webhook::start(|_| Does::denies()).await;
    let world = World::start(webhook, |entry| vec![rbac(), entry]).await;
    assert_eq!(world.asks("john").await.0, 200, "what RBAC allows is settled");
    assert!(world.webhook.asked_by("john").is_empty());
    assert_eq!(world.asks("jane").await.0, 403);
    world.webhook.decide(|_| Does::allows());
    world.wait_for("jane", 200).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn values_are_for_who_may_get_them_by_whoever_decides() {
    let webhook = Webhook::start(|spec| match spec["resourceAttributes"]["verb"].as_str() {
        Some("patch" | "impersonate") => Does::allows(),
        _ => Does::has_no_opinion(),
    })
    .await;
    let world = World::start(webhook, |entry| vec![entry, rbac()]).await;
    let patch = |user: &'static str| {
        let client = world.user(user);
        async move {
            let media = "application/merge-patch+json";
            let body = json!({"metadata": {"labels": {"a": user}}}).to_string();
            let answer = client.body(http::Method::PATCH, SECRET, media, body).await;
            assert_eq!(answer.status, 200, "{}", answer.text());
            answer.json()
        }
    };
    assert!(patch("john").await["data"]["password"].is_string());
    assert!(patch("jane").await.get("data").is_none());
    // The right to be somebody else is asked of the webhook, too.
    let request = http::Request::builder()
        .uri(SECRET)
        .header("impersonate-user", "john")
        .body(bytes::Bytes::new())
        .unwrap();
    let answer = world.user("jane").send(request).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let verbs: Vec<_> = world
        .webhook
        .asked_by("jane")
        .iter()
        .map(|review| review["spec"]["resourceAttributes"]["verb"].clone())
        .collect();
    assert!(verbs.contains(&json!("impersonate")), "{verbs:?}");
}
