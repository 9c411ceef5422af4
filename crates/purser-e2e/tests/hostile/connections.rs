//! Connections that are not what they should be.

use std::time::{Duration, Instant};

use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use purser_e2e::Purser;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// How many bad clients at once.
const MANY: usize = 200;

async fn serves_soon(purser: &Purser) {
    let started = Instant::now();
    assert_eq!(
        purser
            .admin()
            .get("/api/v1/namespaces/default/secrets")
            .await
            .status,
        200
    );
    assert!(
        started.elapsed() < Duration::from_secs(5),
        "it took {:?}",
        started.elapsed()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn heads_that_never_end_hold_nobody_up() {
    let purser = Purser::start().await;
    let admin = purser.admin();
    let mut slow = Vec::new();
    for _ in 0..MANY {
        let mut tls = admin.connect(&["http/1.1"]).await.expect("TLS opens");
        tls.write_all(b"GET /api/v1/secrets HTTP/1.1\r\nhost: a\r\nx-slow: ")
            .await
            .expect("a part is taken");
        slow.push(tls);
    }
    serves_soon(&purser).await;
    drop(slow);
    serves_soon(&purser).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn handshakes_that_never_end_and_bytes_that_are_no_tls_are_given_up() {
    let purser = Purser::start().await;
    let address = purser.kubeconfig().address().to_owned();
    let mut silent = Vec::new();
    for _ in 0..MANY {
        silent.push(TcpStream::connect(&address).await.expect("it listens"));
    }
    for garbage in [
        &b"GET / HTTP/1.1\r\nhost: a\r\n\r\n"[..],
        &[0xff; 64],
        &[0; 4096],
        b"\x16\x03\x01\xff\xff",
    ] {
        let mut tcp = TcpStream::connect(&address).await.expect("it listens");
        tcp.write_all(garbage).await.expect("taken");
        let _ = tcp.shutdown().await;
        let mut answer = Vec::new();
        let ended = tokio::time::timeout(Duration::from_secs(20), tcp.read_to_end(&mut answer)).await;
        assert!(ended.is_ok(), "still open after {garbage:?}");
        assert!(!answer.starts_with(b"HTTP/1.1 200"), "there is no plain HTTP");
    }
    serves_soon(&purser).await;
    let mut one = silent.pop().expect("many");
    let mut rest = Vec::new();
    let ended = tokio::time::timeout(Duration::from_secs(20), one.read_to_end(&mut rest)).await;
    assert!(ended.is_ok(), "a silent handshake is still open");
}

#[tokio::test(flavor = "multi_thread")]
async fn heads_that_are_too_big_are_refused() {
    let purser = Purser::start().await;
    let admin = purser.admin();
    let big = "x".repeat(512 * 1024);
    let many: String = (0..5_000).map(|number| format!("x-{number}: y\r\n")).collect();
    for headers in [format!("x-big: {big}\r\n"), many] {
        let mut tls = admin.connect(&["http/1.1"]).await.expect("TLS opens");
        let _ = tls
            .write_all(format!("GET /version HTTP/1.1\r\nhost: a\r\n{headers}\r\n").as_bytes())
            .await;
        let mut answer = vec![0; 64];
        let length = tls.read(&mut answer).await.unwrap_or(0);
        let line = String::from_utf8_lossy(&answer[..length]).into_owned();
        assert!(
            length == 0 || line.starts_with("HTTP/1.1 431") || line.starts_with("HTTP/1.1 400"),
            "{line}"
        );
    }
    serves_soon(&purser).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_breaks_off_keeps_nothing() {
    let purser = Purser::start().await;
    let admin = purser.admin();
    let mut tls = admin.connect(&["http/1.1"]).await.expect("TLS opens");
    let body = r#"{"apiVersion":"v1","kind":"Secret","metadata":{"name":"half"}}"#;
    let head = format!(
        "POST /api/v1/namespaces/default/secrets HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len() + 10
    );
    tls.write_all(head.as_bytes()).await.expect("taken");
    tls.write_all(body.as_bytes()).await.expect("taken");
    drop(tls);
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(
        admin.get("/api/v1/namespaces/default/secrets/half").await.status,
        404
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn rapid_resets_over_http2_do_not_starve_others() {
    let purser = Purser::start().await;
    let admin = purser.admin();
    let before = purser.resident();
    for _ in 0..5 {
        let mut h2 = admin.h2().await;
        for _ in 0..2_000 {
            if h2.ready().await.is_err() {
                break;
            }
            let request = Request::get("https://a/api/v1/secrets")
                .body(Full::new(Bytes::new()))
                .expect("a request");
            drop(h2.send_request(request));
        }
    }
    serves_soon(&purser).await;
    assert!(
        purser.resident() < before + 100_000_000,
        "{before} → {}",
        purser.resident()
    );
}
