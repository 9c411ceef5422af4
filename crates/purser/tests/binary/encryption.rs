//! How values are kept, as an `EncryptionConfiguration` says.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::server::{PATIENCE, Server, files};

const SECRETS: &str = "/api/v1/namespaces/default/secrets";
const FLAG: &str = "--encryption-provider-config";
const RELOAD: &str = "--encryption-provider-config-automatic-reload";

/// A configuration with these providers for Secrets.
fn configuration(providers: &str) -> String {
    format!(
        "apiVersion: apiserver.config.k8s.io/v1\nkind: EncryptionConfiguration\nresources:\n- resources: [secrets]\n  \
         providers:\n{providers}"
    )
}

fn keyed(provider: &str, name: &str, byte: u8) -> String {
    let secret = STANDARD.encode([byte; 32]);
    format!("  - {provider}: {{keys: [{{name: {name}, secret: {secret}}}]}}\n")
}

fn create(server: &Server, name: &str) {
    let secret = format!(
        r#"{{"kind":"Secret","apiVersion":"v1","metadata":{{"name":"{name}"}},"stringData":{{"a":"canary-{name}"}}}}"#
    );
    server.client().create(SECRETS, &secret);
}

fn assert_read(server: &Server, name: &str) {
    let got = server.client().get(&format!("{SECRETS}/{name}"));
    assert_eq!(got.status, 200, "{name}: {}", got.body);
    assert!(
        got.body.contains(&STANDARD.encode(format!("canary-{name}"))),
        "{name}"
    );
}

fn stores(server: &Server, bytes: &str) -> bool {
    let holds = |path: &Path| {
        let content = fs::read(path).unwrap();
        content
            .windows(bytes.len())
            .any(|window| window == bytes.as_bytes())
    };
    files(&server.path("store")).iter().any(|path| holds(path))
}

fn wait_for(server: &Server, sentence: &str) {
    let begun = Instant::now();
    while !server.log().contains(sentence) {
        assert!(begun.elapsed() < PATIENCE, "{}", server.log());
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn values_are_kept_as_the_file_says_and_what_was_kept_before_is_read() {
    let mut server = Server::started();
    create(&server, "local");
    server.stop();
    let file = server.write("encryption.yaml", &configuration(&keyed("aesgcm", "key1", 1)));
    server.give(&[FLAG, file.to_str().unwrap()]);
    server.start();
    assert_read(&server, "local");
    create(&server, "configured");
    assert_read(&server, "configured");
    assert!(stores(&server, "k8s:enc:aesgcm:v1:key1:"));
    assert!(!stores(&server, "canary"));
    server.stop();
    server.give(&[]);
    let refused = server.refusal();
    assert!(refused.contains("begin with k8s:enc:aesgcm:v1:"), "{refused}");
    assert!(refused.contains(FLAG), "{refused}");
}

#[test]
fn a_file_that_changes_is_in_effect_without_a_restart_and_one_that_is_wrong_is_not() {
    let mut server = Server::new();
    fs::create_dir_all(server.data()).unwrap();
    fs::set_permissions(server.data(), fs::Permissions::from_mode(0o700)).unwrap();
    let first = keyed("secretbox", "key1", 1);
    let file = server.write("encryption.yaml", &configuration(&first));
    server.give(&[FLAG, file.to_str().unwrap(), RELOAD]);
    server.start();
    create(&server, "one");
    server.write("encryption.yaml", &configuration("  - nothing: {}\n"));
    wait_for(&server, "cannot be used");
    create(&server, "two");
    server.write(
        "encryption.yaml",
        &configuration(&(keyed("aesgcm", "key2", 2) + &first)),
    );
    wait_for(&server, "is in effect");
    create(&server, "three");
    for name in ["one", "two", "three"] {
        assert_read(&server, name);
    }
    assert!(stores(&server, "k8s:enc:aesgcm:v1:key2:"));
    let log = server.log();
    for byte in [1, 2] {
        assert!(!log.contains(&STANDARD.encode([byte; 32])), "a key is in the log");
    }
}

#[test]
fn a_file_that_others_may_read_or_that_is_wrong_or_missing_is_refused() {
    let mut server = Server::new();
    let file = server.write("encryption.yaml", &configuration(&keyed("aescbc", "key1", 1)));
    server.give(&[FLAG, file.to_str().unwrap()]);
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    assert!(server.refusal().contains("chmod 600"));
    let secret = "resources[0].providers[0].aescbc.keys[0].secret";
    let file = server.write(
        "encryption.yaml",
        &configuration("  - aescbc: {keys: [{name: a, secret: Y2FuYXJ5}]}\n"),
    );
    let refused = server.refusal();
    assert!(
        refused.contains(&format!(r#"{secret}: Invalid value: \"REDACTED\""#)),
        "{refused}"
    );
    assert!(!refused.contains("Y2FuYXJ5"), "{refused}");
    fs::remove_file(&file).unwrap();
    assert!(server.refusal().contains("no such file"));
    server.write(
        "encryption.yaml",
        &configuration("  - kms: {apiVersion: v2, name: a, endpoint: tcp://x}\n"),
    );
    assert!(server.refusal().contains("only unix is supported"));
    server.give(&[RELOAD]);
    assert_eq!(server.command().output().unwrap().status.code(), Some(2));
}

#[test]
fn secrets_in_the_clear_are_said_aloud() {
    let mut server = Server::new();
    let file = server.write("encryption.yaml", &configuration("  - identity: {}\n"));
    server.give(&[FLAG, file.to_str().unwrap()]);
    server.start();
    assert!(server.log().contains("Secrets are stored in the clear"));
    create(&server, "one");
    assert!(stores(&server, "canary-one"));
    server.stop();
    server.write(
        "encryption.yaml",
        &configuration(&(keyed("aesgcm", "key1", 1) + "  - identity: {}\n")),
    );
    server.start();
    assert!(!server.log().contains("in the clear"));
    assert_read(&server, "one");
}
