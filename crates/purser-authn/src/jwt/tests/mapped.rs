//! Whom a token makes a user.

use serde_json::{Value, json};

use super::support::{NOW, OWN, SigningKey, URL, World, claims, entry};
use crate::source::TokenSource as _;

#[tokio::test(start_paused = true)]
async fn every_algorithm_that_is_taken_verifies() {
    for algorithm in [
        "ES256", "ES384", "ES512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512",
    ] {
        let key = SigningKey::new("a", algorithm);
        let world = World::new(&[&key], &json!({})).await;
        let user = world.user(&key.token(&claims(&json!({})))).await;
        assert_eq!(
            (user.name.as_str(), &user.groups[..]),
            ("oidc:jane", &["oidc:payments".to_owned()][..])
        );
    }
}

#[tokio::test(start_paused = true)]
async fn claims_make_the_user_as_upstream_reads_them() {
    let key = SigningKey::new("a", "ES256");
    let world = World::new(
        &[&key],
        &json!({
            "uid": {"claim": "oid"},
            "extra": [
                {"key": "example.com/tenant", "valueExpression": "claims.tenant"},
                {"key": "example.com/none", "valueExpression": "claims.?none.orValue('')"},
                {"key": "example.com/some", "valueExpression": "['a', '', 'b']"},
            ],
        }),
    )
    .await;
    let said = claims(&json!({"oid": "7", "tenant": "t1", "jti": "x", "groups": "one"}));
    let user = world.user(&key.token(&said)).await;
    assert_eq!(
        (user.uid.as_str(), user.groups),
        ("7", vec!["oidc:one".to_owned()])
    );
    let extra: Vec<(&str, Vec<&str>)> = user
        .extra
        .iter()
        .map(|(key, values)| (key.as_str(), values.iter().map(String::as_str).collect()))
        .collect();
    assert_eq!(
        extra,
        [
            ("authentication.kubernetes.io/credential-id", vec!["JTI=x"]),
            ("example.com/some", vec!["a", "b"]),
            ("example.com/tenant", vec!["t1"]),
        ]
    );
    let refused = |changes: Value| {
        let token = key.token(&claims(&changes));
        let world = &world;
        async move { world.refusal(&token).await }
    };
    let one = json!({"oid": "7", "tenant": "t1"});
    let with = |name: &str, value: Value| {
        let mut changes = one.clone();
        changes[name] = value;
        changes
    };
    assert_eq!(
        refused(with("groups", json!([1]))).await,
        r#"oidc: parse groups claim "groups": json: cannot unmarshal array into Go value of type string"#
    );
    assert_eq!(
        refused(with("sub", json!(7))).await,
        "oidc: verify token: oidc: failed to unmarshal claims"
    );
    assert_eq!(
        refused(with("sub", json!(""))).await,
        "oidc: empty username is not allowed"
    );
    assert_eq!(
        refused(json!({"tenant": "t1"})).await,
        r#"oidc: parse uid claim "oid": claim not present"#
    );
    assert_eq!(
        refused(json!({"oid": "7"})).await,
        "oidc: error evaluating extra claim expression: expression 'claims.tenant' resulted in error: no such key: tenant"
    );
    assert_eq!(
        refused(with("tenant", json!(1))).await,
        "oidc: error evaluating extra claim expression: expression must return a string or a list of strings"
    );
    // Groups that are elsewhere are not fetched, and not taken for none.
    let elsewhere = json!({"oid": "7", "tenant": "t1", "groups": null, "_claim_names": {"groups": "src1"}, "_claim_sources": {"src1": {"endpoint": "https://graph.example"}}});
    assert!(
        refused(elsewhere)
            .await
            .starts_with("oidc: could not expand distributed claims")
    );
}

#[tokio::test(start_paused = true)]
async fn an_address_names_somebody_only_when_it_is_verified() {
    let key = SigningKey::new("a", "ES256");
    let world = World::new(&[&key], &json!({"username": {"claim": "email", "prefix": ""}})).await;
    for (verified, expected) in [
        (json!(null), "it holds"),
        (json!(true), "it holds"),
        (json!(false), "oidc: email not verified"),
        (
            json!("true"),
            r#"oidc: parse claim "email_verified": json: cannot unmarshal string into Go value of type bool"#,
        ),
    ] {
        let said = claims(&json!({"email": "jane@example.com", "email_verified": verified}));
        assert_eq!(world.refusal(&key.token(&said)).await, expected, "{verified}");
    }
}

