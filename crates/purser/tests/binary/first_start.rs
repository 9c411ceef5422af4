use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use crate::server::{Server, files};

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

#[test]
fn the_first_start_makes_everything_and_all_of_it_is_private() {
    let server = Server::started();
    for directory in ["", "pki", "keys", "store"] {
        assert_eq!(mode(&server.path(directory)), 0o700, "{directory}");
    }
    for file in files(&server.data()) {
        assert_eq!(mode(&file), 0o600, "{}", file.display());
    }
    for file in [
        "admin.kubeconfig",
        "pki/ca.crt",
        "pki/ca.key",
        "pki/serving.crt",
        "keys/primary",
    ] {
        assert!(server.path(file).exists(), "{file}");
    }
}

#[test]
fn the_kubeconfig_opens_the_door_to_everything() {
    let server = Server::started();
    let client = server.client();
    let ready = client.get("/readyz");
    assert_eq!((ready.status, ready.body.as_str()), (200, "ok"));
    assert_eq!(client.get("/api/v1/secrets").status, 200);
    assert!(client.get("/api/v1/namespaces").body.contains("\"kube-system\""));
}

#[test]
fn the_server_is_known_by_its_names() {
    let server = Server::started();
    let client = server.client();
    let host = gethostname::gethostname().into_string().unwrap();
    for name in [
        "127.0.0.1",
        "::1",
        "localhost",
        "kubernetes",
        "kubernetes.default.svc",
        &host,
    ] {
        let mut connection = client.connect_as(name);
        while connection.conn.is_handshaking() {
            connection.conn.complete_io(&mut connection.sock).unwrap();
        }
    }
}

#[test]
fn discovery_tells_the_address_that_others_reach() {
    let mut server = Server::new().with("--advertise-address").with("192.0.2.33");
    server.start();
    let kubeconfig = server.kubeconfig();
    let (_, port) = kubeconfig.split_once("127.0.0.1:").unwrap();
    let port = port.lines().next().unwrap();
    let told = server.client().get("/api").body;
    assert!(
        told.contains(&format!("\"serverAddress\":\"192.0.2.33:{port}\"")),
        "{told}"
    );
}

#[test]
fn keys_may_lie_elsewhere() {
    let elsewhere = tempfile::tempdir().unwrap();
    let keys = elsewhere.path().join("keys");
    let mut server = Server::new().with("--key-dir").with(keys.to_str().unwrap());
    server.start();
    assert_eq!(mode(&keys), 0o700);
    assert!(keys.join("primary").exists());
    assert!(!server.path("keys").exists());
}
