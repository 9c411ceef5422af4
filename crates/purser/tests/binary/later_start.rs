use std::fs;

use crate::client::Client;
use crate::server::{Server, files};

const SECRET: &str =
    r#"{"kind":"Secret","apiVersion":"v1","metadata":{"name":"kept"},"stringData":{"a":"b"}}"#;
const SECRETS: &str = "/api/v1/namespaces/default/secrets";

#[test]
fn a_later_start_uses_what_the_first_made() {
    let mut server = Server::started();
    server.client().create(SECRETS, SECRET);
    let remember = |server: &Server| {
        let mut kept: Vec<_> = files(&server.path("pki"))
            .into_iter()
            .chain(files(&server.path("keys")))
            .collect();
        kept.sort();
        kept.into_iter()
            .map(|path| (fs::read(&path).unwrap(), path))
            .collect::<Vec<_>>()
    };
    let first = remember(&server);
    assert!(server.stop().success());
    server.start();
    assert_eq!(remember(&server), first);
    let kept = server.client().get(&format!("{SECRETS}/kept"));
    assert_eq!(kept.status, 200);
    assert!(kept.body.contains("\"a\":\"Yg==\""), "{}", kept.body);
}

#[test]
fn what_was_acknowledged_is_there_after_a_kill() {
    let mut server = Server::started();
    server.client().create(SECRETS, SECRET);
    server.kill();
    server.start();
    assert_eq!(server.client().get(&format!("{SECRETS}/kept")).status, 200);
}

#[test]
fn the_login_in_a_copied_kubeconfig_goes_on_working() {
    let mut server = Server::started();
    let copy = server.kubeconfig();
    assert!(server.stop().success());
    server.start();
    let address = |text: &str| {
        text.lines()
            .find(|line| line.contains("server: "))
            .unwrap()
            .to_owned()
    };
    let moved = copy.replace(&address(&copy), &address(&server.kubeconfig()));
    assert_eq!(moved, server.kubeconfig());
    assert_eq!(Client::new(&moved).get("/api/v1/secrets").status, 200);
}
