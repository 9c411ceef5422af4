//! Tokens that somebody else made.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::support::{NOW, SigningKey, URL, World, claims, entry};

const SIGNATURE: &str = "oidc: verify token: failed to verify signature: failed to verify id token signature";
const ALGORITHM: &str = "oidc: verify token: oidc: id token signed with unsupported algorithm";
const AUDIENCE: &str = r#"oidc: verify token: oidc: expected audience in ["purser", "other"]"#;
const TYPE: &str = "oidc: verify token: oidc: failed to unmarshal claims";
const EXPIRED: &str = "oidc: verify token: oidc: token is expired";
const NOT_YET: &str = "oidc: verify token: oidc: current time before the nbf (not before) time";

#[tokio::test(start_paused = true)]
async fn only_a_key_of_the_issuer_signs() {
    let (ours, theirs) = (SigningKey::new("a", "ES256"), SigningKey::new("a", "ES256"));
    let rsa = SigningKey::new("r", "RS256");
    let world = World::new(&[&ours, &rsa], &json!({})).await;
    let said = claims(&json!({})).to_string();
    let header = |header: Value| ours.token_with(&header, &said);
    assert_eq!(world.refusal(&ours.token(&claims(&json!({})))).await, "it holds");
    assert_eq!(world.refusal(&theirs.token(&claims(&json!({})))).await, SIGNATURE);
    // Without a name any key may have signed; with another's name only that one.
    assert_eq!(world.refusal(&header(json!({"alg": "ES256"}))).await, "it holds");
    assert_eq!(
        world.refusal(&header(json!({"alg": "ES256", "kid": "r"}))).await,
        SIGNATURE
    );
    assert_eq!(
        world
            .refusal(&header(json!({"alg": "ES256", "kid": "zzz"})))
            .await,
        SIGNATURE
    );
    // What a header says of keys is not looked at.
    for name in ["jwk", "jku", "x5u", "x5c"] {
        let mut forged = json!({"alg": "ES256", "kid": "a"});
        forged[name] = match name {
            "jwk" => theirs.public(),
            "x5c" => json!(["AAAA"]),
            _ => json!("https://evil.example/keys"),
        };
        let before = world.published.asked();
        assert_eq!(
            world.refusal(&theirs.token_with(&forged, &said)).await,
            SIGNATURE,
            "{name}"
        );
        assert!(world.published.asked() <= before + 1, "only the issuer was asked");
        assert_eq!(
            world.refusal(&ours.token_with(&forged, &said)).await,
            "it holds",
            "{name}"
        );
    }
    // An extension that has to be understood is not.
    assert_eq!(
        world
            .refusal(&header(
                json!({"alg": "ES256", "kid": "a", "crit": ["b64"], "b64": false})
            ))
            .await,
        ALGORITHM
    );
}

