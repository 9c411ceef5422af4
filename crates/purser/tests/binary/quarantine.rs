//! `purser at-rest quarantine`: values that cannot be opened are put aside, and back.

use std::process::Output;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde_json::Value;

use crate::at_rest::{offline, online, said};
use crate::planting::{LostKey, SECRETS, count, create, key_of, lose, put, raw};
use crate::server::{Server, purser};

/// What the storage keys of what is kept aside begin with.
const TREE: &str = "/purser/quarantine/";

fn told(output: &Output) -> Value {
    assert!(output.status.success(), "{}", said(output));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The ids of what is kept aside.
fn ids(output: &Output) -> Vec<String> {
    let values = told(output)["values"].as_array().unwrap().clone();
    let id = |value: &Value| value["id"].as_str().unwrap().to_owned();
    values.iter().map(id).collect()
}

/// A server that has `kept`, and `lost` that it cannot open.
fn with_a_lost_value() -> (Server, LostKey) {
    let mut server = Server::started();
    create(&server.client(), "kept");
    create(&server.client(), "lost");
    server.stop();
    let lost = LostKey::new();
    lose(&server, &lost, &[key_of("lost")]);
    server.start();
    (server, lost)
}

fn status_of(server: &Server, name: &str) -> u16 {
    server.client().get(&format!("{SECRETS}/{name}")).status
}

#[test]
fn a_value_is_put_aside_while_the_server_runs_and_comes_back_with_its_key() {
    let (mut server, lost) = with_a_lost_value();
    let got = server.client().get(&format!("{SECRETS}/lost"));
    assert_eq!(got.status, 500, "{}", got.body);
    let list: Value = serde_json::from_str(&server.client().get(SECRETS).body).unwrap();
    let revision = list["metadata"]["resourceVersion"].as_str().unwrap().to_owned();

    let added = online(&server, &["quarantine", "add", "secrets", "default/lost"]);
    let line = String::from_utf8_lossy(&added.stdout).into_owned();
    assert!(added.status.success(), "{}", said(&added));
    assert!(
        line.starts_with("put aside: secrets/default/lost@") && line.contains(&lost.id),
        "{line}"
    );
    assert_eq!(status_of(&server, "lost"), 404);
    assert_eq!(status_of(&server, "kept"), 200);
    let metrics = server.client().get("/metrics").body;
    assert!(metrics.contains("purser_unreadable_objects 0\n"));
    let id = ids(&online(&server, &["quarantine", "list", "-o", "json"])).remove(0);

    // The place is free, and what is made there is not overwritten.
    create(&server.client(), "lost");
    let refused = online(&server, &["quarantine", "restore", &id]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(
        said(&refused).contains("something else is at its place"),
        "{}",
        said(&refused)
    );
    let deleted = server.client().request("DELETE", &format!("{SECRETS}/lost"), "");
    assert_eq!(deleted.status, 200);

    server.stop();
    lost.restore(&server);
    server.start();
    let back = online(&server, &["quarantine", "restore", "--all-readable"]);
    assert!(back.status.success(), "{}", said(&back));
    let line = String::from_utf8_lossy(&back.stdout).into_owned();
    assert_eq!(line, format!("put back: {id} (it can be opened)\n"));
    let got = server.client().get(&format!("{SECRETS}/lost"));
    let value = STANDARD.encode("canary-lost");
    assert!(got.status == 200 && got.body.contains(&value), "{}", got.body);
    assert!(server.client().get(SECRETS).body.contains("\"lost\""));
    let watch = format!("{SECRETS}?watch=1&timeoutSeconds=1&resourceVersion={revision}");
    let _ = server.client().get(&watch);
    assert!(ids(&online(&server, &["quarantine", "list", "-o", "json"])).is_empty());
}

#[test]
fn watches_see_a_deletion_and_an_addition() {
    let (mut server, lost) = with_a_lost_value();
    server.stop();
    lost.restore(&server);
    let aside = {
        // Not opened now, for the key is not there while this is done.
        let key = server.path("keys").join(format!("{}.key", lost.id));
        let hidden = server.path("hidden");
        std::fs::rename(&key, &hidden).unwrap();
        let added = offline(
            &server,
            &["quarantine", "add", "secret", "default/lost", "-o", "json"],
        );
        let aside = ids(&added).remove(0);
        std::fs::rename(&hidden, &key).unwrap();
        aside
    };
    server.start();
    let list: Value = serde_json::from_str(&server.client().get(SECRETS).body).unwrap();
    let revision = list["metadata"]["resourceVersion"].as_str().unwrap().to_owned();
    let back = online(&server, &["quarantine", "restore", &aside]);
    assert!(back.status.success(), "{}", said(&back));
    let watch = format!("{SECRETS}?watch=1&timeoutSeconds=1&resourceVersion={revision}");
    let seen = server.client().get(&watch).body;
    assert!(
        seen.contains("\"ADDED\"") && seen.contains(&STANDARD.encode("canary-lost")),
        "{seen}"
    );
}

#[test]
fn what_can_be_read_or_is_not_there_is_refused_and_the_rest_is_done() {
    let (server, _) = with_a_lost_value();
    let words = [
        "quarantine",
        "add",
        "secrets",
        "default/kept",
        "default/none",
        "default/lost",
    ];
    let added = online(&server, &words);
    assert_eq!(added.status.code(), Some(1));
    let why = said(&added);
    assert!(
        why.contains("secrets/default/kept: it can be opened")
            && why.contains("secrets/default/none: nothing is there"),
        "{why}"
    );
    assert!(String::from_utf8_lossy(&added.stdout).contains("put aside: secrets/default/lost@"));
    assert_eq!(status_of(&server, "kept"), 200);
    for wrong in [
        &["quarantine", "add", "secrets", "kept"][..],
        &["quarantine", "add", "pods", "default/kept"],
        &["quarantine", "add", "secrets"],
        &["quarantine", "add", "secrets", "default/kept", "--all-unreadable"],
        &["quarantine", "restore"],
    ] {
        assert_eq!(online(&server, wrong).status.code(), Some(2), "{wrong:?}");
    }
    for id in [
        "secrets/default/lost@1",
        "secrets/default/lost",
        "../witness@2",
        "x",
    ] {
        for what in ["restore", "discard"] {
            let refused = online(&server, &["quarantine", what, id]);
            let code = if id.starts_with('.') { 2 } else { 1 };
            assert_eq!(refused.status.code(), Some(code), "{id}");
        }
    }
}

#[test]
fn it_stays_byte_for_byte_over_restarts_and_a_key_that_was_lost_keeps_no_rotation_back() {
    let (mut server, lost) = with_a_lost_value();
    server.stop();
    let before = raw(&server, &key_of("lost")).unwrap();
    let blocked = told(&offline(&server, &["rotate", "-o", "json"]).tolerating_findings());
    assert_eq!(blocked["rotation"]["destroyedKeys"], serde_json::json!([]));
    let why = blocked["rotation"]["keptFor"][0].as_str().unwrap();
    assert!(
        why.contains("no key is destroyed: 1 values cannot be opened"),
        "{why}"
    );

    let id = ids(&offline(
        &server,
        &["quarantine", "add", "--all-unreadable", "-o", "json"],
    ))
    .remove(0);
    server.start();
    server.kill();
    // Nothing here needs the old key: the value that is kept aside names another.
    let rotated = told(&offline(&server, &["rotate", "-o", "json"]));
    assert!(
        !rotated["rotation"]["destroyedKeys"]
            .as_array()
            .unwrap()
            .is_empty()
    );
    assert_eq!(rotated["quarantine"]["values"], 1);
    assert!(
        offline(&server, &["verify"]).status.success(),
        "it is told and no finding"
    );
    lost.restore(&server);
    // Its key is here again: now a rotation keeps it.
    let rotated = told(&offline(&server, &["rotate", "-o", "json"]));
    assert_eq!(rotated["rotation"]["keptKeys"], serde_json::json!([lost.id]));
    let why = rotated["rotation"]["keptFor"].to_string();
    assert!(why.contains("1 values that are kept aside"), "{why}");
    let back = offline(&server, &["quarantine", "restore", &id]);
    assert!(back.status.success(), "{}", said(&back));
    assert_eq!(raw(&server, &key_of("lost")).unwrap(), before);
    let rotated = told(&offline(&server, &["rotate", "-o", "json"]));
    assert_eq!(rotated["rotation"]["keptKeys"], serde_json::json!([]));
    server.start();
    assert_eq!(status_of(&server, "lost"), 200);
}

#[test]
fn a_damaged_value_keeps_the_key_that_it_names_until_it_is_discarded() {
    let mut server = Server::started();
    create(&server.client(), "damaged");
    create(&server.client(), "garbled");
    server.stop();
    let flipped = |name: &str, at: usize| {
        let mut value = raw(&server, &key_of(name)).unwrap().to_vec();
        value[at] ^= 1;
        (key_of(name), Bytes::from(value))
    };
    // In the sealed data, and in the head.
    put(&server, &[flipped("damaged", 60), flipped("garbled", 8)]);
    let aside = ids(&offline(
        &server,
        &["quarantine", "add", "--all-unreadable", "-o", "json"],
    ));
    assert_eq!(aside.len(), 2);
    let rotated = told(&offline(&server, &["rotate", "-o", "json"]));
    assert_eq!(rotated["rotation"]["destroyedKeys"], serde_json::json!([]));
    let why = rotated["rotation"]["keptFor"].to_string();
    assert!(
        why.contains("1 values that are kept aside do not say which key they need"),
        "{why}"
    );
    let discarded = offline(&server, &["quarantine", "discard", &aside[1]]);
    assert!(discarded.status.success(), "{}", said(&discarded));
    let rotated = told(&offline(&server, &["rotate", "-o", "json"]));
    assert_eq!(rotated["rotation"]["keptKeys"].as_array().unwrap().len(), 1);
    let erased = offline(&server, &["erase", "deleted"]);
    assert_eq!(erased.status.code(), Some(1));
    assert!(
        said(&erased).contains("1 values that are kept aside"),
        "{}",
        said(&erased)
    );
    assert!(
        offline(&server, &["quarantine", "discard", &aside[0]])
            .status
            .success()
    );
    let erased = offline(&server, &["erase", "deleted"]);
    assert!(erased.status.success(), "{}", said(&erased));
    assert_eq!(count(&server, TREE), 0);
}

#[test]
fn a_namespace_can_go_and_nothing_is_put_back_into_one_that_went() {
    let mut server = Server::started();
    let namespace = r#"{"kind":"Namespace","apiVersion":"v1","metadata":{"name":"shop"}}"#;
    let secret = r#"{"kind":"Secret","apiVersion":"v1","metadata":{"name":"lost"}}"#;
    server.client().create("/api/v1/namespaces", namespace);
    server.client().create("/api/v1/namespaces/shop/secrets", secret);
    server.stop();
    let lost = LostKey::new();
    lose(&server, &lost, &["/registry/secrets/shop/lost".to_owned()]);
    server.start();
    let id = ids(&online(
        &server,
        &["quarantine", "add", "secrets", "shop/lost", "-o", "json"],
    ))
    .remove(0);
    let place = "/api/v1/namespaces/shop";
    assert!(server.client().request("DELETE", place, "").status < 300);
    let began = std::time::Instant::now();
    while server.client().get(place).status != 404 {
        assert!(began.elapsed() < crate::server::PATIENCE, "it does not go");
        std::thread::sleep(Duration::from_millis(20));
    }
    let refused = online(&server, &["quarantine", "restore", &id]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(
        said(&refused).contains("the namespace shop is not there"),
        "{}",
        said(&refused)
    );
    // Times of objects are in whole seconds.
    std::thread::sleep(Duration::from_secs(1));
    server.client().create("/api/v1/namespaces", namespace);
    let back = online(&server, &["quarantine", "restore", &id]);
    assert!(back.status.success(), "{}", said(&back));
    assert!(String::from_utf8_lossy(&back.stdout).contains("no key named"));

    // Whoever made the namespace anew is not given what was in the other, unless that is said of it.
    let aside = online(
        &server,
        &["quarantine", "add", "secrets", "shop/lost", "-o", "json"],
    );
    let id = ids(&aside).remove(0);
    server.stop();
    lost.restore(&server);
    server.start();
    let refused = online(&server, &["quarantine", "restore", "--all-readable"]);
    assert_eq!(refused.status.code(), Some(1));
    let why = format!("{id}: the namespace shop was made after it");
    assert!(said(&refused).contains(&why), "{}", said(&refused));
    let back = online(&server, &["quarantine", "restore", &id]);
    assert!(back.status.success(), "{}", said(&back));
    let secret = format!("{place}/secrets/lost");
    assert_eq!(server.client().get(&secret).status, 200);
}

/// As many as a lost key leaves behind: each is in one place, also when the server is ended on the way.
#[test]
fn ten_thousand_values_go_aside_and_a_kill_on_the_way_loses_none() {
    const VALUES: usize = 10_000;
    let mut server = Server::started();
    create(&server.client(), "lost");
    server.stop();
    let lost = LostKey::new();
    lose(&server, &lost, &[key_of("lost")]);
    let value = raw(&server, &key_of("lost")).unwrap();
    let planted: Vec<(String, Bytes)> = (1..VALUES)
        .map(|number| (key_of(&format!("lost-{number}")), value.clone()))
        .collect();
    put(&server, &planted);
    server.start();
    let adding = purser()
        .args(["at-rest", "quarantine", "add", "--all-unreadable", "--kubeconfig"])
        .arg(server.path("admin.kubeconfig"))
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn();
    let began = std::time::Instant::now();
    while server.log().matches("was put aside").count() < 100 {
        assert!(began.elapsed() < crate::server::PATIENCE, "{}", server.log());
        std::thread::sleep(Duration::from_millis(20));
    }
    server.kill();
    adding.unwrap().wait().unwrap();
    let (there, aside) = (
        count(&server, "/registry/secrets/default/lost"),
        count(&server, TREE),
    );
    assert_eq!(there + aside, VALUES, "{there} {aside}");
    assert!(aside >= 100, "{aside}");
    server.start();
    let began = std::time::Instant::now();
    let added = online(&server, &["quarantine", "add", "--all-unreadable"]);
    assert!(added.status.success(), "{}", said(&added));
    println!("{there} values put aside in {:?}", began.elapsed());
    assert_eq!(
        ids(&online(&server, &["quarantine", "list", "-o", "json"])).len(),
        VALUES
    );
    assert!(online(&server, &["verify"]).status.success());
    server.stop();
    lost.restore(&server);
    server.start();
    // The copies were sealed for another place; only one opens.
    let back = online(&server, &["quarantine", "restore", "--all-readable"]);
    assert_eq!(String::from_utf8_lossy(&back.stdout).lines().count(), 1);
    assert_eq!(status_of(&server, "lost"), 200);
}

#[test]
fn the_pages_take_their_rights_and_the_audit_log_has_what_is_named_and_no_value() {
    let mut server = Server::started();
    let log = server.path("audit.log");
    create(&server.client(), "lost");
    server.stop();
    let lost = LostKey::new();
    lose(&server, &lost, &[key_of("lost")]);
    server.give(&["--audit-log-path", log.to_str().unwrap()]);
    server.start();
    let admin = server.client();
    admin.create(
        "/api/v1/namespaces/default/serviceaccounts",
        r#"{"kind":"ServiceAccount","apiVersion":"v1","metadata":{"name":"keeper"}}"#,
    );
    let token = admin.request(
        "POST",
        "/api/v1/namespaces/default/serviceaccounts/keeper/token",
        r#"{"kind":"TokenRequest","apiVersion":"authentication.k8s.io/v1"}"#,
    );
    let token: Value = serde_json::from_str(&token.body).unwrap();
    let keeper = admin.with_token(token["status"]["token"].as_str().unwrap());
    let of_default = "/purser/at-rest/quarantine/values/secrets/default/lost";
    assert_eq!(admin.with_nothing().request("POST", of_default, "").status, 403);
    for path in ["/purser/at-rest/quarantine", "/purser/at-rest/backups"] {
        assert_eq!(keeper.get(path).status, 403, "{path}");
    }
    assert_eq!(keeper.request("POST", of_default, "").status, 403);
    let group = "/apis/rbac.authorization.k8s.io/v1";
    admin.create(
        &format!("{group}/clusterroles"),
        r#"{"kind":"ClusterRole","apiVersion":"rbac.authorization.k8s.io/v1","metadata":{"name":"keeper"},
            "rules":[{"nonResourceURLs":["/purser/at-rest/quarantine/values/secrets/default/*"],"verbs":["post"]}]}"#,
    );
    admin.create(
        &format!("{group}/clusterrolebindings"),
        r#"{"kind":"ClusterRoleBinding","apiVersion":"rbac.authorization.k8s.io/v1","metadata":{"name":"keeper"},
            "roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":"ClusterRole","name":"keeper"},
            "subjects":[{"kind":"ServiceAccount","name":"keeper","namespace":"default"}]}"#,
    );
    let elsewhere = "/purser/at-rest/quarantine/values/secrets/kube-system/lost";
    assert_eq!(keeper.request("POST", elsewhere, "").status, 403);
    let added = keeper.request("POST", of_default, "");
    assert_eq!(added.status, 200, "{}", added.body);
    assert_eq!(keeper.request("POST", of_default, "").status, 404);
    assert_eq!(keeper.get(of_default).status, 403);
    assert_eq!(admin.get(of_default).status, 405);
    server.stop();
    let audited = std::fs::read_to_string(log).unwrap();
    assert!(audited.contains(of_default) && audited.contains("system:serviceaccount:default:keeper"));
    let everything = audited + &server.log() + &added.body;
    for canary in ["canary-lost".to_owned(), STANDARD.encode("canary-lost")] {
        assert!(!everything.contains(&canary));
    }
    assert!(
        server
            .log()
            .contains("a value that cannot be opened was put aside")
    );
}

/// For commands that tell and fail.
trait Tolerating {
    fn tolerating_findings(self) -> Self;
}

impl Tolerating for Output {
    fn tolerating_findings(mut self) -> Self {
        assert_eq!(self.status.code(), Some(1), "{}", said(&self));
        self.status = std::process::ExitStatus::default();
        self
    }
}
