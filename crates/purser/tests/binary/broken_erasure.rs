//! Erasures that do not come through, and what the next one makes of it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Child, Output, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use purser_encryption::{Envelope, LocalKeyHolder, Transformer as _};
use purser_kms::Layered;
use purser_store::{Change, Store as _, Transaction};
use purser_store_embedded::{EmbeddedStore, Options};

use crate::at_rest::online;
use crate::holder::{file_holder, json, make_key};
use crate::planting::{put, raw};
use crate::server::{Server, files, purser};

const SECRETS: &str = "/api/v1/namespaces/default/secrets";
/// How often it is tried to end a server between two moments that are near each other.
const TRIES: usize = 20;

fn create(server: &Server, count: usize) {
    let client = server.client();
    for number in 0..count {
        let secret = format!(
            r#"{{"kind":"Secret","apiVersion":"v1","metadata":{{"name":"s{number}"}},"stringData":{{"a":"b"}}}}"#
        );
        client.create(SECRETS, &secret);
    }
}

fn erasing(server: &Server) -> Child {
    let mut command = purser();
    command
        .args(["at-rest", "erase", "deleted", "--kubeconfig"])
        .arg(server.path("admin.kubeconfig"));
    command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

fn erase(server: &Server) -> Output {
    erasing(server).wait_with_output().unwrap()
}

fn key_files(server: &Server) -> Vec<PathBuf> {
    let mut files = files(&server.path("keys"));
    files.retain(|file| file.extension().is_some_and(|extension| extension == "key"));
    files
}

/// The ids of the keys that a certificate names.
fn certified(certificate: &[u8]) -> BTreeSet<String> {
    let certificate: serde_json::Value = serde_json::from_slice(certificate).unwrap();
    let keys = certificate["certificate"]["destroyedKeys"].as_array().unwrap();
    keys.iter()
        .map(|key| key["id"].as_str().unwrap().to_owned())
        .collect()
}

fn id(file: &std::path::Path) -> String {
    file.file_stem().unwrap().to_string_lossy().into_owned()
}

#[test]
fn what_a_broken_off_erasure_destroyed_is_named_by_the_next_certificate() {
    let mut server = Server::started();
    create(&server, 400);
    let kept = server.path("pki/erasure.json");
    let mut destroyed = BTreeSet::new();
    for _ in 0..TRIES {
        let _ = std::fs::remove_file(&kept);
        let [before] = key_files(&server).try_into().unwrap();
        let mut child = erasing(&server);
        let end = Instant::now() + Duration::from_secs(30);
        while before.exists() && Instant::now() < end {
            std::thread::sleep(Duration::from_micros(100));
        }
        server.kill();
        child.wait().unwrap();
        server.start();
        assert!(!before.exists());
        // One that was certified in spite of this may be forgotten, or not yet.
        match kept.exists() {
            true => destroyed.clear(),
            false => {
                destroyed.insert(id(&before));
                break;
            }
        }
    }
    assert!(!destroyed.is_empty(), "each was faster than the signal");
    let now = key_files(&server).iter().map(|file| id(file)).collect::<Vec<_>>();
    let erased = erase(&server);
    assert!(erased.status.success(), "{erased:?}");
    let named = certified(&erased.stdout);
    assert!(
        destroyed.is_subset(&named) && named.contains(&now[0]),
        "{named:?}"
    );
    // The latest is kept beside the key that signed it, for whoever was not there any more to take it.
    assert_eq!(certified(&std::fs::read(&kept).unwrap()), named);
    // The one after that names what it destroyed itself.
    let erased = erase(&server);
    assert_eq!(certified(&erased.stdout).len(), 1);
}

#[test]
fn keys_that_broken_off_erasures_left_are_seen_to_before_another_is_made() {
    let mut server = Server::started();
    create(&server, 3);
    server.stop();
    for _ in 0..62 {
        LocalKeyHolder::generate(&server.path("keys")).unwrap();
    }
    server.start();
    let erased = erase(&server);
    assert!(erased.status.success(), "{erased:?}");
    assert_eq!(certified(&erased.stdout).len(), 63);
    assert_eq!(key_files(&server).len(), 1);
}

#[test]
fn an_erasure_that_could_destroy_nothing_makes_no_key() {
    let mut server = Server::started();
    create(&server, 1);
    server.stop();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let store = EmbeddedStore::open(Options::new(server.path("store"))).unwrap();
        let record = store.get("/registry/secrets/default/s0").await.unwrap().unwrap();
        let mut value = record.value.to_vec();
        // In the middle of what is sealed.
        let middle = value.len() / 3;
        value[middle] ^= 1;
        let damaged = Change::Put {
            key: record.key.to_string(),
            value: value.into(),
        };
        let transaction = Transaction {
            checks: Vec::new(),
            changes: vec![damaged],
        };
        store.commit(transaction).await.unwrap();
        store.close().await.unwrap();
    });
    server.start();
    let before = key_files(&server);
    for _ in 0..3 {
        let refused = erase(&server);
        let said = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert!(!refused.status.success());
        assert!(
            said.contains("nothing was erased: 1 values cannot be opened") && said.contains("quarantine add"),
            "{said}"
        );
        assert_eq!(key_files(&server), before);
    }
}

