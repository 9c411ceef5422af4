//! Each kind of key holder that can be had here, as the holder of a server's at-rest key.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::at_rest::{online, said};
use crate::holder::{SECRETS, create, erase, is_read, json, make_key, run};
use crate::moto::Moto;
use crate::server::{PATIENCE, Server};

/// Where Debian keeps SoftHSM's module.
const SOFTHSM: &str = "/usr/lib/softhsm/libsofthsm2.so";
const PIN: &str = "87654321";

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

#[test]
fn of_a_key_in_aws_the_certificate_says_that_its_end_is_scheduled() {
    let Some(moto) = Moto::start() else { return };
    let mut server = Server::new();
    let credentials = server.write(
        "credentials",
        "[default]\naws_access_key_id = AK\naws_secret_access_key = hunter2\n",
    );
    let point_at_a_new_key = |action: &str| {
        let key = moto.key();
        moto.alias(action, &key);
        key
    };
    let first = point_at_a_new_key("CreateAlias");
    let holder = format!(
        "aws-kms:eu-central-1/alias/purser?endpoint=http://127.0.0.1:{}&credentials-file={}",
        moto.port,
        credentials.display()
    );
    server.give(&["--at-rest-key-holder", &holder]);
    server.start();
    create(&server, "kept");
    let refused = said(&online(&server, &["erase", "deleted"]));
    let second = point_at_a_new_key("UpdateAlias");
    let erased = online(&server, &["erase", "deleted"]);
    let read = is_read(&server, "kept");
    drop(moto);
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
