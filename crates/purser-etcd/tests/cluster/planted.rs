//! What is planted is found.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use purser_etcd::check::{Request, check};
use purser_etcd::{Keys, renew};
use time::OffsetDateTime;

use crate::etcd::{Running, Trial, YEAR, found, ports, request, start, wait};
use crate::talk::{enable_auth, put_plain};

async fn look(request: &Request) -> purser_etcd::check::Report {
    check(request, OffsetDateTime::now_utc()).await.unwrap()
}

/// Changes a member's configuration.
fn change(trial: &Trial, from: &str, to: &str) {
    let path = trial.layout.configuration("a");
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains(from), "{from}");
    fs::write(path, text.replace(from, to)).unwrap();
}

/// An etcd without any TLS, as a member of two.
fn plain(directory: &Path, name: &str, members: &[(&str, u16, u16)]) -> Running {
    let (_, client, peer) = members.iter().find(|(other, ..)| *other == name).unwrap();
    let (client, peer) = (
        format!("http://127.0.0.1:{client}"),
        format!("http://127.0.0.1:{peer}"),
    );
    let all: Vec<_> = members
        .iter()
        .map(|(name, _, peer)| format!("{name}=http://127.0.0.1:{peer}"))
        .collect();
    let place = directory.join(name);
    fs::create_dir(&place).unwrap();
    fs::set_permissions(&place, fs::Permissions::from_mode(0o755)).unwrap();
    let arguments = [
        "--name",
        name,
        "--data-dir",
        "data",
        "--initial-cluster",
        &all.join(","),
        "--listen-client-urls",
        &client,
        "--advertise-client-urls",
        &client,
        "--listen-peer-urls",
        &peer,
        "--initial-advertise-peer-urls",
        &peer,
    ];
    start(&place, &arguments)
}

