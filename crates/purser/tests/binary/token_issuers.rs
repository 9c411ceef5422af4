//! Who issues the tokens of ServiceAccounts, with which key and for whom, as the flags say.

use std::time::{Duration, Instant};

use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der};
use aws_lc_rs::rsa::{KeyPair, KeySize};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use crate::authorities::SECRETS;
use crate::client::Client;
use crate::server::{PATIENCE, Server};

const TOKEN: &str = "/api/v1/namespaces/default/serviceaccounts/default/token";
const OLD: &str = "https://old.example";
const NEW: &str = "https://new.example";

/// A private RSA key, PEM.
fn rsa() -> String {
    let pair = KeyPair::generate(KeySize::Rsa2048).unwrap();
    let der: Pkcs8V1Der<'static> = pair.as_der().unwrap();
    let text = STANDARD.encode(der.as_ref());
    format!("-----BEGIN PRIVATE KEY-----\n{text}\n-----END PRIVATE KEY-----\n")
}

/// A token as long as can be, and what it was answered with.
fn issued(admin: &Client) -> (String, Value) {
    let request = json!({"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest",
        "spec": {"expirationSeconds": 90_000}});
    let begun = Instant::now();
    loop {
        let answer = admin.request("POST", TOKEN, &request.to_string());
        if answer.status == 201 {
            let answer: Value = serde_json::from_str(&answer.body).unwrap();
            return (answer["status"]["token"].as_str().unwrap().to_owned(), answer);
        }
        // The account of the namespace is made soon after the start.
        assert!(begun.elapsed() < PATIENCE, "{}", answer.body);
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn part(token: &str, at: usize) -> Value {
    let part = token.split('.').nth(at).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

/// Who is known is refused by his rights, and who is not as nobody.
fn is_known(admin: &Client, token: &str) -> bool {
    match admin.with_token(token).get(SECRETS).status {
        403 => true,
        401 => false,
        other => panic!("{other}"),
    }
}

fn told(admin: &Client, path: &str) -> Value {
    serde_json::from_str(&admin.get(path).body).unwrap()
}

#[test]
fn tokens_are_those_of_the_flags_and_go_on_while_their_key_issuer_and_audience_are_named() {
    let mut server = Server::new();
    let key = server.write("sa.key", &rsa());
    let key = key.to_str().unwrap();
    server.give(&[
        "--service-account-signing-key-file",
        key,
        "--service-account-issuer",
        OLD,
        "--api-audiences",
        "purser,vault",
        "--service-account-max-token-expiration",
        "2h",
    ]);
    server.start();
    let admin = server.client();
    let (old, answer) = issued(&admin);
    assert_eq!(part(&old, 0)["alg"], "RS256");
    let claims = part(&old, 1);
    assert_eq!(
        (&claims["iss"], &claims["aud"]),
        (&json!(OLD), &json!(["purser", "vault"]))
    );
    assert_eq!(answer["spec"]["expirationSeconds"], 7_200);
    assert_eq!(
        claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(),
        7_200
    );
    let configuration = told(&admin, "/.well-known/openid-configuration");
    assert_eq!(configuration["issuer"], OLD);
    assert_eq!(
        configuration["id_token_signing_alg_values_supported"],
        json!(["RS256"])
    );
    assert!(is_known(&admin, &old));

    // Another issuer and another key; those of before are named besides.
    assert!(server.stop().success());
    let both = [
        "--service-account-issuer",
        NEW,
        "--service-account-issuer",
        OLD,
        "--api-audiences",
        "vault",
    ];
    let known = ["--service-account-key-file", key];
    server.give(&[&both[..], &known].concat());
    server.start();
    let admin = server.client();
    let (new, _) = issued(&admin);
    assert_eq!(part(&new, 0)["alg"], "ES256");
    let claims = part(&new, 1);
    assert_eq!((&claims["iss"], &claims["aud"]), (&json!(NEW), &json!(["vault"])));
    let keys = told(&admin, "/openid/v1/jwks");
    let ids: Vec<&Value> = keys["keys"]
        .as_array()
        .unwrap()
        .iter()
        .map(|key| &key["kid"])
        .collect();
    assert_eq!(ids, [&part(&new, 0)["kid"], &part(&old, 0)["kid"]]);
    assert!(is_known(&admin, &old) && is_known(&admin, &new));

    // Without the key, without the issuer, for others: each alone is the end of it.
    for flags in [
        both.to_vec(),
        [&known[..], &["--api-audiences", "vault"]].concat(),
        [&known[..], &both[..4], &["--api-audiences", "other"]].concat(),
    ] {
        assert!(server.stop().success());
        server.give(&flags);
        server.start();
        let admin = server.client();
        let (now, _) = issued(&admin);
        assert!(is_known(&admin, &now), "{flags:?}");
        assert!(!is_known(&admin, &old), "{flags:?}");
    }
}
