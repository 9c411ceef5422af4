//! `purser at-rest backups`: the keys that a backup needs are kept until it is released.

use std::fs;
use std::path::Path;
use std::process::Output;

use serde_json::{Value, json};

use crate::at_rest::{offline, online, said};
use crate::planting::{SECRETS, create};
use crate::server::{Server, files};

fn told(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", said(output)))
}

/// As private as it was.
fn copy(from: &Path, to: &Path) {
    for file in files(from) {
        let place = to.join(file.strip_prefix(from).unwrap());
        fs::create_dir_all(place.parent().unwrap()).unwrap();
        fs::copy(&file, place).unwrap();
    }
    let modes = std::process::Command::new("chmod")
        .args(["-R", "go=", to.parent().unwrap().to_str().unwrap()])
        .status()
        .unwrap();
    assert!(modes.success());
}

#[test]
fn a_rotation_keeps_what_a_backup_needs_and_the_backup_opens_until_it_is_released() {
    let mut server = Server::started();
    create(&server.client(), "one");
    let recorded = told(&online(
        &server,
        &["backups", "record", "nightly-1", "-o", "json"],
    ));
    let needed = recorded["backups"][0]["keys"][0]["key"]
        .as_str()
        .unwrap()
        .to_owned();
    let again = online(&server, &["backups", "record", "nightly-1"]);
    assert_eq!(again.status.code(), Some(1));
    assert!(
        said(&again).contains("there is a backup nightly-1 already"),
        "{}",
        said(&again)
    );
    server.stop();
    let backup = tempfile::tempdir().unwrap();
    copy(&server.path("store"), &backup.path().join("store"));
    server.start();

    let rotated = told(&online(&server, &["rotate", "-o", "json"]));
    assert_eq!(rotated["rotation"]["destroyedKeys"], json!([]));
    assert_eq!(rotated["rotation"]["keptKeys"], json!([needed]));
    let why = format!("{needed} is kept for the backup nightly-1");
    assert_eq!(rotated["rotation"]["keptFor"], json!([why]));
    let status = online(&server, &["status"]);
    let line = format!("backup nightly-1: needs kms v2 purser-local {needed}\n");
    assert!(String::from_utf8_lossy(&status.stdout).contains(&line));
    server.stop();

    // The backup and the keys of now: all of it opens.
    let mut restored = Server::new();
    copy(&server.path("keys"), &restored.path("keys"));
    copy(&server.path("pki"), &restored.path("pki"));
    copy(&backup.path().join("store"), &restored.path("store"));
    restored.start();
    assert_eq!(restored.client().get(&format!("{SECRETS}/one")).status, 200);

    let listed = offline(&server, &["backups", "list"]);
    assert!(String::from_utf8_lossy(&listed.stdout).contains(&needed));
    assert!(
        offline(&server, &["backups", "release", "nightly-1"])
            .status
            .success()
    );
    let rotated = told(&offline(&server, &["rotate", "-o", "json"]));
    assert!(
        rotated["rotation"]["destroyedKeys"]
            .as_array()
            .unwrap()
            .contains(&json!(needed))
    );
    assert_eq!(
        offline(&server, &["backups", "release", "nightly-1"])
            .status
            .code(),
        Some(1)
    );
}

#[test]
fn an_erasure_is_refused_before_anything_is_done_while_a_backup_needs_a_key() {
    let server = Server::started();
    create(&server.client(), "one");
    for name in ["a", "b"] {
        assert!(online(&server, &["backups", "record", name]).status.success());
    }
    let keys = files(&server.path("keys"));
    let erased = online(&server, &["erase", "deleted"]);
    assert_eq!(erased.status.code(), Some(1));
    let why = said(&erased);
    assert!(
        why.contains("are needed by backups (a b)") && why.contains("`purser at-rest backups release a b`"),
        "{why}"
    );
    assert_eq!(files(&server.path("keys")), keys);
    assert!(
        online(&server, &["backups", "release", "a", "b"])
            .status
            .success()
    );
    let erased = online(&server, &["erase", "deleted"]);
    assert!(erased.status.success(), "{}", said(&erased));
}

#[test]
fn a_manifest_that_is_damaged_or_another_store_s_stops_the_destruction_of_every_key() {
    let mut server = Server::started();
    let other = Server::started();
    assert!(online(&server, &["backups", "record", "mine"]).status.success());
    assert!(online(&other, &["backups", "record", "theirs"]).status.success());
    server.stop();
    let mine = server.path("backups/mine.json");
    let whole = fs::read_to_string(&mine).unwrap();
    let theirs = fs::read_to_string(other.path("backups/theirs.json")).unwrap();
    let stray = server.path("backups/theirs.json");
    let cases = [
        (&mine, whole.split_at(whole.len() / 2).0.to_owned(), "mine.json"),
        (&mine, String::new(), "mine.json"),
        (&stray, theirs, "it is of another store"),
    ];
    for (path, content, named) in cases {
        fs::write(&mine, &whole).unwrap();
        if !path.exists() {
            fs::copy(&mine, path).unwrap();
        }
        fs::write(path, content).unwrap();
        let before = files(&server.path("keys")).len();
        let rotated = offline(&server, &["rotate", "-o", "json"]);
        assert_eq!(rotated.status.code(), Some(1));
        assert!(said(&rotated).contains(named), "{}", said(&rotated));
        let rotated = told(&rotated);
        assert_eq!(rotated["rotation"]["destroyedKeys"], json!([]));
        let why = rotated["rotation"]["keptFor"][0].as_str().unwrap();
        assert!(
            why.starts_with("no key is destroyed: ") && why.contains(named),
            "{why}"
        );
        assert_eq!(files(&server.path("keys")).len(), before + 1);
        assert_eq!(offline(&server, &["verify"]).status.code(), Some(1));
        let erased = offline(&server, &["erase", "deleted"]);
        assert!(!erased.status.success() && said(&erased).contains(named));
        assert!(offline(&server, &["backups", "list"]).status.code() == Some(1));
    }
    // What it says to do helps.
    for name in ["mine", "theirs"] {
        assert!(offline(&server, &["backups", "release", name]).status.success());
    }
    assert!(offline(&server, &["rotate"]).status.success());
    assert!(offline(&server, &["verify"]).status.success());
    server.start();
}

#[test]
fn a_name_that_leads_elsewhere_is_refused_here_and_at_the_page() {
    let server = Server::started();
    for name in ["../x", ".x", "a/b", "a b"] {
        assert!(
            !online(&server, &["backups", "record", name]).status.success(),
            "{name}"
        );
        assert!(
            !online(&server, &["backups", "release", name]).status.success(),
            "{name}"
        );
    }
    let page = "/purser/at-rest/backups/record/..%2Fx";
    assert_eq!(server.client().request("POST", page, "").status, 409);
    assert!(!server.path("backups").exists() || files(&server.path("backups")).is_empty());
}
