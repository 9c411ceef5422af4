//! What a first start made is never made again: a part that is lost or another's stops the start.

use std::fs;

use crate::server::Server;

const SECRETS: &str = "/api/v1/namespaces/default/secrets";
const SECRET: &str =
    r#"{"kind":"Secret","apiVersion":"v1","metadata":{"name":"kept"},"stringData":{"a":"b"}}"#;

/// One that ran, holds a Secret, and stopped.
fn stopped() -> Server {
    let mut server = Server::started();
    server.client().create(SECRETS, SECRET);
    assert!(server.stop().success());
    server
}

fn is_kept(server: &mut Server) {
    server.start();
    assert_eq!(server.client().get(&format!("{SECRETS}/kept")).status, 200);
}

#[test]
fn the_keys_of_another_are_refused() {
    let (mut server, other) = (stopped(), stopped());
    let away = server.path("keys-away");
    fs::rename(server.path("keys"), &away).unwrap();
    fs::rename(other.path("keys"), server.path("keys")).unwrap();
    let said = server.refusal();
    assert!(said.contains("are not those that sealed"), "{said}");
    assert!(
        said.contains("--key-dir") && said.contains("from a backup"),
        "{said}"
    );
    fs::rename(server.path("keys"), other.path("keys")).unwrap();
    fs::rename(away, server.path("keys")).unwrap();
    is_kept(&mut server);
}

#[test]
fn a_database_that_is_lost_is_not_replaced() {
    let mut server = stopped();
    let (database, away) = (server.path("store/purser.redb"), server.path("away"));
    fs::rename(&database, &away).unwrap();
    let said = server.refusal();
    assert!(said.contains("restore it from a backup"), "{said}");
    assert!(!database.exists());
    fs::rename(&away, &database).unwrap();
    is_kept(&mut server);
}

#[test]
fn a_data_directory_that_is_lost_is_not_replaced_while_its_keys_are_there() {
    let elsewhere = tempfile::tempdir().unwrap();
    let keys = elsewhere.path().join("keys");
    let mut server = Server::new().with("--key-dir").with(keys.to_str().unwrap());
    server.start();
    assert!(server.stop().success());
    let away = elsewhere.path().join("away");
    fs::rename(server.data(), &away).unwrap();
    let said = server.refusal();
    let mark = keys.join("initialised");
    assert!(said.contains(&format!("remove {}", mark.display())), "{said}");
    fs::remove_dir_all(server.data()).unwrap();
    // Told to, it begins anew with the keys that are there.
    fs::remove_file(mark).unwrap();
    server.start();
}

#[test]
fn an_authority_that_is_lost_is_not_replaced() {
    let mut server = stopped();
    let (certificate, away) = (server.path("pki/ca.crt"), server.path("away"));
    let key = fs::read(server.path("pki/ca.key")).unwrap();
    fs::rename(&certificate, &away).unwrap();
    let said = server.refusal();
    assert!(said.contains("ca.crt: it is missing; restore"), "{said}");
    assert!(!certificate.exists());
    assert_eq!(fs::read(server.path("pki/ca.key")).unwrap(), key);
    fs::rename(&away, &certificate).unwrap();
    is_kept(&mut server);
}

#[test]
fn without_its_whole_directory_an_authority_is_made_and_told() {
    let mut server = stopped();
    fs::remove_dir_all(server.path("pki")).unwrap();
    is_kept(&mut server);
    assert!(server.log().contains("made an authority"), "{}", server.log());
}

#[test]
fn a_first_start_that_was_cut_short_goes_on() {
    let mut server = Server::started();
    server.kill();
    // Before the first start is through there are no marks.
    for mark in ["initialised", "keys/initialised"] {
        fs::remove_file(server.path(mark)).unwrap();
    }
    for lost in ["pki/ca.crt", "admin.kubeconfig"] {
        fs::remove_file(server.path(lost)).unwrap();
    }
    server.start();
    assert!(server.stop().success());
    for mark in ["initialised", "keys/initialised"] {
        assert!(server.path(mark).exists(), "{mark}");
    }
}

#[test]
fn a_store_without_witness_takes_the_keys_that_open_what_it_holds() {
    let mut server = stopped();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        use purser_store::{Change, Store as _, Transaction};
        use purser_store_embedded::{EmbeddedStore, Options};
        let store = EmbeddedStore::open(Options::new(server.path("store"))).unwrap();
        let key = "/purser/witness".to_owned();
        assert!(store.get(&key).await.unwrap().is_some());
        let transaction = Transaction {
            checks: Vec::new(),
            changes: vec![Change::Delete { key }],
        };
        store.commit(transaction).await.unwrap();
        store.close().await.unwrap();
    });
    is_kept(&mut server);
}
