//! The rows of `validation_encryption_test.go` that are not in `tests.rs`, and what must never be repeated.

use super::*;

const HEAD: &str = "apiVersion: apiserver.config.k8s.io/v1\nkind: EncryptionConfiguration\nresources:\n";
/// 32 bytes.
const KEY: &str = "A/j5CnrWGB83ylcPkuUhm/6TSyrQtsNJtDPwPHNOj4Q=";

fn said(blocks: &str, reloads: bool) -> Option<String> {
    let read = Configuration::read(format!("{HEAD}{blocks}").as_bytes(), reloads);
    read.err().map(|error| error.to_string())
}

fn kms(version: &str, name: &str) -> String {
    format!("kms: {{apiVersion: {version}, name: \"{name}\", endpoint: \"unix:///tmp/kms.socket\"}}")
}

fn names(resources: &str) -> String {
    format!(
        "- resources: [{resources}]\n  providers: [{}]\n",
        kms("v1", "foo")
    )
}

fn providers(providers: &[String]) -> String {
    format!(
        "- resources: [secrets]\n  providers: [{{{}}}]\n",
        providers.join("}, {")
    )
}

#[test]
fn what_upstream_takes_is_taken() {
    let keyed = |algorithm: &str| format!("{algorithm}: {{keys: [{{name: foo, secret: {KEY}}}]}}");
    for (blocks, reloads) in [
        (
            providers(&[keyed("aesgcm"), keyed("aescbc"), keyed("secretbox")]),
            true,
        ),
        (providers(&[kms("v1", "foo"), kms("v1", "foo")]), false),
        (providers(&[kms("v1", "foo:bar")]), true),
        (providers(&[kms("v1", "foo"), kms("v2", "bar")]), true),
        (names("'*.apps', '*.'"), false),
        (names("deployments.apps, '*.'"), false),
        (names("widgets.example.com, secrets"), false),
        (names("'*.*'"), false),
        (
            providers(&["kms: {name: a, endpoint: 'unix:///x', timeout: 1m, cachesize: -1}".to_owned()]),
            true,
        ),
        (
            providers(&["kms: {name: a, endpoint: 'unix:///x', cachesize: 10}".to_owned()]),
            true,
        ),
    ] {
        assert_eq!(said(&blocks, reloads), None, "{blocks}");
    }
}

#[test]
fn names_of_plugins_differ() {
    let why = "Invalid value: \"foo\": duplicate KMS provider name foo, names must be unique";
    let of = |block: u8, provider: u8| {
        Some(format!(
            "resources[{block}].providers[{provider}].kms.name: {why}"
        ))
    };
    let blocks = |one: &str, other: &str| {
        format!(
            "- resources: [secrets]\n  providers: [{}]\n- resources: [pods]\n  providers: [{}]\n",
            kms(one, "foo"),
            kms(other, "foo")
        )
    };
    let both = |one, other| providers(&[kms(one, "foo"), kms(other, "foo")]);
    assert_eq!(said(&both("v1", "v2"), false), of(0, 1));
    assert_eq!(said(&both("v2", "v2"), false), of(0, 1));
    assert_eq!(said(&both("v2", "v2"), true), of(0, 1));
    assert_eq!(said(&both("v1", "v1"), true), of(0, 1));
    assert_eq!(said(&both("v2", "v1"), false), None);
    assert_eq!(said(&blocks("v2", "v2"), false), of(1, 0));
    assert_eq!(said(&blocks("v1", "v2"), false), of(1, 0));
    let nameless = said(&providers(&["kms: {endpoint: 'unix:///x'}".to_owned()]), false);
    let nameless = nameless.unwrap();
    assert_eq!(
        nameless,
        "resources[0].providers[0].kms.name: Required value: name is a mandatory field for a provider"
    );
}

#[test]
fn names_of_resources_are_checked_as_upstream_does() {
    let events = "'*.events.k8s.io' objects are stored using the 'events' API group in etcd. Use 'events' instead in \
                  the config file";
    let extensions = "'extensions' group has been removed and cannot be used for encryption";
    let no_rest = "resources which do not have REST API/s cannot be encrypted";
    let across = "encrypting the same resource across groups is not supported";
    for (list, at, name, why) in [
        ("secret, events.events.k8s.io", 1, "events.events.k8s.io", events),
        ("'*.events.k8s.io'", 0, "*.events.k8s.io", events),
        ("'*.extensions'", 0, "*.extensions", extensions),
        ("foo.extensions", 0, "foo.extensions", extensions),
        (
            "apiServerIPInfo",
            0,
            "apiServerIPInfo",
            "resource name should not contain capital letters",
        ),
        ("apiserveripinfo", 0, "apiserveripinfo", no_rest),
        ("serviceipallocations", 0, "serviceipallocations", no_rest),
        (
            "servicenodeportallocations",
            0,
            "servicenodeportallocations",
            no_rest,
        ),
        ("'*.', 'foos.*'", 1, "foos.*", across),
    ] {
        let sentence = format!("resources[0].resources[{at}]: Invalid value: \"{name}\": {why}");
        assert_eq!(said(&names(list), false), Some(sentence), "{list}");
    }
}

