//! Several clusters on one etcd, each with a prefix of its own.

use std::fs;
use std::process::Output;

use purser_store::{Record, Store as _, prefix_end};
use purser_store_etcd::EtcdStore;

use crate::cluster::Etcd;
use crate::server::{Server, purser};

const SECRETS: &str = "/api/v1/namespaces/default/secrets";

fn secret(name: &str) -> String {
    format!(
        r#"{{"apiVersion":"v1","kind":"Secret","metadata":{{"name":"{name}"}},"stringData":{{"of":"{name}"}}}}"#
    )
}

fn on(etcd: &Etcd, prefix: &str) -> Server {
    let server = Server::new().with("--etcd-servers").with(&etcd.endpoint);
    match prefix {
        "" => server,
        prefix => server.with("--etcd-prefix").with(prefix),
    }
}

/// `purser at-rest` of a server.
fn at_rest(server: &Server, command: &str) -> Output {
    let kubeconfig = server.path("admin.kubeconfig");
    let mut purser = purser();
    purser.args(["at-rest", command, "--kubeconfig"]).arg(kubeconfig);
    purser.output().unwrap()
}

async fn below(store: &EtcdStore, prefix: &str) -> Vec<Record> {
    let all = store.scan(prefix.to_owned(), prefix_end(prefix), 4096);
    all.await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn clusters_with_other_prefixes_see_nothing_of_one_another() {
    let etcd = Etcd::start().await;
    let store = etcd.open().await;
    // Their keys are others: what one of them met of another it could not open.
    let mut servers = [on(&etcd, ""), on(&etcd, "kubernetes.io/"), on(&etcd, "/b")];
    let prefixes = ["/registry/", "/kubernetes.io/", "/b/"];
    for (server, prefix) in servers.iter_mut().zip(prefixes) {
        server.start();
        server.client().create(SECRETS, &secret(&prefix.replace('/', "")));
    }
    for (server, prefix) in servers.iter().zip(prefixes) {
        let listed = server.client().get(SECRETS).body;
        for other in prefixes {
            let name = format!("\"name\":\"{}\"", other.replace('/', ""));
            assert_eq!(listed.contains(&name), other == prefix, "{prefix}: {listed}");
        }
        let key = format!("{prefix}secrets/default/{}", prefix.replace('/', ""));
        let kept = store.get(&key).await.unwrap().unwrap();
        assert!(kept.value.starts_with(b"k8s:enc:kms:v2:purser-local:"), "{key}");
        let verified = at_rest(server, "verify");
        let told = String::from_utf8_lossy(&verified.stderr);
        assert!(verified.status.success(), "{prefix}: {told}");
    }
    for witness in [
        "/purser/witness",
        "/kubernetes.io/purser/witness",
        "/b/purser/witness",
    ] {
        assert!(store.get(witness).await.unwrap().is_some(), "{witness}");
    }
    let all = below(&store, "/").await;
    let known = |record: &&Record| {
        let mut begins = prefixes.iter().chain(["/purser/"].iter());
        begins.any(|begin| record.key.starts_with(begin))
    };
    assert_eq!(all.iter().filter(known).count(), all.len());

    // What one of them does with all of its own is nothing to others.
    let before = below(&store, "/kubernetes.io/").await;
    let [default, _, last] = &mut servers;
    assert!(last.stop().success());
    last.give(&[
        "--etcd-servers",
        &etcd.endpoint,
        "--etcd-prefix=/b",
        "--etcd-sole-server",
    ]);
    last.start();
    let rotated = at_rest(last, "rotate");
    let told = String::from_utf8_lossy(&rotated.stderr);
    assert!(rotated.status.success(), "{told}");
    let unchanged = |now: &[Record]| {
        let lease = |record: &&Record| !record.key.contains("/leases/");
        let of = |records: &[Record]| -> Vec<(String, u64)> {
            let kept = records.iter().filter(lease);
            kept.map(|record| (record.key.to_string(), record.mod_revision))
                .collect()
        };
        assert_eq!(of(now), of(&before));
    };
    unchanged(&below(&store, "/kubernetes.io/").await);
    let got = default.client().get(&format!("{SECRETS}/registry"));
    assert_eq!(got.status, 200, "{}", got.body);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_value_is_bound_to_its_prefix_and_keys_to_theirs() {
    let etcd = Etcd::start().await;
    let mut server = on(&etcd, "/a");
    server.start();
    server.client().create(SECRETS, &secret("db"));
    assert!(server.stop().success());
    // The data directory's data is below another prefix, and the message says where it was looked for.
    server.give(&["--etcd-servers", &etcd.endpoint, "--etcd-prefix", "/b"]);
    let said = server.refusal();
    assert!(said.contains("below /b"), "{said}");
    // Who has other keys gets nothing of what is there, and is told so.
    let said = on(&etcd, "/a").refusal();
    assert!(said.contains("keys"), "{said}");
    // A value that is put below another prefix does not open there, though the keys are the same.
    let store = etcd.open().await;
    let value = store.get("/a/secrets/default/db").await.unwrap().unwrap().value;
    fs::remove_file(server.path("initialised")).unwrap();
    fs::remove_file(server.path("keys/initialised")).unwrap();
    server.start();
    crate::cluster::trial::set(&store, "/b/secrets/default/db", &value)
        .await
        .unwrap();
    let listed = server.client().get(&format!("{SECRETS}/db"));
    assert_eq!(listed.status, 500, "{}", listed.body);
}

#[test]
fn a_prefix_that_is_none_or_anothers_is_refused() {
    let refused = |arguments: &[&str]| {
        let mut server = Server::new();
        server.give(arguments);
        let done = server.command().output().unwrap();
        assert_eq!(done.status.code(), Some(2));
        String::from_utf8(done.stderr).unwrap()
    };
    for prefix in ["/", "/purser", "/a/.."] {
        let said = refused(&["--etcd-servers=http://127.0.0.1:1", "--etcd-prefix", prefix]);
        assert!(said.contains("--etcd-prefix"), "{prefix}: {said}");
    }
    assert!(refused(&["--etcd-prefix", "/a"]).contains("--etcd-servers"));
    for flag in ["--etcd-compaction-interval=1m", "--etcd-healthcheck-timeout=1s"] {
        assert!(refused(&[flag]).contains("--etcd-servers"), "{flag}");
    }
}
