//! Nothing of an object is in the clear below the data directory, whatever was done with it.

use std::fs;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::server::{Server, files};

const SECRETS: &str = "/api/v1/namespaces/default/secrets";
const CONFIG_MAPS: &str = "/api/v1/namespaces/default/configmaps";
const CANARIES: [&str; 5] = [
    "canary-value",
    "canary-label",
    "canary-annotation",
    "canary-key",
    "canary-config",
];

/// Fails when a canary, or the values' in base64, is in `bytes`.
fn assert_clean(bytes: &[u8], place: &str) {
    let encoded = STANDARD.encode(CANARIES[0]);
    for canary in CANARIES.into_iter().chain([encoded.as_str()]) {
        let clear = bytes
            .windows(canary.len())
            .any(|window| window == canary.as_bytes());
        assert!(!clear, "{canary} is in {place}");
    }
}

fn assert_files_are_clean(directory: &Path, at_least: usize) {
    let all = files(directory);
    assert!(all.len() >= at_least, "{all:?}");
    for file in all {
        assert_clean(&fs::read(&file).unwrap(), &file.display().to_string());
    }
}

#[test]
fn no_value_annotation_label_or_key_name_is_in_the_clear_on_disk() {
    let audit_directory = tempfile::tempdir().unwrap();
    let audit = audit_directory.path().join("audit.log");
    let mut server = Server::new()
        .with("--audit-log-path")
        .with(audit.to_str().unwrap());
    server = server.with("--log-level").with("trace");
    server.start();
    let client = server.client();
    let object = |value: &str| {
        format!(
            r#"{{"kind":"Secret","apiVersion":"v1","metadata":{{"name":"canary-name","labels":{{"a":"canary-label"}},
            "annotations":{{"b":"canary-annotation"}}}},"stringData":{{"canary-key":"{value}"}}}}"#
        )
    };
    client.create(SECRETS, &object("canary-value-one"));
    let named = format!("{SECRETS}/canary-name");
    assert_eq!(
        client.request("PUT", &named, &object("canary-value-two")).status,
        200
    );
    assert!(
        client
            .get(&named)
            .body
            .contains(&STANDARD.encode("canary-value-two"))
    );
    assert_eq!(
        client
            .request("PUT", &named, "{ \"data\": canary-value-three")
            .status,
        400
    );
    assert_eq!(client.request("DELETE", &named, "").status, 200);
    client.create(SECRETS, &object("canary-value-four"));
    client.create(
        CONFIG_MAPS,
        r#"{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"c"},"data":{"a":"canary-config"}}"#,
    );
    // Certificates, keys, the kubeconfig, the database and its lock.
    assert_files_are_clean(&server.data(), 8);
    assert!(server.stop().success());
    assert_files_are_clean(&server.data(), 8);
    assert_clean(server.log().as_bytes(), "the log");
    let recorded = fs::read(audit).unwrap();
    assert_clean(&recorded, "the audit log");
    let recorded = String::from_utf8(recorded).unwrap();
    assert!(
        recorded.contains("canary-name"),
        "names are on record: {recorded}"
    );
}
