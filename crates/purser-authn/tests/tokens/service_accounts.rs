//! ServiceAccount tokens: issued, taken, and each forgery refused for its own reason.

use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPair as RsaKeyPair;
use aws_lc_rs::signature::{EcdsaKeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use purser_authn::token::{Grant, KeyError, Refused, SigningKey, VerifyingKey};

use super::support::{
    ISSUER, NOW, accounts, bound, claims, ec, grant, part, pem, refusal, rsa, signed, there, token,
    verifying, with_part,
};

#[test]
fn a_token_says_what_upstreams_says_in_the_same_order() {
    let accounts = accounts(&ec(), &there());
    let issued = token(&accounts, grant());
    let text = |at: usize| {
        let part = issued.split('.').nth(at).unwrap();
        String::from_utf8(URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
    };
    assert_eq!(text(1), claims());
    assert!(text(0).starts_with(r#"{"alg":"ES256","kid":""#), "{}", text(0));
    let bound_to = Grant {
        secret: Some(bound("sd", "u-2")),
        ..grant()
    };
    let own = &part(&token(&accounts, bound_to), 1)["kubernetes.io"];
    assert_eq!(own["secret"], serde_json::json!({"name": "sd", "uid": "u-2"}));
}

#[test]
fn a_token_makes_the_user_that_upstream_makes() {
    for key in [ec(), rsa()] {
        let accounts = accounts(&key, &there());
        let reviewed = accounts
            .review(token(&accounts, grant()).as_bytes(), &[], NOW)
            .unwrap();
        let user = &reviewed.user;
        assert_eq!(
            (user.name.as_str(), user.uid.as_str()),
            ("system:serviceaccount:rec:bot", "u-1")
        );
        assert_eq!(
            user.groups,
            [
                "system:serviceaccounts",
                "system:serviceaccounts:rec",
                "system:authenticated"
            ]
        );
        assert_eq!(
            user.extra["authentication.kubernetes.io/credential-id"],
            ["JTI=j-1"]
        );
        assert_eq!(reviewed.audiences, [ISSUER]);
    }
}

#[test]
fn a_token_of_another_key_or_a_changed_one_is_refused() {
    let key = ec();
    let accounts = accounts(&key, &there());
    let other = self::accounts(&ec(), &there());
    let good = token(&accounts, grant());
    assert_eq!(refusal(&accounts, &token(&other, grant())), Refused::NoKey);
    let claims = claims().replace("bot", "boss");
    assert_eq!(
        refusal(&accounts, &with_part(&good, 1, &claims)),
        Refused::Signature
    );
    // The header of ours, the signature of another.
    let header = good.split('.').next().unwrap();
    let forged = token(&other, grant());
    let rest = forged.split_once('.').unwrap().1;
    assert_eq!(
        refusal(&accounts, &format!("{header}.{rest}")),
        Refused::Signature
    );
    let without_key = signed(&key, r#"{"alg":"ES256"}"#, &self::claims());
    assert!(
        accounts.review(without_key.as_bytes(), &[], NOW).is_ok(),
        "each key is tried"
    );
    let without_key = signed(&ec(), r#"{"alg":"ES256"}"#, &self::claims());
    assert_eq!(refusal(&accounts, &without_key), Refused::Signature);
}

#[test]
fn no_algorithm_is_taken_but_that_of_the_key() {
    let (key, rsa) = (ec(), rsa());
    let accounts = verifying(&key, &[&rsa], &there());
    let good = token(&accounts, grant());
    let id = part(&good, 0)["kid"].as_str().unwrap().to_owned();
    for algorithm in ["none", "None", "", "HS256", "RS256", "ES384", "PS256", "es256"] {
        let header = format!(r#"{{"alg":"{algorithm}","kid":"{id}"}}"#);
        assert_eq!(
            refusal(&accounts, &with_part(&good, 0, &header)),
            Refused::Algorithm,
            "{algorithm}"
        );
    }
    for header in ["{}", r#"{"alg":1}"#, r#"{"alg":["ES256"]}"#] {
        assert_eq!(
            refusal(&accounts, &with_part(&good, 0, header)),
            Refused::Algorithm,
            "{header}"
        );
    }
    let unsigned = with_part(&good, 0, r#"{"alg":"none"}"#);
    let unsigned = unsigned.rsplit_once('.').unwrap().0;
    assert_eq!(refusal(&accounts, &format!("{unsigned}.")), Refused::Algorithm);
    let critical = format!(r#"{{"alg":"ES256","crit":["b64"],"b64":false,"kid":"{id}"}}"#);
    assert_eq!(
        refusal(&accounts, &signed(&key, &critical, &claims())),
        Refused::Algorithm
    );
}

#[test]
fn a_public_key_is_no_secret_to_sign_with() {
    let rsa = rsa();
    let accounts = accounts(&rsa, &there());
    let der = STANDARD
        .decode(
            rsa.lines()
                .filter(|line| !line.starts_with('-'))
                .collect::<String>(),
        )
        .unwrap();
    let public = RsaKeyPair::from_pkcs8(&der)
        .unwrap()
        .public_key()
        .as_der()
        .unwrap();
    let id = part(&token(&accounts, grant()), 0)["kid"]
        .as_str()
        .unwrap()
        .to_owned();
    for secret in [
        public.as_ref().to_vec(),
        pem("PUBLIC KEY", public.as_ref()).into_bytes(),
    ] {
        for header in [
            format!(r#"{{"alg":"HS256","kid":"{id}"}}"#),
            format!(r#"{{"alg":"RS256","kid":"{id}"}}"#),
        ] {
            let text = format!(
                "{}.{}",
                URL_SAFE_NO_PAD.encode(&header),
                URL_SAFE_NO_PAD.encode(claims())
            );
            let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &secret), text.as_bytes());
            let forged = format!("{text}.{}", URL_SAFE_NO_PAD.encode(tag));
            assert!(matches!(
                refusal(&accounts, &forged),
                Refused::Algorithm | Refused::Signature
            ));
        }
    }
}

#[test]
fn what_is_no_token_of_ours_is_not_looked_at() {
    let key = ec();
    let accounts = accounts(&key, &there());
    let good = token(&accounts, grant());
    let header = r#"{"alg":"ES256"}"#;
    let truncated = good.get(..good.len() - 4).unwrap();
    assert!(matches!(
        refusal(&accounts, truncated),
        Refused::Signature | Refused::NotOurs
    ));
    let long = format!("{good}{}", "A".repeat(1 << 20));
    let doubled = claims().replacen('{', &format!(r#"{{"iss":"{ISSUER}","#), 1);
    let nested = claims().replace(r#""name":"bot""#, r#""name":"boss","name":"bot""#);
    let foreign = claims().replace(ISSUER, "https://evil.example.com");
    for forged in [
        "nonsense".to_owned(),
        String::new(),
        "..".to_owned(),
        "a.b.c.d".to_owned(),
        format!("{good}.{good}"),
        good.rsplit_once('.').unwrap().0.to_owned(),
        format!("{good}="),
        good.replace('.', ". "),
        long,
        signed(&key, header, &doubled),
        signed(&key, header, &nested),
        signed(&key, r#"{"alg":"ES256","alg":"ES256"}"#, &claims()),
        signed(&key, header, &foreign),
        signed(&key, header, "[]"),
        signed(&key, header, "{"),
        signed(&key, "null", &claims()),
    ] {
        assert_eq!(refusal(&accounts, &forged), Refused::NotOurs, "{forged:.80}");
    }
}

#[test]
fn claims_that_are_not_those_of_an_account_are_refused() {
    let key = ec();
    let accounts = accounts(&key, &there());
    let exp = format!(r#""exp":{}"#, NOW + 3600);
    for (what, claims) in [
        ("no end", claims().replace(&format!("{exp},"), "")),
        ("an end that is a text", claims().replace(&exp, r#""exp":"9""#)),
        ("another subject", claims().replace(":rec:bot", ":rec:boss")),
        ("no uid", claims().replace(r#""uid":"u-1""#, r#""uid":"""#)),
        ("no account", claims().replace("serviceaccount\"", "account\"")),
        (
            "a pod",
            claims().replace(r#""namespace""#, r#""pod":{"name":"p","uid":"q"},"namespace""#),
        ),
        (
            "an audience that is a number",
            claims().replace(&format!("[\"{ISSUER}\"]"), "1"),
        ),
    ] {
        let forged = signed(&key, r#"{"alg":"ES256"}"#, &claims);
        assert_eq!(refusal(&accounts, &forged), Refused::Claims, "{what}");
    }
}

#[test]
fn a_token_is_for_its_audiences_alone() {
    let accounts = accounts(&ec(), &there());
    let for_vault = Grant {
        audiences: vec!["vault".to_owned(), "other".to_owned()],
        ..grant()
    };
    let token = token(&accounts, for_vault);
    assert_eq!(
        refusal(&accounts, &token).to_string(),
        format!("token audiences [\"vault\" \"other\"] is invalid for the target audiences [\"{ISSUER}\"]")
    );
    let wanted = ["vault".to_owned(), "third".to_owned()];
    assert_eq!(
        accounts.review(token.as_bytes(), &wanted, NOW).unwrap().audiences,
        ["vault"]
    );
}

#[test]
fn a_token_has_its_time() {
    let key = ec();
    let accounts = accounts(&key, &there());
    let good = token(&accounts, grant());
    let at = |now: i64| accounts.review(good.as_bytes(), &[], now).err();
    assert_eq!(at(NOW + 3660), None, "clocks may differ by a minute");
    assert_eq!(at(NOW + 3661), Some(Refused::Expired));
    assert_eq!(at(NOW - 60), None);
    assert_eq!(at(NOW - 61), Some(Refused::NotYet));
    let later = claims().replace(&format!(r#""iat":{NOW}"#), &format!(r#""iat":{}"#, NOW + 61));
    assert_eq!(
        refusal(&accounts, &signed(&key, r#"{"alg":"ES256"}"#, &later)),
        Refused::Future
    );
    let endless = claims().replace(&(NOW + 3600).to_string(), &i64::MAX.to_string());
    assert!(
        accounts
            .review(signed(&key, r#"{"alg":"ES256"}"#, &endless).as_bytes(), &[], NOW)
            .is_ok()
    );
}

#[test]
fn a_token_ends_with_its_account_and_its_secret() {
    let there = there();
    let accounts = accounts(&ec(), &there);
    let plain = token(&accounts, grant());
    let with_secret = token(
        &accounts,
        Grant {
            secret: Some(bound("sd", "u-2")),
            ..grant()
        },
    );
    let reviewed = accounts.review(with_secret.as_bytes(), &[], NOW).unwrap();
    there.put("secret rec/sd", "u-9");
    assert_eq!(
        refusal(&accounts, &with_secret),
        Refused::Invalidated,
        "made anew"
    );
    there.remove("secret rec/sd");
    assert_eq!(refusal(&accounts, &with_secret), Refused::Invalidated);
    assert_eq!(
        accounts.check_standing(&reviewed.claims, NOW),
        Err(Refused::Invalidated)
    );
    assert!(accounts.review(plain.as_bytes(), &[], NOW).is_ok());
    there.put("account rec/bot", "u-9");
    assert_eq!(refusal(&accounts, &plain), Refused::Invalidated, "made anew");
    there.remove("account rec/bot");
    assert_eq!(refusal(&accounts, &plain), Refused::Invalidated);
}

#[test]
fn keys_and_issuers_of_before_go_on() {
    let (old, new) = (ec(), ec());
    let before = accounts(&old, &there());
    let after = verifying(&new, &[&old], &there());
    let token = token(&before, grant());
    assert!(after.review(token.as_bytes(), &[], NOW).is_ok());
    let issued = signed(
        &old,
        r#"{"alg":"ES256"}"#,
        &claims().replacen(
            &format!(r#""iss":"{ISSUER}""#),
            r#""iss":"https://old.example.com""#,
            1,
        ),
    );
    assert!(after.review(issued.as_bytes(), &[], NOW).is_ok());
}

#[test]
fn others_are_told_how_to_verify() {
    let (ec, rsa) = (ec(), rsa());
    let accounts = verifying(&ec, &[&rsa, &ec], &there());
    let metadata = accounts.metadata("https://127.0.0.1:1/openid/v1/jwks").unwrap();
    assert_eq!(
        metadata.configuration,
        format!(
            r#"{{"issuer":"{ISSUER}","jwks_uri":"https://127.0.0.1:1/openid/v1/jwks","response_types_supported":["id_token"],"subject_types_supported":["public"],"id_token_signing_alg_values_supported":["ES256","RS256"]}}"#
        )
    );
    let keys: serde_json::Value = serde_json::from_str(&metadata.keys).unwrap();
    let keys = keys["keys"].as_array().unwrap();
    assert_eq!(keys.len(), 2, "each once");
    assert_eq!(keys[0]["kid"], part(&token(&accounts, grant()), 0)["kid"]);
    assert_eq!(
        (keys[1]["kty"].as_str(), keys[1]["e"].as_str()),
        (Some("RSA"), Some("AQAB"))
    );
}

#[test]
fn only_keys_that_are_used_are_read() {
    let refused = |pem: &str| SigningKey::from_pem(pem).err();
    assert_eq!(refused("nothing"), Some(KeyError::NoPem));
    assert_eq!(refused(&pem("PRIVATE KEY", b"junk")), Some(KeyError::Kind));
    let p384 = &aws_lc_rs::signature::ECDSA_P384_SHA384_FIXED_SIGNING;
    let p384 = EcdsaKeyPair::generate_pkcs8(p384, &SystemRandom::new()).unwrap();
    assert_eq!(refused(&pem("PRIVATE KEY", p384.as_ref())), Some(KeyError::Kind));
    assert_eq!(VerifyingKey::all_from_pem("nothing").err(), Some(KeyError::NoPem));
}
