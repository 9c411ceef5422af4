//! Keys that come and go, issuers that are away, configurations that change.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::support::{SigningKey, URL, World, claims, entry};

const SIGNATURE: &str = "oidc: verify token: failed to verify signature: failed to verify id token signature";

fn token(key: &SigningKey) -> String {
    key.token(&claims(&json!({})))
}

#[tokio::test(start_paused = true)]
async fn a_new_key_is_taken_at_once_and_an_old_one_is_let_go() {
    let (old, new) = (SigningKey::new("old", "ES256"), SigningKey::new("new", "RS256"));
    let world = World::new(&[&old], &json!({})).await;
    assert_eq!(world.refusal(&token(&old)).await, "it holds");
    world.published.keys(&[&new]);
    // The old one is believed until somebody has looked.
    assert_eq!(world.refusal(&token(&old)).await, "it holds");
    assert_eq!(world.refusal(&token(&new)).await, "it holds");
    assert_eq!(world.refusal(&token(&old)).await, SIGNATURE);
}

#[tokio::test(start_paused = true)]
async fn a_key_that_was_taken_back_is_believed_for_minutes_at_most() {
    let (old, new) = (SigningKey::new("old", "ES256"), SigningKey::new("new", "ES256"));
    let world = World::new(&[&old], &json!({})).await;
    let standing = world.review(&token(&old)).await.unwrap().unwrap();
    world.published.keys(&[&new]);
    world.pass(Duration::from_secs(4 * 60)).await;
    assert!(standing.proof.holds().await);
    world.pass(Duration::from_secs(2 * 60)).await;
    assert!(!standing.proof.holds().await);
    assert_eq!(world.refusal(&token(&old)).await, SIGNATURE);
}

#[tokio::test(start_paused = true)]
async fn many_who_wait_for_a_key_ask_once_and_strangers_do_not_ask_without_end() {
    let (old, new, strange) = (
        SigningKey::new("old", "ES256"),
        SigningKey::new("new", "ES256"),
        SigningKey::new("strange", "ES256"),
    );
    let world = Arc::new(World::new(&[&old], &json!({})).await);
    world.published.keys(&[&old, &new]);
    let before = world.published.asked();
    let asking: Vec<_> = (0..20)
        .map(|_| {
            let (world, token) = (Arc::clone(&world), token(&new));
            tokio::spawn(async move { world.refusal(&token).await })
        })
        .collect();
    for answer in asking {
        assert_eq!(answer.await.unwrap(), "it holds");
    }
    assert_eq!(world.published.asked(), before + 1);
    for _ in 0..50 {
        assert_eq!(world.refusal(&token(&strange)).await, SIGNATURE);
    }
    assert!(
        world.published.asked() <= before + 6,
        "{}",
        world.published.asked() - before
    );
    world.pass(Duration::from_secs(11)).await;
    let before = world.published.asked();
    assert_eq!(world.refusal(&token(&strange)).await, SIGNATURE);
    assert_eq!(world.published.asked(), before + 1);
}

#[tokio::test(start_paused = true)]
async fn a_stranger_who_waits_in_vain_makes_nobody_else_wait_again() {
    let (old, new) = (SigningKey::new("old", "ES256"), SigningKey::new("new", "ES256"));
    let world = Arc::new(World::new(&[&old], &json!({})).await);
    world.published.go_down();
    let before = world.published.asked();
    let asking: Vec<_> = (0..20)
        .map(|_| {
            let (world, token) = (Arc::clone(&world), token(&new));
            tokio::spawn(async move { world.refusal(&token).await })
        })
        .collect();
    for answer in asking {
        assert!(
            answer
                .await
                .unwrap()
                .starts_with("oidc: verify token: failed to verify signature")
        );
    }
    assert_eq!(world.published.asked(), before + 1);
    assert_eq!(
        world.refusal(&token(&old)).await,
        "it holds",
        "the keys that are known stay so"
    );
    world.pass(Duration::from_secs(3600)).await;
    assert_eq!(world.refusal(&token(&old)).await, "it holds");
}

#[tokio::test(start_paused = true)]
async fn an_issuer_that_is_away_is_asked_until_it_is_there() {
    let key = SigningKey::new("a", "ES256");
    let world = World::silent();
    world.trust(&[entry(URL, &json!({}))]);
    world.pass(Duration::from_secs(1)).await;
    assert_eq!(
        world.refusal(&token(&key)).await,
        "oidc: authenticator not initialized"
    );
    let well_known = format!("{URL}/.well-known/openid-configuration");
    world.published.keys(&[&key]);
    for metadata in [
        json!({"issuer": "https://evil.example", "jwks_uri": format!("{URL}/keys")}),
        json!({"issuer": format!("{URL}/"), "jwks_uri": format!("{URL}/keys")}),
        json!({"issuer": URL}),
        json!([]),
    ] {
        world.published.put(&well_known, &metadata);
        world.pass(Duration::from_secs(11)).await;
        assert_eq!(
            world.refusal(&token(&key)).await,
            "oidc: authenticator not initialized",
            "{metadata}"
        );
    }
    world.published.put(
        &well_known,
        &json!({"issuer": URL, "jwks_uri": format!("{URL}/keys")}),
    );
    world.pass(Duration::from_secs(11)).await;
    assert_eq!(world.refusal(&token(&key)).await, "it holds");
}

