//! Bounds: bodies, requests under way, time.

use std::time::Duration;

use purser_server::Limits;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::harness::Live;

const SECRETS: &str = "/api/v1/namespaces/default/secrets";

#[tokio::test]
async fn a_body_beyond_three_mebibytes_is_refused_and_read() {
    let live = Live::start().await;
    for mut client in [live.admin().await, live.admin_second().await] {
        let answer = client.post(SECRETS, &"x".repeat(3 * 1024 * 1024 + 1)).await;
        assert_eq!(answer.code, 413);
        assert_eq!(answer.message(), "Request entity too large: limit is 3145728");
    }
}

#[tokio::test]
async fn a_body_that_does_not_come_is_given_up() {
    let live = Live::with(Limits {
        body_read: Duration::from_millis(200),
        ..Limits::default()
    })
    .await;
    let mut stream = live
        .tls(Some(live.ca.client("admin", "system:masters")), b"http/1.1")
        .await;
    let head = format!(
        "POST {SECRETS} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n{{"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = vec![0; 12];
    stream.read_exact(&mut answer).await.unwrap();
    assert_eq!(answer, b"HTTP/1.1 408");
}

#[tokio::test]
async fn a_connection_that_says_nothing_is_closed() {
    let limits = Limits {
        idle: Duration::from_millis(200),
        header_read: Duration::from_millis(200),
        handshake: Duration::from_millis(200),
        ..Limits::default()
    };
    let live = Live::with(limits).await;
    let wait = Duration::from_secs(10);
    for protocol in [&b"http/1.1"[..], b"h2"] {
        let mut stream = live.tls(None, protocol).await;
        let mut rest = Vec::new();
        // How the other side ends does not matter.
        let _ = tokio::time::timeout(wait, stream.read_to_end(&mut rest))
            .await
            .expect("closed");
    }
    let mut plain = tokio::net::TcpStream::connect(live.address).await.unwrap();
    let mut rest = Vec::new();
    let _ = tokio::time::timeout(wait, plain.read_to_end(&mut rest))
        .await
        .expect("closed");
}

#[tokio::test]
async fn too_many_headers_are_refused() {
    let live = Live::start().await;
    let mut client = live.admin().await;
    let names: Vec<String> = (0..150).map(|i| format!("x-{i}")).collect();
    let headers: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "v")).collect();
    assert_eq!(client.ask("GET", "/version", &headers, "").await.code, 431);
}

#[tokio::test]
async fn a_timeout_that_is_none_is_refused() {
    let live = Live::start().await;
    let mut client = live.admin().await;
    let answer = client.get(&format!("{SECRETS}?timeout=x")).await;
    assert_eq!(
        (answer.code, answer.message().contains("invalid timeout")),
        (400, true)
    );
    assert_eq!(client.get(&format!("{SECRETS}?timeout=32s")).await.code, 200);
}
