//! `purser at-rest` on the etcd of a cluster of kube-apiservers, with the cluster's configuration.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use purser_encryption::configuration::{Configuration, DialError, Providers};
use purser_store::{Change, Check, Outcome, Range, Record, Store as _, Transaction, prefix_end};
use purser_store_etcd::EtcdStore;
use serde_json::{Value, json};

use crate::cluster::Etcd;
use crate::server::{Server, purser};

const AESCBC: &str = include_str!("../../../purser-encryption/tests/data/aescbc.json");
/// Another key.
const KEY: &str = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=";
/// A kind that no cluster has now.
const NOVELTY: &str = "/registry/novelties/vectors/new";
/// A custom one.
const WIDGET: &str = "/registry/example.com/widgets/vectors/blue";
const EVENT: &str = "/registry/events/vectors/short";

/// What a command exits with, and says on both outputs.
type Said = (Option<i32>, String);

/// An etcd with what kube-apiserver wrote, and files of configurations.
struct Trial {
    etcd: Etcd,
    store: EtcdStore,
    files: Server,
    vectors: Value,
}

impl Trial {
    async fn new() -> Self {
        let vectors: Value = serde_json::from_str(AESCBC).unwrap();
        let etcd = Etcd::start().await;
        let store = etcd.open().await;
        for entry in vectors["entries"].as_array().unwrap() {
            let value = STANDARD.decode(entry["value"].as_str().unwrap()).unwrap();
            put(&store, entry["key"].as_str().unwrap(), value).await;
        }
        Self {
            etcd,
            store,
            files: Server::new(),
            vectors,
        }
    }

    /// The configuration with which they were written.
    fn before(&self) -> Value {
        self.vectors["encryptionConfiguration"].clone()
    }

    /// A key for aesgcm before it, and everything that is custom is sealed too.
    fn after(&self) -> Value {
        let mut configuration = self.before();
        let block = &mut configuration["resources"][0];
        let gcm = json!({ "aesgcm": { "keys": [{ "name": "key2", "secret": KEY }] } });
        block["providers"].as_array_mut().unwrap().insert(0, gcm);
        let resources = block["resources"].as_array_mut().unwrap();
        resources.extend([json!("events"), json!("*.example.com")]);
        configuration
    }

    fn at_rest(&self, command: &[&str], configuration: &Value) -> Said {
        let file = self.files.write("encryption.yaml", &configuration.to_string());
        said(&self.etcd.endpoint, command, &file)
    }

    async fn everything(&self) -> Vec<Record> {
        let range = Range {
            start: " ".to_owned(),
            end: "~".to_owned(),
            limit: 0,
            revision: None,
        };
        self.store.range(range).await.unwrap().records
    }
}

fn said(endpoint: &str, command: &[&str], file: &Path) -> Said {
    let output = purser()
        .arg("at-rest")
        .args(command)
        .args(["--etcd-servers", endpoint])
        .arg("--encryption-provider-config")
        .arg(file)
        .output()
        .unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(text).unwrap())
}

async fn put(store: &EtcdStore, key: &str, value: Vec<u8>) {
    let change = Change::Put {
        key: key.to_owned(),
        value: value.into(),
    };
    commit(store, Vec::new(), change).await;
}

async fn commit(store: &EtcdStore, checks: Vec<Check>, change: Change) -> Outcome {
    let changes = vec![change];
    store.commit(Transaction { checks, changes }).await.unwrap()
}

/// The values in the clear by the names of the resources, read with the library and not with the command.
async fn opened(configuration: &Value, resource: (&str, &str), records: &[Record]) -> Vec<Vec<u8>> {
    let configuration = Configuration::read(configuration.to_string().as_bytes(), false).unwrap();
    let providers = Providers::new(configuration, |kms| {
        let (name, why) = (kms.name.clone(), "no plugin is there".to_owned());
        Err(DialError { name, why })
    });
    let providers = providers.unwrap();
    let transformer = providers.of(resource.0, resource.1);
    let mut all = Vec::new();
    for record in records {
        let opened = transformer.open(&record.key, &record.value).await.unwrap();
        all.push(opened.plaintext.expose().to_vec());
    }
    all
}

