//! A server whose plugin breaks: what is refused, what goes on, what it says of it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tonic::Status;

use crate::server::{PATIENCE, Server};
use crate::stand_in::{Manners, StandIn};

const SECRETS: &str = "/api/v1/namespaces/default/secrets";

struct World {
    server: Server,
    plugin: Arc<StandIn>,
    _runtime: tokio::runtime::Runtime,
    _directory: tempfile::TempDir,
}

/// A server that seals Secrets with a plugin of this version.
fn world(version: &str, timeout: &str) -> World {
    let directory = tempfile::tempdir().unwrap();
    let socket = directory.path().join("kms.sock");
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let plugin = runtime.block_on(async { StandIn::listen(&socket) });
    let mut server = Server::new();
    let file = server.write(
        "encryption.yaml",
        &format!(
            "apiVersion: apiserver.config.k8s.io/v1\nkind: EncryptionConfiguration\nresources:\n- resources: [secrets]\n  \
             providers:\n  - kms: {{apiVersion: {version}, name: p, endpoint: 'unix://{}', timeout: {timeout}}}\n",
            socket.display()
        ),
    );
    server.give(&["--encryption-provider-config", file.to_str().unwrap()]);
    server.start();
    World {
        server,
        plugin,
        _runtime: runtime,
        _directory: directory,
    }
}

fn create(server: &Server, name: &str) -> (u16, String) {
    let secret = format!(
        r#"{{"kind":"Secret","apiVersion":"v1","metadata":{{"name":"{name}"}},"stringData":{{"a":"b"}}}}"#
    );
    let made = server.client().request("POST", SECRETS, &secret);
    (made.status, made.body)
}

fn read(server: &Server, name: &str) -> u16 {
    server.client().get(&format!("{SECRETS}/{name}")).status
}

fn wait(what: &str, is_so: impl Fn() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < PATIENCE, "{what}");
        std::thread::sleep(Duration::from_millis(200));
    }
}

#[test]
fn a_plugin_of_version_1_that_is_away_costs_writes_and_readiness_and_no_read_of_what_is_known() {
    let World { server, plugin, .. } = &world("v1", "3s");
    assert_eq!(create(server, "one").0, 201);
    let well = |page: &str| server.client().get(page).status == 200;
    assert!(well("/readyz/kms-providers"));
    plugin.behave(Manners {
        fails: Some(Status::unavailable("the HSM is on fire")),
        ..Manners::default()
    });
    let (status, body) = create(server, "two");
    assert_eq!(status, 503, "{body}");
    assert!(body.contains("the HSM is on fire"), "{body}");
    assert_eq!(read(server, "one"), 200);
    wait("readiness fails", || !well("/readyz/kms-providers"));
    assert!(!well("/readyz") && !well("/healthz/kms-providers"));
    plugin.behave(Manners::default());
    wait("readiness returns", || well("/readyz/kms-providers"));
    assert_eq!(create(server, "two").0, 201);
}

#[test]
fn a_plugin_of_version_1_that_is_slow_is_given_up_after_its_timeout() {
    let World { server, plugin, .. } = &world("v1", "300ms");
    plugin.behave(Manners {
        takes: Duration::from_secs(100),
        ..Manners::default()
    });
    let begun = Instant::now();
    let (status, body) = create(server, "one");
    assert_eq!(status, 503, "{body}");
    assert!(body.contains("no answer within 300ms"), "{body}");
    assert!(begun.elapsed() < Duration::from_secs(30));
}

#[test]
fn a_start_whose_plugin_unwraps_wrongly_is_refused_though_other_kinds_are_in_the_clear_and_nothing_is_lost() {
    let mut world = world("v2", "3s");
    assert_eq!(create(&world.server, "one").0, 201);
    world.server.stop();
    world.plugin.behave(Manners {
        plaintext: Some(vec![1; 32]),
        ..Manners::default()
    });
    for _ in 0..2 {
        let refused = world.server.refusal();
        assert!(
            refused.contains("answers with something else than what it wrapped"),
            "{refused}"
        );
    }
    world.plugin.behave(Manners::default());
    world.server.start();
    assert_eq!(read(&world.server, "one"), 200);
}

#[test]
fn a_plugin_that_tells_another_key_with_each_status_costs_a_seed_each_and_no_value() {
    let World { server, plugin, .. } = &world("v2", "3s");
    plugin.behave(Manners {
        flaps: true,
        ..Manners::default()
    });
    for number in 0..5 {
        assert_eq!(create(server, &format!("s{number}")).0, 201);
        let rotated = crate::server::purser()
            .args(["at-rest", "rotate", "--kubeconfig"])
            .arg(server.path("admin.kubeconfig"))
            .output()
            .unwrap();
        // What the file does not name is in the clear, which the command ends with.
        let said = String::from_utf8_lossy(&rotated.stdout).into_owned();
        assert!(said.contains("sealed anew"), "{rotated:?}");
    }
    for number in 0..5 {
        assert_eq!(read(server, &format!("s{number}")), 200);
    }
}
