//! `AuthenticationConfiguration`: what is refused, in upstream's words. The rows are those of
//! `k8s.io/apiserver/pkg/apis/apiserver/validation/validation_test.go`, with the sentences of 1.36.

use purser_authn::configuration::{AnonymousAccess, Configuration};
use serde_json::{Value, json};

/// Reads a configuration with this content and checks it.
fn check(content: &Value) -> Result<Option<AnonymousAccess>, String> {
    check_against(content, &[])
}

fn check_against(content: &Value, own: &[&str]) -> Result<Option<AnonymousAccess>, String> {
    let mut document = json!({
        "apiVersion": "apiserver.config.k8s.io/v1",
        "kind": "AuthenticationConfiguration",
    });
    if let (Some(members), Some(content)) = (document.as_object_mut(), content.as_object()) {
        members.extend(content.clone());
    }
    let read = Configuration::read(document.to_string().as_bytes()).map_err(|error| error.to_string())?;
    let own: Vec<String> = own.iter().map(|own| (*own).to_owned()).collect();
    match read.check(&own) {
        Ok(checked) => Ok(checked.anonymous),
        Err(problems) => Err(problems.to_string()),
    }
}

/// An issuer that is right, but for what `change` does at `pointer`.
fn issuer(changes: &[(&str, Value)]) -> Value {
    let mut issuer = json!({
        "issuer": {"url": "https://issuer-url", "audiences": ["audience"]},
        "claimMappings": {"username": {"claim": "sub", "prefix": "prefix"}},
    });
    for (path, value) in changes {
        let mut slot = &mut issuer;
        for part in path.split('.') {
            slot = &mut slot[part];
        }
        *slot = value.clone();
    }
    issuer
}

fn sentence(changes: &[(&str, Value)]) -> String {
    check(&json!({"jwt": [issuer(changes)]}))
        .err()
        .unwrap_or_default()
}

#[test]
fn a_configuration_may_name_nobody_and_at_most_64_issuers() {
    assert_eq!(check(&json!({})), Ok(None));
    assert_eq!(check(&json!({"jwt": [issuer(&[])]})), Ok(None));
    let many: Vec<Value> = (0..65).map(|_| json!({})).collect();
    assert_eq!(
        check(&json!({"jwt": many})),
        Err("jwt: Too many: 65: must have at most 64 items".to_owned())
    );
}

#[test]
fn issuers_are_refused_as_upstream_refuses_them() {
    let field = |name: &str, value: Value, expected: &str| {
        assert_eq!(
            sentence(&[(&format!("issuer.{name}"), value)]),
            expected,
            "{name}"
        );
    };
    field("url", json!(""), "jwt[0].issuer.url: Required value");
    for (url, why) in [
        (
            "https://issuer-url:invalid-port",
            r#"parse "https://issuer-url:invalid-port": invalid port ":invalid-port" after host"#,
        ),
        ("http://issuer-url", "URL scheme must be https"),
        ("invalid-url", "URL scheme must be https"),
        (
            "https://user:pass@issuer-url",
            "URL must not contain a username or password",
        ),
        ("https://issuer-url?query", "URL must not contain a query"),
        ("https://issuer-url#fragment", "URL must not contain a fragment"),
    ] {
        field(
            "url",
            json!(url),
            &format!("jwt[0].issuer.url: Invalid value: \"{url}\": {why}"),
        );
        field(
            "discoveryURL",
            json!(url),
            &format!("jwt[0].issuer.discoveryURL: Invalid value: \"{url}\": {why}"),
        );
    }
    for same in [
        "https://issuer-url",
        "https://issuer-url/",
        "https://issuer-url///",
    ] {
        let why = "discoveryURL must be different from URL";
        field(
            "discoveryURL",
            json!(same),
            &format!("jwt[0].issuer.discoveryURL: Invalid value: \"{same}\": {why}"),
        );
    }
    field("discoveryURL", json!("https://oidc.oidc-namespace.svc/path"), "");
    field(
        "audiences",
        json!([]),
        "jwt[0].issuer.audiences: Required value: at least one jwt[0].issuer.audiences is required",
    );
    field(
        "audiences",
        json!([""]),
        "jwt[0].issuer.audiences[0]: Required value",
    );
    let policy = "jwt[0].issuer.audienceMatchPolicy: Invalid value";
    field(
        "audiences",
        json!(["a", "b"]),
        &format!("{policy}: \"\": audienceMatchPolicy must be MatchAny for multiple audiences"),
    );
    field(
        "audienceMatchPolicy",
        json!("MatchExact"),
        &format!(
            "{policy}: \"MatchExact\": audienceMatchPolicy must be empty or MatchAny for single audience"
        ),
    );
    let twice = [
        ("issuer.audiences", json!(["a", "a"])),
        ("issuer.audienceMatchPolicy", json!("MatchAny")),
    ];
    assert_eq!(
        sentence(&twice),
        "jwt[0].issuer.audiences[1]: Duplicate value: \"a\""
    );
    field(
        "certificateAuthority",
        json!("invalid"),
        "jwt[0].issuer.certificateAuthority: Invalid value: \"<omitted>\": data does not contain any valid RSA or ECDSA certificates",
    );
    let key = rcgen::KeyPair::generate().unwrap();
    let authority = rcgen::CertificateParams::default()
        .self_signed(&key)
        .unwrap()
        .pem();
    field("certificateAuthority", json!(authority), "");
    field(
        "egressSelectorType",
        json!("etcd"),
        "jwt[0].issuer.egressSelectorType: Invalid value: \"etcd\": egress selector must be either controlplane or cluster",
    );
    field(
        "egressSelectorType",
        json!("cluster"),
        "jwt[0].issuer.egressSelectorType: Invalid value: \"cluster\": issuers are called directly here: leave egressSelectorType out",
    );
}

