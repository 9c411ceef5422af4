//! Bounds: bodies, requests under way, time.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::stream;
use http::Request;
use http_body_util::StreamBody;
use http_body_util::combinators::UnsyncBoxBody;
use hyper::body::Frame;
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use purser_server::{Check, Limits};
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
async fn a_client_that_asks_before_it_sends_too_much_is_told_not_to() {
    let live = Live::start().await;
    let mut stream = live
        .tls(Some(live.ca.client("admin", "system:masters")), b"http/1.1")
        .await;
    let head = format!(
        "POST {SECRETS} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\nexpect: 100-continue\r\n\
         content-length: 99999999\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = vec![0; 12];
    stream.read_exact(&mut answer).await.unwrap();
    assert_eq!(answer, b"HTTP/1.1 413");
}

#[tokio::test]
async fn a_head_that_is_too_long_is_refused() {
    let live = Live::start().await;
    let mut client = live.admin().await;
    let long = "x".repeat(100_000);
    assert_eq!(
        client.ask("GET", "/version", &[("x-long", &long)], "").await.code,
        431
    );
    let most = "x".repeat(60_000);
    assert_eq!(
        client.ask("GET", "/version", &[("x-long", &most)], "").await.code,
        200
    );
}

#[tokio::test]
async fn only_requests_for_this_server_are_served() {
    let live = Live::start().await;
    for (line, code) in [
        ("GET /version HTTP/1.1", "400"),
        ("GET /version HTTP/1.1\r\nhost: a\r\nhost: b", "400"),
        ("CONNECT localhost:1 HTTP/1.1\r\nhost: localhost:1", "405"),
    ] {
        let mut stream = live
            .tls(Some(live.ca.client("admin", "system:masters")), b"http/1.1")
            .await;
        stream
            .write_all(format!("{line}\r\n\r\n").as_bytes())
            .await
            .unwrap();
        let mut answer = vec![0; 12];
        stream.read_exact(&mut answer).await.unwrap();
        assert_eq!(
            String::from_utf8(answer).unwrap(),
            format!("HTTP/1.1 {code}"),
            "{line}"
        );
    }
}

/// What comes back on a connection, to its end, for a request with these headers in which another one is hidden.
async fn smuggled(live: &Live, headers: &str, body: &str) -> String {
    let admin = live.ca.client("admin", "system:masters");
    let mut stream = live.tls(Some(admin), b"http/1.1").await;
    let hidden = "GET /version HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
    let request = format!("POST {SECRETS} HTTP/1.1\r\nhost: x\r\n{headers}\r\n\r\n{body}{hidden}");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answers = Vec::new();
    let read = tokio::time::timeout(Duration::from_secs(10), stream.read_to_end(&mut answers));
    // How the other side ends does not matter.
    let _ = read.await.expect("closed");
    String::from_utf8(answers).unwrap()
}

/// Where a request ends must be the same for us as for whoever stands in front of us.
#[tokio::test]
async fn a_request_whose_length_can_be_read_in_two_ways_hides_no_other() {
    let live = Live::start().await;
    for headers in [
        "content-length: 4\r\ncontent-length: 40",
        "content-length: 4, 40",
        "content-length: +4",
        "content-length: 4\r\n content-length: 40",
        "content-length : 4",
        "content-length: 0x4",
        "transfer-encoding: identity",
        "transfer-encoding: chunked, identity",
        "transfer-encoding: xchunked",
        "transfer-encoding : chunked",
        "transfer-encoding: chunked\r\n , identity",
    ] {
        let answers = smuggled(&live, headers, "").await;
        assert!(answers.starts_with("HTTP/1.1 400"), "{headers}: {answers}");
        assert!(!answers.contains("gitVersion"), "{headers}: {answers}");
    }
    // Of both, the chunks count, and the connection ends with the answer (RFC 9112, section 6.1).
    let whole = "2\r\n{}\r\n0\r\n\r\n";
    for (headers, body) in [
        ("content-length: 80\r\ntransfer-encoding: chunked", whole),
        ("transfer-encoding: chunked\r\ncontent-length: 80", whole),
        ("transfer-encoding: chunked", "2;\n\r\n{}\r\n0\r\n\r\n"),
        ("transfer-encoding: chunked", "0x2\r\n{}\r\n0\r\n\r\n"),
        ("transfer-encoding: chunked", "-2\r\n"),
        ("transfer-encoding: chunked", "fffffffffffffffff\r\n"),
    ] {
        let answers = smuggled(&live, headers, body).await;
        assert!(answers.starts_with("HTTP/1.1 4"), "{body} {headers}: {answers}");
        assert!(!answers.contains("gitVersion"), "{body} {headers}: {answers}");
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
async fn strangers_make_room() {
    let limits = Limits {
        connections: 4,
        stranger_idle: Duration::from_millis(500),
        ..Limits::default()
    };
    let live = Live::with(limits).await;
    let mut silent = Vec::new();
    for _ in 0..8 {
        silent.push(tokio::net::TcpStream::connect(live.address).await.unwrap());
    }
    let mut client = live.admin().await;
    assert_eq!(client.get("/version").await.code, 200);
    let mut stranger = live.tls(None, b"http/1.1").await;
    let mut rest = Vec::new();
    let _ = tokio::time::timeout(Duration::from_secs(10), stranger.read_to_end(&mut rest))
        .await
        .expect("closed");
    assert_eq!(client.get("/version").await.code, 200, "it stays");
}

#[tokio::test]
async fn a_head_that_is_not_finished_is_given_up_long_before_an_idle_connection_is() {
    let limits = Limits {
        header_read: Duration::from_millis(200),
        ..Limits::default()
    };
    let live = Live::with(limits).await;
    let mut client = live.admin().await;
    assert_eq!(client.get("/version").await.code, 200);
    let mut stream = live
        .tls(Some(live.ca.client("admin", "system:masters")), b"http/1.1")
        .await;
    stream.write_all(b"GET /version HTTP/1.1\r\nhost").await.unwrap();
    let mut rest = Vec::new();
    let _ = tokio::time::timeout(Duration::from_secs(10), stream.read_to_end(&mut rest))
        .await
        .expect("closed");
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(
        client.get("/version").await.code,
        200,
        "one that only waits stays open"
    );
}

#[tokio::test]
async fn a_head_of_http_2_that_is_not_finished_is_given_up() {
    let limits = Limits {
        header_read: Duration::from_millis(300),
        ..Limits::default()
    };
    let live = Live::with(limits).await;
    let mut stream = live
        .tls(Some(live.ca.client("admin", "system:masters")), b"h2")
        .await;
    let settings = [0, 0, 0, 4, 0, 0, 0, 0, 0];
    let headers = [0, 0, 1, 1, 0, 0, 0, 0, 1, 0x82];
    let begin = [b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", &settings[..], &headers[..]].concat();
    stream.write_all(&begin).await.unwrap();
    let mut rest = Vec::new();
    let _ = tokio::time::timeout(Duration::from_secs(10), stream.read_to_end(&mut rest))
        .await
        .expect("closed");
    let mut client = live.admin_second().await;
    assert_eq!(client.get("/version").await.code, 200);
    tokio::time::sleep(Duration::from_millis(600)).await;
    assert_eq!(
        client.get("/version").await.code,
        200,
        "one that only waits stays open"
    );
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

struct Clumsy;

impl Check for Clumsy {
    fn name(&self) -> &'static str {
        "clumsy"
    }

    fn check(&self) -> BoxFuture<'_, Result<(), String>> {
        panic!("canary")
    }
}

#[tokio::test]
async fn a_panic_is_a_500_and_the_connection_goes_on() {
    let live = Live::with_checks(Limits::default(), vec![Box::new(Clumsy)]).await;
    for mut client in [live.admin().await, live.admin_second().await] {
        let answer = client.get("/readyz").await;
        assert_eq!((answer.code, answer.text().contains("canary")), (500, false));
        assert_eq!(answer.json()["reason"], "InternalError");
        assert_eq!(client.get("/livez").await.code, 200);
        assert!(
            client
                .get("/metrics")
                .await
                .text()
                .contains("purser_panics_total ")
        );
    }
}

#[tokio::test]
async fn a_reader_that_does_not_read_is_cut_off() {
    let limits = Limits {
        stalled_reader: Duration::from_millis(300),
        ..Limits::default()
    };
    assert_cut_off(limits, "").await;
}

#[tokio::test]
async fn a_list_that_is_not_read_in_the_time_of_a_request_is_cut_off() {
    assert_cut_off(Limits::default(), "?timeout=500ms").await;
}

/// A long list that is not read for a second is not whole.
async fn assert_cut_off(limits: Limits, query: &str) {
    let live = Live::with(limits).await;
    let mut client = live.admin().await;
    let value = "x".repeat(1_000_000);
    for i in 0..12 {
        assert_eq!(client.secret(&format!("s{i}"), &value).await.code, 201);
    }
    // In base64.
    let whole = 12 * value.len() / 3 * 4;
    let mut stalled = live
        .tls(Some(live.ca.client("admin", "system:masters")), b"http/1.1")
        .await;
    stalled
        .write_all(format!("GET {SECRETS}{query} HTTP/1.1\r\nhost: x\r\n\r\n").as_bytes())
        .await
        .unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    let mut rest = Vec::new();
    // Whether the end is an error or not, the answer is not whole.
    let _ = stalled.read_to_end(&mut rest).await;
    assert!(rest.len() < whole, "{} of {whole}", rest.len());
    assert!(!rest.ends_with(b"0\r\n\r\n"));
}

/// A body of two pieces, the second of which comes a while after the first; `ended` tells that all was taken.
fn slow_body(ended: Arc<AtomicBool>) -> UnsyncBoxBody<Bytes, Infallible> {
    let pieces = stream::unfold(0, move |at| {
        let ended = Arc::clone(&ended);
        async move {
            match at {
                0 => Some((Ok(Frame::data(Bytes::from_static(b"{"))), 1)),
                1 => {
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    Some((Ok(Frame::data(Bytes::from_static(b"}"))), 2))
                }
                _ => {
                    ended.store(true, Ordering::SeqCst);
                    None
                }
            }
        }
    });
    UnsyncBoxBody::new(StreamBody::new(pieces))
}

/// A stream whose body is dropped unread is reset, and many resets close the connection with every watch on it.
#[tokio::test]
async fn the_small_body_of_a_refused_request_is_taken_before_the_refusal_is_sent() {
    let live = Live::start().await;
    let stream = live.tls(Some(live.ca.client("nobody", "none")), b"h2").await;
    let (mut sender, connection) = http2::handshake::<_, _, UnsyncBoxBody<Bytes, Infallible>>(
        TokioExecutor::new(),
        TokioIo::new(stream),
    )
    .await
    .unwrap();
    tokio::spawn(connection);
    for path in ["/api/v1/namespaces/default/secrets", "/purser/none"] {
        let ended = Arc::new(AtomicBool::new(false));
        let request = Request::post(format!("https://localhost{path}"))
            .header("content-type", "application/json")
            .body(slow_body(Arc::clone(&ended)))
            .unwrap();
        let response = sender.send_request(request).await.unwrap();
        assert_eq!(response.status(), 403);
        assert!(
            ended.load(Ordering::SeqCst),
            "{path}: answered before the body had come"
        );
    }
}
