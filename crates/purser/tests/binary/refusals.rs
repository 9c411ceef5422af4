use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use crate::server::{Server, files};

const SECRET: &str =
    r#"{"kind":"Secret","apiVersion":"v1","metadata":{"name":"kept"},"stringData":{"a":"b"}}"#;

#[test]
fn what_others_can_read_is_refused_with_the_command_that_mends_it() {
    let mut server = Server::started();
    assert!(server.stop().success());
    let key = files(&server.path("keys"))
        .into_iter()
        .find(|path| path.extension().is_some())
        .unwrap();
    let cases = [
        (server.path("admin.kubeconfig"), 0o640, 0o600),
        (server.path("pki/ca.key"), 0o644, 0o600),
        (server.path("pki/admin.key"), 0o604, 0o600),
        (server.path("pki/serving.key"), 0o644, 0o600),
        (server.path("pki"), 0o755, 0o700),
        (server.path("keys"), 0o750, 0o700),
        (server.path("store"), 0o755, 0o700),
        (server.path("store/purser.redb"), 0o644, 0o600),
        (server.path("store/lock"), 0o640, 0o600),
        (server.data(), 0o755, 0o700),
        (key, 0o640, 0o600),
    ];
    for (path, open, closed) in cases {
        let set = |mode| fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        set(open);
        let said = server.refusal();
        assert!(
            said.contains(&format!("run `chmod {closed:o} {}`", path.display())),
            "{said}"
        );
        set(closed);
    }
    server.start();
}

#[test]
fn links_in_place_of_files_are_refused() {
    let mut server = Server::started();
    assert!(server.stop().success());
    for file in [
        "admin.kubeconfig",
        "pki/ca.key",
        "pki/serving.key",
        "store/lock",
        "keys/primary",
    ] {
        let (file, elsewhere) = (server.path(file), server.path("elsewhere"));
        fs::rename(&file, &elsewhere).unwrap();
        std::os::unix::fs::symlink(&elsewhere, &file).unwrap();
        let said = server.refusal();
        assert!(said.contains(&file.display().to_string()), "{said}");
        fs::remove_file(&file).unwrap();
        fs::rename(&elsewhere, &file).unwrap();
    }
    server.start();
}

#[test]
fn a_second_server_says_who_holds_the_directory() {
    let server = Server::started();
    let said = server.refusal();
    let expected = format!(
        "{} is in use by process {}",
        server.data().display(),
        server.pid()
    );
    assert!(said.contains(&expected), "{said}");
    assert!(said.contains("--data-dir"), "{said}");
    assert_eq!(
        server.client().get("/readyz").status,
        200,
        "the first one is not disturbed"
    );
}

#[test]
fn a_lost_key_is_not_replaced_while_there_is_data() {
    let mut server = Server::started();
    server
        .client()
        .create("/api/v1/namespaces/default/secrets", SECRET);
    assert!(server.stop().success());
    let away = server.path("keys-away");
    fs::rename(server.path("keys"), &away).unwrap();
    let said = server.refusal();
    assert!(said.contains("restore the keys from a backup"), "{said}");
    assert!(!server.path("keys").exists());
    fs::rename(away, server.path("keys")).unwrap();
    server.start();
}

#[test]
fn a_port_that_is_taken_is_named() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let said = Server::new().on_port(&port).refusal();
    assert!(
        said.contains(&format!("cannot listen on 127.0.0.1:{port}")) && said.contains("--secure-port"),
        "{said}"
    );
}

#[test]
fn a_place_that_cannot_be_made_is_named() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let below = file.path().join("data");
    let output = crate::server::purser()
        .args(["serve", "--data-dir"])
        .arg(&below)
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(
        said.contains(&format!("cannot make {}", below.display())) && said.contains("--data-dir"),
        "{said}"
    );
}
