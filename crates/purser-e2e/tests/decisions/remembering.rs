//! What a webhook said is remembered for a time, and asked once by many.

use std::time::Duration;

use bytes::Bytes;
use futures_util::future::join_all;
use http::Request;
use serde_json::json;

use crate::webhook::{Does, Webhook};
use crate::world::{SECRETS, World, rbac, with};

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_is_remembered_as_long_as_the_file_says() {
    let webhook = Webhook::start(|_| Does::allows()).await;
    let world = World::start(webhook, |entry| {
        let changes = json!({"authorizedTTL": "10m", "cacheUnauthorizedRequests": false});
        vec![with(entry, &changes), rbac()]
    })
    .await;
    for _ in 0..5 {
        assert_eq!(world.asks("jane").await.0, 200);
    }
    assert_eq!(world.webhook.asked_by("jane").len(), 1);
    world.webhook.decide(|_| Does::denies());
    assert_eq!(
        world.asks("jane").await.0,
        200,
        "a yes is a yes until its time is over"
    );
    for _ in 0..3 {
        assert_eq!(world.asks("eve").await.0, 403);
    }
    assert_eq!(world.webhook.asked_by("eve").len(), 3, "a no is not remembered");
    // Another question is another question.
    assert_eq!(world.user("jane").get(SECRETS).await.status, 403);
    let calls = "apiserver_authorization_webhook_evaluations_total{name=\"gate\",result=\"success\"}";
    let calls: usize = world.metric(calls).await.unwrap().parse().unwrap();
    let count = "apiserver_authorization_webhook_duration_seconds_count{name=\"gate\",result=\"success\"}";
    assert_eq!(world.metric(count).await.unwrap(), calls.to_string());
}

#[tokio::test(flavor = "multi_thread")]
async fn many_who_ask_the_same_wait_for_one_answer() {
    let slow = || Does::SaysAfter(Duration::from_millis(700), json!({"allowed": true}));
    let webhook = Webhook::start(move |_| slow()).await;
    let world = World::start(webhook, |entry| {
        let changes = json!({"cacheAuthorizedRequests": false});
        vec![with(entry, &changes), rbac()]
    })
    .await;
    let all = join_all((0..20).map(|_| world.asks("jane"))).await;
    assert!(all.iter().all(|(status, _)| *status == 200), "{all:?}");
    let asked = world.webhook.asked_by("jane").len();
    assert!(asked < 5, "asked {asked} times");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watch_ends_when_the_webhook_changes_its_mind() {
    let webhook = Webhook::start(|_| Does::allows()).await;
    let world = World::start(webhook, |entry| vec![entry, rbac()]).await;
    let watch = |user: &str| {
        let client = world.user(user);
        let request = Request::builder()
            .uri(format!("{SECRETS}?watch=1&timeoutSeconds=120"))
            .body(Bytes::new())
            .unwrap();
        tokio::spawn(async move { client.try_send(request).await })
    };
    let (janes, johns) = (watch("jane"), watch("john"));
    tokio::time::sleep(Duration::from_secs(4)).await;
    assert!(!janes.is_finished() && !johns.is_finished());
    world.webhook.decide(|spec| match spec["user"].as_str() {
        Some("jane") => Does::denies(),
        _ => Does::has_no_opinion(),
    });
    // Its yes is remembered for a second, and it is looked every two.
    let ended = tokio::time::timeout(Duration::from_secs(5), janes).await;
    let answer = ended.expect("the watch ends").unwrap().expect("it is answered");
    assert_eq!(answer.status, 200);
    assert!(!johns.is_finished(), "RBAC still allows it");
    johns.abort();
}