#[test]
fn no_two_issuers_are_the_same_and_none_is_this_server() {
    let two = |one: &[(&str, Value)], other: &[(&str, Value)]| {
        check(&json!({"jwt": [issuer(one), issuer(other)]})).unwrap_err()
    };
    assert_eq!(
        two(&[], &[]),
        "jwt[1].issuer.url: Duplicate value: \"https://issuer-url\""
    );
    let discovery = (
        "issuer.discoveryURL",
        json!("https://discovery-url/.well-known/openid-configuration"),
    );
    assert_eq!(
        two(
            std::slice::from_ref(&discovery),
            &[
                discovery.clone(),
                ("issuer.url", json!("https://different-issuer-url"))
            ]
        ),
        "jwt[1].issuer.discoveryURL: Duplicate value: \"https://discovery-url/.well-known/openid-configuration\""
    );
    assert_eq!(
        check_against(
            &json!({"jwt": [issuer(&[])]}),
            &["a", "https://issuer-url", "c", "b"]
        )
        .unwrap_err(),
        "jwt[0].issuer.url: Invalid value: \"https://issuer-url\": URL must not overlap with disallowed issuers: [a b c https://issuer-url]"
    );
}

#[test]
fn rules_about_claims_are_refused_as_upstream_refuses_them() {
    let rules = |rules: Value, expected: &str| {
        let expected = expected.replace('@', "jwt[0].claimValidationRules");
        assert_eq!(sentence(&[("claimValidationRules", rules)]), expected);
    };
    rules(
        json!([{}]),
        "@[0]: Required value: claim or expression is required",
    );
    rules(
        json!([{"claim": "claim", "expression": "expression"}]),
        "@[0]: Invalid value: \"claim\": claim and expression can't both be set",
    );
    rules(
        json!([{"claim": "claim", "message": "message"}]),
        "@[0].message: Invalid value: \"message\": may not be specified when claim is set",
    );
    rules(
        json!([{"expression": "claims.foo == 'bar'", "requiredValue": "value"}]),
        "@[0].requiredValue: Invalid value: \"value\": may not be specified when expression is set",
    );
    rules(
        json!([{"claim": "claim"}, {"claim": "claim"}]),
        "@[1].claim: Duplicate value: \"claim\"",
    );
    rules(
        json!([{"expression": "claims.foo == 'bar'"}, {"expression": "claims.foo == 'bar'"}]),
        "@[1].expression: Duplicate value: \"claims.foo == 'bar'\"",
    );
    rules(
        json!([{"expression": "foo.bar"}]),
        "@[0].expression: Invalid value: \"foo.bar\": compilation failed: ERROR: <input>:1:1: undeclared reference to 'foo' (in container '')\n | foo.bar\n | ^",
    );
    rules(
        json!([{"expression": "claims.foo"}]),
        "@[0].expression: Invalid value: \"claims.foo\": must evaluate to bool",
    );
    rules(
        json!([{"expression": "dyn(claims.groups).exists(group, group == 'staff')"}]),
        "",
    );
    rules(
        json!([{"expression": "claims.foo == 'bar'"}, {"claim": "a", "requiredValue": "b"}]),
        "",
    );
}

