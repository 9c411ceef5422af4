use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::FutureExt as _;

use super::*;

fn file(blocks: &str) -> String {
    format!("apiVersion: apiserver.config.k8s.io/v1\nkind: EncryptionConfiguration\nresources:\n{blocks}")
}

fn block(resources: &str, providers: &str) -> String {
    format!("- resources: {resources}\n  providers: {providers}\n")
}

fn read(blocks: &str) -> Result<Configuration, String> {
    Configuration::read(file(blocks).as_bytes(), true).map_err(|error| error.to_string())
}

fn refused(blocks: &str) -> String {
    match read(blocks) {
        Ok(_) => panic!("taken: {blocks}"),
        Err(sentence) => sentence,
    }
}

fn key(length: u8) -> String {
    STANDARD.encode(vec![length; length.into()])
}

/// As upstream's `TestStructure` and its neighbours in `validation_encryption_test.go`.
#[test]
fn what_is_wrong_is_refused_with_upstreams_sentences() {
    let identity = "[identity: {}]";
    let kms = |more: &str| format!("[kms: {{apiVersion: v2, name: foo, endpoint: \"unix:///tmp/x\"{more}}}]");
    let rows = [
        (
            "  []".to_owned(),
            "resources: Required value: at least one resources is required",
        ),
        (
            block("[]", identity),
            "resources[0].resources: Required value: at least one resources[0].resources is required",
        ),
        (
            block("[secrets]", "[]"),
            "resources[0].providers: Required value: at least one resources[0].providers is required",
        ),
        (
            block("[secrets]", "[{}]"),
            "resources[0].providers[0]: Invalid value: {}: provider does not contain any of the expected providers: \
             KMS, AESGCM, AESCBC, Secretbox, Identity",
        ),
        (
            block(
                "[secrets]",
                "[{identity: {}, aesgcm: {keys: [{name: a, secret: canary}]}}]",
            ),
            "resources[0].providers[0]: Invalid value: [aesgcm identity]: more than one provider specified in a \
             single element, should split into different list elements",
        ),
        (
            block("[secrets]", "[aescbc: {keys: []}]"),
            "resources[0].providers[0].aescbc.keys: Required value: at least one keys is required",
        ),
        (
            block(
                "[secrets]",
                &format!("[aescbc: {{keys: [{{secret: {}}}]}}]", key(32)),
            ),
            "resources[0].providers[0].aescbc.keys[0].name: Required value: name is a mandatory field for a key",
        ),
        (
            block("[secrets]", "[aescbc: {keys: [{name: a}]}]"),
            "resources[0].providers[0].aescbc.keys[0].secret: Required value: secret is a mandatory field for a key",
        ),
        (
            block(
                "[secrets]",
                "[aesgcm: {keys: [{name: a, secret: canary-canary}]}]",
            ),
            "resources[0].providers[0].aesgcm.keys[0].secret: Invalid value: \"REDACTED\": secrets must be base64 encoded",
        ),
        (
            block(
                "[secrets]",
                &format!("[aesgcm: {{keys: [{{name: a, secret: {}}}]}}]", key(17)),
            ),
            "resources[0].providers[0].aesgcm.keys[0].secret: Invalid value: \"REDACTED\": secret is not of the expected \
             length, got 17, expected one of [16 24 32]",
        ),
        (
            block(
                "[secrets]",
                &format!("[secretbox: {{keys: [{{name: a, secret: {}}}]}}]", key(16)),
            ),
            "resources[0].providers[0].secretbox.keys[0].secret: Invalid value: \"REDACTED\": secret is not of the \
             expected length, got 16, expected one of [32]",
        ),
        (
            block(
                "[secrets]",
                "[kms: {apiVersion: v2, name: foo, endpoint: \"tcp://localhost\"}]",
            ),
            "resources[0].providers[0].kms.endpoint: Invalid value: \"tcp://localhost\": unsupported scheme \"tcp\" for \
             KMS provider, only unix is supported",
        ),
        (
            block("[secrets]", "[kms: {apiVersion: v2, name: foo}]"),
            "resources[0].providers[0].kms.endpoint: Invalid value: \"\": endpoint is a mandatory field for a kms",
        ),
        (
            block(
                "[secrets]",
                "[kms: {apiVersion: v3, name: foo, endpoint: \"unix:///x\"}]",
            ),
            "resources[0].providers[0].kms.apiVersion: Invalid value: \"v3\": unsupported apiVersion apiVersion for KMS \
             provider, only v1 and v2 are supported",
        ),
        (
            block("[secrets]", &kms(", timeout: 0s")),
            "resources[0].providers[0].kms.timeout: Invalid value: \"0s\": timeout should be a positive value",
        ),
        (
            block("[secrets]", &kms(", cachesize: 5")),
            "resources[0].providers[0].kms.cachesize: Invalid value: 5: cachesize is not supported in v2",
        ),
        (
            block(
                "[secrets]",
                "[kms: {name: foo, endpoint: \"unix:///x\", cachesize: 0}]",
            ),
            "resources[0].providers[0].kms.cachesize: Invalid value: 0: cachesize should be a positive value, or negative \
             to disable",
        ),
        (
            block(
                "[secrets]",
                "[kms: {apiVersion: v2, name: \"foo:bar\", endpoint: \"unix:///x\"}]",
            ),
            "resources[0].providers[0].kms.name: Invalid value: \"foo:bar\": invalid KMS provider name foo:bar, must not \
             contain ':'",
        ),
        (
            block("[secrets]", &kms("")) + &block("[configmaps]", &kms("")),
            "resources[1].providers[0].kms.name: Invalid value: \"foo\": duplicate KMS provider name foo, names must be \
             unique",
        ),
        (
            block("[Secrets]", identity),
            "resources[0].resources[0]: Invalid value: \"Secrets\": resource name should not contain capital letters",
        ),
        (
            block("['*']", identity),
            "resources[0].resources[0]: Invalid value: \"*\": use '*.' to encrypt all the resources from core API group \
             or *.* to encrypt all resources",
        ),
        (
            block("['events.events.k8s.io']", identity),
            "resources[0].resources[0]: Invalid value: \"events.events.k8s.io\": '*.events.k8s.io' objects are stored \
             using the 'events' API group in etcd. Use 'events' instead in the config file",
        ),
        (
            block("['secrets.*']", identity),
            "resources[0].resources[0]: Invalid value: \"secrets.*\": encrypting the same resource across groups is not \
             supported",
        ),
        (
            block("[secrets, secrets]", identity),
            "resources[0].resources: Invalid value: [\"secrets\",\"secrets\"]: the same resource cannot be specified \
             multiple times",
        ),
        (
            block("[secrets, '*.']", identity),
            "resources[0].resources: Invalid value: [\"secrets\",\"*.\"]: using overlapping resources such as 'secrets' \
             and '*.' in the same resource list is not allowed as they will be masked",
        ),
        (
            block("['*.']", identity) + &block("[secrets]", identity),
            "resource \"secrets\" is masked by earlier rule \"*.\"",
        ),
        (
            block("['*.*']", identity) + &block("['*.apps']", identity),
            "resource \"*.apps\" is masked by earlier rule \"*.*\"",
        ),
        (
            block("[secrets]", "[identity: {}]\n  nope: 1"),
            "strict decoding error: unknown field \"resources[0].nope\"",
        ),
    ];
    for (blocks, sentence) in rows {
        let said = refused(&blocks);
        assert_eq!(said, sentence, "{blocks}");
        assert!(!said.contains("canary"));
    }
}

