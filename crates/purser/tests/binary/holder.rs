//! A server whose at-rest key a key holder has, without a plugin's process.

use std::fs;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::at_rest::{offline, online, said};
use crate::planting::{LostKey, key_of, lose, put, raw};
use crate::server::{PATIENCE, Server, files, purser};

pub(crate) const SECRETS: &str = "/api/v1/namespaces/default/secrets";

pub(crate) fn create(server: &Server, name: &str) {
    let secret = format!(
        r#"{{"kind":"Secret","apiVersion":"v1","metadata":{{"name":"{name}"}},"stringData":{{"a":"canary-{name}"}}}}"#
    );
    server.client().create(SECRETS, &secret);
}

pub(crate) fn is_read(server: &Server, name: &str) -> bool {
    server.client().get(&format!("{SECRETS}/{name}")).status == 200
}

fn stores(server: &Server, text: &str) -> bool {
    files(&server.path("store")).iter().any(|path| {
        let content = fs::read(path).unwrap();
        content
            .windows(text.len())
            .any(|window| window == text.as_bytes())
    })
}

/// `purser` with these arguments, and what the server's environment has besides.
pub(crate) fn run(server: &Server, arguments: &[&str]) -> Output {
    let mut command = purser();
    command.args(arguments).envs(server.given_environment());
    command.output().unwrap()
}

/// Makes a key of the holder; its id.
pub(crate) fn make_key(server: &Server, holder: &str) -> String {
    let made = run(server, &["kms", "rotate", "--key-holder", holder]);
    assert!(made.status.success(), "{made:?}");
    String::from_utf8(made.stdout).unwrap().trim().to_owned()
}

