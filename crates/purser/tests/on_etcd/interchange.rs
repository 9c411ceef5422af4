//! An etcd that kube-apiserver wrote, with each provider, is served as it served it, and written for it.

use std::path::PathBuf;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use purser_encryption::KeyHolder;
use purser_encryption::configuration::{Configuration, KmsVersion, Providers};
use purser_encryption::kms::{Endpoint, PluginV1, PluginV2};
use purser_store::{Change, Range, Store as _, Transaction, prefix_end};
use purser_store_etcd::EtcdStore;
use serde_json::{Value, json};

use crate::cluster::Etcd;
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

fn stored(entry: &Value) -> (String, Vec<u8>) {
    let value = STANDARD.decode(entry["value"].as_str().unwrap()).unwrap();
    (entry["key"].as_str().unwrap().to_owned(), value)
}

/// Puts everything there before any Purser was.
async fn plant(store: &EtcdStore, entries: &[Value]) {
    let changes = entries.iter().map(|entry| {
        let (key, value) = stored(entry);
        Change::Put {
            key,
            value: value.into(),
        }
    });
    let transaction = Transaction {
        checks: Vec::new(),
        changes: changes.collect(),
    };
    store.commit(transaction).await.unwrap();
}

/// The configuration of a file of vectors, with the plugin's socket in it; values in the clear have none.
fn configuration(document: &mut Value, socket: &str) -> Value {
    let mut configuration = document["encryptionConfiguration"].take();
    if configuration.is_null() {
        let identity = json!([{ "resources": ["secrets"], "providers": [{ "identity": {} }] }]);
        configuration = json!({ "apiVersion": "apiserver.config.k8s.io/v1", "kind": "EncryptionConfiguration", "resources": identity });
    }
    if let Some(endpoint) = configuration.pointer_mut("/resources/0/providers/0/kms/endpoint") {
        *endpoint = json!(format!("unix://{socket}"));
    }
    configuration
}

fn assert_objects(server: &Server, entries: &[Value]) {
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

async fn assert_interchanged(file: &str) {
    let mut document: Value = serde_json::from_str(file).unwrap();
    let directory = tempfile::tempdir().unwrap();
    let socket = directory.path().join("kms.sock");
    let _plugin = StandIn::listen(&socket);
    let configuration = configuration(&mut document, socket.to_str().unwrap()).to_string();
    let entries = document["entries"].as_array().unwrap();
    let etcd = Etcd::start().await;
    let store = etcd.open().await;
    plant(&store, entries).await;
    let mut servers = [Server::new(), Server::new()];
    for server in &mut servers {
        let path: PathBuf = server.write("encryption.yaml", &configuration);
        server.give(&[
            "--etcd-servers",
            &etcd.endpoint,
            "--encryption-provider-config",
            path.to_str().unwrap(),
        ]);
    }
    let [one, two] = &mut servers;
    one.start();
    assert_objects(one, entries);
    let secrets = "/api/v1/namespaces/vectors/secrets";
    let ours = r#"{"apiVersion":"v1","kind":"Secret","metadata":{"name":"ours"},"stringData":{"a":"b"}}"#;
    one.client().create(secrets, ours);
    assert!(one.stop().success());

    // What was not written again is as it was, byte for byte, what is of unknown kinds with it.
    for entry in entries {
        let (key, value) = stored(entry);
        let held = store.get(&key).await.unwrap().unwrap();
        assert_eq!(&*held.value, value, "{key}");
    }
    assert_written_alike(&store, &configuration, entries).await;
    // Whoever has the configuration reads it: nothing hangs on the data directory.
    two.start();
    assert_objects(two, entries);
    let read = two.client().get(&format!("{secrets}/ours"));
    assert!(read.body.contains(r#""a":"Yg==""#), "{}", read.body);
}

/// Every Secret, theirs and ours, opens with the configuration to the same kind of bytes, and ours begins as theirs.
async fn assert_written_alike(store: &EtcdStore, configuration: &str, entries: &[Value]) {
    let configuration = Configuration::read(configuration.as_bytes(), false).unwrap();
    let providers = Providers::new(configuration, |kms| {
        let endpoint = Endpoint::parse(&kms.endpoint).unwrap();
        Ok(match kms.version {
            KmsVersion::V1 { .. } => Arc::new(PluginV1::new(&endpoint, kms.timeout)) as Arc<dyn KeyHolder>,
            KmsVersion::V2 => Arc::new(PluginV2::new(&endpoint, kms.timeout)),
        })
    });
    let transformer = providers.unwrap().of("", "secrets");
    let range = Range {
        start: "/registry/secrets/".to_owned(),
        end: prefix_end("/registry/secrets/"),
        limit: 0,
        revision: None,
    };
    let records = store.range(range).await.unwrap().records;
    let before = entries
        .iter()
        .map(stored)
        .find(|(key, _)| key.ends_with("opaque"))
        .unwrap();
    let head = |value: &[u8]| value.iter().take(15).copied().collect::<Vec<u8>>();
    for record in records {
        assert_eq!(head(&record.value), head(&before.1), "{}", record.key);
        let opened = transformer.open(&record.key, &record.value).await.unwrap();
        assert!(opened.plaintext.expose().starts_with(b"k8s\0"), "{}", record.key);
    }
}

macro_rules! interchanged {
    ($($name:ident: $file:literal,)*) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $name() {
            assert_interchanged(include_str!(concat!("../../../purser-encryption/tests/data/", $file))).await;
        }
    )*};
}

interchanged! {
    values_in_the_clear: "none.json",
    values_of_aescbc: "aescbc.json",
    values_of_aescbc_with_a_short_key: "aescbc16.json",
    values_of_aesgcm: "aesgcm.json",
    values_of_secretbox: "secretbox.json",
    values_of_a_kms_v1_plugin: "kmsv1.json",
    values_of_a_kms_v2_plugin: "kmsv2.json",
}
