//! `purser at-rest erase`: what was deleted is gone, wherever a copy of it is.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::sync::Arc;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use purser_encryption::{Envelope, LOCAL_PROVIDER, LocalKeyHolder, OpenError, Transformer as _};
use purser_store::Store as _;
use purser_store_embedded::{EmbeddedStore, Options};

use crate::server::{Server, files, purser};

const SECRETS: &str = "/api/v1/namespaces/default/secrets";
/// What a key of 32 bytes is as base64: this many characters, the last of them `=`.
const KEY_TEXT: usize = 44;
/// A wrapped seed: nonce, seed, tag.
const WRAPPED: usize = 12 + 32 + 16;

fn create(server: &Server, name: &str) {
    let secret = format!(
        r#"{{"kind":"Secret","apiVersion":"v1","metadata":{{"name":"{name}"}},"stringData":{{"a":"canary-{name}"}}}}"#
    );
    server.client().create(SECRETS, &secret);
}

fn delete(server: &Server, name: &str) {
    let deleted = server
        .client()
        .request("DELETE", &format!("{SECRETS}/{name}"), "");
    assert_eq!(deleted.status, 200, "{}", deleted.body);
}

fn at_rest(what: &[&str]) -> Output {
    purser().arg("at-rest").args(what).output().unwrap()
}

/// Erases what was deleted; the certificate's file.
fn erase(server: &Server, place: [&str; 2]) -> PathBuf {
    let erased = at_rest(&[&["erase", "deleted"], &place[..]].concat());
    let why = String::from_utf8_lossy(&erased.stderr);
    assert!(erased.status.success(), "{why}");
    server.write("erasure.json", &String::from_utf8(erased.stdout).unwrap())
}

fn certified(file: &Path) -> serde_json::Value {
    serde_json::from_slice(&fs::read(file).unwrap()).unwrap()
}

fn verify(server: &Server, certificate: &Path) -> Output {
    let key = server.path("pki/erasure.pub");
    let words = [
        "erase",
        "verify-certificate",
        certificate.to_str().unwrap(),
        "--key",
    ];
    at_rest(&[&words[..], &[key.to_str().unwrap()]].concat())
}

/// What a store that nobody uses has at a key, sealed.
fn sealed(store: &Path, name: &str) -> Vec<u8> {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let store = EmbeddedStore::open(Options::new(store)).unwrap();
        let record = store.get(&key_of(name)).await.unwrap().unwrap();
        store.close().await.unwrap();
        record.value.to_vec()
    })
}

fn key_of(name: &str) -> String {
    format!("/registry/secrets/default/{name}")
}

/// Opens it with the keys of a directory.
fn open(keys: &Path, name: &str, sealed: &[u8]) -> Result<Vec<u8>, OpenError> {
    let envelope = Envelope::new(LOCAL_PROVIDER, Arc::new(LocalKeyHolder::load(keys).unwrap()));
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let opened = runtime.block_on(envelope.open(&key_of(name), sealed));
    opened.map(|opened| opened.plaintext.expose().to_vec())
}

/// Everything in the files below a directory that may be a key: whatever is 32 bytes of base64, wherever it stands.
fn key_material(directory: &Path) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    for file in files(directory) {
        let content = fs::read(file).unwrap();
        let texts = content.windows(KEY_TEXT).filter(|text| text.ends_with(b"="));
        found.extend(
            texts
                .filter_map(|text| STANDARD.decode(text).ok())
                .filter(|key| key.len() == 32),
        );
    }
    found
}

/// Whether one of these keys unwraps the seed of a value, without our own code between.
fn unwraps(keys: &[Vec<u8>], key_id: &str, sealed: &[u8]) -> bool {
    // Field 3 of the EncryptedObject, of 60 bytes.
    let head = [0x1a, u8::try_from(WRAPPED).unwrap()];
    let at = sealed.windows(2).rposition(|window| window == head).unwrap() + 2;
    let (nonce, body) = sealed[at..at + WRAPPED].split_at(12);
    let aad = [b"purser.dev/local-key-wrap/v1\0", key_id.as_bytes()].concat();
    keys.iter().any(|key| {
        let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key).unwrap());
        let nonce = Nonce::try_assume_unique_for_key(nonce).unwrap();
        key.open_in_place(nonce, Aad::from(&aad), &mut body.to_vec())
            .is_ok()
    })
}

