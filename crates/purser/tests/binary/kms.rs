//! `purser kms`: the plugin by itself, and a server whose values it protects.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt as _;
use std::time::{Duration, Instant};

use crate::plugin::Plugin;
use crate::server::{Server, files, purser};

const SECRETS: &str = "/api/v1/namespaces/default/secrets";
/// A server asks a plugin that was well once a minute.
const POLL: Duration = Duration::from_secs(120);

fn create(server: &Server, name: &str) {
    let secret = format!(
        r#"{{"kind":"Secret","apiVersion":"v1","metadata":{{"name":"{name}"}},"stringData":{{"a":"canary-{name}"}}}}"#
    );
    server.client().create(SECRETS, &secret);
}

fn read(server: &Server, name: &str) -> u16 {
    server.client().get(&format!("{SECRETS}/{name}")).status
}

fn stores(server: &Server, text: &str) -> bool {
    files(&server.path("store")).iter().any(|path| {
        let content = fs::read(path).unwrap();
        content
            .windows(text.len())
            .any(|window| window == text.as_bytes())
    })
}

fn wait(what: &str, is_so: impl Fn() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < POLL, "{what}");
        std::thread::sleep(Duration::from_millis(200));
    }
}

/// A server that keeps Secrets with the plugin's help.
fn protected_by(plugin: &Plugin) -> Server {
    let mut server = Server::new();
    let file = server.write(
        "encryption.yaml",
        &format!(
            "apiVersion: apiserver.config.k8s.io/v1\nkind: EncryptionConfiguration\nresources:\n- resources: [secrets]\n  \
             providers:\n  - kms: {{apiVersion: v2, name: vault, endpoint: '{}'}}\n",
            plugin.endpoint()
        ),
    );
    server.give(&["--encryption-provider-config", file.to_str().unwrap()]);
    server.start();
    server
}

#[test]
fn a_plugin_is_asked_how_it_is_and_tells_truthfully() {
    let mut plugin = Plugin::new().with(&["--socket-mode", "0660", "--metrics-address", "127.0.0.1:0"]);
    let first = plugin.rotate();
    plugin.start();
    let mode = fs::metadata(plugin.socket()).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode, 0o660);
    let told = plugin.status();
    assert!(told.status.success(), "{told:?}");
    let told: serde_json::Value = serde_json::from_slice(&told.stdout).unwrap();
    assert_eq!(
        told,
        serde_json::json!({ "version": "v2", "healthz": "ok", "keyId": first })
    );
    let second = plugin.rotate();
    let told: serde_json::Value = serde_json::from_slice(&plugin.status().stdout).unwrap();
    assert_eq!(told["keyId"], second.as_str());
    assert_ne!(first, second);
    // Half of a key file, as a full disk leaves it.
    let key = plugin.path("keys").join(format!("{second}.key"));
    let half = fs::read(&key).unwrap();
    fs::write(&key, &half[..half.len() / 2]).unwrap();
    let told = plugin.status();
    assert_eq!(told.status.code(), Some(1));
    assert!(
        String::from_utf8_lossy(&told.stderr).contains("it is cut off"),
        "{told:?}"
    );
    fs::write(&key, &half).unwrap();
    assert!(plugin.status().status.success());
    assert_metrics(&plugin.log());
    assert!(plugin.stop());
    assert!(!plugin.socket().exists());
    let told = plugin.status();
    assert_eq!(told.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&told.stderr).contains("does not answer"));
}

