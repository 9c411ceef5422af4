//! What is served, by one server or several, through restarts of both.

use std::fs;
use std::io::Read as _;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;
use std::time::{Duration, Instant};

use purser_store::Store as _;

use crate::client::{Client, Connection};
use crate::cluster::Etcd;
use crate::cluster::trial::set;
use crate::server::{PATIENCE, Server};

const SECRETS: &str = "/api/v1/namespaces/default/secrets";

fn secret(name: &str, value: &str) -> String {
    let data = format!(r#""stringData":{{"password":"{value}"}}"#);
    format!(r#"{{"apiVersion":"v1","kind":"Secret","metadata":{{"name":"{name}"}},{data}}}"#)
}

/// What servers of one store share, below their data directories.
const SHARED: [&str; 4] = ["pki/ca.crt", "pki/ca.key", "pki/sa.key", "keys"];

/// A place for a server on `etcd` in which nothing is.
pub(crate) fn on(etcd: &Etcd) -> Server {
    Server::new().with("--etcd-servers").with(&etcd.endpoint)
}

/// Gives a server what it shares with one that runs, as the pages say.
pub(crate) fn share(from: &Server, to: &Server) {
    for directory in ["", "pki", "keys"] {
        let mut builder = fs::DirBuilder::new();
        builder
            .recursive(true)
            .mode(0o700)
            .create(to.path(directory))
            .unwrap();
    }
    for name in SHARED {
        let source = from.path(name);
        if !source.is_dir() {
            fs::copy(source, to.path(name)).unwrap();
            continue;
        }
        for entry in fs::read_dir(source).unwrap() {
            let entry = entry.unwrap();
            fs::copy(entry.path(), to.path(name).join(entry.file_name())).unwrap();
        }
    }
}

/// Reads a watch until a text comes by.
pub(crate) fn wait_for(watch: &mut Connection, text: &str) {
    let mut seen = Vec::new();
    let mut piece = [0; 4096];
    while !String::from_utf8_lossy(&seen).contains(text) {
        let length = watch.read(&mut piece).unwrap();
        assert!(length > 0, "the watch ended: {}", String::from_utf8_lossy(&seen));
        seen.extend(&piece[..length]);
    }
}

/// Writes until it is taken: etcd is away for a while.
fn create_patiently(client: &Client, name: &str) {
    let begun = Instant::now();
    loop {
        let answer = client.request("POST", SECRETS, &secret(name, "x"));
        match answer.status {
            // It may have been made although that was not heard.
            201 | 409 => return,
            // Only what was certainly not made is asked to be tried again.
            status @ (503 | 504) => {
                let again = answer.head.to_lowercase().contains("retry-after");
                assert_eq!(again, status == 503, "{}", answer.head);
                assert!(begun.elapsed() < PATIENCE, "{}", answer.body);
                std::thread::sleep(Duration::from_millis(100));
            }
            status => panic!("{status}: {}", answer.body),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn objects_are_made_read_watched_and_there_after_a_restart() {
    let etcd = Etcd::start().await;
    let mut server = on(&etcd);
    server.start();
    assert!(!server.path("store").exists(), "nothing is kept here");
    let client = server.client();
    assert_eq!(client.get("/readyz").body, "ok");
    let mut watch = client.send("GET", &format!("{SECRETS}?watch=1&resourceVersion=0"), "");
    client.create(SECRETS, &secret("db", "hunter2"));
    wait_for(&mut watch, "\"db\"");
    let update = client.request("PUT", &format!("{SECRETS}/db"), &secret("db", "hunter3"));
    assert_eq!(update.status, 200, "{}", update.body);
    wait_for(&mut watch, "MODIFIED");

    let kept = etcd
        .open()
        .await
        .get("/registry/secrets/default/db")
        .await
        .unwrap()
        .unwrap();
    assert!(kept.value.starts_with(b"k8s:enc:kms:v2:purser-local:"));
    assert!(!kept.value.windows(7).any(|part| part == b"hunter3"));
    let metrics = client.get("/metrics").body;
    for name in ["apiserver_storage_size_bytes", "purser_etcd_requests"] {
        assert!(metrics.contains(name), "{name}");
    }

    assert!(server.stop().success());
    server.start();
    let got = server.client().get(&format!("{SECRETS}/db"));
    assert!(got.body.contains("aHVudGVyMw=="), "{}", got.body);
    let gone = server.client().request("DELETE", &format!("{SECRETS}/db"), "");
    assert_eq!(gone.status, 200, "{}", gone.body);
    assert!(
        etcd.open()
            .await
            .get("/registry/secrets/default/db")
            .await
            .unwrap()
            .is_none()
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_etcd_it_reads_what_it_knows_refuses_writes_and_goes_on_by_itself() {
    let mut etcd = Etcd::start().await;
    let mut server = on(&etcd);
    server.start();
    let client = server.client();
    client.create(SECRETS, &secret("before", "x"));
    assert_eq!(client.get(&format!("{SECRETS}/before")).status, 200);
    let mut watch = client.send("GET", &format!("{SECRETS}?watch=1&resourceVersion=0"), "");
    wait_for(&mut watch, "\"before\"");
    etcd.kill();
    // The first to notice may have been under way.
    client.request("POST", SECRETS, &secret("meanwhile", "x"));
    let told = client.request("POST", SECRETS, &secret("meanwhile", "x"));
    assert_eq!(told.status, 503, "{}", told.body);
    assert_eq!(client.get("/readyz").status, 500);
    assert_eq!(client.get("/livez").status, 200);
    let known = client.get(&format!("{SECRETS}/before?resourceVersion=0"));
    assert_eq!(known.status, 200, "{}", known.body);
    etcd.run();
    create_patiently(&client, "after");
    assert_eq!(client.get(&format!("{SECRETS}/after")).status, 200);
    wait_for(&mut watch, "\"after\"");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn several_servers_with_the_same_keys_see_each_others_writes() {
    let etcd = Etcd::start().await;
    let (mut one, mut two) = (on(&etcd), on(&etcd));
    one.start();
    share(&one, &two);
    two.start();
    let mut watch = two
        .client()
        .send("GET", &format!("{SECRETS}?watch=1&resourceVersion=0"), "");
    for number in 0..10 {
        one.client().create(SECRETS, &secret(&format!("s{number}"), "x"));
        // A read that is to be up to date is, at once, on the other server too.
        let got = two.client().get(&format!("{SECRETS}/s{number}"));
        assert_eq!(got.status, 200, "{}", got.body);
        wait_for(&mut watch, &format!("\"s{number}\""));
    }
    // The authority is the same, and with it the administrator.
    let admin = Client::new(&two.kubeconfig());
    assert_eq!(admin.get(&format!("{SECRETS}/s1")).status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn history_that_is_forgotten_is_gone_to_clients_and_they_can_list_again() {
    let etcd = Etcd::start().await;
    let mut server = on(&etcd).with("--etcd-compaction-interval").with("300ms");
    server.start();
    let client = server.client();
    client.create(SECRETS, &secret("a", "1"));
    let begun = Instant::now();
    let gone = loop {
        // Without the server's memory of it: that is what other servers do after a start.
        let listed = client.get(&format!("{SECRETS}?resourceVersion=1&resourceVersionMatch=Exact"));
        if listed.status != 200 {
            break listed;
        }
        assert!(begun.elapsed() < PATIENCE, "nothing is forgotten");
        std::thread::sleep(Duration::from_millis(200));
    };
    assert_eq!(gone.status, 410, "{}", gone.body);
    assert_eq!(client.get(SECRETS).status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn starts_that_are_not_safe_are_refused() {
    let refusal = |arguments: &[&str]| {
        let mut server = Server::new();
        server.give(arguments);
        server.refusal()
    };
    let said = refusal(&["--etcd-servers", "http://192.0.2.1:2379"]);
    assert!(
        said.contains("use https") && said.contains("--insecure-etcd-transport"),
        "{said}"
    );
    let said = refusal(&["--etcd-servers", "https://192.0.2.1:2379"]);
    assert!(said.contains("--etcd-cafile"), "{said}");
    let said = refusal(&["--etcd-servers", "127.0.0.1:2379"]);
    assert!(said.contains("https://host:port"), "{said}");
    let said = refusal(&["--etcd-servers", "http://127.0.0.1:1"]);
    assert!(said.contains("cannot be reached"), "{said}");

    let etcd = Etcd::start().await;
    let mut server = on(&etcd);
    server.start();
    assert!(server.refusal().contains("use"), "one server a data directory");
    assert!(server.stop().success());
    // Another etcd, which is empty, is not taken for the one whose data is kept.
    let other = Etcd::start().await;
    server.give(&["--etcd-servers", &other.endpoint]);
    let said = server.refusal();
    assert!(said.contains(&other.endpoint), "{said}");
    // Nor is data that other keys sealed, which another server has.
    let stranger = on(&etcd);
    let said = stranger.refusal();
    assert!(said.contains("keys"), "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_of_others_in_the_same_etcd_are_left_alone() {
    let etcd = Etcd::start().await;
    let store = etcd.open().await;
    for key in ["compact_rev_key", "elsewhere", "\u{ff}"] {
        set(&store, key, b"theirs").await.unwrap();
    }
    let mut server = on(&etcd);
    server.start();
    server.client().create(SECRETS, &secret("a", "1"));
    assert!(server.stop().success());
    for key in ["compact_rev_key", "elsewhere", "\u{ff}"] {
        assert_eq!(&*store.get(key).await.unwrap().unwrap().value, b"theirs");
    }
}

/// Asks for it, and waits for what comes of it.
fn rotated(server: &Server) -> String {
    let page = "/purser/at-rest/rotation";
    let begun = server.client().request("POST", page, "");
    assert_eq!(begun.status, 200, "{}", begun.body);
    let started = Instant::now();
    loop {
        let told = server.client().get(page).body;
        if told.contains("\"running\":false") {
            return told;
        }
        assert!(started.elapsed() < PATIENCE, "{told}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Names of files, sorted.
fn names(directory: &Path) -> Vec<std::ffi::OsString> {
    let mut names: Vec<_> = fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    names.sort_unstable();
    names
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_that_other_servers_may_seal_with_is_neither_replaced_nor_destroyed() {
    let etcd = Etcd::start().await;
    let mut server = on(&etcd);
    server.start();
    server.client().create(SECRETS, &secret("db", "hunter2"));
    let before = names(&server.path("keys"));
    let told = rotated(&server);
    assert!(told.contains("--etcd-sole-server"), "{told}");
    assert_eq!(names(&server.path("keys")), before);

    assert!(server.stop().success());
    server.give(&["--etcd-servers", &etcd.endpoint, "--etcd-sole-server"]);
    server.start();
    let told = rotated(&server);
    assert!(told.contains("\"madeKey\":\"local-"), "{told}");
    let after = names(&server.path("keys"));
    assert!(after.len() == before.len() && after != before, "{after:?}");
    let got = server.client().get(&format!("{SECRETS}/db"));
    assert!(got.body.contains("aHVudGVyMg=="), "{}", got.body);
}