fn copy(from: &Path, to: &Path) {
    for file in files(from) {
        let place = to.join(file.strip_prefix(from).unwrap());
        fs::create_dir_all(place.parent().unwrap()).unwrap();
        fs::copy(&file, place).unwrap();
    }
    let modes = std::process::Command::new("chmod")
        .args(["-R", "go=", to.to_str().unwrap()])
        .status()
        .unwrap();
    assert!(modes.success());
}

#[test]
fn what_was_deleted_opens_with_nothing_that_is_found_afterwards() {
    let mut server = Server::started();
    for name in ["gone", "changed", "kept"] {
        create(&server, name);
    }
    server.stop();
    let before = tempfile::tempdir().unwrap();
    let before = before.path().join("before");
    copy(&server.data(), &before);
    let earlier: Vec<(&str, Vec<u8>)> = ["gone", "changed", "kept"]
        .into_iter()
        .map(|name| (name, sealed(&before.join("store"), name)))
        .collect();
    server.start();
    delete(&server, "gone");
    delete(&server, "changed");
    create(&server, "changed");
    let kubeconfig = server.path("admin.kubeconfig");
    let certificate = erase(&server, ["--kubeconfig", kubeconfig.to_str().unwrap()]);
    assert!(verify(&server, &certificate).status.success());
    let destroyed = certified(&certificate)["certificate"]["destroyedKeys"].clone();
    let destroyed = destroyed[0]["id"].as_str().unwrap().to_owned();
    assert_eq!(server.client().get(&format!("{SECRETS}/gone")).status, 404);
    assert_eq!(server.client().get(&format!("{SECRETS}/kept")).status, 200);
    server.stop();

    let (then, now) = (key_material(&before), key_material(&server.data()));
    let keys = server.path("keys");
    for (name, sealed) in &earlier {
        // Otherwise it is not shown that looking finds anything.
        let opened = open(&before.join("keys"), name, sealed).unwrap();
        let canary = format!("canary-{name}");
        assert!(opened.windows(canary.len()).any(|part| part == canary.as_bytes()));
        assert!(unwraps(&then, &destroyed, sealed));
        // Of what is there now nothing opens it, though it may be in a free page still.
        assert_eq!(
            open(&keys, name, sealed).unwrap_err(),
            OpenError::NoKey(destroyed.clone())
        );
        assert!(!now.is_empty() && !unwraps(&now, &destroyed, sealed));
    }
    // The copy with the keys of now: it opens nothing at all, what was kept included, for that was sealed anew here and
    // not in the copy.
    fs::remove_dir_all(before.join("keys")).unwrap();
    copy(&keys, &before.join("keys"));
    let refused = at_rest(&["verify", "--data-dir", before.to_str().unwrap()]);
    let refused = String::from_utf8(refused.stderr).unwrap();
    assert!(refused.contains("are not those that sealed what"), "{refused}");
}

#[test]
fn a_server_that_erased_has_nothing_of_it_in_its_caches() {
    let server = Server::started();
    create(&server, "gone");
    let list = server.client().get(SECRETS).body;
    let list: serde_json::Value = serde_json::from_str(&list).unwrap();
    let revision = list["metadata"]["resourceVersion"].as_str().unwrap().to_owned();
    delete(&server, "gone");
    let watch = format!("{SECRETS}?watch=1&timeoutSeconds=1&resourceVersion={revision}");
    let value = STANDARD.encode("canary-gone");
    let seen = server.client().get(&watch).body;
    assert!(seen.contains("DELETED") && seen.contains(&value), "{seen}");
    let kubeconfig = server.path("admin.kubeconfig");
    erase(&server, ["--kubeconfig", kubeconfig.to_str().unwrap()]);
    let seen = server.client().get(&watch).body;
    assert!(
        seen.contains("too old resource version") && !seen.contains(&value),
        "{seen}"
    );
}