pub(crate) fn json(output: &Output) -> Value {
    assert!(output.status.success(), "{output:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Erases what was deleted; how each key was destroyed.
pub(crate) fn erase(server: &Server) -> Vec<(String, String)> {
    let certificate = json(&online(server, &["erase", "deleted"]));
    let keys = certificate["certificate"]["destroyedKeys"].as_array().unwrap();
    let text = |key: &Value, member: &str| key[member].as_str().unwrap().to_owned();
    keys.iter()
        .map(|key| (text(key, "id"), text(key, "how")))
        .collect()
}

/// Key files that another directory has: the simplest holder.
pub(crate) fn file_holder(server: &Server) -> String {
    format!("file:{}", server.beside("held").display())
}

#[test]
fn the_first_start_makes_no_key_and_no_other_start_opens_what_it_sealed() {
    let mut server = Server::new();
    let holder = file_holder(&server);
    server.give(&["--at-rest-key-holder", &holder]);
    let refused = server.refusal();
    assert!(
        refused.contains("make the first with `purser kms rotate"),
        "{refused}"
    );
    let first = make_key(&server, &holder);
    server.start();
    create(&server, "one");
    assert!(stores(&server, &first) && stores(&server, "k8s:enc:kms:v2:purser-holder:"));
    assert!(!stores(&server, "canary"));
    assert!(!server.path("keys").exists());
    assert_eq!(server.client().get("/readyz/kms-providers").status, 200);
    assert!(online(&server, &["verify"]).status.success());
    server.stop();

    server.give(&[]);
    let refused = server.refusal();
    assert!(refused.contains("--at-rest-key-holder HOLDER"), "{refused}");
    assert!(said(&offline(&server, &["verify"])).contains("--at-rest-key-holder HOLDER"));
    let other = format!("file:{}", server.beside("other").display());
    make_key(&server, &other);
    server.give(&["--at-rest-key-holder", &other]);
    let refused = server.refusal();
    assert!(refused.contains(&format!("has no key {first}")), "{refused}");
    // Lost: nothing is made in its place.
    fs::rename(server.beside("held"), server.beside("away")).unwrap();
    server.give(&["--at-rest-key-holder", &holder]);
    let refused = server.refusal();
    assert!(
        refused.contains("restore the holder's keys from a backup"),
        "{refused}"
    );
    assert!(!server.path("keys").exists() && !server.beside("held").exists());
    fs::rename(server.beside("away"), server.beside("held")).unwrap();
    server.start();
    assert!(is_read(&server, "one"));
    server.stop();
    // Another wrong way: the holder's keys would be destroyed as key files.
    let keys = format!("file:{}", server.path("keys").display());
    server.give(&["--at-rest-key-holder", &keys]);
    let refused = server.refusal();
    assert!(refused.contains("leave --at-rest-key-holder out"), "{refused}");
}

#[test]
fn key_files_give_way_to_a_holder_and_come_back() {
    let mut server = Server::started();
    create(&server, "one");
    server.stop();
    let holder = file_holder(&server);
    let held = make_key(&server, &holder);
    server.give(&["--at-rest-key-holder", &holder]);
    server.start();
    assert!(is_read(&server, "one"));
    assert_eq!(online(&server, &["verify"]).status.code(), Some(1), "it is stale");
    let told = json(&online(&server, &["rotate", "--output", "json"]));
    assert!(
        told["rotation"]["madeKey"].is_null(),
        "there is one already: {told}"
    );
    assert_eq!(told["rotation"]["destroyedKeys"].as_array().unwrap().len(), 1);
    assert!(online(&server, &["verify"]).status.success());
    let left: Vec<_> = files(&server.path("keys"));
    assert!(left.iter().all(|path| path.ends_with("initialised")), "{left:?}");
    assert!(is_read(&server, "one"));
    // Keys of a holder are destroyed by an erasure only.
    let told = json(&online(&server, &["rotate", "--output", "json"]));
    assert_eq!(told["rotation"]["destroyedKeys"], serde_json::json!([]));
    assert_eq!(told["rotation"]["heldKeys"], serde_json::json!([held]));
    assert_eq!(erase(&server).len(), 2);
    server.stop();
    server.start();
    assert!(is_read(&server, "one"));
    server.stop();

    let keys = format!("file:{}", server.path("keys").display());
    let local = make_key(&server, &keys);
    let former = ["--former-at-rest-key-holder", holder.as_str()];
    server.give(&former);
    server.start();
    let told = json(&online(&server, &["rotate", "--output", "json"]));
    let secrets = told["resources"].as_array().unwrap();
    let secrets = secrets.iter().find(|one| one["resource"] == "secrets").unwrap();
    assert_eq!(secrets["sealedBy"][0]["key"], local.as_str());
    server.stop();
    server.give(&[]);
    server.start();
    assert!(is_read(&server, "one"));
    let certificate = json(&online(&server, &["erase", "deleted"]));
    let uncovered = certificate["certificate"]["doesNotCover"].as_str().unwrap();
    assert!(
        uncovered.contains("key holders that were not named: local-"),
        "{uncovered}"
    );
}

#[test]
fn another_api_server_reads_it_through_the_plugin_before_the_same_holder() {
    let mut server = Server::new();
    let holder = file_holder(&server);
    make_key(&server, &holder);
    server.give(&["--at-rest-key-holder", &holder]);
    server.start();
    create(&server, "one");
    server.stop();
    let socket = server.beside("kms.sock");
    let endpoint = format!("unix://{}", socket.display());
    let mut plugin = purser()
        .args(["kms", "serve", "--listen", &endpoint, "--key-holder", &holder])
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let file = server.write(
        "encryption.yaml",
        &format!(
            "apiVersion: apiserver.config.k8s.io/v1\nkind: EncryptionConfiguration\nresources:\n- resources: ['*.*']\n  \
             providers:\n  - kms: {{apiVersion: v2, name: purser-holder, endpoint: '{endpoint}'}}\n"
        ),
    );
    server.give(&["--encryption-provider-config", file.to_str().unwrap()]);
    server.start();
    let read = is_read(&server, "one");
    plugin.kill().unwrap();
    plugin.wait().unwrap();
    assert!(read);
}

#[test]
fn a_copy_from_before_an_erasure_opens_nothing_with_what_the_holder_has_now() {
    let mut server = Server::new();
    let holder = file_holder(&server);
    let flag = ["--at-rest-key-holder", holder.as_str()];
    make_key(&server, &holder);
    server.give(&flag);
    server.start();
    create(&server, "kept");
    create(&server, "gone");
    // A key that only values had that are gone, and history has forgotten: it is destroyed all the same.
    let earlier = make_key(&server, &holder);
    assert!(online(&server, &["rotate"]).status.success());
    server.stop();
    let copy = server.beside("copy");
    let copied = Command::new("cp")
        .arg("-a")
        .args([&server.data(), &copy])
        .status();
    assert!(copied.unwrap().success());
    let copy = ["at-rest", "verify", "--data-dir", copy.to_str().unwrap()];
    let verified = run(&server, &[&copy[..], &flag[..]].concat());
    assert!(verified.status.success(), "{verified:?}");
    server.start();
    server.client().request("DELETE", &format!("{SECRETS}/gone"), "");
    server.stop();
    let erased = json(&offline(&server, &[&["erase", "deleted"], &flag[..]].concat()));
    let destroyed = erased["certificate"]["destroyedKeys"].as_array().unwrap();
    assert!(
        destroyed.iter().any(|key| key["id"] == earlier.as_str()),
        "{erased}"
    );
    let refused = said(&run(&server, &[&copy[..], &flag[..]].concat()));
    assert!(refused.contains("has no key local-"), "{refused}");
    server.start();
    assert!(is_read(&server, "kept") && !is_read(&server, "gone"));
    assert!(!server.log().contains("canary"));
}

#[test]
fn a_holder_that_is_lost_while_the_server_runs_costs_readiness_and_no_read_and_comes_back() {
    let mut server = Server::new();
    let holder = file_holder(&server);
    make_key(&server, &holder);
    server.give(&["--at-rest-key-holder", &holder]);
    server.start();
    create(&server, "one");
    let (held, away) = (server.beside("held"), server.beside("away"));
    let ready = || server.client().get("/readyz/kms-providers").status == 200;
    fs::rename(&held, &away).unwrap();
    let refused = online(&server, &["rotate"]);
    assert!(
        !refused.status.success() && !held.join("primary").exists(),
        "{refused:?}"
    );
    wait("readiness fails", || !ready());
    assert!(is_read(&server, "one"));
    if held.exists() {
        fs::remove_dir_all(&held).unwrap();
    }
    fs::rename(&away, &held).unwrap();
    wait("readiness returns", ready);
    assert!(online(&server, &["rotate"]).status.success());
    assert!(is_read(&server, "one"));
}

/// A server asks a holder that was well once a minute.
fn wait(what: &str, is_so: impl Fn() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < PATIENCE * 4, "{what}");
        std::thread::sleep(Duration::from_millis(200));
    }
}