#[test]
fn names_that_overlap_are_told_once() {
    let twice = "the same resource cannot be specified multiple times";
    let masked = "using overlapping resources such as 'secrets' and '*.' in the same resource list is not allowed as \
                  they will be masked";
    for (list, shown, why) in [
        (
            "secrets, secrets, secrets, secrets",
            r#"["secrets","secrets","secrets","secrets"]"#,
            twice,
        ),
        ("secrets, 'secrets.'", r#"["secrets","secrets."]"#, twice),
        ("'*.apps', '*.', '*.*'", r#"["*.apps","*.","*.*"]"#, masked),
        (
            "deployments.apps, '*.apps'",
            r#"["deployments.apps","*.apps"]"#,
            masked,
        ),
        ("pods, '*.'", r#"["pods","*."]"#, masked),
        ("secrets, '*.*'", r#"["secrets","*.*"]"#, masked),
        ("'*.', '*.*'", r#"["*.","*.*"]"#, masked),
    ] {
        let sentence = format!("resources[0].resources: Invalid value: {shown}: {why}");
        assert_eq!(said(&names(list), false), Some(sentence), "{list}");
    }
}

#[test]
fn plugins_have_the_url_of_a_socket_and_some_time() {
    for (settings, field, why) in [
        (
            r#"endpoint: "https://www.foo.com""#,
            "endpoint",
            r#""https://www.foo.com": unsupported scheme "https" for KMS provider, only unix is supported"#,
        ),
        (
            r#"endpoint: "unix:///foo\n.socket""#,
            "endpoint",
            r#""unix:///foo\n.socket": invalid endpoint for kms provider, error: parse "unix:///foo\n.socket": net/url: invalid control character in URL"#,
        ),
        (
            r#"endpoint: ":foo""#,
            "endpoint",
            r#"":foo": invalid endpoint for kms provider, error: parse ":foo": missing protocol scheme"#,
        ),
        (
            r#"endpoint: "unix:///a%zz""#,
            "endpoint",
            r#""unix:///a%zz": invalid endpoint for kms provider, error: parse "unix:///a%zz": invalid URL escape "%zz""#,
        ),
        (
            r#"endpoint: "unix:///x", timeout: -1m"#,
            "timeout",
            r#""-1m": timeout should be a positive value"#,
        ),
    ] {
        let sentence = format!("resources[0].providers[0].kms.{field}: Invalid value: {why}");
        let blocks = providers(&[format!("kms: {{name: a, {settings}}}")]);
        assert_eq!(said(&blocks, false), Some(sentence), "{settings}");
    }
}

/// What people get wrong by a space or a quote, with a key where a name should be: it is refused, and not repeated.
#[test]
fn no_mistake_makes_a_key_readable() {
    let keys = |keys: &str| format!("- resources: [secrets]\n  providers:\n  - aescbc: {{keys: {keys}}}\n");
    let mistakes = [
        keys(&format!("[{{name: a, secret:{KEY}}}]")),
        keys(&format!("[{{name: a, {KEY}: secret}}]")),
        keys(&format!("[{{name: a, {KEY}: 1, {KEY}: 2}}]")),
        keys(&format!("[{{name: a, secret: {KEY}, secret: {KEY}}}]")),
        keys(&format!("[{{name: a, secret: {KEY}, nope: {KEY}}}]")),
        keys(&format!("[{{name: a, secret: {{{KEY}: 1}}}}]")),
        keys(&format!("[{{name: a, secret: [{KEY}]}}]")),
        keys(&format!("[{{name: a, secret: *{KEY}}}]")),
        keys(&format!("[{{name: a, secret: \"{KEY}]")),
        keys(&format!("[{{name: a, secret: {KEY}{KEY}}}]")),
        keys(&format!("[{{name: a, secret: {KEY}, \"say \\\"{KEY}\": 1}}]")),
        keys(&format!("[{KEY}]")),
        keys(KEY),
        format!("- resources: [secrets]\n  providers:\n  - {KEY}\n"),
        format!(
            "- resources: [secrets]\n  providers:\n  - aescbc:\n      keys:\n      - name: a\n        secret:{KEY}\n"
        ),
        format!(
            "- resources: [secrets]\n  providers:\n  - aescbc:\n      keys:\n      - name: a\n\tsecret: {KEY}\n"
        ),
        format!("{KEY}\n"),
        format!("{KEY}: {KEY}\n"),
    ];
    for blocks in mistakes {
        let said = said(&blocks, true).unwrap_or_else(|| panic!("taken: {blocks}"));
        let (first, second) = KEY.split_at(22);
        assert!(!said.contains(first) && !said.contains(second), "{said}");
    }
}