#[test]
fn every_earlier_key_goes_and_a_certificate_that_was_changed_does_not_hold() {
    let mut server = Server::started();
    create(&server, "one");
    server.stop();
    let data = server.data();
    let place = ["--data-dir", data.to_str().unwrap()];
    let kept = at_rest(&[&["rotate", "--keep-old-keys"], &place[..]].concat());
    assert!(kept.status.success());
    let file = erase(&server, place);
    let certificate = certified(&file);
    let destroyed = certificate["certificate"]["destroyedKeys"].as_array().unwrap();
    assert_eq!(destroyed.len(), 2, "the one of before and that of the rotation");
    let said = verify(&server, &file);
    assert!(
        String::from_utf8(said.stdout)
            .unwrap()
            .starts_with("it holds: store ")
    );
    let uid = certificate["certificate"]["store"]["uid"].as_str().unwrap();
    let forged = fs::read_to_string(&file)
        .unwrap()
        .replace(uid, &"0".repeat(uid.len()));
    let forged = server.write("forged.json", &forged);
    let said = verify(&server, &forged);
    assert_eq!(said.status.code(), Some(1));
    assert!(String::from_utf8(said.stderr).unwrap().contains("was changed"));
    server.start();
    assert_eq!(server.client().get(&format!("{SECRETS}/one")).status, 200);
}

#[test]
fn nothing_is_destroyed_that_could_not_be_certified() {
    let mut server = Server::started();
    create(&server, "one");
    server.stop();
    let before = files(&server.path("keys"));
    fs::write(server.path("pki/erasure.key"), "no key").unwrap();
    let data = server.data();
    for mode in ["644", "600"] {
        let key = server.path("pki/erasure.key");
        let changed = std::process::Command::new("chmod").arg(mode).arg(key).status();
        assert!(changed.unwrap().success());
        let refused = at_rest(&["erase", "deleted", "--data-dir", data.to_str().unwrap()]);
        assert!(refusal(&refused).contains("erasure.key"));
        assert_eq!(files(&server.path("keys")), before);
    }
}

#[test]
fn keys_of_a_configuration_are_not_ours_to_destroy() {
    let mut server = Server::new();
    let secret = STANDARD.encode([7; 32]);
    let file = server.write(
        "encryption.yaml",
        &format!(
            "apiVersion: apiserver.config.k8s.io/v1\nkind: EncryptionConfiguration\nresources:\n- resources: ['*.*']\n  \
             providers: [{{aesgcm: {{keys: [{{name: key1, secret: {secret}}}]}}}}]\n"
        ),
    );
    server.give(&["--encryption-provider-config", file.to_str().unwrap()]);
    server.start();
    let kubeconfig = server.path("admin.kubeconfig");
    let refused = at_rest(&["erase", "deleted", "--kubeconfig", kubeconfig.to_str().unwrap()]);
    assert!(!refused.status.success() && refused.stdout.is_empty());
    let said = String::from_utf8(refused.stderr).unwrap();
    assert!(said.contains("those of an EncryptionConfiguration"), "{said}");
}

/// `purser at-rest erase store` of the server's data, under this name.
fn destroy(server: &Server, name: Option<&str>) -> Output {
    let data = server.data();
    let mut words = vec!["erase", "store", "--data-dir", data.to_str().unwrap()];
    if let Some(name) = name {
        words.extend(["--yes-erase", name]);
    }
    at_rest(&words)
}

fn refusal(output: &Output) -> String {
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && output.stdout.is_empty(), "{said}");
    said
}

