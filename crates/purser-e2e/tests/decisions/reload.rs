//! The file changes while the server runs.

use std::time::Duration;

use bytes::Bytes;
use http::Request;
use serde_json::json;

use crate::webhook::{Does, Webhook};
use crate::world::{SECRETS, World, document, entry, rbac, with};

#[tokio::test(flavor = "multi_thread")]
async fn whoever_the_file_says_decides_from_then_on() {
    let webhook = Webhook::start(|_| Does::allows()).await;
    let world = World::start(webhook, |entry| {
        vec![rbac(), with(entry, &json!({"authorizedTTL": "10m"}))]
    })
    .await;
    world.wait_for("jane", 200).await;
    let client = world.user("jane");
    let request = Request::builder()
        .uri(format!("{SECRETS}?watch=1&timeoutSeconds=120"))
        .body(Bytes::new())
        .unwrap();
    let watch = tokio::spawn(async move { client.try_send(request).await });
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert!(!watch.is_finished());
    world.write(&document(&[rbac()]));
    world.wait_for("jane", 403).await;
    assert_eq!(world.asks("john").await.0, 200);
    let ended = tokio::time::timeout(Duration::from_secs(5), watch).await;
    ended
        .expect("a watch by the webhook's right ends")
        .unwrap()
        .expect("it is answered");
    let webhook = entry(&world.folder.path().join("webhook.kubeconfig"));
    world.write(&document(&[webhook]));
    world.wait_for("jane", 200).await;
    world.webhook.decide(|_| Does::has_no_opinion());
    world.wait_for("john", 403).await;
    let reloads = "apiserver_authorization_config_controller_automatic_reloads_total{status=\"success\"}";
    assert_eq!(world.metric(reloads).await.as_deref(), Some("2"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_wrong_changes_nothing_and_says_why() {
    let webhook = Webhook::start(|_| Does::has_no_opinion()).await;
    let world = World::start(webhook, |entry| vec![entry, rbac()]).await;
    let missing = entry(std::path::Path::new("/nowhere/at/all"));
    for (text, why) in [
        ("kind: [".to_owned(), "couldn't get version/kind"),
        (
            document(&[]),
            "authorizers: Required value: at least one authorization mode must be defined",
        ),
        (
            document(&[json!({"type": "AlwaysAllow", "name": "alwaysallow"})]),
            "authorizers[0].type: Invalid value: \\\"AlwaysAllow\\\": is not here",
        ),
        (
            document(&[missing]),
            "error loading file: stat /nowhere/at/all: no such file or directory",
        ),
    ] {
        world.write(&text);
        let mut waited = Duration::ZERO;
        while !world.purser.log().contains(why) {
            assert!(waited < Duration::from_secs(20), "{why}: {}", world.purser.log());
            tokio::time::sleep(Duration::from_millis(100)).await;
            waited += Duration::from_millis(100);
        }
        assert_eq!(world.asks("john").await.0, 200, "{text}");
        assert_eq!(world.asks("jane").await.0, 403, "{text}");
    }
    let reloads = "apiserver_authorization_config_controller_automatic_reloads_total{status=\"failure\"}";
    assert_eq!(world.metric(reloads).await.as_deref(), Some("4"));
    let last = "apiserver_authorization_config_controller_automatic_reload_last_timestamp_seconds{status=\"failure\"}";
    assert!(world.metric(last).await.is_some());
}
