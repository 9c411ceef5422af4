//! What kube-apiserver wrote with each provider is served as it served it.

use std::path::PathBuf;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use purser_store::{Change, Store as _, Transaction};
use purser_store_embedded::{EmbeddedStore, Options};
use serde_json::{Value, json};

use crate::server::Server;
use crate::stand_in::StandIn;

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

fn plant(server: &Server, entries: &[Value]) {
    let changes = entries.iter().map(|entry| Change::Put {
        key: entry["key"].as_str().unwrap().to_owned(),
        value: STANDARD.decode(entry["value"].as_str().unwrap()).unwrap().into(),
    });
    let transaction = Transaction {
        checks: Vec::new(),
        changes: changes.collect(),
    };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let store = EmbeddedStore::open(Options::new(server.path("store"))).unwrap();
        store.commit(transaction).await.unwrap();
        store.close().await.unwrap();
    });
}

/// A plugin as that of the recordings, on a runtime of its own.
fn plugin(directory: &tempfile::TempDir) -> (tokio::runtime::Runtime, PathBuf, Arc<StandIn>) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let socket = directory.path().join("kms.sock");
    let plugin = runtime.block_on(async { StandIn::listen(&socket) });
    (runtime, socket, plugin)
}

/// Serves the entries of a file with its configuration.
fn assert_served(file: &str) {
    let mut document: Value = serde_json::from_str(file).unwrap();
    let directory = tempfile::tempdir().unwrap();
    let (_runtime, socket, _plugin) = plugin(&directory);
    let mut configuration = document["encryptionConfiguration"].take();
    if configuration.is_null() {
        let identity = json!([{ "resources": ["secrets"], "providers": [{ "identity": {} }] }]);
        configuration = json!({ "apiVersion": "apiserver.config.k8s.io/v1", "kind": "EncryptionConfiguration", "resources": identity });
    }
    if let Some(endpoint) = configuration.pointer_mut("/resources/0/providers/0/kms/endpoint") {
        *endpoint = json!(format!("unix://{}", socket.display()));
    }
    let mut server = Server::new();
    let path = server.write("encryption.yaml", &configuration.to_string());
    server.give(&["--encryption-provider-config", path.to_str().unwrap()]);
    server.start();
    assert!(server.stop().success());
    let entries = document["entries"].as_array().unwrap();
    plant(&server, entries);
    server.start();
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

macro_rules! served {
    ($($name:ident: $file:literal,)*) => {$(
        #[test]
        fn $name() {
            assert_served(include_str!(concat!("../../../purser-encryption/tests/data/", $file)));
        }
    )*};
}

served! {
    values_in_the_clear_are_served: "none.json",
    values_of_aescbc_are_served: "aescbc.json",
    values_of_aescbc_with_a_short_key_are_served: "aescbc16.json",
    values_of_aesgcm_are_served: "aesgcm.json",
    values_of_secretbox_are_served: "secretbox.json",
    values_of_a_kms_v1_plugin_are_served: "kmsv1.json",
    values_of_a_kms_v2_plugin_are_served: "kmsv2.json",
}
