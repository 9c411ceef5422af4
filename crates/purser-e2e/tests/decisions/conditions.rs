//! When a webhook is asked at all.

use serde_json::json;

use crate::webhook::{Does, Webhook};
use crate::world::{World, rbac, with};

#[tokio::test(flavor = "multi_thread")]
async fn what_conditions_keep_from_a_webhook_is_decided_by_the_others() {
    let webhook = Webhook::start(|_| Does::denies()).await;
    let world = World::start(webhook, |entry| {
        let conditions = json!([
            {"expression": "has(request.resourceAttributes)"},
            {"expression": "request.resourceAttributes.resource == 'secrets' && !('ops' in request.groups)"},
        ]);
        let changes =
            json!({"matchConditions": conditions, "matchConditionSubjectAccessReviewVersion": "v1"});
        vec![with(entry, &changes), rbac()]
    })
    .await;
    assert_eq!(world.asks("john").await.0, 403);
    let john = world.purser.user("john", &["ops"]);
    assert_eq!(
        john.get(crate::world::SECRET).await.status,
        200,
        "not a question for the webhook"
    );
    assert_eq!(world.user("john").get("/metrics").await.status, 403);
    assert_eq!(world.webhook.asked_by("john").len(), 1);
    let excluded = "apiserver_authorization_match_condition_exclusions_total{type=\"Webhook\",name=\"gate\"}";
    assert_eq!(world.metric(excluded).await.as_deref(), Some("2"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_condition_that_cannot_be_evaluated_counts_as_no_answer() {
    let webhook = Webhook::start(|_| Does::allows()).await;
    let world = World::start(webhook, |entry| {
        let conditions = json!([{"expression": "request.resourceAttributes.name == 'db'"}]);
        let changes =
            json!({"matchConditions": conditions, "matchConditionSubjectAccessReviewVersion": "v1"});
        vec![with(entry, &changes), rbac()]
    })
    .await;
    assert_eq!(world.asks("jane").await.0, 200);
    // Paths have no such attributes.
    let answer = world.user("jane").get("/metrics").await;
    assert_eq!(answer.status, 500, "{}", answer.text());
    assert!(
        answer
            .text()
            .contains("its match conditions could not be evaluated"),
        "{}",
        answer.text()
    );
    let errors =
        "apiserver_authorization_match_condition_evaluation_errors_total{type=\"Webhook\",name=\"gate\"}";
    assert_eq!(world.metric(errors).await.as_deref(), Some("1"));
}
