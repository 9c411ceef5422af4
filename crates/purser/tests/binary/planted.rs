//! Who can write to the data directory cannot make the server tell what they wrote.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use purser_store::{Change, Store as _, Transaction};
use purser_store_embedded::{EmbeddedStore, Options};

use crate::server::Server;

const KEY: &str = "/registry/secrets/vectors/opaque";
const SECRETS: &str = "/api/v1/namespaces/vectors/secrets";

/// A Secret as kube-apiserver without encryption stores it.
fn in_the_clear() -> Bytes {
    let file = include_str!("../../../purser-encryption/tests/data/none.json");
    let file: serde_json::Value = serde_json::from_str(file).unwrap();
    let entries = file["entries"].as_array().unwrap();
    let entry = entries.iter().find(|entry| entry["key"] == KEY).unwrap();
    STANDARD.decode(entry["value"].as_str().unwrap()).unwrap().into()
}

fn plant(server: &Server, value: Bytes) {
    let transaction = Transaction {
        checks: Vec::new(),
        changes: vec![Change::Put {
            key: KEY.to_owned(),
            value,
        }],
    };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let store = EmbeddedStore::open(Options::new(server.path("store"))).unwrap();
        store.commit(transaction).await.unwrap();
        store.close().await.unwrap();
    });
}

#[test]
fn a_value_in_the_clear_that_somebody_planted_is_not_served() {
    let mut server = Server::started();
    assert!(server.stop().success());
    plant(&server, in_the_clear());
    server.start();
    let got = server.client().get(&format!("{SECRETS}/opaque"));
    assert_eq!(got.status, 500, "{}", got.body);
    assert!(!got.body.contains("aHVudGVyMg=="), "{}", got.body);
    let listed = server.client().get(SECRETS);
    assert_eq!(listed.status, 200, "{}", listed.body);
    assert!(!listed.body.contains("opaque"), "{}", listed.body);
    let warning = r#"warning: 299 - "secret \"vectors/opaque\" is left out: no provider for "#;
    assert!(listed.head.contains(warning), "{}", listed.head);
    let metrics = server.client().get("/metrics").body;
    for told in [
        "purser_unreadable_objects 1\n",
        "purser_unreadable_reads_total 2\n",
        "purser_values_not_opened_total ",
        "purser_seeds_unwrapped_total 1\n",
        "purser_store_commits_total ",
        "apiserver_storage_size_bytes ",
    ] {
        assert!(metrics.contains(told), "{metrics}");
    }
}