#[tokio::test(start_paused = true)]
async fn algorithms_are_not_the_tokens_to_choose() {
    let key = SigningKey::new("a", "RS256");
    let world = World::new(&[&key], &json!({})).await;
    let said = claims(&json!({})).to_string();
    for name in ["none", "None", "NONE", "", "HS256", "HS512", "EdDSA", "rs256"] {
        let token = key.token_with(&json!({"alg": name, "kid": "a"}), &said);
        assert_eq!(world.refusal(&token).await, ALGORITHM, "{name}");
    }
    // No signature at all.
    let unsigned = format!(
        "{}.{}.",
        URL_SAFE_NO_PAD.encode(r#"{"alg":"none"}"#),
        URL_SAFE_NO_PAD.encode(&said)
    );
    assert_eq!(world.refusal(&unsigned).await, ALGORITHM);
    // The public key as the secret of an HMAC: there is no HMAC.
    let public = key.public()["n"].as_str().unwrap().to_owned();
    let head = format!(
        "{}.{}",
        URL_SAFE_NO_PAD.encode(r#"{"alg":"HS256","kid":"a"}"#),
        URL_SAFE_NO_PAD.encode(&said)
    );
    let secret = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, public.as_bytes());
    let tag = aws_lc_rs::hmac::sign(&secret, head.as_bytes());
    assert_eq!(
        world
            .refusal(&format!("{head}.{}", URL_SAFE_NO_PAD.encode(tag.as_ref())))
            .await,
        ALGORITHM
    );
    // The right key with another algorithm than its own, and a signature of another kind.
    for name in ["RS384", "PS256", "ES256"] {
        let token = key.token_with(&json!({"alg": name, "kid": "a"}), &said);
        assert_eq!(world.refusal(&token).await, SIGNATURE, "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn keys_of_one_issuer_are_nothing_to_another() {
    const OTHER: &str = "https://other.example";
    let (ours, theirs) = (SigningKey::new("a", "ES256"), SigningKey::new("a", "ES256"));
    let world = World::new(&[&ours], &json!({})).await;
    world.published.put(
        &format!("{OTHER}/.well-known/openid-configuration"),
        &json!({"issuer": OTHER, "jwks_uri": format!("{OTHER}/keys")}),
    );
    world
        .published
        .put(&format!("{OTHER}/keys"), &json!({"keys": [theirs.public()]}));
    let other = entry(OTHER, &json!({"username": {"claim": "sub", "prefix": "other:"}}));
    world.trust(&[entry(URL, &json!({})), other]);
    world.pass(std::time::Duration::from_secs(1)).await;
    let of_other = claims(&json!({"iss": OTHER}));
    assert_eq!(world.user(&theirs.token(&of_other)).await.name, "other:jane");
    assert_eq!(world.refusal(&ours.token(&of_other)).await, SIGNATURE);
    assert_eq!(world.refusal(&theirs.token(&claims(&json!({})))).await, SIGNATURE);
}

#[tokio::test(start_paused = true)]
async fn a_token_is_for_somebody_and_for_a_time() {
    let key = SigningKey::new("a", "ES256");
    let world = World::new(&[&key], &json!({})).await;
    for (changes, expected) in [
        (json!({"aud": "other"}), "it holds"),
        (json!({"aud": ["x", "purser"]}), "it holds"),
        (json!({"aud": "x"}), AUDIENCE),
        (json!({"aud": []}), AUDIENCE),
        (json!({"aud": null}), AUDIENCE),
        (json!({"aud": "https://kubernetes.default.svc"}), AUDIENCE),
        (json!({"aud": {"a": "purser"}}), AUDIENCE),
        (json!({"exp": NOW}), "it holds"),
        (json!({"exp": NOW - 1}), EXPIRED),
        (json!({"exp": null}), EXPIRED),
        (json!({"exp": 0}), EXPIRED),
        (json!({"exp": -1}), EXPIRED),
        (json!({"exp": "9999999999"}), EXPIRED),
        (json!({"exp": 1e300}), EXPIRED),
        (json!({"exp": 1_800_000_000.9}), "it holds"),
        (json!({"nbf": NOW + 60}), "it holds"),
        (json!({"nbf": NOW + 61}), NOT_YET),
        (json!({"nbf": "soon"}), NOT_YET),
        (json!({"nbf": -1}), "it holds"),
        (json!({"iat": NOW + 100_000}), "it holds"),
        (json!({"iat": "now"}), TYPE),
        (json!({"nonce": 7}), TYPE),
        (json!({"_claim_names": {"x": "a"}}), TYPE),
        (
            json!({"_claim_names": {"x": "a"}, "_claim_sources": {"a": {}}}),
            "it holds",
        ),
    ] {
        assert_eq!(
            world.refusal(&key.token(&claims(&changes))).await,
            expected,
            "{changes}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn claims_that_can_be_read_in_two_ways_are_not_read() {
    let key = SigningKey::new("a", "ES256");
    let world = World::new(&[&key], &json!({})).await;
    let header = json!({"alg": "ES256", "kid": "a"});
    let said = claims(&json!({})).to_string();
    let body = said.strip_prefix('{').unwrap();
    for twice in [
        format!("{{\"sub\":\"root\",{body}"),
        format!("{{\"iss\":\"https://evil.example\",{body}"),
        format!("{{\"x\":{{\"a\":1,\"a\":2}},{body}"),
        format!("{said} {{}}"),
        format!("[{said}]"),
        String::new(),
        "null".to_owned(),
    ] {
        assert_eq!(
            world.refusal(&key.token_with(&header, &twice)).await,
            "not mine",
            "{twice}"
        );
    }
    let whole = key.token(&claims(&json!({})));
    for changed in [
        format!("{whole}A"),
        format!("{whole}="),
        format!(" {whole}"),
        format!("{whole}.x"),
        whole.replace('.', ".."),
        whole.get(..whole.len() - 8).unwrap().to_owned(),
    ] {
        let refusal = world.refusal(&changed).await;
        assert!(refusal == "not mine" || refusal == SIGNATURE, "{refusal}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_huge_or_deep_is_not_read() {
    let key = SigningKey::new("a", "ES256");
    let world = World::new(&[&key], &json!({})).await;
    let header = json!({"alg": "ES256", "kid": "a"});
    let long = key.token(&claims(&json!({"pad": "x".repeat(1 << 20)})));
    assert_eq!(world.refusal(&long).await, "not mine");
    let said = claims(&json!({})).to_string();
    let body = said.strip_prefix('{').unwrap();
    let deep = format!("{{\"x\":{}{},{body}", "[".repeat(5000), "]".repeat(5000));
    assert_eq!(world.refusal(&key.token_with(&header, &deep)).await, "not mine");
}
