//! What kube-apiserver wrote with each provider is served as it served it.

use std::path::PathBuf;
use std::sync::Arc;

use purser_store::Store as _;
use purser_store_embedded::{EmbeddedStore, Options};
use serde_json::Value;

use crate::server::Server;
use crate::stand_in::StandIn;
use recorded::{assert_objects, configuration, planting};

#[path = "recorded.rs"]
mod recorded;

fn plant(server: &Server, entries: &[Value]) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let store = EmbeddedStore::open(Options::new(server.path("store"))).unwrap();
        store.commit(planting(entries)).await.unwrap();
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
    let configuration = configuration(&mut document, &socket);
    let mut server = Server::new();
    let path = server.write("encryption.yaml", &configuration);
    server.give(&["--encryption-provider-config", path.to_str().unwrap()]);
    server.start();
    assert!(server.stop().success());
    let entries = document["entries"].as_array().unwrap();
    plant(&server, entries);
    server.start();
    assert_objects(&server, entries);
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