async fn below(store: &EtcdStore, prefix: &str) -> Vec<Record> {
    let range = Range {
        start: prefix.to_owned(),
        end: prefix_end(prefix),
        limit: 0,
        revision: None,
    };
    store.range(range).await.unwrap().records
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clusters_values_are_told_verified_and_sealed_with_another_provider() {
    let trial = Trial::new().await;
    put(&trial.store, NOVELTY, b"k8s\0new".to_vec()).await;
    put(&trial.store, WIDGET, b"{\"kind\":\"Widget\"}".to_vec()).await;
    for key in ["/other/secrets/a/b", "compact_rev_key", "/registries/x"] {
        put(&trial.store, key, b"theirs".to_vec()).await;
    }
    let (before, after) = (trial.before(), trial.after());
    let (code, told) = trial.at_rest(&["status"], &before);
    assert_eq!(code, Some(0), "{told}");
    for part in [
        "secrets ",
        "aescbc key1",
        "pods ",
        "identity",
        "widgets.example.com",
        "novelties (not known)",
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }
    let (code, told) = trial.at_rest(&["verify"], &before);
    assert_eq!(code, Some(1), "{told}");
    assert!(told.contains("not bound to their places"), "{told}");
    assert!(
        !told.contains("in the clear: anybody"),
        "only what the configuration seals: {told}"
    );
    let (code, told) = trial.at_rest(&["verify"], &after);
    assert_eq!(code, Some(1), "{told}");
    assert!(told.contains("not sealed with the key of now"), "{told}");

    let untouched = trial.everything().await;
    let clear = opened(
        &before,
        ("", "secrets"),
        &below(&trial.store, "/registry/secrets/").await,
    )
    .await;
    let (code, told) = trial.at_rest(&["rotate"], &after);
    assert_eq!(code, Some(0), "{told}");
    assert!(told.contains("sealed anew 5, left alone"), "{told}");
    assert!(told.contains("need aescbc key1"), "history is told: {told}");
    assert!(!told.contains("needs another key"), "{told}");

    let secrets = below(&trial.store, "/registry/secrets/").await;
    assert_eq!(secrets.len(), 3);
    let sealed = |record: &Record| record.value.starts_with(b"k8s:enc:aesgcm:v1:key2:");
    assert!(secrets.iter().all(sealed));
    assert_eq!(opened(&after, ("", "secrets"), &secrets).await, clear);
    let widget = below(&trial.store, WIDGET).await;
    assert!(widget.iter().all(sealed));
    let widget = opened(&after, ("example.com", "widgets"), &widget).await;
    assert_eq!(widget, [b"{\"kind\":\"Widget\"}".to_vec()]);
    let now = trial.everything().await;
    assert_eq!(now.len(), untouched.len(), "nothing of Purser's is there");
    for (before, now) in untouched.iter().zip(&now) {
        assert!(sealed(now) || before == now, "{}", now.key);
    }
    let (code, told) = trial.at_rest(&["verify"], &after);
    assert_eq!(code, Some(0), "{told}");

    // Its history is the cluster's: only when it forgets it is the old key told to be needed by nothing.
    let revision = trial.store.revision().await.unwrap();
    trial.store.compact(revision).await.unwrap();
    let (code, told) = trial.at_rest(&["verify"], &after);
    assert_eq!(code, Some(0), "{told}");
    assert!(
        !told.contains("aescbc") && told.contains("needs another key"),
        "{told}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_to_go_by_itself_goes_after_it_was_sealed_anew() {
    let trial = Trial::new().await;
    let event = Change::PutFor {
        key: EVENT.to_owned(),
        value: "k8s\0event".into(),
        lifetime: Duration::from_secs(10),
    };
    commit(&trial.store, Vec::new(), event).await;
    let (code, told) = trial.at_rest(&["rotate"], &trial.after());
    assert_eq!(code, Some(0), "{told}");
    let kept = trial.store.get(EVENT).await.unwrap().unwrap();
    assert!(kept.value.starts_with(b"k8s:enc:aesgcm:"));
    let mut waited = 0;
    while trial.store.get(EVENT).await.unwrap().is_some() {
        assert!(waited < 300, "it stays");
        tokio::time::sleep(Duration::from_millis(100)).await;
        waited += 1;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_others_write_meanwhile_is_not_lost() {
    let trial = Trial::new().await;
    let key = "/registry/secrets/vectors/counter";
    for number in 0..200 {
        put(&trial.store, &format!("{key}{number}"), b"k8s\0".to_vec()).await;
    }
    // Written in the clear, as a kube-apiserver would that has not read the file again: it may stay so, but not go.
    let (store, end) = (trial.etcd.open().await, Arc::new(AtomicBool::new(false)));
    let ending = Arc::clone(&end);
    let writing = tokio::spawn(async move {
        let mut rounds = 0_u32;
        while !ending.load(Ordering::Relaxed) {
            rounds += 1;
            for number in 0..200 {
                put(
                    &store,
                    &format!("{key}{number}"),
                    format!("k8s\0{rounds}").into_bytes(),
                )
                .await;
            }
        }
        rounds
    });
    let (_, told) = trial.at_rest(&["rotate"], &trial.after());
    assert!(told.contains("sealed anew"), "{told}");
    end.store(true, Ordering::Relaxed);
    let rounds = writing.await.unwrap();
    let counters = below(&trial.store, key).await;
    assert_eq!(counters.len(), 200);
    for value in opened(&trial.after(), ("", "secrets"), &counters).await {
        assert_eq!(value, format!("k8s\0{rounds}").into_bytes());
    }
    let (code, told) = trial.at_rest(&["rotate"], &trial.after());
    assert_eq!(code, Some(0), "{told}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_done_with_a_clusters_etcd_is_refused_and_nothing_is_written() {
    let trial = Trial::new().await;
    let before = trial.everything().await;
    let (code, told) = trial.at_rest(&["erase", "deleted"], &trial.before());
    assert!(code == Some(2) && told.contains("with --etcd-servers"), "{told}");
    let (code, told) = trial.at_rest(&["verify", "--etcd-prefix", "/elsewhere"], &trial.before());
    assert!(code == Some(2) && told.contains("--etcd-prefix"), "{told}");
    let (code, told) = trial.at_rest(&["verify", "--data-dir", "x"], &trial.before());
    assert_eq!(code, Some(2), "{told}");
    let output = purser()
        .args(["at-rest", "status", "--etcd-servers", &trial.etcd.endpoint])
        .output()
        .unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.contains("--encryption-provider-config"), "{told}");
    // Without the key that sealed them they are told as unreadable, and stay as they are.
    let mut other = trial.before();
    other["resources"][0]["providers"][0]["aescbc"]["keys"][0]["secret"] = json!(KEY);
    let (code, told) = trial.at_rest(&["rotate"], &other);
    assert!(code == Some(1) && told.contains("cannot be decrypted"), "{told}");
    assert_eq!(trial.everything().await, before);
}
