//! `purser etcd`: its command line; what it does with real members is tried in `purser-etcd`.

use std::fs;
use std::path::Path;

use crate::server::purser;

fn said(arguments: &[&str], dir: &Path) -> (Option<i32>, String, String) {
    let output = purser()
        .arg("etcd")
        .args(arguments)
        .current_dir(dir)
        .output()
        .unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

const INIT: [&str; 5] = [
    "init",
    "--dir",
    "c",
    "--members",
    "a=127.0.0.1,b=127.0.0.2:1:2,c=127.0.0.3",
];

#[test]
fn a_cluster_is_made_once_renewed_and_what_is_next_is_told() {
    let top = tempfile::tempdir().unwrap();
    let (code, out, _) = said(&INIT, top.path());
    assert_eq!(code, Some(0));
    for next in [
        "scp -rp c/members/b root@127.0.0.2:/etc/etcd",
        "etcdctl auth enable",
        "purser etcd check --dir c",
        "purser serve --etcd-servers https://127.0.0.1:2379,https://127.0.0.2:1,https://127.0.0.3:2379 --etcd-cafile \
         c/clients/purser/server-ca.crt --etcd-certfile c/clients/purser/purser.crt --etcd-keyfile \
         c/clients/purser/purser.key",
    ] {
        assert!(out.contains(next), "{next}\n{out}");
    }
    let key = || fs::read(top.path().join("c/members/a/tls/server.key")).unwrap();
    let certificate = || fs::read(top.path().join("c/members/a/tls/server.crt")).unwrap();
    let before = (key(), certificate());
    let (code, _, error) = said(&INIT, top.path());
    assert_eq!(code, Some(1));
    assert!(error.contains("nothing in it is overwritten"), "{error}");
    assert_eq!((key(), certificate()), before);

    let (code, out, _) = said(&["renew", "--dir", "c"], top.path());
    assert_eq!(code, Some(0));
    assert!(out.contains("Nothing needs a restart"), "{out}");
    assert!(key() == before.0 && certificate() != before.1);
    let (code, out, _) = said(
        &["renew", "--dir", "c", "--authority", "clients", "--step", "trust"],
        top.path(),
    );
    assert_eq!(code, Some(0));
    assert!(
        out.contains("client-ca.crt && ssh root@127.0.0.1 systemctl restart etcd"),
        "{out}"
    );
    let (code, _, error) = said(
        &["renew", "--dir", "c", "--authority", "clients", "--step", "drop"],
        top.path(),
    );
    assert_eq!(code, Some(1));
    assert!(error.contains("come first"), "{error}");
}

#[test]
fn wrong_usage_exits_2_with_what_would_be_right() {
    let top = tempfile::tempdir().unwrap();
    for (arguments, sentence) in [
        (
            &["init", "--dir", "c", "--members", "a=10.0.0.1,b=10.0.0.2"][..],
            "take 1 or 3",
        ),
        (
            &["init", "--dir", "c", "--members", "a=etcd.example.org"],
            "name=IP",
        ),
        (&["check"], "say what to look at"),
        (&["renew", "--dir", "c", "--authority", "peers"], "--step"),
    ] {
        let (code, _, error) = said(arguments, top.path());
        assert_eq!(code, Some(2), "{arguments:?}");
        assert!(error.contains(sentence), "{error}");
    }
    assert_eq!(fs::read_dir(top.path()).unwrap().count(), 0);
}

#[test]
fn a_check_of_nobody_exits_2_and_one_of_what_is_wrong_1() {
    let top = tempfile::tempdir().unwrap();
    // Nobody listens on a port that its listener gave back.
    let port = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let endpoint = format!("https://127.0.0.1:{port}");
    let (code, out, error) = said(&["check", "--endpoints", &endpoint], top.path());
    assert_eq!(code, Some(2));
    assert!(out.contains("FAILED") && out.contains("0 passed") && error.contains("nothing wrong was found"));
    let settings = format!("listen-client-urls: http://127.0.0.1:{port}\n");
    fs::write(top.path().join("etcd.yaml"), settings).unwrap();
    let (code, out, _) = said(
        &["check", "--config", "etcd.yaml", "--output", "json"],
        top.path(),
    );
    assert_eq!(code, Some(1));
    let json: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(json["findings"][0]["severity"], "critical");
    assert_eq!(json["findings"][0]["check"], "plain-text");
}
