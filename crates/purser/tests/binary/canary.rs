//! Nothing of an object is in the clear below the data directory, whatever was done with it.

use std::fs;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::server::{Server, files};

const SECRETS: &str = "/api/v1/namespaces/default/secrets";

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
    let running = server.log();
    assert!(server.stop().success());

    let canaries = ["canary-value", "canary-label", "canary-annotation", "canary-key"];
    let encoded = STANDARD.encode("canary-value");
    let encoded = encoded
        .trim_end_matches('=')
        .trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
    let clear = |bytes: &[u8], needle: &str| {
        bytes
            .windows(needle.len())
            .any(|window| window == needle.as_bytes())
    };
    for file in files(&server.data()).into_iter().chain([audit.clone()]) {
        let bytes = fs::read(&file).unwrap();
        for canary in canaries.into_iter().chain([encoded]) {
            assert!(!clear(&bytes, canary), "{canary} is in {}", file.display());
        }
    }
    for canary in canaries.into_iter().chain([encoded]) {
        assert!(
            !running.contains(canary) && !server.log().contains(canary),
            "{canary} is in the log"
        );
    }
    let recorded = fs::read_to_string(audit).unwrap();
    assert!(
        recorded.contains("canary-name"),
        "names are on record: {recorded}"
    );
}
