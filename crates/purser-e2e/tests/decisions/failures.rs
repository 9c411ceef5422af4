//! A webhook that is away, slow, or talks nonsense.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::webhook::{Does, Webhook};
use crate::world::{World, rbac, with};

/// Everything that a webhook can do wrong; of some it is asked again, until the time is over.
fn wrongs() -> Vec<Does> {
    vec![
        Does::BreaksOff,
        Does::Fails(500),
        Does::Fails(403),
        Does::Babbles("yes"),
        Does::Babbles("{}"),
        Does::Babbles(r#"{"kind":"Status","apiVersion":"v1","status":{"allowed":true}}"#),
        Does::Babbles(
            r#"{"kind":"SubjectAccessReview","apiVersion":"authorization.k8s.io/v1","status":{"allowed":"yes"}}"#,
        ),
        Does::SaysAfter(Duration::from_secs(5), json!({"allowed": true})),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn with_deny_nobody_gets_past_a_webhook_that_does_not_answer() {
    let webhook = Webhook::start(|_| Does::allows()).await;
    let world = World::start(webhook, |entry| {
        vec![
            with(
                entry,
                &json!({"timeout": "700ms", "cacheAuthorizedRequests": false}),
            ),
            rbac(),
        ]
    })
    .await;
    assert_eq!(world.asks("jane").await.0, 200);
    for wrong in wrongs() {
        let does = wrong.clone();
        world.webhook.decide(move |_| does.clone());
        for user in ["jane", "john"] {
            let began = Instant::now();
            let (status, text) = world.asks(user).await;
            assert_eq!(status, 500, "{wrong:?}: {text}");
            assert!(
                began.elapsed() < Duration::from_secs(3),
                "{wrong:?}: {:?}",
                began.elapsed()
            );
            assert!(
                text.contains("authorization webhook gate: it did not answer as it should"),
                "{text}"
            );
            assert!(!text.contains(world.webhook.address()), "{text}");
        }
        assert_eq!(world.purser.admin().get(crate::world::SECRET).await.status, 200);
    }
    let log = world.purser.log();
    assert!(log.contains("an authorization webhook cannot be asked"), "{log}");
    let errors = "apiserver_authorization_webhook_evaluations_total{name=\"gate\",result=\"error\"}";
    assert!(world.metric(errors).await.is_some_and(|count| count != "0"));
    let timeouts = "apiserver_authorization_webhook_evaluations_total{name=\"gate\",result=\"timeout\"}";
    assert!(world.metric(timeouts).await.is_some_and(|count| count != "0"));
}

#[tokio::test(flavor = "multi_thread")]
async fn with_no_opinion_a_webhook_that_does_not_answer_is_passed_over() {
    let webhook = Webhook::start(|_| Does::BreaksOff).await;
    let world = World::start(webhook, |entry| {
        vec![
            with(entry, &json!({"timeout": "700ms", "failurePolicy": "NoOpinion"})),
            rbac(),
        ]
    })
    .await;
    for wrong in wrongs() {
        let does = wrong.clone();
        world.webhook.decide(move |_| does.clone());
        assert_eq!(world.asks("john").await.0, 200, "{wrong:?}");
        // Nobody allows it, and one could not say.
        assert_eq!(world.asks("jane").await.0, 500, "{wrong:?}");
    }
    let open = "apiserver_authorization_webhook_evaluations_fail_open_total{name=\"gate\",result=\"error\"}";
    assert!(world.metric(open).await.is_some_and(|count| count != "0"));
    // An error is not remembered.
    world.webhook.decide(|_| Does::allows());
    assert_eq!(world.asks("jane").await.0, 200);
}
