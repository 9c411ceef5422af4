//! The file changes while the server runs.

use std::time::{Duration, Instant};

use http::Method;
use serde_json::{Value, json};

use crate::issuer::Issuer;
use crate::world::signed_in;

#[tokio::test(flavor = "multi_thread")]
async fn an_issuer_that_is_taken_out_lets_nobody_in_any_more() {
    let (world, issuer, key, token) = signed_in().await;
    let second = Issuer::start(&[&key]).await;
    world.trust(&[issuer.entry(), second.entry()]);
    world.wait_for(&key.token(&second.claims(&json!({}))), 200).await;
    assert_eq!(world.status(&token).await, 200);
    let watch = world.watch(&token);
    tokio::time::sleep(Duration::from_millis(500)).await;
    let began = Instant::now();
    world.trust(&[second.entry()]);
    watch.await.expect("the watch ends");
    // Five seconds are promised; a machine that is busy with other tests gets some more.
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
    world.wait_for(&token, 401).await;
    assert_eq!(world.status(&key.token(&second.claims(&json!({})))).await, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_wrong_changes_nothing_and_says_why() {
    let (world, issuer, _key, token) = signed_in().await;
    for (text, why) in [
        ("kind: [".to_owned(), "couldn't get version/kind"),
        (
            "apiVersion: v1\nkind: Secret\n".to_owned(),
            "no kind \\\"Secret\\\" is registered",
        ),
        (
            "apiVersion: apiserver.config.k8s.io/v1\nkind: AuthenticationConfiguration\njwtt: []\n"
                .to_owned(),
            "unknown field",
        ),
    ] {
        world.write(&text);
        let mut waited = Duration::ZERO;
        while !world.purser.log().contains(why) {
            assert!(waited < Duration::from_secs(20), "{why}: {}", world.purser.log());
            tokio::time::sleep(Duration::from_millis(100)).await;
            waited += Duration::from_millis(100);
        }
        assert_eq!(world.status(&token).await, 200, "{text}");
    }
    let mut changed = issuer.entry();
    changed["claimMappings"]["username"]["prefix"] = json!("other:");
    world.trust(&[changed]);
    let mut waited = Duration::ZERO;
    loop {
        let answer = world
            .with_token(&token, Method::GET, "/api/v1/namespaces", &Value::Null)
            .await;
        if answer.text().contains("other:jane") {
            break;
        }
        assert!(waited < Duration::from_secs(20), "{}", world.purser.log());
        tokio::time::sleep(Duration::from_millis(100)).await;
        waited += Duration::from_millis(100);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_anybody_may_ask_can_be_narrowed() {
    let (world, issuer, _key, token) = signed_in().await;
    let status = |path: &'static str| {
        let nobody = world.purser.nobody();
        async move { nobody.get(path).await.status.as_u16() }
    };
    assert_eq!((status("/livez").await, status("/version").await), (200, 200));
    let with = |anonymous: Value| {
        let document = json!({
            "apiVersion": "apiserver.config.k8s.io/v1beta1", "kind": "AuthenticationConfiguration",
            "jwt": [issuer.entry()], "anonymous": anonymous,
        });
        world.write(&document.to_string());
    };
    let wait = |path: &'static str, wanted: u16| async move {
        for _ in 0..200 {
            if status(path).await == wanted {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("{path} is not {wanted}");
    };
    with(json!({"enabled": true, "conditions": [{"path": "/livez"}]}));
    wait("/version", 401).await;
    assert_eq!(status("/livez").await, 200);
    with(json!({"enabled": false}));
    wait("/livez", 401).await;
    assert_eq!(world.status(&token).await, 200);
    assert_eq!(world.purser.admin().get("/livez").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_does_not_start_with_a_file_that_is_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let purser = purser_e2e::Purser::start().await;
    let file = folder.path().join("authentication.yaml");
    let started = |text: &str| {
        std::fs::write(&file, text).unwrap();
        let done = std::process::Command::new(purser.binary())
            .args([
                "serve",
                "--log-format",
                "text",
                "--secure-port",
                "0",
                "--data-dir",
            ])
            .arg(folder.path().join("data"))
            .arg("--authentication-config")
            .arg(&file)
            .output()
            .unwrap();
        (
            done.status.code(),
            String::from_utf8_lossy(&done.stderr).into_owned(),
        )
    };
    let (code, told) = started(
        "apiVersion: apiserver.config.k8s.io/v1\nkind: AuthenticationConfiguration\njwt:\n- issuer: {url: 'http://a', audiences: [a]}\n  claimMappings: {username: {claim: sub, prefix: ''}}\n",
    );
    assert_eq!(code, Some(1), "{told}");
    assert!(
        told.contains("jwt[0].issuer.url: Invalid value: \"http://a\": URL scheme must be https"),
        "{told}"
    );
    let own = "apiVersion: apiserver.config.k8s.io/v1\nkind: AuthenticationConfiguration\njwt:\n- issuer: {url: 'https://kubernetes.default.svc', audiences: [a]}\n  claimMappings: {username: {claim: sub, prefix: ''}}\n";
    assert!(
        started(own)
            .1
            .contains("URL must not overlap with disallowed issuers: [https://kubernetes.default.svc]")
    );
}
