//! `purser at-rest verify` believes no flag: whatever somebody did to the store is found, on a server that runs and on
//! its directory.

use std::process::Output;

use bytes::Bytes;
use purser_store::{Change, Store as _, Transaction};
use purser_store_embedded::{EmbeddedStore, Options};
use serde_json::Value;

use crate::server::{Server, purser};

const SECRETS: &str = "/api/v1/namespaces/default/secrets";

fn key(name: &str) -> String {
    format!("/registry/secrets/default/{name}")
}

/// Puts a value, made of what is at another key, into the store of a server that is stopped.
fn change(server: &Server, from: &str, to: &str, made: impl Fn(Vec<u8>) -> Vec<u8>) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let store = EmbeddedStore::open(Options::new(server.path("store"))).unwrap();
        let record = store.get(&key(from)).await.unwrap().unwrap();
        let put = Change::Put {
            key: key(to),
            value: Bytes::from(made(record.value.to_vec())),
        };
        let transaction = Transaction {
            checks: Vec::new(),
            changes: vec![put],
        };
        store.commit(transaction).await.unwrap();
        store.close().await.unwrap();
    });
}

fn verify(place: [&str; 2]) -> Output {
    let mut command = purser();
    command
        .args(["at-rest", "verify", "--output", "json"])
        .args(place);
    command.output().unwrap()
}

/// What a verification on each way says; both exit with `code`.
fn both(server: &mut Server, code: i32) -> [Value; 2] {
    let data = server.data();
    let stopped = verify(["--data-dir", data.to_str().unwrap()]);
    server.start();
    let kubeconfig = server.path("admin.kubeconfig");
    let running = verify(["--kubeconfig", kubeconfig.to_str().unwrap()]);
    server.stop();
    [stopped, running].map(|output| {
        assert_eq!(output.status.code(), Some(code), "{output:?}");
        serde_json::from_slice(&output.stdout).unwrap()
    })
}

fn of_secrets(told: &Value) -> &Value {
    let resources = told["resources"].as_array().unwrap();
    resources.iter().find(|one| one["resource"] == "secrets").unwrap()
}

fn server_with_two() -> Server {
    let mut server = Server::started();
    for name in ["one", "two"] {
        let secret = format!(
            r#"{{"kind":"Secret","apiVersion":"v1","metadata":{{"name":"{name}"}},"stringData":{{"a":"canary-{name}"}}}}"#
        );
        server.client().create(SECRETS, &secret);
    }
    server.stop();
    server
}

#[test]
fn what_is_as_it_should_be_passes() {
    let mut server = server_with_two();
    for told in both(&mut server, 0) {
        let secrets = of_secrets(&told);
        assert_eq!(
            (&secrets["stale"], &secrets["inTheClear"]),
            (&0.into(), &0.into())
        );
        assert!(!secrets["sealedBy"][0]["key"].as_str().unwrap().is_empty());
    }
}

#[test]
fn a_value_in_the_place_of_another_fails() {
    let mut server = server_with_two();
    change(&server, "one", "two", |value| value);
    for told in both(&mut server, 1) {
        assert!(told.to_string().contains(&key("two")), "{told}");
        assert!(!told.to_string().contains(&key("one")), "{told}");
    }
}

#[test]
fn a_value_in_the_clear_fails() {
    let mut server = server_with_two();
    change(&server, "one", "two", |_| b"k8s\0 planted-canary".to_vec());
    for told in both(&mut server, 1) {
        assert!(told.to_string().contains(&key("two")), "{told}");
        assert!(!told.to_string().contains("planted-canary"), "{told}");
    }
}

#[test]
fn a_value_with_a_bit_turned_fails() {
    let mut server = server_with_two();
    change(&server, "two", "two", |mut value| {
        let middle = value.len() / 2;
        value[middle] ^= 1;
        value
    });
    for told in both(&mut server, 1) {
        assert!(told.to_string().contains(&key("two")), "{told}");
    }
}

#[test]
fn a_value_that_says_it_is_sealed_by_something_else_fails() {
    let mut server = server_with_two();
    change(&server, "one", "two", |_| {
        b"k8s:enc:aescbc:v1:key1:0123456789abcdef0123456789abcdef".to_vec()
    });
    for told in both(&mut server, 1) {
        assert!(told.to_string().contains("aescbc"), "{told}");
    }
}
