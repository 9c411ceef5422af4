//! Tokens that Secrets keep and that do not end.

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use purser_authn::token::{Kept, Named, Refused, ServiceAccounts};

use super::support::{ISSUER, NOW, There, accounts, bound, ec, refusal, rsa, signed, there};

fn kept(token: &str) -> Kept {
    Kept {
        uid: "u-2".to_owned(),
        digest: digest(&SHA256, token.as_bytes()).as_ref().try_into().unwrap(),
        invalid: false,
        generated: false,
    }
}

/// A token of `bot` that the Secret `sd` keeps.
fn lasting(accounts: &ServiceAccounts, there: &There) -> String {
    let token = accounts.issue_lasting(&named("j-1")).unwrap();
    there.keep(Some(kept(token.expose())));
    token.expose().to_owned()
}

fn named(id: &str) -> Named {
    Named {
        namespace: "rec".to_owned(),
        account: bound("bot", "u-1"),
        secret: "sd".to_owned(),
        id: id.to_owned(),
    }
}

#[test]
fn a_lasting_token_says_what_upstreams_says_and_makes_its_user() {
    let there = there();
    let accounts = accounts(&ec(), &there);
    let token = lasting(&accounts, &there);
    let claims = URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap();
    assert_eq!(
        String::from_utf8(claims).unwrap(),
        r#"{"iss":"kubernetes/serviceaccount","jti":"j-1","kubernetes.io/serviceaccount/namespace":"rec","kubernetes.io/serviceaccount/secret.name":"sd","kubernetes.io/serviceaccount/service-account.name":"bot","kubernetes.io/serviceaccount/service-account.uid":"u-1","sub":"system:serviceaccount:rec:bot"}"#
    );
    let ages = NOW + 100 * 365 * 24 * 60 * 60;
    let reviewed = accounts.review(token.as_bytes(), &[], ages).unwrap();
    assert_eq!(reviewed.user.name, "system:serviceaccount:rec:bot");
    assert_eq!(reviewed.user.uid, "u-1");
    assert_eq!(
        reviewed.user.extra["authentication.kubernetes.io/credential-id"],
        ["JTI=j-1"]
    );
    assert_eq!(reviewed.audiences, [ISSUER]);
    assert_eq!(there.uses(), 1);
    // It is for this server alone.
    let others = accounts.review(token.as_bytes(), &["vault".to_owned()], NOW);
    assert!(matches!(others, Err(Refused::Audience { .. })), "{others:?}");
}

#[test]
fn a_lasting_token_holds_as_long_as_its_secret_keeps_it() {
    let there = there();
    let accounts = accounts(&ec(), &there);
    let token = lasting(&accounts, &there);
    let claims = accounts.review(token.as_bytes(), &[], NOW).unwrap().claims;
    let stands = |wanted: bool| {
        assert_eq!(accounts.check_standing(&claims, NOW).is_ok(), wanted);
    };
    stands(true);
    there.keep(None);
    assert_eq!(refusal(&accounts, &token), Refused::Invalidated);
    stands(false);
    there.keep(Some(kept("another")));
    assert_eq!(refusal(&accounts, &token), Refused::Replaced);
    stands(false);
    there.keep(Some(Kept {
        invalid: true,
        ..kept(&token)
    }));
    assert!(matches!(refusal(&accounts, &token), Refused::Marked { .. }));
    stands(false);
    there.keep(Some(Kept {
        uid: "u-3".to_owned(),
        ..kept(&token)
    }));
    stands(false);
    there.keep(Some(kept(&token)));
    stands(true);
    there.put("account rec/bot", "u-9");
    assert_eq!(refusal(&accounts, &token), Refused::Invalidated);
    stands(false);
}

#[test]
fn what_is_no_lasting_token_of_ours_is_refused_though_a_secret_keeps_it() {
    let there = there();
    let key = ec();
    let accounts = accounts(&key, &there);
    let good = r#"{"iss":"kubernetes/serviceaccount","kubernetes.io/serviceaccount/namespace":"rec","kubernetes.io/serviceaccount/secret.name":"sd","kubernetes.io/serviceaccount/service-account.name":"bot","kubernetes.io/serviceaccount/service-account.uid":"u-1","sub":"system:serviceaccount:rec:bot"}"#;
    let review = |key: &str, claims: &str| {
        let token = signed(key, r#"{"alg":"ES256"}"#, claims);
        there.keep(Some(kept(&token)));
        accounts.review(token.as_bytes(), &[], NOW).map(drop)
    };
    assert_eq!(review(&key, good), Ok(()));
    assert_eq!(review(&ec(), good), Err(Refused::Signature));
    for claims in [
        good.replace(
            r#""sub":"system:serviceaccount:rec:bot""#,
            r#""sub":"system:serviceaccount:rec:boss""#,
        ),
        good.replace(r#","sub":"system:serviceaccount:rec:bot""#, ""),
        good.replace(r#""kubernetes.io/serviceaccount/namespace":"rec","#, ""),
        good.replace(r#""sd""#, r#""""#),
        good.replace(r#""u-1""#, "1"),
        good.replace(r#""sub""#, r#""aud":["vault"],"sub""#),
        good.replace(r#""sub""#, r#""jti":7,"sub""#),
        good.replace(r#""sub""#, r#""exp":9999999999,"sub""#),
        good.replace(r#""sub""#, r#""kubernetes.io":{},"sub""#),
    ] {
        assert_eq!(review(&key, &claims), Err(Refused::Claims), "{claims}");
    }
}

#[test]
fn no_two_lasting_tokens_are_the_same_though_they_are_for_the_same() {
    let there = there();
    for key in [ec(), rsa()] {
        let accounts = accounts(&key, &there);
        let tokens = ["j-1", "j-2"].map(|id| accounts.issue_lasting(&named(id)).unwrap());
        assert_ne!(tokens[0].expose(), tokens[1].expose());
    }
}
