//! kube-apiserver's metrics of encryption at rest, and which objects cannot be read, as the binary tells them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::time::Instant;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use purser_encryption::tally::hashed;
use purser_store::{Change, Store as _, Transaction};
use purser_store_embedded::{EmbeddedStore, Options};

use crate::plugin::Plugin;
use crate::server::{PATIENCE, Server, purser};

const SECRETS: &str = "/api/v1/namespaces/default/secrets";
const CONFIG_MAPS: &str = "/api/v1/namespaces/default/configmaps";
const LOCAL: &str = "k8s:enc:kms:v2:purser-local:";
/// A key of the configuration, and its name: neither is to be told.
const KEY: [u8; 32] = [7; 32];
const KEY_NAME: &str = "the-name-of-the-key";

fn create(server: &Server, path: &str, kind: &str, name: &str) {
    let object = format!(r#"{{"kind":"{kind}","apiVersion":"v1","metadata":{{"name":"{name}"}}}}"#);
    server.client().create(path, &object);
}

fn metrics(server: &Server) -> String {
    let answer = server.client().get("/metrics");
    assert_eq!(answer.status, 200);
    answer.body
}

/// The sum of the samples of a metric that have these labels.
fn sum(metrics: &str, name: &str, labels: &[(&str, &str)]) -> f64 {
    let samples = metrics.lines().filter_map(|line| line.rsplit_once(' '));
    let has = |sample: &str| {
        let (named, told) = sample.split_once('{').unwrap_or((sample, ""));
        named == name
            && labels
                .iter()
                .all(|(label, value)| told.contains(&format!("{label}=\"{value}\"")))
    };
    let values = samples.filter(|(sample, _)| has(sample)).map(|(_, value)| value);
    values.map(|value| value.parse::<f64>().unwrap()).sum()
}

fn operations(metrics: &str, resource: &str, kind: &str, prefix: &str, status: &str) -> f64 {
    let labels = [
        ("resource", resource),
        ("status", status),
        ("transformation_type", kind),
        ("transformer_prefix", prefix),
    ];
    sum(
        metrics,
        "apiserver_storage_transformation_operations_total",
        &labels,
    )
}

/// How often a key was used.
fn uses(metrics: &str, id: &str, kind: &str) -> f64 {
    let labels = [("key_id_hash", &*hashed(id)), ("transformation_type", kind)];
    sum(
        metrics,
        "apiserver_envelope_encryption_key_id_hash_total",
        &labels,
    )
}

/// Of each metric about encryption: its type, its labels, its bounds, and what is said of it.
fn inventory(metrics: &str) -> String {
    const ABOUT: [&str; 5] = [
        "apiserver_envelope_encryption_",
        "apiserver_encryption_config_controller_",
        "apiserver_storage_transformation_",
        "apiserver_storage_data_key_generation_",
        "apiserver_storage_envelope_transformation_",
    ];
    let (mut helps, mut types) = (BTreeMap::new(), BTreeMap::new());
    let mut labels: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let mut bounds: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for line in metrics.lines() {
        if let Some((name, help)) = line.strip_prefix("# HELP ").and_then(|line| line.split_once(' ')) {
            helps.insert(name, help);
        } else if let Some((name, kind)) = line.strip_prefix("# TYPE ").and_then(|line| line.split_once(' '))
        {
            types.insert(name, kind);
        } else {
            let sample = line.split([' ', '{']).next().unwrap();
            let family = ["_bucket", "_sum", "_count"].iter().find_map(|end| {
                let name = sample.strip_suffix(end)?;
                (types.get(name) == Some(&"histogram")).then_some(name)
            });
            let family = family.unwrap_or(sample);
            let parts: Vec<&str> = line.split("=\"").collect();
            for pair in parts.windows(2) {
                let label = pair[0].rsplit(['{', ',']).next().unwrap();
                let value = pair[1].split('"').next().unwrap();
                if label == "le" {
                    bounds.entry(family).or_default().insert(value);
                } else {
                    labels.entry(family).or_default().insert(label);
                }
            }
        }
    }
    let mut out = String::new();
    for (name, kind) in types
        .iter()
        .filter(|(name, _)| ABOUT.iter().any(|about| name.starts_with(about)))
    {
        let labels: Vec<&str> = labels.get(name).into_iter().flatten().copied().collect();
        let bounds = bounds.get(name).map_or_else(String::new, |bounds| {
            let finite = bounds.iter().filter_map(|bound| bound.parse::<f64>().ok());
            let mut finite: Vec<f64> = finite.filter(|bound| bound.is_finite()).collect();
            finite.sort_by(f64::total_cmp);
            format!(
                " {} bounds, {} to {}",
                finite.len(),
                finite[0],
                finite[finite.len() - 1]
            )
        });
        writeln!(
            out,
            "{name} {kind} {{{}}}{bounds}\n    {}",
            labels.join(","),
            helps[name]
        )
        .unwrap();
    }
    out
}

fn configuration(plugin: &Plugin, remark: &str) -> String {
    format!(
        "# {remark}\napiVersion: apiserver.config.k8s.io/v1\nkind: EncryptionConfiguration\nresources:\n\
         - resources: [secrets]\n  providers:\n  - kms: {{apiVersion: v2, name: vault, endpoint: '{}'}}\n\
         - resources: [configmaps]\n  providers:\n  - aesgcm: {{keys: [{{name: {KEY_NAME}, secret: {}}}]}}\n",
        plugin.endpoint(),
        STANDARD.encode(KEY)
    )
}

fn wait_until(server: &Server, is_so: impl Fn(&str) -> bool) -> String {
    let begun = Instant::now();
    loop {
        let told = metrics(server);
        if is_so(&told) {
            return told;
        }
        assert!(begun.elapsed() < PATIENCE, "{told}");
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
}

/// Names, types, labels and sentences are those of kube-apiserver 1.36. Renew the list with `UPDATE_GOLDEN=1`, and
/// compare it with the reference of Kubernetes' metrics.
#[test]
fn a_server_with_a_plugin_tells_what_kube_apiserver_tells_and_no_key() {
    let mut plugin = Plugin::new();
    let first = plugin.rotate();
    plugin.start();
    let mut server = Server::new();
    let file = server.write("encryption.yaml", &configuration(&plugin, "first"));
    let reload = "--encryption-provider-config-automatic-reload";
    server.give(&["--encryption-provider-config", file.to_str().unwrap(), reload]);
    server.start();
    create(&server, SECRETS, "Secret", "one");
    create(&server, CONFIG_MAPS, "ConfigMap", "one");
    assert_eq!(server.client().get(&format!("{SECRETS}/one")).status, 200);
    let before = metrics(&server);
    let written = |metrics: &str, resource, prefix| operations(metrics, resource, "to_storage", prefix, "OK");
    assert_eq!(written(&before, "secrets", "k8s:enc:kms:v2:vault:"), 1.0);
    assert!(written(&before, "configmaps", "k8s:enc:aesgcm:v1:") >= 1.0);
    // As upstream: what is written in the clear has no prefix.
    assert!(written(&before, "namespaces", "") >= 1.0);
    assert!(uses(&before, &first, "to_storage") >= 1.0, "{before}");

    // Another key, which a reload finds at once.
    let second = plugin.rotate();
    server.write("encryption.yaml", &configuration(&plugin, "second"));
    let reloads = "apiserver_encryption_config_controller_automatic_reloads_total";
    wait_until(&server, |told| {
        sum(told, reloads, &[("status", "success")]) == 1.0
    });
    create(&server, SECRETS, "Secret", "two");
    assert_eq!(server.client().get(&format!("{SECRETS}/one")).status, 200);
    server.write("encryption.yaml", "nothing");
    let after = wait_until(&server, |told| {
        sum(told, reloads, &[("status", "failure")]) == 1.0
    });
    assert_eq!(written(&after, "secrets", "k8s:enc:kms:v2:vault:"), 2.0);
    assert!(uses(&after, &second, "to_storage") >= 1.0, "{after}");
    assert_eq!(
        uses(&after, &first, "to_storage"),
        uses(&before, &first, "to_storage")
    );
    let call = |method| {
        let labels = [
            ("grpc_status_code", "OK"),
            ("method_name", method),
            ("provider_name", "vault"),
        ];
        sum(
            &after,
            "apiserver_envelope_encryption_kms_operations_latency_seconds_count",
            &labels,
        )
    };
    assert!(
        call("/v2.KeyManagementService/Status") >= 2.0 && call("/v2.KeyManagementService/Encrypt") >= 2.0
    );
    // What the first key had wrapped is not at hand after the reload.
    assert!(call("/v2.KeyManagementService/Decrypt") >= 1.0, "{after}");
    assert!(
        sum(
            &after,
            "apiserver_storage_envelope_transformation_cache_misses_total",
            &[]
        ) >= 1.0
    );
    let in_effect = hashed(&configuration(&plugin, "second"));
    assert_eq!(
        sum(
            &after,
            "apiserver_encryption_config_controller_last_config_info",
            &[("hash", &in_effect)]
        ),
        1.0
    );

    let labels_of_keys = [first.as_str(), second.as_str(), KEY_NAME, &STANDARD.encode(KEY)];
    for secret in labels_of_keys {
        assert!(!after.contains(secret), "{secret} in {after}");
    }
    let golden = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/encryption-metrics.txt");
    let told = inventory(&after);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(golden, &told).unwrap();
    }
    assert_eq!(told, std::fs::read_to_string(golden).unwrap());
}

#[test]
fn counts_follow_writes_reads_and_a_rotation() {
    let mut server = Server::started();
    let key = |server: &Server| {
        let status = purser()
            .args(["at-rest", "status", "--output", "json", "--kubeconfig"])
            .arg(server.path("admin.kubeconfig"))
            .output()
            .unwrap();
        let text = String::from_utf8(status.stdout).unwrap();
        let rest = text.split("local-").nth(1).unwrap();
        format!("local-{}", rest.split('"').next().unwrap())
    };
    let first = key(&server);
    let read = |metrics: &str| operations(metrics, "secrets", "from_storage", LOCAL, "OK");
    let written = |metrics: &str| operations(metrics, "secrets", "to_storage", LOCAL, "OK");
    let before = metrics(&server);
    create(&server, SECRETS, "Secret", "one");
    let created = metrics(&server);
    assert_eq!(written(&created), written(&before) + 1.0);
    for _ in 0..3 {
        assert_eq!(server.client().get(&format!("{SECRETS}/one")).status, 200);
    }
    let got = metrics(&server);
    assert!(read(&got) >= read(&created) + 3.0, "{got}");
    let took = "apiserver_storage_transformation_duration_seconds_count";
    assert_eq!(
        sum(&got, took, &[("transformation_type", "from_storage")]),
        sum(
            &got,
            "apiserver_storage_transformation_operations_total",
            &[("transformation_type", "from_storage")]
        )
    );
    // Roles are of a group.
    assert!(
        operations(
            &got,
            "clusterroles.rbac.authorization.k8s.io",
            "to_storage",
            LOCAL,
            "OK"
        ) > 0.0
    );

    let rotated = purser()
        .args(["at-rest", "rotate", "--kubeconfig"])
        .arg(server.path("admin.kubeconfig"))
        .output()
        .unwrap();
    assert!(rotated.status.success(), "{rotated:?}");
    let second = key(&server);
    assert_ne!(first, second);
    let after = metrics(&server);
    assert_eq!(written(&after), written(&got) + 1.0);
    assert!(uses(&after, &second, "to_storage") > 10.0, "{after}");
    assert!(uses(&after, &first, "from_storage") > 10.0, "{after}");
    let last = |id: &str| {
        let name = "apiserver_envelope_encryption_key_id_hash_last_timestamp_seconds";
        sum(
            &after,
            name,
            &[
                ("key_id_hash", &hashed(id)),
                ("transformation_type", "to_storage"),
            ],
        )
    };
    assert!(last(&second) > last(&first) && last(&first) > 1.7e9, "{after}");
    assert!(!after.contains(&first) && !after.contains(&second));
    assert!(server.stop().success());
}

/// Puts a value that nothing here opens at each of these names.
fn plant(server: &Server, names: &[&str]) {
    let changes = names.iter().map(|name| Change::Put {
        key: format!("/registry/secrets/default/{name}"),
        value: Bytes::from_static(b"k8s:enc:aescbc:v1:key2:what nobody here opens"),
    });
    let transaction = Transaction {
        checks: Vec::new(),
        changes: changes.collect(),
    };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let store = EmbeddedStore::open(Options::new(server.path("store"))).unwrap();
        store.commit(transaction).await.unwrap();
        store.close().await.unwrap();
    });
}

