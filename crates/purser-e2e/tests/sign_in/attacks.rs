//! Tokens that somebody made who has no key of the issuer, over the wire: each is a 401 that says nothing, and a reason
//! in the log. What each of them is refused for is tried in `purser-authn`.

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::issuer::{Issuer, Key, now};
use crate::world::{SECRET, World};

#[tokio::test(flavor = "multi_thread")]
async fn no_forgery_is_let_in_and_none_is_told_why() {
    let (ours, rsa, theirs) = (Key::ec("key-1"), Key::rsa("key-2"), Key::ec("key-1"));
    let issuer = Issuer::start(&[&ours, &rsa]).await;
    let other = Issuer::start(&[&theirs]).await;
    let mut other_entry = other.entry();
    other_entry["claimMappings"]["username"]["prefix"] = json!("other:");
    other_entry["claimMappings"]["groups"]["prefix"] = json!("other:");
    let bare = Issuer::start(&[&ours]).await;
    let mut bare_entry = bare.entry();
    bare_entry["claimMappings"]["groups"]["prefix"] = json!("");
    let world = World::start(&[issuer.entry(), other_entry, bare_entry]).await;
    let holds = ours.token(&issuer.claims(&json!({})));
    world.wait_for(&holds, 200).await;
    world
        .wait_for(&theirs.token(&other.claims(&json!({}))), 403)
        .await;
    world
        .wait_for(&ours.token(&bare.claims(&json!({"groups": ["others"]}))), 403)
        .await;

    let said = issuer.claims(&json!({})).to_string();
    let with = |changes: Value| ours.token(&issuer.claims(&changes));
    let unsigned = |algorithm: &str| {
        let header = json!({"alg": algorithm, "kid": "key-1"}).to_string();
        format!(
            "{}.{}",
            URL_SAFE_NO_PAD.encode(header),
            URL_SAFE_NO_PAD.encode(&said)
        )
    };
    let hmac = |secret: &[u8]| {
        let head = unsigned("HS256");
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), head.as_bytes());
        format!("{head}.{}", URL_SAFE_NO_PAD.encode(tag.as_ref()))
    };
    let carrying = |name: &str, value: Value| {
        let mut header = json!({"alg": "ES256", "kid": "key-1"});
        header[name] = value;
        theirs.token_with(&header, &said)
    };
    let twice = format!("{{\"sub\":\"root\",{}", said.trim_start_matches('{'));
    let deep = format!(
        "{{\"x\":{}{},{}",
        "[".repeat(2000),
        "]".repeat(2000),
        said.trim_start_matches('{')
    );
    let head = json!({"alg": "ES256", "kid": "key-1"});
    let forgeries = [
        ("alg none", format!("{}.", unsigned("none"))),
        ("alg none with a signature", format!("{}.AAAA", unsigned("none"))),
        (
            "HMAC with the public key",
            hmac(rsa.public()["n"].as_str().unwrap().as_bytes()),
        ),
        ("HMAC with nothing", hmac(b"")),
        (
            "another issuer's key of the same name",
            theirs.token(&issuer.claims(&json!({}))),
        ),
        (
            "our key for another issuer",
            ours.token(&other.claims(&json!({}))),
        ),
        (
            "another key's name",
            ours.token_with(&json!({"alg": "ES256", "kid": "key-2"}), &said),
        ),
        (
            "another algorithm's name",
            ours.token_with(&json!({"alg": "RS256", "kid": "key-1"}), &said),
        ),
        (
            "another audience",
            with(json!({"aud": "https://kubernetes.default.svc"})),
        ),
        ("no audience", with(json!({"aud": null}))),
        ("ended", with(json!({"exp": now() - 1}))),
        ("never ends", with(json!({"exp": null}))),
        ("not yet", with(json!({"nbf": now() + 120}))),
        ("no name", with(json!({"sub": null}))),
        ("a name twice", ours.token_with(&head, &twice)),
        ("deep", ours.token_with(&head, &deep)),
        ("jwk", carrying("jwk", theirs.public())),
        ("jku", carrying("jku", json!(format!("{}/keys", other.url)))),
        ("x5u", carrying("x5u", json!(format!("{}/keys", other.url)))),
        (
            "system:masters without a prefix",
            ours.token(&bare.claims(&json!({"groups": ["system:masters"]}))),
        ),
        (
            "this server's issuer",
            ours.token(&issuer.claims(&json!({"iss": "https://kubernetes.default.svc"}))),
        ),
        (
            "an unknown issuer",
            ours.token(&issuer.claims(&json!({"iss": "https://evil.example"}))),
        ),
    ];
    let asked_before = other.asked("/keys");
    let mut bodies = Vec::new();
    for (what, token) in &forgeries {
        let answer = world
            .with_token(token, http::Method::GET, SECRET, &Value::Null)
            .await;
        assert_eq!(answer.status, 401, "{what}: {}", answer.text());
        bodies.push(answer.text());
    }
    bodies.dedup();
    assert_eq!(bodies.len(), 1, "all are refused with the same words: {bodies:?}");
    // The other issuer was asked only for tokens that say they are of it.
    assert!(other.asked("/keys") <= asked_before + 1);
    assert_eq!(world.status(&holds).await, 200);
    let log = world.purser.log();
    for (what, token) in &forgeries {
        let signature = token.rsplit('.').next().unwrap();
        assert!(
            signature.len() < 8 || !log.contains(signature),
            "the log holds the token of {what}"
        );
    }
}
