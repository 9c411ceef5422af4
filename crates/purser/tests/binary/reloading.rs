//! A configuration of encryption that is replaced while the server works, in each way that files are replaced.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::client::Client;
use crate::server::{PATIENCE, Server};

const SECRETS: &str = "/api/v1/namespaces/default/secrets";
const NAME: &str = "encryption.yaml";
const TAKEN: &str = "a file changed and is in effect";
const REFUSED: &str = "a file changed and cannot be used";

/// A configuration whose keys are of AES-GCM, with these names; the first writes.
fn configuration(names: &[&str]) -> String {
    let key = |name: &&str| {
        let secret = STANDARD.encode([name.as_bytes()[name.len() - 1]; 32]);
        format!("{{name: {name}, secret: {secret}}}")
    };
    let keys: Vec<String> = names.iter().map(key).collect();
    format!(
        "apiVersion: apiserver.config.k8s.io/v1\nkind: EncryptionConfiguration\nresources:\n- resources: ['*.*']\n  \
         providers: [{{aesgcm: {{keys: [{}]}}}}]\n",
        keys.join(", ")
    )
}

fn write(path: &Path, content: &str) {
    fs::write(path, content).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
}

/// A server whose file lies as in a volume of Kubernetes: behind two links, of which the second is replaced.
fn server_with_volume() -> (Server, tempfile::TempDir) {
    let volume = tempfile::tempdir().unwrap();
    write_version(volume.path(), "v1", &["key1"]);
    symlink("v1", volume.path().join("..data")).unwrap();
    symlink(format!("..data/{NAME}"), volume.path().join(NAME)).unwrap();
    let mut server = Server::new();
    server.give(&[
        "--encryption-provider-config",
        volume.path().join(NAME).to_str().unwrap(),
        "--encryption-provider-config-automatic-reload",
    ]);
    server.start();
    (server, volume)
}

fn write_version(volume: &Path, version: &str, keys: &[&str]) {
    fs::create_dir(volume.join(version)).unwrap();
    write(&volume.join(version).join(NAME), &configuration(keys));
}

/// Waits until the log has this sentence so many times.
fn wait(server: &Server, sentence: &str, times: usize) {
    let begun = Instant::now();
    while server.log().matches(sentence).count() < times {
        assert!(begun.elapsed() < PATIENCE, "{}", server.log());
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn create(client: &Client, name: &str) -> u16 {
    let secret = format!(
        r#"{{"kind":"Secret","apiVersion":"v1","metadata":{{"name":"{name}"}},"stringData":{{"a":"b"}}}}"#
    );
    client.request("POST", SECRETS, &secret).status
}

/// Writes and reads until told to stop; how often it did.
fn load(client: &Client, stop: &AtomicBool) -> usize {
    let mut done = 0;
    while !stop.load(Ordering::Relaxed) {
        let name = format!("load-{done}");
        assert_eq!(create(client, &name), 201, "{name}");
        assert_eq!(client.get(&format!("{SECRETS}/{name}")).status, 200, "{name}");
        assert_eq!(client.get(&format!("{SECRETS}/first")).status, 200);
        done += 1;
    }
    done
}

/// The key that a Secret is sealed with.
fn sealed_by(server: &Server) -> Vec<String> {
    let output = crate::server::purser()
        .args(["at-rest", "status", "--output", "json", "--kubeconfig"])
        .arg(server.path("admin.kubeconfig"))
        .output()
        .unwrap();
    let told: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let resources = told["resources"].as_array().unwrap();
    let secrets = resources.iter().find(|one| one["resource"] == "secrets").unwrap();
    let keys = secrets["sealedBy"].as_array().unwrap();
    keys.iter()
        .map(|by| by["key"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn however_a_file_is_replaced_no_request_fails() {
    let (server, volume) = server_with_volume();
    assert_eq!(create(&server.client(), "first"), 201);
    let stop = Arc::new(AtomicBool::new(false));
    let (client, stopped) = (server.client(), Arc::clone(&stop));
    let loaded = std::thread::spawn(move || load(&client, &stopped));
    // As the kubelet does: another directory, and a link that is renamed over the old one.
    write_version(volume.path(), "v2", &["key2", "key1"]);
    symlink("v2", volume.path().join("..data_tmp")).unwrap();
    fs::rename(volume.path().join("..data_tmp"), volume.path().join("..data")).unwrap();
    wait(&server, TAKEN, 1);
    // As editors do.
    let file = volume.path().join("v2").join(NAME);
    write(
        &file.with_extension("new"),
        &configuration(&["key3", "key2", "key1"]),
    );
    fs::rename(file.with_extension("new"), &file).unwrap();
    wait(&server, TAKEN, 2);
    // As shells do: for a while there is nothing in it, and then half of it.
    let whole = configuration(&["key4", "key3", "key2", "key1"]);
    for (part, refusals) in [(0, 1), (whole.len() / 2, 2)] {
        write(&file, whole.get(..part).unwrap());
        wait(&server, REFUSED, refusals);
    }
    write(&file, &whole);
    wait(&server, TAKEN, 3);
    // As nobody should.
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    wait(&server, REFUSED, 3);
    assert!(server.log().contains("chmod 600"), "{}", server.log());
    stop.store(true, Ordering::Relaxed);
    assert!(loaded.join().unwrap() > 3);
    assert_eq!(create(&server.client(), "last"), 201);
    let keys = sealed_by(&server);
    for key in ["key1", "key2", "key3", "key4"] {
        assert!(keys.iter().any(|known| known == key), "{key}: {keys:?}");
    }
    for key in *b"1234" {
        assert!(!server.log().contains(&STANDARD.encode([key; 32])));
    }
}

#[test]
fn a_file_without_the_key_of_what_is_there_takes_no_effect() {
    let (mut server, volume) = server_with_volume();
    assert_eq!(create(&server.client(), "first"), 201);
    let file = volume.path().join("v1").join(NAME);
    write(&file, &configuration(&["key2"]));
    wait(&server, REFUSED, 1);
    assert!(
        server
            .log()
            .contains("sealed with the key key1, which no provider has"),
        "{}",
        server.log()
    );
    assert_eq!(server.client().get(&format!("{SECRETS}/first")).status, 200);
    assert_eq!(create(&server.client(), "second"), 201);
    assert_eq!(sealed_by(&server), ["key1"]);
    // A start is refused with the same words.
    server.stop();
    let refused = server.refusal();
    assert!(
        refused.contains("the key key1, which no provider has"),
        "{refused}"
    );
}

#[test]
fn a_file_that_lost_the_key_of_now_takes_no_effect_though_that_key_came_by_a_reload() {
    let (server, volume) = server_with_volume();
    let file = volume.path().join("v1").join(NAME);
    write(&file, &configuration(&["key2", "key1"]));
    wait(&server, TAKEN, 1);
    assert_eq!(create(&server.client(), "second"), 201);
    write(&file, &configuration(&["key1"]));
    wait(&server, REFUSED, 1);
    let log = server.log();
    assert!(
        log.contains("sealed with the key key2, which no provider has"),
        "{log}"
    );
    assert_eq!(server.client().get(&format!("{SECRETS}/second")).status, 200);
    // The order may change, and then the first may go.
    write(&file, &configuration(&["key1", "key2"]));
    wait(&server, TAKEN, 2);
    assert_eq!(server.client().get(&format!("{SECRETS}/second")).status, 200);
}
