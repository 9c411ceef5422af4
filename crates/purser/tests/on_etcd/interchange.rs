//! An etcd that kube-apiserver wrote, with each provider, is served as it served it, and written for it.

use std::path::PathBuf;
use std::sync::Arc;

use purser_encryption::KeyHolder;
use purser_encryption::configuration::{Configuration, KmsVersion, Providers};
use purser_encryption::kms::{Endpoint, PluginV1, PluginV2};
use purser_store::{Range, Store as _, prefix_end};
use purser_store_etcd::EtcdStore;
use serde_json::Value;

use crate::cluster::Etcd;
use crate::server::Server;
use crate::stand_in::StandIn;
use recorded::{assert_objects, configuration, planting, stored};

#[path = "../binary/recorded.rs"]
mod recorded;

async fn assert_interchanged(file: &str) {
    let mut document: Value = serde_json::from_str(file).unwrap();
    let directory = tempfile::tempdir().unwrap();
    let socket = directory.path().join("kms.sock");
    let _plugin = StandIn::listen(&socket);
    let configuration = configuration(&mut document, &socket);
    let entries = document["entries"].as_array().unwrap();
    let etcd = Etcd::start().await;
    let store = etcd.open().await;
    store.commit(planting(entries)).await.unwrap();
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