#[test]
fn a_holder_that_is_away_at_the_start_is_waited_for_and_named_and_nothing_is_made() {
    let mut server = Server::new();
    let token = server.write("token", "hvs.secret");
    let holder = format!("vault:http://127.0.0.1:1/purser?token-file={}", token.display());
    server.give(&["--at-rest-key-holder", &holder]);
    let refused = server.refusal();
    assert!(
        refused.contains("vault:http://127.0.0.1:1/transit/purser: "),
        "{refused}"
    );
    assert!(!refused.contains("hvs.secret") && !server.path("keys").exists());
}

#[test]
fn a_key_file_that_comes_back_while_the_server_runs_is_not_destroyed_with_the_others() {
    let mut server = Server::started();
    create(&server, "lost");
    server.stop();
    let lost = LostKey::new();
    lose(&server, &lost, &[key_of("lost")]);
    let holder = file_holder(&server);
    make_key(&server, &holder);
    server.give(&["--at-rest-key-holder", &holder]);
    server.start();
    let aside = online(&server, &["quarantine", "add", "secrets", "default/lost"]);
    assert!(aside.status.success(), "{}", said(&aside));
    lost.restore(&server);
    let rotated = online(&server, &["rotate"]);
    assert!(rotated.status.success(), "{}", said(&rotated));
    let file = server.path("keys").join(format!("{}.key", lost.id));
    assert!(
        file.exists(),
        "what is kept aside needs it: {}",
        String::from_utf8_lossy(&rotated.stdout)
    );
    let back = online(&server, &["quarantine", "restore", "--all-readable"]);
    assert!(back.status.success(), "{}", said(&back));
    assert!(is_read(&server, "lost"));
    let rotated = json(&online(&server, &["rotate", "--output", "json"]));
    assert_eq!(rotated["rotation"]["keptKeys"], serde_json::json!([]));
    assert!(!file.exists() && is_read(&server, "lost"));
}