#[test]
fn mappings_are_refused_as_upstream_refuses_them() {
    let mapping = |name: &str, value: Value, expected: &str| {
        let expected = expected.replace('@', "jwt[0].claimMappings");
        assert_eq!(sentence(&[(&format!("claimMappings.{name}"), value)]), expected);
    };
    let broken = "Invalid value: \"foo.bar\": compilation failed: ERROR: <input>:1:1: undeclared reference to 'foo' (in container '')\n | foo.bar\n | ^";
    for name in ["username", "groups"] {
        let at = format!("@.{name}");
        mapping(
            name,
            json!({"claim": "claim", "expression": "claims.x"}),
            &format!("{at}: Invalid value: \"\": claim and expression can't both be set"),
        );
        mapping(
            name,
            json!({"prefix": "prefix", "expression": "claims.x"}),
            &format!("{at}.prefix: Invalid value: \"prefix\": may not be specified when expression is set"),
        );
        mapping(
            name,
            json!({"claim": "claim"}),
            &format!(
                "{at}.prefix: Required value: prefix is required when claim is set. It can be set to an empty string to disable prefixing"
            ),
        );
        mapping(
            name,
            json!({"expression": "foo.bar"}),
            &format!("{at}.expression: {broken}"),
        );
    }
    mapping(
        "username",
        json!({"prefix": "x"}),
        "@.username: Required value: claim or expression is required",
    );
    mapping("groups", json!({}), "");
    mapping(
        "uid",
        json!({"claim": "claim", "expression": "claims.uid"}),
        "@.uid: Invalid value: \"\": claim and expression can't both be set",
    );
    mapping(
        "uid",
        json!({"expression": "foo.bar"}),
        &format!("@.uid.expression: {broken}"),
    );
    let extra = |key: &str, value: &str, expected: &str| {
        mapping("extra", json!([{"key": key, "valueExpression": value}]), expected);
    };
    extra("", "claims.extra", "@.extra[0].key: Required value");
    extra(
        "example.org/foo",
        "",
        "@.extra[0].valueExpression: Required value",
    );
    extra(
        "example.org/foo",
        "foo.bar",
        &format!("@.extra[0].valueExpression: {broken}"),
    );
    extra(
        "foo",
        "claims.x",
        "@.extra[0].key: Invalid value: \"foo\": must be a domain-prefixed path (such as \"acme.io/foo\")",
    );
    extra(
        "example.org/Foo",
        "claims.x",
        "@.extra[0].key: Invalid value: \"example.org/Foo\": must be lowercase",
    );
    for key in [
        "k8s.io/foo",
        "kubernetes.io/foo",
        "a.k8s.io/foo",
        "a.kubernetes.io/foo",
    ] {
        extra(
            key,
            "claims.x",
            &format!(
                "@.extra[0].key: Invalid value: \"{key}\": k8s.io, kubernetes.io and their subdomains are reserved for Kubernetes use"
            ),
        );
    }
    extra("xkubernetes.io/foo", "claims.x", "");
    mapping(
        "extra",
        json!([{"key": "example.org/foo", "valueExpression": "claims.a"}, {"key": "example.org/foo", "valueExpression": "claims.b"}]),
        "@.extra[1].key: Duplicate value: \"example.org/foo\"",
    );
}