/// Leaves a store as an erasure does that is killed once it has kept in mind that it destroys this key.
fn begin_to_destroy(server: &Server, keys: &Path, id: &str) {
    const WITNESS: &str = "/purser/witness";
    let holder = Layered::new(Arc::new(LocalKeyHolder::load(keys).unwrap()));
    let envelope = Envelope::new("purser-holder", Arc::new(holder));
    let sealed = raw(server, WITNESS).unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let begun = runtime.block_on(async {
        let opened = envelope.open(WITNESS, &sealed).await.unwrap();
        let said = String::from_utf8(opened.plaintext.expose().to_vec()).unwrap();
        let begun = said.replace(&format!("+{id}"), &format!("-{id}"));
        assert_ne!(begun, said);
        envelope.seal(WITNESS, begun.as_bytes()).await.unwrap()
    });
    put(server, &[(WITNESS.to_owned(), begun)]);
}

#[test]
fn a_key_whose_destruction_was_begun_is_certified_as_gone_when_its_own_holder_says_so_and_no_other() {
    let mut server = Server::new();
    let (held, other) = (server.beside("held"), server.beside("other"));
    let (holder, successor) = (file_holder(&server), format!("file:{}", other.display()));
    let old = make_key(&server, &holder);
    server.give(&["--at-rest-key-holder", &holder]);
    server.start();
    create(&server, 1);
    server.stop();
    // Its holder would not destroy what it wraps with.
    make_key(&server, &holder);
    make_key(&server, &successor);
    let both = [
        "--at-rest-key-holder",
        &successor,
        "--former-at-rest-key-holder",
        &holder,
    ];
    server.give(&both);
    server.start();
    assert!(online(&server, &["rotate"]).status.success());
    server.stop();
    begin_to_destroy(&server, &other, &old);

    server.give(&["--at-rest-key-holder", &successor]);
    server.start();
    let erased = json(&online(&server, &["erase", "deleted"]));
    let destroyed = erased["certificate"]["destroyedKeys"].to_string();
    assert!(!destroyed.contains(&old), "it is where it was: {destroyed}");
    let uncovered = erased["certificate"]["doesNotCover"].as_str().unwrap();
    assert!(uncovered.contains(&old), "{uncovered}");
    server.stop();

    LocalKeyHolder::destroy(&held, &old).unwrap();
    server.give(&both);
    server.start();
    let destroyed = crate::holder::erase(&server);
    assert!(destroyed.contains(&(old, "gone".to_owned())), "{destroyed:?}");
}
