//! From a token to a Secret, while keys change and issuers go away.

use std::process::Command;
use std::time::Duration;

use http::Method;
use serde_json::{Value, json};

use crate::issuer::{Issuer, Key, now};
use crate::world::{SECRET, WHOAMI, World, signed_in};

#[tokio::test(flavor = "multi_thread")]
async fn a_token_gives_what_rbac_gives_its_groups_and_no_more() {
    let (world, issuer, key, token) = signed_in().await;
    let secret = world.with_token(&token, Method::GET, SECRET, &Value::Null).await;
    assert_eq!(secret.json()["data"]["password"], "Y29ycmVjdC1ob3JzZQ==");
    for path in [
        "/api/v1/namespaces/default/secrets",
        "/api/v1/namespaces",
        "/metrics",
    ] {
        let refused = world.with_token(&token, Method::GET, path, &Value::Null).await;
        assert_eq!(refused.status, 403, "{path}");
    }
    let refused = world
        .with_token(&token, Method::GET, "/api/v1/namespaces", &Value::Null)
        .await;
    let sentence = refused.json()["message"].clone();
    assert!(
        sentence
            .as_str()
            .unwrap()
            .contains("User \"oidc:jane\" cannot list"),
        "{sentence}"
    );
    let other = key.token(&issuer.claims(&json!({"groups": ["others"]})));
    assert_eq!(world.status(&other).await, 403);

    let review = json!({"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"});
    let me = world.with_token(&token, Method::POST, WHOAMI, &review).await;
    assert_eq!(
        me.json()["status"]["userInfo"],
        json!({
            "username": "oidc:jane",
            "uid": "42",
            "groups": ["oidc:payments", "system:authenticated"],
            "extra": {
                "authentication.kubernetes.io/credential-id": ["JTI=token-1"],
                "example.com/tenant": ["t1"],
            },
        })
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn kubectl_signs_in_with_a_token_and_a_review_knows_it() {
    let (world, _issuer, _key, token) = signed_in().await;
    let config = world.purser.scratch().join("jane.kubeconfig");
    std::fs::copy(world.purser.kubeconfig_path(), &config).unwrap();
    let kubectl = |arguments: &[&str]| {
        let done = Command::new(purser_e2e::kubectl())
            .arg("--kubeconfig")
            .arg(&config)
            .args(arguments)
            .output()
            .unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        assert!(done.status.success(), "{}", text(&done.stderr));
        text(&done.stdout)
    };
    kubectl(&["config", "set-credentials", "jane", &format!("--token={token}")]);
    assert!(
        kubectl(&[
            "--user=jane",
            "get",
            "secret",
            "db",
            "-o",
            "jsonpath={.data.password}"
        ])
        .starts_with("Y29y")
    );
    assert_eq!(
        kubectl(&["--user=jane", "auth", "can-i", "get", "secret/db"]).trim(),
        "yes"
    );
    assert!(
        kubectl(&[
            "--user=jane",
            "auth",
            "whoami",
            "-o",
            "jsonpath={.status.userInfo.username}"
        ])
        .contains("oidc:jane")
    );

    let review = |audiences: Value| {
        let body = json!({
            "apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview",
            "spec": {"token": token, "audiences": audiences},
        });
        let admin = world.purser.admin();
        async move {
            let answer = admin
                .post("/apis/authentication.k8s.io/v1/tokenreviews", &body)
                .await;
            answer.json()["status"].clone()
        }
    };
    let known = review(json!(null)).await;
    assert_eq!(
        (&known["authenticated"], &known["user"]["username"]),
        (&json!(true), &json!("oidc:jane"))
    );
    let ours = review(json!(["https://kubernetes.default.svc", "x"])).await;
    assert_eq!(ours["audiences"], json!(["https://kubernetes.default.svc"]));
    // As upstream's, an issuer's audience is not this server's.
    assert_eq!(review(json!(["purser"])).await["authenticated"], json!(null));
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_are_rotated_while_it_runs() {
    let (world, issuer, old, old_token) = signed_in().await;
    let new = Key::rsa("key-2");
    let new_token = new.token(&issuer.claims(&json!({})));
    assert_eq!(world.status(&new_token).await, 401);
    issuer.publish(&[&old, &new]);
    world.wait_for(&new_token, 200).await;
    assert_eq!(world.status(&old_token).await, 200);

    let watch = world.watch(&old_token);
    tokio::time::sleep(Duration::from_millis(500)).await;
    let newest = Key::ec("key-3");
    issuer.publish(&[&new, &newest]);
    // The set is fetched anew for a key that is not known, and what is not in it any more is let go.
    world
        .wait_for(&newest.token(&issuer.claims(&json!({}))), 200)
        .await;
    assert_eq!(world.status(&old_token).await, 401);
    assert_eq!(world.status(&new_token).await, 200);
    let lasted = watch.await.expect("the watch ends");
    assert!(
        lasted < Duration::from_secs(30),
        "a watch lasted {lasted:?} though its key is gone"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_issuer_that_is_away_costs_only_what_is_new() {
    let (world, issuer, _key, token) = signed_in().await;
    issuer.set_down(true);
    assert_eq!(world.status(&token).await, 200, "its keys are known");
    let stranger = Key::ec("key-9").token(&issuer.claims(&json!({})));
    assert_eq!(world.status(&stranger).await, 401);
    assert_eq!(world.status(&token).await, 200);
    issuer.set_down(false);
    assert_eq!(world.status(&token).await, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_issuer_is_believed_only_over_tls_of_its_authority_and_under_its_own_name() {
    let key = Key::ec("key-1");
    let (right, wrong) = (Issuer::start(&[&key]).await, Issuer::start(&[&key]).await);
    let renamed = Issuer::start(&[&key]).await;
    renamed.put(
        "/.well-known/openid-configuration",
        json!({"issuer": "https://issuer.example", "jwks_uri": format!("{}/keys", renamed.url)}),
    );
    let mut elsewhere = renamed.entry();
    elsewhere["issuer"]["discoveryURL"] = json!(format!("{}/.well-known/openid-configuration", renamed.url));
    elsewhere["issuer"]["url"] = json!("https://issuer.example");
    let mut other_ca = wrong.entry();
    other_ca["issuer"]["certificateAuthority"] = json!(right.ca);
    let no_discovery = Issuer::start(&[&key]).await;
    no_discovery.put(
        "/.well-known/openid-configuration",
        json!({"issuer": right.url, "jwks_uri": format!("{}/keys", no_discovery.url)}),
    );
    let world = World::start(&[right.entry(), other_ca, elsewhere, no_discovery.entry()]).await;
    world.wait_for(&key.token(&right.claims(&json!({}))), 200).await;
    world
        .wait_for(
            &key.token(&right.claims(&json!({"iss": "https://issuer.example"}))),
            200,
        )
        .await;
    for issuer in [&wrong, &no_discovery] {
        assert_eq!(world.status(&key.token(&issuer.claims(&json!({})))).await, 401);
    }
    assert_eq!(wrong.asked("/keys"), 0);
    let log = world.purser.log();
    assert!(
        log.contains("the keys of a token issuer are not known: its tokens are refused"),
        "{log}"
    );
    assert!(
        log.contains("issuer did not match the issuer returned by provider"),
        "{log}"
    );
    assert!(log.contains("oidc: authenticator not initialized"), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_ends_ends_its_watch() {
    let (world, issuer, key, _) = signed_in().await;
    let short = key.token(&issuer.claims(&json!({"exp": now() + 4})));
    let watch = world.watch(&short);
    let lasted = watch.await.expect("the watch ends");
    assert!(lasted < Duration::from_secs(30), "{lasted:?}");
    assert_eq!(world.status(&short).await, 401);
}
