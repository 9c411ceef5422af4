//! `purser at-rest verify` of a server with an `EncryptionConfiguration`.

use std::process::Output;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::server::{Server, purser};

/// A server with this block for each of these.
fn server(blocks: &[(&str, &str)]) -> Server {
    let mut server = Server::new();
    let block = |(resources, provider): &(&str, &str)| {
        let provider = match *provider {
            "identity" => "identity: {}".to_owned(),
            cipher => format!(
                "{cipher}: {{keys: [{{name: key1, secret: {}}}]}}",
                STANDARD.encode([7; 32])
            ),
        };
        format!("- resources: [{resources}]\n  providers:\n  - {provider}\n")
    };
    let blocks: String = blocks.iter().map(block).collect();
    let file = server.write(
        "encryption.yaml",
        &format!(
            "apiVersion: apiserver.config.k8s.io/v1\nkind: EncryptionConfiguration\nresources:\n{blocks}"
        ),
    );
    server.give(&["--encryption-provider-config", file.to_str().unwrap()]);
    server.start();
    let service = r#"{"kind":"Service","apiVersion":"v1","metadata":{"name":"a"},"spec":{"type":"NodePort","ports":[{"port":80}]}}"#;
    server
        .client()
        .create("/api/v1/namespaces/default/services", service);
    let secret = r#"{"kind":"Secret","apiVersion":"v1","metadata":{"name":"a"},"stringData":{"a":"b"}}"#;
    server
        .client()
        .create("/api/v1/namespaces/default/secrets", secret);
    server
}

fn verify(server: &Server) -> (Output, Value) {
    let mut command = purser();
    command.args(["at-rest", "verify", "--output", "json", "--kubeconfig"]);
    let output = command.arg(server.path("admin.kubeconfig")).output().unwrap();
    let told = serde_json::from_slice(&output.stdout).unwrap();
    (output, told)
}

/// How many values of a resource are in the clear, of how many.
fn clear(told: &Value, resource: &str) -> (u64, u64) {
    let all = told["resources"].as_array().unwrap();
    let of = all.iter().find(|one| one["resource"] == resource);
    let of = of.unwrap_or_else(|| panic!("{resource}: {told}"));
    let count = |name: &str| of[name].as_u64().unwrap();
    (count("inTheClear"), count("values"))
}

#[test]
fn where_everything_is_sealed_it_passes_and_ranges_are_as_kube_apiserver_has_them() {
    let server = server(&[("'*.*'", "aesgcm")]);
    let (output, told) = verify(&server);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert_eq!(clear(&told, "(server)"), (0, 1));
    assert_eq!(clear(&told, "services").0, 0);
    // Addresses, and ports of nodes.
    assert_eq!(clear(&told, "(ranges)"), (2, 2));
    let log = server.log();
    assert!(!log.contains("is not marked"), "{log}");
    assert!(!server.path("keys").exists());
}

#[test]
fn where_only_secrets_are_it_fails_and_the_servers_own_records_are_sealed_with_them() {
    let server = server(&[("secrets", "aesgcm")]);
    let (output, told) = verify(&server);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("in the clear"), "{said}");
    assert_eq!(clear(&told, "secrets"), (0, 1));
    assert_eq!(clear(&told, "(server)"), (0, 1));
    let (of_services, services) = clear(&told, "services");
    assert_eq!(of_services, services);
}

#[test]
fn where_secrets_are_in_the_clear_the_servers_own_records_are_sealed_by_what_seals_others() {
    let mut server = server(&[("secrets", "identity"), ("configmaps", "aesgcm")]);
    for _ in 0..2 {
        let (output, told) = verify(&server);
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        assert_eq!(clear(&told, "secrets"), (1, 1));
        assert_eq!(clear(&told, "(server)"), (0, 1));
        server.stop();
        server.start();
    }
}

#[test]
fn what_a_provider_does_not_bind_to_its_place_fails() {
    for provider in ["aescbc", "secretbox"] {
        let server = server(&[("'*.*'", provider)]);
        let (output, told) = verify(&server);
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(said.contains("not bound to their places"), "{provider}: {said}");
        assert!(!said.contains("in the clear"), "{provider}: {said}");
        assert_eq!(clear(&told, "secrets"), (0, 1));
    }
}
