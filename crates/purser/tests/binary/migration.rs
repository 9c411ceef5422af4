//! Values move from each provider to another while others write.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::at_rest::online;
use crate::client::Client;
use crate::server::{PATIENCE, Server};
use crate::stand_in::StandIn;

const SECRETS: &str = "/api/v1/namespaces/default/secrets";
const TAKEN: &str = "a file changed and is in effect";

/// A provider as the file writes it, and as `status` calls it.
struct Provider {
    written: String,
    called: &'static str,
}

fn keyed(algorithm: &'static str, byte: u8) -> Provider {
    let secret = STANDARD.encode([byte; 32]);
    Provider {
        written: format!("{{{algorithm}: {{keys: [{{name: key1, secret: {secret}}}]}}}}"),
        called: algorithm,
    }
}

fn kms(version: &str, name: &str, socket: &Path, called: &'static str) -> Provider {
    Provider {
        written: format!(
            "{{kms: {{apiVersion: {version}, name: {name}, endpoint: 'unix://{}'}}}}",
            socket.display()
        ),
        called,
    }
}

fn configuration(providers: &[&Provider]) -> String {
    let written: Vec<&str> = providers
        .iter()
        .map(|provider| provider.written.as_str())
        .collect();
    format!(
        "apiVersion: apiserver.config.k8s.io/v1\nkind: EncryptionConfiguration\nresources:\n- resources: ['*.*']\n  \
         providers: [{}]\n",
        written.join(", ")
    )
}

/// Replaces the file and waits until that is in effect.
fn replace(server: &Server, content: &str) {
    let before = server.log().matches(TAKEN).count();
    server.write("encryption.yaml", content);
    let begun = Instant::now();
    while server.log().matches(TAKEN).count() == before {
        assert!(begun.elapsed() < PATIENCE, "{}", server.log());
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn create(client: &Client, name: &str) {
    let secret = format!(
        r#"{{"kind":"Secret","apiVersion":"v1","metadata":{{"name":"{name}"}},"stringData":{{"a":"canary-{name}"}}}}"#
    );
    client.create(SECRETS, &secret);
}

fn assert_read(client: &Client, name: &str) {
    let got = client.get(&format!("{SECRETS}/{name}"));
    assert_eq!(got.status, 200, "{name}: {}", got.body);
    assert!(
        got.body.contains(&STANDARD.encode(format!("canary-{name}"))),
        "{name}"
    );
}

/// What seals Secrets, and how many of their values are stale.
fn secrets(server: &Server) -> (Vec<String>, u64) {
    let told = online(server, &["status", "--output", "json"]);
    let told: Value = serde_json::from_slice(&told.stdout).unwrap();
    let resources = told["resources"].as_array().unwrap();
    let secrets = resources.iter().find(|one| one["resource"] == "secrets").unwrap();
    let by = secrets["sealedBy"].as_array().unwrap().iter();
    let providers = by.map(|by| by["provider"].as_str().unwrap_or("in the clear").to_owned());
    (providers.collect(), secrets["stale"].as_u64().unwrap())
}

#[test]
fn values_move_from_each_provider_to_another_and_back_while_others_write() {
    let directory = tempfile::tempdir().unwrap();
    let sockets = ["one", "two", "old"].map(|name| directory.path().join(name));
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let _plugins = runtime.block_on(async { sockets.each_ref().map(|socket| StandIn::listen(socket)) });
    let identity = || Provider {
        written: "{identity: {}}".to_owned(),
        called: "identity",
    };
    let [one, two, old] = &sockets;
    let way = [
        identity(),
        kms("v2", "one", one, "one"),
        kms("v2", "two", two, "two"),
        kms("v1", "old", old, "old"),
        keyed("aescbc", 1),
        keyed("secretbox", 2),
        keyed("aesgcm", 3),
        kms("v2", "one", one, "one"),
        identity(),
    ];
    let mut server = Server::new();
    let file = server.write("encryption.yaml", &configuration(&[&way[0]]));
    server.give(&[
        "--encryption-provider-config",
        file.to_str().unwrap(),
        "--encryption-provider-config-automatic-reload",
    ]);
    server.start();
    create(&server.client(), "first");
    let stop = Arc::new(AtomicBool::new(false));
    let (client, stopped) = (server.client(), Arc::clone(&stop));
    let writing = std::thread::spawn(move || {
        let mut made = 0;
        while !stopped.load(Ordering::Relaxed) {
            create(&client, &format!("s{made}"));
            assert_read(&client, "first");
            made += 1;
            std::thread::sleep(Duration::from_millis(20));
        }
        made
    });
    for step in way.windows(2) {
        let [before, now] = step else { panic!("two") };
        replace(&server, &configuration(&[now, before]));
        // It ends with what is in the clear: ranges of addresses are always.
        let rotated = online(&server, &["rotate"]);
        let said = String::from_utf8_lossy(&rotated.stdout).into_owned();
        assert!(said.contains("sealed anew"), "{}: {rotated:?}", now.called);
        let (providers, stale) = secrets(&server);
        assert!(
            providers.iter().all(|provider| provider.contains(now.called)),
            "{}: {providers:?}",
            now.called
        );
        assert_eq!(stale, 0, "{}", now.called);
        // The old one is needed by nothing.
        replace(&server, &configuration(&[now]));
    }
    stop.store(true, Ordering::Relaxed);
    let made = writing.join().unwrap();
    assert!(made > 5);
    for number in 0..made {
        assert_read(&server.client(), &format!("s{number}"));
    }
}
