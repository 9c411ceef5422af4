//! Tokens of ServiceAccounts.

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use crate::keys::{Key, hmac_signed, unsigned};
use crate::world::{World, asking, assert_refused};

const ISSUER: &str = "https://kubernetes.default.svc";
/// The id of a token that is on the denial list.
const DENIED: &str = "0e9c0a4e-0000-4000-8000-000000000000";
const ES256: &str = r#"{"alg":"ES256"}"#;

fn now() -> u64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .expect("it is after 1970");
    since.as_secs()
}

/// The claims of a token that holds, for the account with this uid, with changes.
fn claims(uid: &str, changes: &Value) -> String {
    let mut claims = json!({
        "aud": [ISSUER], "iss": ISSUER, "jti": "5b6d0f4e-0000-4000-8000-000000000000",
        "iat": now(), "nbf": now(), "exp": now() + 3600,
        "kubernetes.io": {"namespace": "default", "serviceaccount": {"name": "bot", "uid": uid}},
        "sub": "system:serviceaccount:default:bot",
    });
    for (name, value) in changes.as_object().expect("an object") {
        claims[name] = value.clone();
    }
    claims.to_string()
}

/// What is wrong, the token, and what the log has to say of it.
type Row = (&'static str, String, &'static str);

fn wrong_claims(key: &Key, uid: &str) -> Vec<Row> {
    let with = |changes: Value| key.signed(ES256, &claims(uid, &changes));
    let gone = claims("00000000-0000-4000-8000-000000000000", &json!({}));
    let twice = claims(uid, &json!({})).replacen('{', &format!(r#"{{"iss":"{ISSUER}","#), 1);
    let within = claims(uid, &json!({})).replace(r#""name":"bot""#, r#""name":"boss","name":"bot""#);
    vec![
        (
            "wrong audience",
            with(json!({"aud": ["vault"]})),
            r#"token audiences ["vault"] is invalid for the target audiences ["https://kubernetes.default.svc"]"#,
        ),
        (
            "no audience",
            with(json!({"aud": []})),
            "token audiences [] is invalid",
        ),
        (
            "wrong issuer",
            with(json!({"iss": "https://evil.example"})),
            "invalid bearer token",
        ),
        ("no issuer", with(json!({"iss": null})), "invalid bearer token"),
        (
            "expired",
            with(json!({"exp": now() - 62})),
            "service account token has expired",
        ),
        (
            "not before later",
            with(json!({"nbf": now() + 120})),
            "service account token is not valid yet",
        ),
        (
            "issued in the future",
            with(json!({"iat": now() + 120})),
            "service account token is issued in the future",
        ),
        (
            "no end",
            with(json!({"exp": null})),
            "the claims are not those of a service account token",
        ),
        (
            "no account",
            with(json!({"kubernetes.io": {}})),
            "the claims are not those of a service account token",
        ),
        (
            "an account that is gone",
            key.signed(ES256, &gone),
            "service account token has been invalidated",
        ),
        ("a claim twice", key.signed(ES256, &twice), "invalid bearer token"),
        (
            "a claim twice, further in",
            key.signed(ES256, &within),
            "invalid bearer token",
        ),
        (
            "called back",
            with(json!({"jti": DENIED})),
            "who it is, or what was presented, is on the denial list",
        ),
    ]
}

fn wrong_signatures(world: &World, uid: &str) -> Vec<Row> {
    let said = claims(uid, &json!({}));
    let good = world.key.signed(ES256, &said);
    let (before, signature) = good.rsplit_once('.').expect("a token has dots");
    let cut = &signature[..signature.len() - 2];
    let bare = |header: &str| unsigned(header, &said);
    let public = world.other.public();
    vec![
        (
            "wrong key",
            Key::ec().signed(ES256, &said),
            "error in cryptographic primitive",
        ),
        (
            "wrong key of the other kind",
            Key::rsa().signed(r#"{"alg":"RS256"}"#, &said),
            "error in cryptographic primitive",
        ),
        (
            "a key that nobody has",
            world.key.signed(r#"{"alg":"ES256","kid":"x"}"#, &said),
            "invalid signature, no keys found",
        ),
        (
            "the claims of another token",
            format!("{}.{signature}", unsigned(ES256, &said.replace("bot", "boss"))),
            "error in cryptographic primitive",
        ),
        (
            "alg none",
            format!("{}.", bare(r#"{"alg":"none"}"#)),
            "unexpected signature algorithm",
        ),
        (
            "alg None with a signature",
            format!("{}.{signature}", bare(r#"{"alg":"None"}"#)),
            "unexpected signature algorithm",
        ),
        (
            "no alg",
            format!("{}.{signature}", bare("{}")),
            "unexpected signature algorithm",
        ),
        (
            "HS256 with the public key of RS256",
            hmac_signed(public.as_bytes(), r#"{"alg":"HS256"}"#, &said),
            "unexpected signature algorithm",
        ),
        (
            "HS256 with it, called RS256",
            hmac_signed(public.as_bytes(), r#"{"alg":"RS256"}"#, &said),
            "error in cryptographic primitive",
        ),
        (
            "RS256 called ES256",
            world.other.signed(ES256, &said),
            "error in cryptographic primitive",
        ),
        (
            "ES256 called RS256",
            world.key.signed(r#"{"alg":"RS256"}"#, &said),
            "error in cryptographic primitive",
        ),
        (
            "an extension that has to be understood",
            world.key.signed(r#"{"alg":"ES256","crit":["x"],"x":1}"#, &said),
            "unexpected signature algorithm",
        ),
        (
            "truncated",
            format!("{before}.{cut}"),
            "error in cryptographic primitive",
        ),
        (
            "truncated before the signature",
            format!("{before}."),
            "error in cryptographic primitive",
        ),
        (
            "truncated before the dot",
            before.to_owned(),
            "invalid bearer token",
        ),
        (
            "truncated within the claims",
            before[..before.len() - 40].to_owned(),
            "invalid bearer token",
        ),
        (
            "as long as a head may be",
            format!("{good}{}", "A".repeat(56 * 1024)),
            "invalid bearer token",
        ),
        ("no token at all", "nonsense".to_owned(), "invalid bearer token"),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn every_wrong_token_is_the_same_401_and_only_the_log_tells_why() {
    let world = World::start(&format!("credential JTI={DENIED}\n")).await;
    let uid = world.bot().await;
    let good = world.key.signed(ES256, &claims(&uid, &json!({})));
    let rsa = world
        .other
        .signed(r#"{"alg":"RS256"}"#, &claims(&uid, &json!({})));
    let mut rows = wrong_claims(&world.key, &uid);
    rows.extend(wrong_signatures(&world, &uid));
    for token in [&good, &rsa] {
        world.until_let_in(token).await;
    }
    for (what, token, reason) in &rows {
        let lines = world.lines();
        let answer = world.with_token(token).await;
        assert_refused(what, &answer, &world.reasons_since(lines), reason);
    }
    assert_eq!(world.with_token(&good).await.status, 200);
    let written = world.written();
    for (what, token, _) in rows
        .iter()
        .chain([&("what holds", good, ""), &("what holds, too", rsa, "")])
    {
        for part in token.split('.').filter(|part| part.len() > 20) {
            let head = &part[..part.len().min(64)];
            assert!(
                !written.contains(head),
                "log or audit log has a part of the token: {what}"
            );
        }
    }
}

/// The library refuses a head beyond the bound and hands nothing of it on; kube-apiserver has a bound of a mebibyte
/// (`MaxHeaderBytes` in `k8s.io/apiserver/pkg/server/secure_serving.go`). A review takes the token in a body.
#[tokio::test(flavor = "multi_thread")]
async fn a_token_of_a_mebibyte_is_not_read_in_a_head_and_not_known_in_a_body() {
    let world = World::start("").await;
    let uid = world.bot().await;
    let good = world.key.signed(ES256, &claims(&uid, &json!({})));
    let long = format!("{good}{}", "A".repeat(1 << 20));
    // The server does not wait for the rest of it: who still sends may not come to read the answer.
    if let Ok(answer) = world.purser.nobody().try_send(asking(&long)).await {
        assert_eq!(answer.status, 431, "{}", answer.text());
    }
    let review =
        json!({"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "spec": {"token": long}});
    let answer = world
        .purser
        .admin()
        .post("/apis/authentication.k8s.io/v1/tokenreviews", &review)
        .await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    assert_eq!(
        answer.json()["status"],
        json!({"user": {}, "error": "invalid bearer token"})
    );
    assert!(!world.written().contains(&good[..64]));
}