#[tokio::test]
async fn two_members_in_the_clear_with_values_in_the_clear() {
    let top = tempfile::tempdir().unwrap();
    fs::set_permissions(top.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let [(one, two), (three, four)] = [ports("127.0.0.1"), ports("127.0.0.1")];
    let members = [("a", one, two), ("b", three, four)];
    let _running = members.map(|(name, ..)| plain(top.path(), name, &members));
    let url = format!("http://127.0.0.1:{one}");
    wait("a first write", async || {
        put_plain(&url, "/registry/secrets/x/a", b"k8s\0\n").await.is_ok()
    })
    .await;
    put_plain(
        &url,
        "/registry/configmaps/x/a",
        b"{\"kind\":\"ConfigMap\",\"data\":{\"a\":\"hidden\"}}",
    )
    .await
    .unwrap();
    let data = top.path().join("a/data");
    fs::set_permissions(&data, fs::Permissions::from_mode(0o755)).unwrap();
    // A copy of the database that somebody forgot.
    fs::copy(data.join("member/snap/db"), top.path().join("a/yesterday")).unwrap();
    fs::set_permissions(top.path().join("a/yesterday"), fs::Permissions::from_mode(0o644)).unwrap();
    let request = Request {
        endpoints: vec![url],
        data_directories: vec![data],
        ..request()
    };
    let report = look(&request).await;
    let expected = [
        "critical plain-text",
        "high data-mode",
        "high plain-text",
        "high snapshots",
        "high values",
        "low values",
        "medium auth",
        "medium quorum",
    ];
    assert_eq!(found(&report), expected, "{report:#?}");
    let told = serde_json::to_string(&report).unwrap();
    assert!(!told.contains("hidden"), "nothing of a value is told");
    // The ports of both peers, which the members told of, and that of clients.
    let plain = report
        .findings
        .iter()
        .filter(|finding| finding.evidence.contains("in the clear was answered"));
    assert_eq!(plain.count(), 3);
}

#[tokio::test]
async fn ports_that_let_in_whoever_has_no_certificate() {
    let mut trial = Trial::make(1, YEAR);
    change(&trial, "client-cert-auth: true", "client-cert-auth: false");
    change(&trial, "  trusted-ca-file: 'tls/client-ca.crt'\n", "");
    change(&trial, "  trusted-ca-file: 'tls/peer-ca.crt'\n", "");
    trial.start();
    trial.first_write().await;
    let report = trial.check().await;
    let expected = [
        "critical client-certificates",
        "critical peer-certificates",
        "low authority-keys",
        "low quorum",
        "medium auth",
    ];
    assert_eq!(found(&report), expected, "{report:#?}");
    for check in ["client-certificates", "peer-certificates"] {
        let findings = report.findings.iter().filter(|finding| finding.check == check);
        assert_eq!(findings.count(), 2, "{check}: from outside, and in the file");
    }
}

#[tokio::test]
async fn an_authority_that_peers_and_clients_share() {
    let mut trial = Trial::make(1, YEAR);
    let tls = trial.layout.member("a").join("tls");
    let both = ["peer-ca.crt", "client-ca.crt"].map(|name| fs::read_to_string(tls.join(name)).unwrap());
    fs::write(tls.join("peer-ca.crt"), both.concat()).unwrap();
    trial.start();
    trial.first_write().await;
    let report = trial.check().await;
    let shared: Vec<_> = report
        .findings
        .iter()
        .filter(|finding| finding.check == "shared-authority")
        .map(|finding| finding.evidence.as_str())
        .collect();
    // In the file, by calling, and by what both ports say.
    assert_eq!(shared.len(), 3, "{shared:#?}");
    assert!(
        shared
            .iter()
            .any(|said| said.starts_with("a client's certificate was answered: HTTP/1.1 200"))
    );
}

#[tokio::test]
async fn keys_that_others_may_read_weak_suites_and_more_than_one_root() {
    let mut trial = Trial::make(1, YEAR);
    let suites = "- 'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256'\n- 'TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384'\n";
    change(
        &trial,
        suites,
        "- 'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256'\n- 'TLS_ECDHE_ECDSA_WITH_RC4_128_SHA'\n- 'TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA'\n",
    );
    change(&trial, "enable-pprof: false", "enable-pprof: true");
    let key = trial.layout.member("a").join("tls/server.key");
    fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();
    trial.start();
    let (url, files) = trial.first_write().await;
    enable_auth(&url, &files, &["root", "purser"]).await;
    let report = trial.check().await;
    let expected = [
        "high tls-suites",
        "low authority-keys",
        "low key-mode",
        "low quorum",
        "low settings",
        "low tls-suites",
        "medium root",
    ];
    assert_eq!(found(&report), expected, "{report:#?}");
    let mode = report
        .findings
        .iter()
        .find(|finding| finding.check == "key-mode")
        .unwrap();
    assert_eq!(mode.fix, format!("chmod 0600 {}", key.display()));
}

#[tokio::test]
async fn what_is_not_there_is_not_counted_as_right() {
    let (client, _) = ports("127.0.0.1");
    let request = Request {
        endpoints: vec![format!("https://127.0.0.1:{client}")],
        configurations: vec!["/nothing/etcd.yaml".into()],
        ..request()
    };
    let report = look(&request).await;
    assert!(
        report.findings.is_empty() && report.passed.is_empty(),
        "{report:#?}"
    );
    assert!(report.is_partial());
    let failed: Vec<_> = report
        .not_looked_at
        .iter()
        .filter(|one| one.asked)
        .map(|one| one.check)
        .collect();
    assert_eq!(failed, ["configuration", "reach"]);
}

#[tokio::test]
async fn what_was_renewed_and_has_not_come_to_the_member() {
    let trial = Trial::make(1, YEAR);
    // The member has a copy, as on another machine.
    let directory = trial.top.path().join("member");
    fs::create_dir_all(directory.join("tls")).unwrap();
    for below in ["", "tls"] {
        for entry in fs::read_dir(trial.layout.member("a").join(below)).unwrap() {
            let entry = entry.unwrap();
            if entry.file_type().unwrap().is_file() {
                fs::copy(entry.path(), directory.join(below).join(entry.file_name())).unwrap();
            }
        }
    }
    let _running = start(&directory, &["--config-file", "etcd.yaml"]);
    trial.first_write().await;
    renew(&trial.directory(), YEAR, Keys::Same, OffsetDateTime::now_utc()).unwrap();
    let report = trial.check().await;
    let stale = report
        .findings
        .iter()
        .filter(|finding| finding.check == "renewed");
    assert_eq!(stale.count(), 2, "both ports: {report:#?}");
    for name in ["server.crt", "peer.crt"] {
        let new = trial.layout.member("a").join("tls").join(name);
        fs::copy(new, directory.join("tls").join(name)).unwrap();
    }
    assert_eq!(
        found(&trial.check().await),
        ["low authority-keys", "low quorum", "medium auth"]
    );
}
