//! Clients that ask and do not read.

use std::time::Duration;

use purser_e2e::Purser;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

/// Bytes of each value.
const SIZE: usize = 400_000;
/// How many are written.
const WRITES: usize = 60;
/// How many clients do not read.
const READERS: usize = 20;
/// What the server may grow by: far less than what the readers were sent (20 × 24 MB), and room for the store's own
/// cache of what was written.
const GROWTH: u64 = 300_000_000;

#[tokio::test(flavor = "multi_thread")]
async fn a_watch_that_is_not_read_is_bounded_and_others_lose_nothing() {
    let purser = Purser::start().await;
    let admin = purser.admin();
    let path = "/api/v1/namespaces/default/configmaps";
    let from = admin.get(path).await.json()["metadata"]["resourceVersion"]
        .as_str()
        .expect("a revision")
        .to_owned();
    let before = purser.resident();
    let mut stuck = Vec::new();
    for _ in 0..READERS {
        let mut tls = admin.connect(&["http/1.1"]).await.expect("TLS opens");
        let watch = format!("GET {path}?watch=1&resourceVersion={from} HTTP/1.1\r\nhost: a\r\n\r\n");
        tls.write_all(watch.as_bytes()).await.expect("taken");
        stuck.push(tls);
    }
    let mut reader = admin.connect(&["http/1.1"]).await.expect("TLS opens");
    let watch = format!(
        "GET {path}?watch=1&resourceVersion={from}&timeoutSeconds=20 HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n"
    );
    reader.write_all(watch.as_bytes()).await.expect("taken");
    let reading = tokio::spawn(async move {
        let mut all = Vec::new();
        let _ = tokio::time::timeout(Duration::from_secs(60), reader.read_to_end(&mut all)).await;
        String::from_utf8_lossy(&all)
            .matches("\"type\":\"ADDED\"")
            .count()
    });
    for number in 0..WRITES {
        let value: String = (0..SIZE)
            .map(|at| char::from(b'a' + u8::try_from((at * 7 + number) % 26).expect("small")))
            .collect();
        let made = admin
            .post(
                path,
                &json!({"metadata": {"name": format!("c{number}")}, "data": {"a": value}}),
            )
            .await;
        assert_eq!(made.status, 201, "{}", made.text());
    }
    let after = purser.resident();
    assert!(after < before + GROWTH, "{before} → {after}");
    assert_eq!(
        reading.await.expect("it reads"),
        WRITES,
        "the one that reads gets every event"
    );
    drop(stuck);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_is_not_read_is_not_held_in_memory_for_each_reader() {
    let purser = Purser::start().await;
    let admin = purser.admin();
    let path = "/api/v1/namespaces/default/secrets";
    for number in 0..40 {
        let made = admin
            .post(
                path,
                &json!({"metadata": {"name": format!("s{number}")}, "stringData": {"a": "x".repeat(SIZE)}}),
            )
            .await;
        assert_eq!(made.status, 201, "{}", made.text());
    }
    let before = purser.resident();
    let mut stuck = Vec::new();
    for _ in 0..READERS {
        let mut tls = admin.connect(&["http/1.1"]).await.expect("TLS opens");
        tls.write_all(format!("GET {path} HTTP/1.1\r\nhost: a\r\n\r\n").as_bytes())
            .await
            .expect("taken");
        stuck.push(tls);
    }
    tokio::time::sleep(Duration::from_secs(2)).await;
    let after = purser.resident();
    assert!(
        after < before + GROWTH,
        "{before} → {after}: {READERS} lists of 21 MB each are not held whole"
    );
    assert_eq!(admin.get(&format!("{path}/s1")).await.status, 200);
}
