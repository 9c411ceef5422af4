//! What kube-apiserver wrote with each provider, as it was recorded, and how it served it.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use purser_store::{Change, Transaction};
use serde_json::{Value, json};

use crate::server::Server;

/// Where the API has what is stored at a key; `None`: it has no such kind.
fn path_of(key: &str) -> Option<String> {
    let parts: Vec<&str> = key.trim_start_matches("/registry/").split('/').collect();
    let rbac = "/apis/rbac.authorization.k8s.io/v1";
    Some(match parts.as_slice() {
        ["namespaces", name] => format!("/api/v1/namespaces/{name}"),
        ["pods", ..] => return None,
        [kind @ ("roles" | "rolebindings"), namespace, name] => {
            format!("{rbac}/namespaces/{namespace}/{kind}/{name}")
        }
        [kind, namespace, name] => format!("/api/v1/namespaces/{namespace}/{kind}/{name}"),
        _ => panic!("{key}"),
    })
}

pub(crate) fn stored(entry: &Value) -> (String, Vec<u8>) {
    let value = STANDARD.decode(entry["value"].as_str().unwrap()).unwrap();
    (entry["key"].as_str().unwrap().to_owned(), value)
}

/// Puts everything there, before any Purser was.
pub(crate) fn planting(entries: &[Value]) -> Transaction {
    let changes = entries.iter().map(|entry| {
        let (key, value) = stored(entry);
        Change::Put {
            key,
            value: value.into(),
        }
    });
    Transaction {
        checks: Vec::new(),
        changes: changes.collect(),
    }
}

/// The configuration of a file of vectors, with the plugin's socket in it; values in the clear have none.
pub(crate) fn configuration(document: &mut Value, socket: &Path) -> String {
    let mut configuration = document["encryptionConfiguration"].take();
    if configuration.is_null() {
        let identity = json!([{ "resources": ["secrets"], "providers": [{ "identity": {} }] }]);
        configuration = json!({ "apiVersion": "apiserver.config.k8s.io/v1", "kind": "EncryptionConfiguration", "resources": identity });
    }
    if let Some(endpoint) = configuration.pointer_mut("/resources/0/providers/0/kms/endpoint") {
        *endpoint = json!(format!("unix://{}", socket.display()));
    }
    configuration.to_string()
}

/// Every object is served as kube-apiserver served it.
pub(crate) fn assert_objects(server: &Server, entries: &[Value]) {
    let mut served = 0;
    for entry in entries {
        let Some(path) = path_of(entry["key"].as_str().unwrap()) else {
            continue;
        };
        let got = server.client().get(&path);
        assert_eq!(got.status, 200, "{path}: {}", got.body);
        let mut got: Value = serde_json::from_str(&got.body).unwrap();
        // It lies at another revision here.
        got["metadata"]["resourceVersion"] = entry["object"]["metadata"]["resourceVersion"].clone();
        assert_eq!(got, entry["object"], "{path}");
        served += 1;
    }
    assert_eq!(served, 8);
}