#[test]
fn the_vectors_configurations_are_taken() {
    for file in [
        include_str!("../../tests/data/aescbc.json"),
        include_str!("../../tests/data/aescbc16.json"),
        include_str!("../../tests/data/aesgcm.json"),
        include_str!("../../tests/data/secretbox.json"),
        include_str!("../../tests/data/kmsv1.json"),
        include_str!("../../tests/data/kmsv2.json"),
    ] {
        let document: serde_json::Value = serde_json::from_str(file).unwrap();
        let written = serde_json::to_vec(&document["encryptionConfiguration"]).unwrap();
        let configuration = Configuration::read(&written, true).unwrap();
        let [block] = configuration.blocks.as_slice() else {
            panic!("one block")
        };
        assert_eq!(block.resources.len(), 2);
        assert!(!configuration.keeps_in_the_clear("", "secrets"));
        assert!(configuration.keeps_in_the_clear("apps", "deployments"));
    }
}

#[test]
fn defaults_are_upstreams() {
    let one = read(&block("[secrets]", "[kms: {name: foo, endpoint: \"unix:///x\"}]")).unwrap();
    let Some(Provider::Kms(kms)) = one.blocks[0].providers.first() else {
        panic!("a plugin")
    };
    assert_eq!(kms.version, KmsVersion::V1 { kept: 1000 });
    assert_eq!(kms.timeout, Duration::from_secs(3));
    let two = read(&block(
        "[secrets]",
        "[kms: {name: foo, endpoint: \"unix:///x\", cachesize: -1}]",
    ))
    .unwrap();
    let Some(Provider::Kms(kms)) = two.blocks[0].providers.first() else {
        panic!("a plugin")
    };
    assert_eq!(kms.version, KmsVersion::V1 { kept: 0 });
}

