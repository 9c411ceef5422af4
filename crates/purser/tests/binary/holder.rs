//! A server whose at-rest key a key holder has, without a plugin's process.

use std::fs;
use std::io::Write as _;
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::server::{PATIENCE, Server, files, purser};

const SECRETS: &str = "/api/v1/namespaces/default/secrets";
/// Where Debian keeps SoftHSM's module.
const SOFTHSM: &str = "/usr/lib/softhsm/libsofthsm2.so";
const PIN: &str = "87654321";

fn create(server: &Server, name: &str) {
    let secret = format!(
        r#"{{"kind":"Secret","apiVersion":"v1","metadata":{{"name":"{name}"}},"stringData":{{"a":"canary-{name}"}}}}"#
    );
    server.client().create(SECRETS, &secret);
}

fn is_read(server: &Server, name: &str) -> bool {
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
fn run(server: &Server, arguments: &[&str]) -> Output {
    let mut command = purser();
    command.args(arguments).envs(server.given_environment());
    command.output().unwrap()
}

/// Makes a key of the holder; its id.
fn make_key(server: &Server, holder: &str) -> String {
    let made = run(server, &["kms", "rotate", "--key-holder", holder]);
    assert!(made.status.success(), "{made:?}");
    String::from_utf8(made.stdout).unwrap().trim().to_owned()
}

/// `purser at-rest` on the server that runs.
fn online(server: &Server, arguments: &[&str]) -> Output {
    let kubeconfig = server.path("admin.kubeconfig");
    let place = ["--kubeconfig", kubeconfig.to_str().unwrap()];
    run(server, &[&["at-rest"], arguments, &place[..]].concat())
}

/// `purser at-rest` on its data.
fn offline(server: &Server, arguments: &[&str]) -> Output {
    let data = server.data();
    let place = ["--data-dir", data.to_str().unwrap()];
    run(server, &[&["at-rest"], arguments, &place[..]].concat())
}

fn json(output: &Output) -> Value {
    assert!(output.status.success(), "{output:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Erases what was deleted; how each key was destroyed.
fn erase(server: &Server) -> Vec<(String, String)> {
    let certificate = json(&online(server, &["erase", "deleted"]));
    let keys = certificate["certificate"]["destroyedKeys"].as_array().unwrap();
    let text = |key: &Value, member: &str| key[member].as_str().unwrap().to_owned();
    keys.iter()
        .map(|key| (text(key, "id"), text(key, "how")))
        .collect()
}

/// Key files that another directory has: the simplest holder.
fn file_holder(server: &Server) -> String {
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

/// Seals with this holder, erases what was deleted, and does so again after a restart; how keys were destroyed.
fn lives_with(server: &mut Server, holder: &str) -> String {
    server.give(&["--at-rest-key-holder", holder]);
    server.start();
    create(server, "kept");
    create(server, "gone");
    server.client().request("DELETE", &format!("{SECRETS}/gone"), "");
    let destroyed = erase(server);
    assert_eq!(destroyed.len(), 1, "{destroyed:?}");
    server.stop();
    server.start();
    assert!(is_read(server, "kept"));
    assert!(online(server, &["verify"]).status.success());
    assert_eq!(erase(server).len(), 1);
    destroyed.into_iter().next().unwrap().1
}

#[test]
fn a_passphrase_makes_the_key_and_its_salt_is_destroyed() {
    let mut server = Server::new();
    let file = server.write("passphrase", "correct horse battery staple\n");
    let holder = format!("passphrase-file:{}", file.display());
    make_key(&server, &holder);
    assert_eq!(lives_with(&mut server, &holder), "salt-overwritten");
    assert!(!server.log().contains("horse"));
}

#[test]
fn what_systemd_hands_over_is_not_said_to_be_destroyed() {
    let mut server = Server::new();
    let home = server.beside("");
    server.write("one", &"1".repeat(32));
    server.write("two", &"2".repeat(32));
    server = server.environment("CREDENTIALS_DIRECTORY", home.to_str().unwrap());
    server.give(&["--at-rest-key-holder", "credential:one"]);
    server.start();
    create(&server, "kept");
    let refused = said(&online(&server, &["erase", "deleted"]));
    assert!(refused.contains("credentials are systemd's"), "{refused}");
    server.stop();
    server.give(&["--at-rest-key-holder", "credential:two,one"]);
    server.start();
    assert!(online(&server, &["rotate"]).status.success());
    server.stop();
    server.give(&["--at-rest-key-holder", "credential:two"]);
    server.start();
    assert!(is_read(&server, "kept") && online(&server, &["verify"]).status.success());
}

#[test]
fn a_token_keeps_the_key_and_its_pin_is_nowhere() {
    if !Path::new(SOFTHSM).exists() {
        let _ = writeln!(std::io::stderr(), "SKIPPED: {SOFTHSM} is not installed");
        return;
    }
    let mut server = Server::new();
    let tokens = server.beside("tokens");
    fs::create_dir(&tokens).unwrap();
    let settings = server.write(
        "softhsm2.conf",
        &format!("directories.tokendir = {}\n", tokens.display()),
    );
    let initialised = Command::new("softhsm2-util")
        .args([
            "--init-token",
            "--free",
            "--label",
            "purser",
            "--so-pin",
            "12345678",
            "--pin",
            PIN,
        ])
        .env("SOFTHSM2_CONF", &settings)
        .output()
        .unwrap();
    assert!(initialised.status.success(), "{initialised:?}");
    server = server.environment("SOFTHSM2_CONF", settings.to_str().unwrap());
    let pin = server.write("pin", PIN);
    let holder = format!(
        "pkcs11:{SOFTHSM}?token=purser&key=at-rest&pin-file={}",
        pin.display()
    );
    make_key(&server, &holder);
    assert_eq!(lives_with(&mut server, &holder), "by-holder");
    let shown = fs::read(format!("/proc/{}/cmdline", server.pid())).unwrap();
    let shown = String::from_utf8_lossy(&shown).into_owned() + &server.log();
    assert!(shown.contains("pkcs11:") && !shown.contains(PIN));
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
fn a_tpm_unseals_the_key_and_an_old_one_is_not_listed_any_more() {
    let mut server = Server::new();
    let (state, socket) = (server.beside("tpm"), server.beside("tpm.sock"));
    fs::create_dir(&state).unwrap();
    let started = Command::new("swtpm")
        .args(["socket", "--tpm2", "--flags", "not-need-init,startup-clear"])
        .args(["--tpmstate", &format!("dir={}", state.display())])
        .args(["--server", &format!("type=unixio,path={}", socket.display())])
        .stderr(Stdio::null())
        .stdout(Stdio::null())
        .spawn();
    let Ok(mut simulator) = started else {
        let _ = writeln!(std::io::stderr(), "SKIPPED: swtpm is not installed");
        return;
    };
    let begun = Instant::now();
    while !socket.exists() && begun.elapsed() < PATIENCE {
        std::thread::sleep(Duration::from_millis(10));
    }
    let list = server.beside("sealed.json");
    let holder = format!("tpm:{}?device={}", list.display(), socket.display());
    make_key(&server, &holder);
    let how = lives_with(&mut server, &holder);
    simulator.kill().unwrap();
    simulator.wait().unwrap();
    assert_eq!(how, "overwritten");
    let list: Value = serde_json::from_slice(&fs::read(list).unwrap()).unwrap();
    assert_eq!(list["keys"].as_array().unwrap().len(), 1);
}

/// AWS KMS as moto has it; `None`: it is not installed.
fn moto() -> Option<(Child, u16)> {
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = free.local_addr().unwrap().port();
    drop(free);
    let started = Command::new("moto_server")
        .args(["-H", "127.0.0.1", "-p", &port.to_string()])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    let Ok(child) = started else {
        let _ = writeln!(std::io::stderr(), "SKIPPED: moto_server is not installed");
        return None;
    };
    let begun = Instant::now();
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(begun.elapsed() < PATIENCE * 2);
        std::thread::sleep(Duration::from_millis(50));
    }
    Some((child, port))
}

/// What makes keys in AWS, as no holder does.
fn ask_moto(port: u16, action: &str, body: &str) -> Value {
    let output = Command::new("curl")
        .args([
            "-s",
            "-d",
            body,
            "-H",
            &format!("X-Amz-Target: TrentService.{action}"),
        ])
        .args(["-H", "Content-Type: application/x-amz-json-1.1"])
        .args([
            "-H",
            "Authorization: AWS4-HMAC-SHA256 Credential=a/20260101/eu-central-1/kms/aws4_request",
        ])
        .arg(format!("http://127.0.0.1:{port}/"))
        .output()
        .unwrap();
    serde_json::from_slice(&output.stdout).unwrap_or_default()
}

#[test]
fn of_a_key_in_aws_the_certificate_says_that_its_end_is_scheduled() {
    let Some((mut moto, port)) = moto() else { return };
    let mut server = Server::new();
    let credentials = server.write(
        "credentials",
        "[default]\naws_access_key_id = AK\naws_secret_access_key = hunter2\n",
    );
    let point_at_a_new_key = |action: &str| {
        let made = ask_moto(port, "CreateKey", "{}");
        let key = made
            .pointer("/KeyMetadata/KeyId")
            .and_then(Value::as_str)
            .unwrap()
            .to_owned();
        let alias = format!(r#"{{"AliasName":"alias/purser","TargetKeyId":"{key}"}}"#);
        ask_moto(port, action, &alias);
        key
    };
    let first = point_at_a_new_key("CreateAlias");
    let holder = format!(
        "aws-kms:eu-central-1/alias/purser?endpoint=http://127.0.0.1:{port}&credentials-file={}",
        credentials.display()
    );
    server.give(&["--at-rest-key-holder", &holder]);
    server.start();
    create(&server, "kept");
    let refused = said(&online(&server, &["erase", "deleted"]));
    let second = point_at_a_new_key("UpdateAlias");
    let erased = online(&server, &["erase", "deleted"]);
    let read = is_read(&server, "kept");
    moto.kill().unwrap();
    moto.wait().unwrap();
    assert!(
        refused.contains("there is no new key: AWS makes keys"),
        "{refused}"
    );
    let certificate = &json(&erased)["certificate"];
    let destroyed = &certificate["destroyedKeys"];
    assert!(
        destroyed[0]["id"].as_str().unwrap().ends_with(&first),
        "{destroyed}"
    );
    assert_eq!(destroyed[0]["how"], "scheduled");
    assert!(destroyed[0]["at"].as_str().unwrap().starts_with("20"));
    assert!(
        certificate["erased"]
            .as_str()
            .unwrap()
            .contains("is scheduled, from the time on")
    );
    assert!(
        certificate["checked"]["keys"][0]
            .as_str()
            .unwrap()
            .ends_with(&second)
    );
    assert!(read && !server.log().contains("hunter2"));
    let file = server.write("erasure.json", &String::from_utf8(erased.stdout).unwrap());
    let key = server.path("pki/erasure.pub");
    let verified = run(
        &server,
        &[
            "at-rest",
            "erase",
            "verify-certificate",
            file.to_str().unwrap(),
            "--key",
            key.to_str().unwrap(),
        ],
    );
    assert!(
        String::from_utf8_lossy(&verified.stdout).contains("(scheduled for 20"),
        "{verified:?}"
    );
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