#[tokio::test(start_paused = true)]
async fn keys_that_cannot_be_used_are_left_out_and_what_is_no_set_is_not_taken() {
    let (key, small) = (SigningKey::new("a", "ES256"), SigningKey::new("b", "RS256"));
    let world = World::new(&[&key], &json!({})).await;
    let changed = |changes: Value| {
        let mut public = key.public();
        for (name, value) in changes.as_object().unwrap() {
            public[name] = value.clone();
        }
        public
    };
    for other in [
        json!({"use": "enc"}),
        json!({"kty": "oct", "k": "AAAA"}),
        json!({"kty": "OKP", "crv": "Ed25519"}),
        json!({"crv": "P-384"}),
        json!({"crv": "secp256k1"}),
        json!({"x": "AA"}),
        json!({"x": "%%%"}),
        json!({"x": key.public()["y"]}),
        json!({"alg": "ES384"}),
        json!({"kid": "other"}),
    ] {
        let keys = json!({"keys": [1, null, {}, changed(other.clone()), small.public()]});
        world.published.put(&format!("{URL}/keys"), &keys);
        world.pass(Duration::from_secs(6 * 60)).await;
        assert_eq!(world.refusal(&token(&small)).await, "it holds");
        assert_eq!(world.refusal(&token(&key)).await, SIGNATURE, "{other}");
    }
    world.published.keys(&[&key]);
    world.pass(Duration::from_secs(6 * 60)).await;
    for nothing in [json!([]), json!({}), json!({"keys": {}}), json!("x")] {
        world.published.put(&format!("{URL}/keys"), &nothing);
        world.pass(Duration::from_secs(6 * 60)).await;
        assert_eq!(world.refusal(&token(&key)).await, "it holds", "{nothing}");
    }
}

#[tokio::test(start_paused = true)]
async fn whoever_held_a_token_stops_when_it_ends_or_its_issuer_goes_or_means_another() {
    let key = SigningKey::new("a", "ES256");
    let world = World::new(&[&key], &json!({})).await;
    let begin = || async { world.review(&token(&key)).await.unwrap().unwrap().proof };
    let proof = begin().await;
    assert!(proof.holds().await);
    world.trust(&[entry(URL, &json!({"username": {"claim": "sub", "prefix": "x:"}}))]);
    assert!(!proof.holds().await, "the mapping makes another user");
    world.trust(&[entry(
        URL,
        &json!({"userValidationRules": [{"expression": "user.username != 'oidc:jane'"}]}),
    )]);
    assert!(!proof.holds().await, "a rule forbids the user");
    world.trust(&[entry(URL, &json!({}))]);
    assert!(proof.holds().await, "the keys stayed known");
    world.trust(&[]);
    assert!(!proof.holds().await, "the issuer is gone");
    assert_eq!(world.refusal(&token(&key)).await, "not mine");
    world.trust(&[entry(URL, &json!({}))]);
    world.pass(Duration::from_secs(1)).await;
    let proof = begin().await;
    assert!(proof.holds().await);
    world.later(601);
    assert!(!proof.holds().await, "its time is over");
}

#[tokio::test(start_paused = true)]
async fn an_issuer_that_is_not_trusted_any_more_is_not_asked_any_more() {
    let key = SigningKey::new("a", "ES256");
    let world = World::new(&[&key], &json!({})).await;
    world.trust(&[]);
    let before = world.published.asked();
    world.pass(Duration::from_secs(3600)).await;
    assert_eq!(world.published.asked(), before);
}

#[tokio::test(start_paused = true)]
async fn a_token_that_was_found_right_is_held_to_everything_again() {
    let (old, new) = (SigningKey::new("old", "ES256"), SigningKey::new("new", "ES256"));
    let world = World::new(&[&old], &json!({})).await;
    let early = token(&old);
    assert_eq!(world.refusal(&early).await, "it holds");
    assert_eq!(world.refusal(&early).await, "it holds");
    world.trust(&[entry(URL, &json!({"claimValidationRules": [{"claim": "hd"}]}))]);
    assert_eq!(
        world.refusal(&early).await,
        "oidc: required claim hd not present in ID token"
    );
    world.trust(&[entry(URL, &json!({}))]);
    assert_eq!(world.refusal(&early).await, "it holds");
    world.published.keys(&[&new]);
    assert_eq!(world.refusal(&token(&new)).await, "it holds");
    assert_eq!(world.refusal(&early).await, SIGNATURE);
    let late = token(&new);
    assert_eq!(world.refusal(&late).await, "it holds");
    world.later(601);
    assert_eq!(
        world.refusal(&late).await,
        "oidc: verify token: oidc: token is expired"
    );
}
