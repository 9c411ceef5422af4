//! What `init` makes, running: nothing is found but what is true.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::Duration;

use purser_etcd::{Cluster, Member};
use tokio::io::AsyncReadExt as _;

use crate::etcd::{Trial, YEAR, found, ports, start, wait};
use crate::talk::{Files, enable_auth, put};

#[tokio::test]
async fn three_members_serve_clients_of_theirs_and_a_check_finds_nothing_but_what_is_true() {
    let mut trial = Trial::make(3, YEAR);
    trial.start();
    let files = Files::administrator(&trial.layout);
    let urls: Vec<_> = trial
        .cluster
        .members
        .iter()
        .map(|member| member.client_url())
        .collect();
    for url in &urls {
        wait("a write through every member", async || {
            put(url, &files, "/registry/secrets/default/a", b"k8s:enc:kms:v2:x:y")
                .await
                .is_ok()
        })
        .await;
    }
    let report = trial.check().await;
    assert_eq!(
        found(&report),
        ["low authority-keys", "medium auth"],
        "{report:#?}"
    );
    assert!(!report.is_partial(), "{:#?}", report.not_looked_at);

    enable_auth(&urls[0], &files, &["root"]).await;
    fs::rename(trial.directory().join("ca"), trial.top.path().join("ca")).unwrap();
    let report = trial.check().await;
    assert_eq!(found(&report), [""; 0], "{report:#?}");
    assert!(!report.is_partial(), "{:#?}", report.not_looked_at);
    for check in [
        "plain-text",
        "client-certificates",
        "peer-certificates",
        "foreign-authority",
        "shared-authority",
        "root",
        "quorum",
        "values",
    ] {
        assert!(
            report.passed.iter().any(|passed| passed.check == check),
            "{check}"
        );
    }
    // Who is refused is refused by certificate, on both ports of each member.
    for check in ["client-certificates", "peer-certificates"] {
        let refused = report.passed.iter().filter(|passed| passed.check == check);
        assert_eq!(
            refused
                .filter(|passed| passed.subject.starts_with("https://"))
                .count(),
            3
        );
    }
}

#[test]
fn all_that_is_made_is_private() {
    let trial = Trial::make(3, YEAR);
    let mut seen = 0;
    private(&trial.directory(), &mut seen);
    // 3 authorities, 3 members with 8 files, 2 clients with 3, and what was asked for.
    assert_eq!(seen, 6 + 3 * 8 + 2 * 3 + 1);
    let left = fs::read_dir(trial.top.path()).unwrap().count();
    assert_eq!(left, 1, "nothing unfinished stays");
}

fn private(directory: &Path, seen: &mut usize) {
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o7777;
    assert_eq!(mode(directory), 0o700, "{}", directory.display());
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => private(&path, seen),
            false => {
                assert_eq!(mode(&path), 0o600, "{}", path.display());
                *seen += 1;
            }
        }
    }
}

#[test]
fn nothing_is_overwritten_and_what_was_cut_short_is_made_anew() {
    let trial = Trial::make(1, YEAR);
    let now = time::OffsetDateTime::now_utc();
    let refused = purser_etcd::init(&trial.directory(), &trial.cluster, YEAR, now).unwrap_err();
    assert!(
        refused.to_string().contains("purser etcd renew --dir"),
        "{refused}"
    );
    // As the power left it.
    fs::create_dir(trial.top.path().join(".other.unfinished")).unwrap();
    fs::write(trial.top.path().join(".other.unfinished/half"), "x").unwrap();
    fs::create_dir(trial.top.path().join("other")).unwrap();
    let other = trial.top.path().join("other");
    purser_etcd::init(&other, &trial.cluster, YEAR, now).unwrap();
    assert!(other.join("cluster.json").is_file() && !other.join("half").exists());
}

#[tokio::test]
async fn a_peer_that_calls_from_another_address_than_its_certificate_names_is_refused() {
    let (client, peer) = ports("127.0.0.1");
    let members = [
        format!("a=127.0.0.1:{client}:{peer}"),
        "b=192.0.2.2".to_owned(),
        "c=192.0.2.3".to_owned(),
    ];
    let members = members.map(|text| Member::parse(&text, 2379, 2380).unwrap());
    let cluster = Cluster::new(members.to_vec(), "data".into(), "/etc/etcd".into()).unwrap();
    let top = tempfile::tempdir().unwrap();
    let now = time::OffsetDateTime::now_utc();
    let layout = purser_etcd::init(&top.path().join("cluster"), &cluster, YEAR, now).unwrap();
    let _running = start(&layout.member("a"), &["--config-file", "etcd.yaml"]);
    let place = format!("127.0.0.1:{peer}");
    let [itself, other] = [&members[0], &members[1]].map(|member| Files::peer(&layout, member));
    wait("a connection", async || itself.connect(&place).await.is_ok()).await;
    // Who is let in is waited for; who is not is told so, or nothing more.
    for (files, is_ended) in [(itself, false), (other, true)] {
        let mut stream = files.connect(&place).await.unwrap();
        let read = tokio::time::timeout(Duration::from_secs(2), stream.read_u8()).await;
        assert_eq!(matches!(read, Ok(Err(_))), is_ended, "{read:?}");
    }
}