#[test]
fn while_what_is_kept_aside_needs_a_holders_key_it_destroys_no_other_and_nothing_is_certified() {
    let mut server = Server::new();
    let holder = file_holder(&server);
    let first = make_key(&server, &holder);
    server.give(&["--at-rest-key-holder", &holder]);
    server.start();
    create(&server, "damaged");
    server.stop();
    let key = key_of("damaged");
    let mut value = raw(&server, &key).unwrap().to_vec();
    // Within what is sealed, behind the prefix and the head.
    value[60] ^= 1;
    put(&server, &[(key, value.into())]);
    server.start();
    let aside = online(&server, &["quarantine", "add", "secrets", "default/damaged"]);
    assert!(aside.status.success(), "{}", said(&aside));
    json(&online(&server, &["rotate", "--output", "json"]));
    let held = files(&server.beside("held")).len();
    // Transit would destroy the first key together with the second.
    let erased = online(&server, &["erase", "deleted"]);
    let why = said(&erased);
    assert!(
        !erased.status.success() && why.contains("nothing is certified"),
        "{why}"
    );
    assert!(
        why.contains(&format!("{first} is kept for 1 values that are kept aside")),
        "{why}"
    );
    assert_eq!(files(&server.beside("held")).len(), held + 1);
    let id = json(&online(&server, &["quarantine", "list", "--output", "json"]));
    let id = id["values"][0]["id"].as_str().unwrap().to_owned();
    let discarded = online(&server, &["quarantine", "discard", &id]);
    assert!(discarded.status.success(), "{}", said(&discarded));
    assert_eq!(erase(&server).len(), 3);
}

#[test]
fn a_key_that_could_not_be_destroyed_is_not_certified_as_gone_once_its_holder_is_not_named() {
    let mut server = Server::new();
    let (holder, other) = (
        file_holder(&server),
        format!("file:{}", server.beside("other").display()),
    );
    let old = make_key(&server, &holder);
    server.give(&["--at-rest-key-holder", &holder]);
    server.start();
    create(&server, "one");
    server.stop();
    make_key(&server, &other);
    server.give(&[
        "--at-rest-key-holder",
        &other,
        "--former-at-rest-key-holder",
        &holder,
    ]);
    server.start();
    // The former holder still wraps with its key, and so refuses.
    let refused = online(&server, &["erase", "deleted"]);
    assert!(!refused.status.success(), "{refused:?}");
    server.stop();
    server.give(&["--at-rest-key-holder", &other]);
    server.start();
    let certificate = json(&online(&server, &["erase", "deleted"]));
    let certificate = &certificate["certificate"];
    let destroyed = certificate["destroyedKeys"].to_string();
    assert!(!destroyed.contains(&old), "it is still where it was: {destroyed}");
    let uncovered = certificate["doesNotCover"].as_str().unwrap();
    assert!(uncovered.contains(&old), "{uncovered}");
}