#[test]
fn a_store_is_destroyed_only_when_it_is_out_of_use_and_named() {
    let mut server = Server::started();
    create(&server, "one");
    let name = server.data().canonicalize().unwrap();
    let name = name.to_str().unwrap();
    let said = refusal(&destroy(&server, Some(name)));
    assert!(
        said.contains(&format!("in use by process {}", server.pid())),
        "{said}"
    );
    server.stop();
    let said = refusal(&destroy(&server, None));
    assert!(said.contains(&format!("say --yes-erase {name}")), "{said}");
    let said = refusal(&destroy(&server, Some("data")));
    assert!(said.contains("that is not its name"), "{said}");
    let reader = fs::File::open(server.path("store/purser.redb")).unwrap();
    let said = refusal(&destroy(&server, Some(name)));
    assert!(
        said.contains(&format!("process {}", std::process::id())),
        "{said}"
    );
    drop(reader);
    fs::write(server.path("letters"), "of somebody").unwrap();
    assert!(refusal(&destroy(&server, Some(name))).contains("holds letters"));
    fs::remove_file(server.path("letters")).unwrap();
    // Nothing of that did anything.
    server.start();
    assert_eq!(server.client().get(&format!("{SECRETS}/one")).status, 200);
    server.stop();
    let destroyed = destroy(&server, Some(name));
    assert!(destroyed.status.success(), "{destroyed:?}");
    assert!(
        String::from_utf8(destroyed.stdout)
            .unwrap()
            .starts_with("erased ")
    );
    assert_eq!(fs::read_dir(server.data()).unwrap().count(), 0);
}

#[test]
fn keys_that_lie_elsewhere_go_with_the_store() {
    let mut server = Server::new();
    let keys = server.data().with_file_name("keys");
    server.give(&["--key-dir", keys.to_str().unwrap()]);
    server.start();
    server.stop();
    let data = server.data().canonicalize().unwrap();
    let data = data.to_str().unwrap();
    let words = [
        "erase",
        "store",
        "--data-dir",
        data,
        "--yes-erase",
        data,
        "--passes",
        "2",
    ];
    let destroyed = at_rest(&[&words[..], &["--key-dir", keys.to_str().unwrap()]].concat());
    assert!(destroyed.status.success(), "{destroyed:?}");
    assert!(files(&keys).is_empty() && files(&server.data()).is_empty());
}

#[test]
fn keys_that_are_named_and_lie_with_the_store_go_once() {
    let mut server = Server::started();
    server.stop();
    let (data, keys) = (server.data().canonicalize().unwrap(), server.path("keys"));
    let (data, keys) = (data.to_str().unwrap(), keys.to_str().unwrap());
    let words = [
        "erase",
        "store",
        "--data-dir",
        data,
        "--key-dir",
        keys,
        "--yes-erase",
        data,
    ];
    let destroyed = at_rest(&words);
    assert!(destroyed.status.success(), "{destroyed:?}");
    assert!(files(&server.data()).is_empty());
}

#[test]
fn an_etcd_directory_goes_unless_its_database_is_locked() {
    let top = tempfile::tempdir().unwrap();
    let etcd = top.path().canonicalize().unwrap().join("etcd");
    for directory in ["member/snap", "member/wal"] {
        fs::create_dir_all(etcd.join(directory)).unwrap();
    }
    let database = etcd.join("member/snap/db");
    fs::write(&database, "canary").unwrap();
    fs::write(etcd.join("member/wal/0.wal"), "canary").unwrap();
    let path = etcd.to_str().unwrap();
    let words = ["erase", "store", "--path", path, "--yes-erase", path];
    let held = fs::File::open(&database).unwrap();
    held.lock().unwrap();
    refusal(&at_rest(&words));
    drop(held);
    let destroyed = at_rest(&words);
    assert!(destroyed.status.success(), "{destroyed:?}");
    assert_eq!(fs::read_dir(&etcd).unwrap().count(), 0);
}

#[test]
fn an_image_of_a_device_is_overwritten_as_a_whole() {
    let top = tempfile::tempdir().unwrap();
    let image = top.path().canonicalize().unwrap().join("image");
    fs::write(&image, "canary".repeat(100_000)).unwrap();
    let path = image.to_str().unwrap();
    let destroyed = at_rest(&["erase", "store", "--device", path, "--yes-erase", path]);
    assert!(destroyed.status.success(), "{destroyed:?}");
    let after = fs::read(&image).unwrap();
    assert_eq!(after.len(), 600_000);
    assert!(!after.windows(6).any(|part| part == b"canary"));
}
