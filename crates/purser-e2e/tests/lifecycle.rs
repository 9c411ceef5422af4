//! Start, stop, and what lies on disk.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use purser_e2e::{Purser, Starting};
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

const SECRETS: &str = "/api/v1/namespaces/default/secrets";

/// Every file below a directory.
fn files(directory: &Path, found: &mut Vec<std::path::PathBuf>) {
    for entry in std::fs::read_dir(directory).expect("a directory").flatten() {
        if entry.path().is_dir() {
            files(&entry.path(), found);
        } else {
            found.push(entry.path());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_a_secret_but_its_name_lies_on_disk_in_the_clear() {
    let mut purser = Purser::start().await;
    let canaries = [
        "CANARYvalue01",
        "CANARYannotation02",
        "CANARYlabel03",
        "CANARYkey04",
        "CANARYconfig05",
    ];
    let [value, annotation, label, key, config] = canaries;
    let secret = json!({
        "metadata": {"name": "s", "annotations": {"note": annotation}, "labels": {"l": label}},
        "stringData": {key: value},
    });
    assert_eq!(purser.admin().post(SECRETS, &secret).await.status, 201);
    let map = json!({"metadata": {"name": "c"}, "data": {"a": config}});
    assert_eq!(
        purser
            .admin()
            .post("/api/v1/namespaces/default/configmaps", &map)
            .await
            .status,
        201
    );
    let base64 = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, value);
    for moment in ["running", "stopped"] {
        let mut all = Vec::new();
        files(&purser.data(), &mut all);
        files(&purser.keys(), &mut all);
        assert!(all.len() > 3, "{all:?}");
        for file in all {
            let bytes = std::fs::read(&file).expect("readable");
            for canary in canaries.iter().copied().chain([base64.as_str()]) {
                let found = bytes
                    .windows(canary.len())
                    .any(|window| window == canary.as_bytes());
                assert!(!found, "{canary} is in {} ({moment})", file.display());
            }
        }
        if moment == "running" {
            assert!(purser.terminate().await.success());
        }
    }
    assert!(canaries.iter().all(|canary| !purser.log().contains(canary)));
}

#[tokio::test(flavor = "multi_thread")]
async fn sigterm_ends_watches_cleanly_and_leaves_with_success() {
    let mut purser = Purser::start().await;
    let mut watch = purser.admin().connect(&["http/1.1"]).await.expect("TLS opens");
    watch
        .write_all(format!("GET {SECRETS}?watch=1 HTTP/1.1\r\nhost: a\r\n\r\n").as_bytes())
        .await
        .expect("taken");
    let mut head = vec![0; 4096];
    let length = watch.read(&mut head).await.expect("an answer");
    assert!(
        head[..length].starts_with(b"HTTP/1.1 200"),
        "{}",
        String::from_utf8_lossy(&head[..length])
    );
    let started = Instant::now();
    let status = purser.terminate().await;
    assert!(status.success(), "{status}\n{}", purser.log());
    assert!(
        started.elapsed() < Duration::from_secs(10),
        "it took {:?}",
        started.elapsed()
    );
    let mut rest = Vec::new();
    watch
        .read_to_end(&mut rest)
        .await
        .expect("the watch ends without a broken connection");
    assert!(
        rest.ends_with(b"0\r\n\r\n"),
        "the last chunk is there: {:?}",
        String::from_utf8_lossy(&rest)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_later_start_uses_what_the_first_one_made() {
    let mut purser = Purser::start().await;
    let made = purser
        .admin()
        .post(
            SECRETS,
            &json!({"metadata": {"name": "s"}, "stringData": {"a": "b"}}),
        )
        .await;
    let ca = purser.kubeconfig().ca.clone();
    assert!(purser.terminate().await.success());
    purser.start_again().await;
    assert_eq!(purser.kubeconfig().ca, ca);
    let read = purser.admin().get(&format!("{SECRETS}/s")).await;
    assert_eq!(read.json(), made.json());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_server_on_one_data_directory_says_who_holds_it() {
    let purser = Purser::start().await;
    let output = Command::new(purser.binary())
        .args(["serve", "--secure-port", "0", "--data-dir"])
        .arg(purser.data())
        .arg("--key-dir")
        .arg(purser.keys())
        .output()
        .expect("it runs");
    assert!(!output.status.success());
    let said =
        String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout);
    assert!(said.contains(&purser.pid().to_string()), "{said}");
    assert_eq!(purser.admin().get("/readyz").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn it_refuses_to_start_when_others_can_read_a_key_or_the_kubeconfig() {
    let mut purser = Purser::start().await;
    assert!(purser.terminate().await.success());
    let mut keys = Vec::new();
    files(&purser.keys(), &mut keys);
    for file in [keys.first().cloned().expect("a key"), purser.kubeconfig_path()] {
        let mode =
            |mode| std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).expect("ours");
        let now = std::fs::metadata(&file).expect("there").permissions().mode();
        assert_eq!(now & 0o777, 0o600, "{}", file.display());
        mode(0o644);
        let output = Command::new(purser.binary())
            .args(["serve", "--secure-port", "0", "--data-dir"])
            .arg(purser.data())
            .arg("--key-dir")
            .arg(purser.keys())
            .output()
            .expect("it runs");
        let said =
            String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout);
        assert!(
            !output.status.success(),
            "{} is readable by others and it starts",
            file.display()
        );
        assert!(
            said.contains("chmod") && said.contains(&file.display().to_string()),
            "{said}"
        );
        mode(0o600);
    }
    purser.start_again().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_administrator_is_let_in() {
    let purser = Purser::start().await;
    let jane = purser.user("jane", &["devs"]);
    for path in [
        SECRETS,
        "/api/v1/namespaces",
        "/metrics",
        "/api/v1/namespaces/default/configmaps",
    ] {
        assert_eq!(jane.get(path).await.status, 403, "{path}");
        assert!(
            matches!(purser.nobody().get(path).await.status.as_u16(), 401 | 403),
            "{path}"
        );
        assert_eq!(purser.admin().get(path).await.status, 200, "{path}");
    }
    let root = purser.user("anybody", &["system:masters"]);
    assert_eq!(root.get(SECRETS).await.status, 200);
    let other = Starting::default().start().await;
    let stranger = purser_e2e::Client::new(
        purser.kubeconfig().address(),
        &purser.kubeconfig().ca,
        Some(purser_e2e::Identity::signed(
            &other.data(),
            "kubernetes-admin",
            &["system:masters"],
        )),
    );
    let request = http::Request::get(SECRETS)
        .body(bytes::Bytes::new())
        .expect("a request");
    let refused = stranger.try_send(request).await;
    assert!(
        refused.is_err() || refused.is_ok_and(|answer| matches!(answer.status.as_u16(), 401 | 403)),
        "another CA's administrator"
    );
}
