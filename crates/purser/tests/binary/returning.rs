//! A key that comes back while the server runs.

use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::server::{PATIENCE, Server};

const SECRETS: &str = "/api/v1/namespaces/default/secrets";

/// A configuration with these keys, of which the first seals.
fn configuration(keys: &[u8]) -> String {
    let key = |key: &u8| format!("{{name: key{key}, secret: {}}}", STANDARD.encode([*key; 32]));
    let keys: Vec<String> = keys.iter().map(key).collect();
    format!(
        "apiVersion: apiserver.config.k8s.io/v1\nkind: EncryptionConfiguration\nresources:\n- resources: ['*.*']\n  \
         providers:\n  - aesgcm: {{keys: [{}]}}\n",
        keys.join(", ")
    )
}

#[test]
fn what_needs_a_key_that_is_added_to_the_file_is_read_again_without_a_restart() {
    let mut server = Server::new();
    let file = server.write("encryption.yaml", &configuration(&[2, 1]));
    server.give(&[
        "--encryption-provider-config",
        file.to_str().unwrap(),
        "--encryption-provider-config-automatic-reload",
    ]);
    server.start();
    let secret = r#"{"kind":"Secret","apiVersion":"v1","metadata":{"name":"lost"},"stringData":{"a":"b"}}"#;
    server.client().create(SECRETS, secret);
    for keys in [&[1, 2][..], &[1]] {
        server.stop();
        server.write("encryption.yaml", &configuration(keys));
        server.start();
    }
    let lost = format!("{SECRETS}/lost");
    let got = server.client().get(&lost);
    assert_eq!(got.status, 500);
    assert!(got.body.contains("no key named key2"), "{}", got.body);
    server.write("encryption.yaml", &configuration(&[1, 2]));
    let begun = Instant::now();
    let all_are_read = || {
        let ready = server.client().get("/readyz?verbose");
        server.client().get(&lost).status == 200 && !ready.body.contains("cannot be read")
    };
    while !all_are_read() {
        assert!(begun.elapsed() < PATIENCE, "{}", server.log());
        std::thread::sleep(Duration::from_millis(200));
    }
    // Nothing but the new key's is needed any more: it was sealed with that one.
    server.stop();
    server.write("encryption.yaml", &configuration(&[1]));
    server.start();
    assert_eq!(server.client().get(&lost).status, 200);
}