#[tokio::test(start_paused = true)]
async fn rules_about_claims_and_users_are_held_to() {
    let key = SigningKey::new("a", "ES256");
    let world = World::new(
        &[&key],
        &json!({
            "username": {"expression": "has(claims.name) ? claims.name : claims.sub"},
            "groups": {"expression": "claims.groups"},
            "claimValidationRules": [
                {"claim": "hd", "requiredValue": "example.com"},
                {"expression": "claims.exp - claims.iat <= 3600", "message": "an hour at most"},
            ],
            "userValidationRules": [
                {"expression": "user.groups.all(group, group != 'guests')", "message": "no guests"},
            ],
        }),
    )
    .await;
    for (changes, expected) in [
        (json!({"hd": "example.com"}), "it holds"),
        (json!({}), "oidc: required claim hd not present in ID token"),
        (
            json!({"hd": "other.com"}),
            "oidc: required claim hd value does not match",
        ),
        (
            json!({"hd": "example.com", "exp": NOW + 3601}),
            "oidc: error evaluating claim validation expression: validation expression 'claims.exp - claims.iat <= 3600' failed: an hour at most",
        ),
        (
            json!({"hd": "example.com", "groups": ["guests"]}),
            "oidc: error evaluating user info validation rule: validation expression 'user.groups.all(group, group != 'guests')' failed: no guests",
        ),
        (
            json!({"hd": "example.com", "name": 7}),
            "oidc: error evaluating username claim expression: username claim expression must return a string",
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
async fn names_of_kubernetes_itself_come_only_of_a_mapping_that_speaks_of_them() {
    let key = SigningKey::new("a", "ES256");
    let unprefixed =
        json!({"username": {"claim": "sub", "prefix": ""}, "groups": {"claim": "groups", "prefix": ""}});
    let world = World::new(&[&key], &unprefixed).await;
    let masters = key.token(&claims(&json!({"groups": ["devs", "system:masters"]})));
    assert_eq!(
        world.refusal(&masters).await,
        "oidc: the group begins with system:, which the mapping does not name"
    );
    let admin = key.token(&claims(&json!({"sub": "system:admin"})));
    assert_eq!(
        world.refusal(&admin).await,
        "oidc: the user name begins with system:, which the mapping does not name"
    );
    let passed_on =
        json!({"username": {"expression": "claims.sub"}, "groups": {"expression": "claims.groups"}});
    world.trust(&[entry(URL, &passed_on)]);
    assert!(world.refusal(&masters).await.contains("begins with system:"));
    assert!(world.refusal(&admin).await.contains("begins with system:"));
    let meant = json!({"groups": {"expression": "'devs' in claims.groups ? ['system:masters'] : []"}});
    world.trust(&[entry(URL, &meant)]);
    assert_eq!(world.user(&masters).await.groups, ["system:masters"]);
    // To speak of one, so that it is left out, is not to speak of the others.
    let without =
        json!({"groups": {"expression": "dyn(claims.groups).filter(one, one != 'system:masters')"}});
    world.trust(&[entry(URL, &without)]);
    assert_eq!(world.user(&masters).await.groups, ["devs"]);
    let nodes = key.token(&claims(&json!({"groups": ["devs", "system:nodes"]})));
    assert!(world.refusal(&nodes).await.contains("begins with system:"));
}

#[tokio::test(start_paused = true)]
async fn who_asks_for_another_server_or_of_another_issuer_is_told_nothing() {
    let key = SigningKey::new("a", "ES256");
    let world = World::new(&[&key], &json!({})).await;
    let token = key.token(&claims(&json!({})));
    let reviewed = |wanted: &[&str]| {
        let wanted: Vec<String> = wanted.iter().map(|audience| (*audience).to_owned()).collect();
        let (issuers, token) = (&world.issuers, token.as_bytes());
        async move {
            issuers
                .review(token, &wanted)
                .await
                .unwrap()
                .map(|vouched| vouched.audiences)
        }
    };
    assert_eq!(reviewed(&["other", OWN]).await, Some(vec![OWN.to_owned()]));
    assert_eq!(reviewed(&["purser"]).await, None);
    for stranger in [json!("https://other.example"), json!(7), json!(null)] {
        let token = key.token(&claims(&json!({"iss": stranger})));
        assert_eq!(world.refusal(&token).await, "not mine");
    }
    for garbage in ["", "a", "a.b", "a.b.c", "..", "e30.e30.", "e30.e30.e30.e30"] {
        assert_eq!(world.refusal(garbage).await, "not mine", "{garbage}");
    }
}