#[test]
fn a_name_made_of_an_address_asks_whether_it_is_verified() {
    const WHY: &str = "claims.email_verified must be used in claimMappings.username.expression or claimMappings.extra[*].valueExpression or claimValidationRules[*].expression when claims.email is used in claimMappings.username.expression";
    let name = |expression: &str| ("claimMappings.username", json!({"expression": expression}));
    for expression in [
        "claims.email",
        "['yay', string(claims.email), 'panda'].join(' ')",
        "claims.?email",
        "{claims.?email: \"panda\"}",
        "{\"fancy\": claims.?email}",
        "[\"a\"].map(i, i + claims.email)",
        "has(claims.email) ? claims.email : claims.sub",
        "claims.email.trim()",
    ] {
        let expected = format!(
            "jwt[0].claimMappings.username.expression: Invalid value: {}: {WHY}",
            purser_types::quote::quote(expression)
        );
        assert_eq!(sentence(&[name(expression)]), expected);
    }
    for expression in [
        "claims.email_",
        "claims.?email_verified.orValue(true) ? claims.email : claims.sub",
        "claims.?email_verified.orValue(false) ? claims.email : claims.sub",
    ] {
        assert_eq!(sentence(&[name(expression)]), "", "{expression}");
    }
    let rule = |expression: &str| ("claimValidationRules", json!([{"expression": expression}]));
    assert_eq!(
        sentence(&[
            name("claims.email"),
            rule("string(claims.email_verified) == \"panda\"")
        ]),
        ""
    );
    assert_ne!(
        sentence(&[name("claims.email"), rule("has(claims.email_verified_)")]),
        ""
    );
    let extra = |expression: &str| {
        (
            "claimMappings.extra",
            json!([{"key": "panda.io/foo", "valueExpression": expression}]),
        )
    };
    for expression in [
        "claims.email_verified.upperAscii()",
        "claims.?email_verified",
        "has(claims.email_verified) ? string(claims.email_verified) : \"false\"",
    ] {
        assert_eq!(
            sentence(&[name("claims.email"), extra(expression)]),
            "",
            "{expression}"
        );
    }
}

#[test]
fn rules_about_users_are_refused_as_upstream_refuses_them() {
    let rules = |rules: Value, expected: &str| {
        let expected = expected.replace('@', "jwt[0].userValidationRules");
        assert_eq!(sentence(&[("userValidationRules", rules)]), expected);
    };
    rules(json!([{}]), "@[0].expression: Required value");
    let once = json!({"expression": "user.username == 'foo'"});
    rules(
        json!([once, once]),
        "@[1].expression: Duplicate value: \"user.username == 'foo'\"",
    );
    rules(
        json!([{"expression": "user.username"}]),
        "@[0].expression: Invalid value: \"user.username\": must evaluate to bool",
    );
    rules(
        json!([{"expression": "!user.username.startsWith('system:')"}]),
        "",
    );
}

#[test]
fn several_mistakes_are_told_together_in_upstreams_order() {
    let told = sentence(&[
        ("issuer.url", json!("")),
        ("claimMappings.username", json!({})),
        ("claimValidationRules", json!([{}])),
    ]);
    assert_eq!(
        told,
        "[jwt[0].issuer.url: Required value, jwt[0].claimValidationRules[0]: Required value: claim or expression is required, jwt[0].claimMappings.username: Required value: claim or expression is required]"
    );
}

#[test]
fn anonymous_access_can_only_be_narrowed() {
    let anonymous = |value: Value| check(&json!({"anonymous": value}));
    assert_eq!(
        anonymous(json!({"enabled": true})),
        Ok(Some(AnonymousAccess::Open))
    );
    assert_eq!(
        anonymous(json!({"enabled": false})),
        Ok(Some(AnonymousAccess::Closed))
    );
    let livez = json!({"enabled": true, "conditions": [{"path": "/livez"}]});
    assert_eq!(
        anonymous(livez),
        Ok(Some(AnonymousAccess::Paths(vec!["/livez".to_owned()])))
    );
    assert_eq!(
        anonymous(json!({"enabled": false, "conditions": [{"path": "/livez"}]})).unwrap_err(),
        r#"anonymous.conditions: Invalid value: [{"Path":"/livez"}]: enabled should be set to true when conditions are defined"#
    );
    assert_eq!(
        anonymous(json!({"enabled": true, "conditions": [{"path": "/livez"}, {"path": "/api"}]}))
            .unwrap_err(),
        "anonymous.conditions[1].path: Invalid value: \"/api\": nobody is anonymous here, but for /healthz, /livez, /readyz, /version, /version/"
    );
}

#[test]
fn what_is_not_known_is_not_read_over() {
    assert_eq!(
        check(&json!({"jwt": [issuer(&[("issuer.audience", json!("a"))])]})).unwrap_err(),
        r#"strict decoding error: unknown field "jwt[0].issuer.audience""#
    );
}