fn assert_metrics(log: &str) {
    let url = log.split("http://").nth(1).unwrap();
    let address = url.split('/').next().unwrap();
    let get = |path: &str| {
        let mut stream = TcpStream::connect(address).unwrap();
        write!(
            stream,
            "GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    };
    let metrics = get("/metrics");
    for line in [
        "purser_kms_operations_total{operation=\"status\",outcome=\"unavailable\"} 1",
        "purser_kms_operation_duration_seconds_count{operation=\"status\"}",
        "purser_kms_key_id_changes_total 1",
        "purser_kms_holder_up 1",
    ] {
        assert!(metrics.contains(line), "{line}: {metrics}");
    }
    assert!(get("/readyz").starts_with("HTTP/1.1 200"));
    assert!(get("/").starts_with("HTTP/1.1 404"));
}

#[test]
fn a_key_that_is_older_than_the_schedule_says_gives_way_to_a_new_one() {
    let mut plugin = Plugin::new().with(&["--rotate-every", "1h"]);
    let first = plugin.rotate();
    let primary = fs::File::open(plugin.path("keys").join("primary")).unwrap();
    let past = std::time::SystemTime::now() - Duration::from_secs(2 * 60 * 60);
    primary.set_modified(past).unwrap();
    plugin.start();
    wait("another key is made", || {
        let told: serde_json::Value = serde_json::from_slice(&plugin.status().stdout).unwrap();
        told["keyId"] != first.as_str()
    });
    assert!(plugin.log().contains("the key was old: a new one was made"));
    assert_eq!(
        fs::read_dir(plugin.path("keys")).unwrap().count(),
        3,
        "the old one stays"
    );
}

#[test]
fn wrong_usage_says_what_to_do() {
    let plugin = Plugin::new();
    let refused = plugin.command().output().unwrap();
    assert_eq!(refused.status.code(), Some(1));
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(
        said.contains("make the first with `purser kms rotate --key-holder file:"),
        "{said}"
    );
    for wrong in [
        ["kms", "rotate", "--key-holder", "tape:x"],
        ["kms", "status", "--endpoint", "tcp://x"],
    ] {
        assert_eq!(purser().args(wrong).output().unwrap().status.code(), Some(2));
    }
    let rotate = purser()
        .args(["kms", "rotate", "--key-holder", "credential:a"])
        .output()
        .unwrap();
    assert_eq!(rotate.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&rotate.stderr).contains("credential:NEW,OLD"));
}

#[test]
fn both_restart_and_another_key_is_noticed() {
    let mut plugin = Plugin::new();
    let first = plugin.rotate();
    plugin.start();
    let mut server = protected_by(&plugin);
    create(&server, "one");
    assert!(stores(&server, &first) && stores(&server, "k8s:enc:kms:v2:vault:"));
    assert!(!stores(&server, "canary"));
    server.stop();
    assert!(plugin.stop());
    plugin.start();
    server.start();
    assert_eq!(read(&server, "one"), 200);
    let second = plugin.rotate();
    wait("the new key is written with", || {
        server.client().request("DELETE", &format!("{SECRETS}/probe"), "");
        create(&server, "probe");
        stores(&server, &second)
    });
    assert_eq!(read(&server, "one"), 200);
}

#[test]
fn a_rotation_takes_the_plugin_s_key_of_now_without_waiting_for_the_next_look() {
    let mut plugin = Plugin::new();
    plugin.rotate();
    plugin.start();
    let server = protected_by(&plugin);
    create(&server, "one");
    let second = plugin.rotate();
    let rotated = purser()
        .args(["at-rest", "rotate", "--output", "json", "--kubeconfig"])
        .arg(server.path("admin.kubeconfig"))
        .output()
        .unwrap();
    let told: serde_json::Value = serde_json::from_slice(&rotated.stdout).unwrap();
    let resources = told["resources"].as_array().unwrap();
    let secrets = resources.iter().find(|one| one["resource"] == "secrets").unwrap();
    assert_eq!(secrets["sealedBy"][0]["key"], second.as_str(), "{told}");
    assert_eq!(read(&server, "one"), 200);
}

#[test]
fn a_plugin_that_is_killed_costs_readiness_and_no_read_and_comes_back() {
    let mut plugin = Plugin::new();
    plugin.rotate();
    plugin.start();
    let server = protected_by(&plugin);
    create(&server, "one");
    let ready = |server: &Server| server.client().get("/readyz/kms-providers").status;
    assert_eq!(ready(&server), 200);
    plugin.kill();
    assert_eq!(read(&server, "one"), 200);
    create(&server, "two");
    wait("readiness fails", || ready(&server) != 200);
    for name in ["one", "two"] {
        assert_eq!(read(&server, name), 200, "its seed is known");
    }
    plugin.start();
    wait("readiness returns", || ready(&server) == 200);
    create(&server, "three");
}