#[test]
fn what_cannot_be_read_is_named_to_who_may_list_it_and_counted_until_it_is_gone() {
    let mut server = Server::started();
    assert!(server.stop().success());
    let names: Vec<String> = (10..22).map(|number| format!("lost-{number}")).collect();
    plant(&server, &names.iter().map(String::as_str).collect::<Vec<_>>());
    server.start();
    let admin = server.client();
    let asked = admin.request(
        "POST",
        "/api/v1/namespaces/default/serviceaccounts/default/token",
        r#"{"kind":"TokenRequest","apiVersion":"authentication.k8s.io/v1","spec":{}}"#,
    );
    let asked: serde_json::Value = serde_json::from_str(&asked.body).unwrap();
    let account = admin.with_token(asked["status"]["token"].as_str().unwrap());
    let verbose = "/readyz?verbose";

    let told = admin.get(verbose);
    assert_eq!(told.status, 200, "{}", told.body);
    let sentence = "secrets default/lost-10 (no provider for k8s:enc:aescbc:v1:), secrets default/lost-11 ";
    assert!(
        told.body
            .contains(&format!("warn: 12 stored objects cannot be read: {sentence}")),
        "{}",
        told.body
    );
    assert!(
        told.body
            .contains("lost-19 (no provider for k8s:enc:aescbc:v1:) and 2 more\n"),
        "{}",
        told.body
    );
    assert!(told.body.ends_with("readyz check passed\n"), "{}", told.body);
    let told = account.get(verbose);
    assert!(
        told.body.contains("warn: 12 stored objects cannot be read\n"),
        "{}",
        told.body
    );
    assert!(!told.body.contains("lost"), "{}", told.body);
    let told = admin.with_nothing().get(verbose);
    assert_eq!(told.status, 200);
    assert!(
        told.body.contains("[+]encryption ok") && !told.body.contains("warn"),
        "{}",
        told.body
    );
    for path in ["/readyz", "/livez?verbose", "/healthz?verbose"] {
        assert!(!admin.get(path).body.contains("lost"), "{path}");
    }

    let before = metrics(&server);
    assert_eq!(sum(&before, "purser_unreadable_objects", &[]), 12.0);
    assert_eq!(admin.get(&format!("{SECRETS}/lost-10")).status, 500);
    let failed =
        |metrics: &str| operations(metrics, "secrets", "from_storage", "unknown", "unknown-non-grpc");
    assert!(failed(&before) >= 12.0, "{before}");
    assert!(!before.contains("lost"));
    for name in &names {
        let gone = admin.request(
            "DELETE",
            &format!("{SECRETS}/{name}"),
            r#"{"kind":"DeleteOptions","apiVersion":"v1","ignoreStoreReadErrorWithClusterBreakingPotential":true}"#,
        );
        assert_eq!(gone.status, 200, "{}", gone.body);
    }
    assert_eq!(sum(&metrics(&server), "purser_unreadable_objects", &[]), 0.0);
    assert!(!admin.get(verbose).body.contains("warn"));
}

#[test]
fn plugins_are_part_of_healthz_and_readyz_and_not_of_livez() {
    let server = Server::started();
    let client = server.client();
    for (path, status) in [
        ("/healthz/kms-providers", 200),
        ("/readyz/kms-providers", 200),
        ("/livez/kms-providers", 404),
    ] {
        assert_eq!(client.get(path).status, status, "{path}");
    }
    assert!(
        client
            .get("/healthz?verbose")
            .body
            .contains("[+]kms-providers ok")
    );
    assert!(!client.get("/livez?verbose").body.contains("kms-providers"));
}