#[test]
fn the_name_wins_over_the_group_and_the_group_over_everything() {
    let keyed = |algorithm: &str| format!("[{algorithm}: {{keys: [{{name: a, secret: {}}}]}}]", key(32));
    let blocks = block("[secrets]", &keyed("aesgcm"))
        + &block("['*.']", &keyed("aescbc"))
        + &block("['*.*']", &keyed("secretbox"));
    let providers = Providers::new(read(&blocks).unwrap(), |_| panic!("no plugin is there")).unwrap();
    for (group, resource, name) in [
        ("", "secrets", "aesgcm"),
        ("", "configmaps", "aescbc"),
        ("apps", "deployments", "secretbox"),
    ] {
        assert_eq!(providers.of(group, resource).info().name, name);
    }
    let few = Providers::new(read(&block("[secrets]", &keyed("aesgcm"))).unwrap(), |_| {
        panic!("no plugin is there")
    })
    .unwrap();
    assert_eq!(few.of("", "configmaps").info().name, "identity");
    assert!(few.keeps_in_the_clear("", "configmaps") && !few.keeps_in_the_clear("", "secrets"));
}

#[test]
fn two_blocks_for_one_kind_read_both_and_write_the_first() {
    let keyed = |algorithm: &str| format!("[{algorithm}: {{keys: [{{name: a, secret: {}}}]}}]", key(32));
    let blocks = block("[secrets]", &keyed("aesgcm")) + &block("[secrets]", &keyed("aescbc"));
    let providers = Providers::new(read(&blocks).unwrap(), |_| panic!("no plugin is there")).unwrap();
    let both = providers.of("", "secrets");
    let sealed =
        |provider: &dyn crate::Transformer| provider.seal("/k", b"v").now_or_never().unwrap().unwrap();
    assert!(sealed(&*both).starts_with(b"k8s:enc:aesgcm:v1:a:"));
    let other = Providers::new(read(&block("[secrets]", &keyed("aescbc"))).unwrap(), |_| {
        panic!("no plugin is there")
    })
    .unwrap();
    let value = sealed(&*other.of("", "secrets"));
    assert!(both.open("/k", &value).now_or_never().unwrap().unwrap().stale);
}

#[test]
fn routes_take_the_longest_tree_and_can_be_changed() {
    let gcm = || -> Arc<dyn crate::Transformer> {
        let keys = vec![NamedKey {
            name: "a".to_owned(),
            secret: vec![1; 32].into(),
        }];
        Arc::new(crate::Keyed::new(Algorithm::AesGcm, keys).unwrap())
    };
    let clear = || -> Arc<dyn crate::Transformer> { Arc::new(crate::Identity::in_the_clear()) };
    let routes = Routes::new(
        vec![
            ("/registry/".to_owned(), clear()),
            ("/registry/secrets/".to_owned(), gcm()),
        ],
        clear(),
    );
    assert_eq!(routes.of("/registry/secrets/a/b").info().name, "aesgcm");
    assert_eq!(routes.of("/registry/configmaps/a/b").info().name, "identity");
    assert_eq!(routes.of("/elsewhere").info().name, "identity");
    routes.change(Vec::new(), gcm());
    assert_eq!(routes.of("/registry/configmaps/a/b").info().name, "aesgcm");
}
