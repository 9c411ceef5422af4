//! Users share: seats, places to wait, watches, connections.

use std::time::Duration;

use purser_server::Limits;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

use crate::harness::{Client, Live};

const SECRETS: &str = "/api/v1/namespaces/default/secrets";
const MASTERS: &str = "system:masters";
const WAIT: Duration = Duration::from_secs(10);

/// A write of `user` that sits until the connection is closed: its body does not come.
async fn slow_write(live: &Live, user: &str) -> TlsStream<TcpStream> {
    let mut stream = live.tls(Some(live.ca.client(user, MASTERS)), b"http/1.1").await;
    let head = format!(
        "POST {SECRETS} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n{{"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    stream
}

/// Waits until `/metrics` has `line`.
async fn told(client: &mut Client, line: &str) {
    let told = async {
        while !client
            .get("/metrics")
            .await
            .text()
            .lines()
            .any(|told| told == line)
        {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(WAIT, told).await.expect(line);
}

async fn writes_in_flight(client: &mut Client, count: usize) {
    told(
        client,
        &format!("apiserver_current_inflight_requests{{request_kind=\"mutating\"}} {count}"),
    )
    .await;
}

#[tokio::test]
async fn writes_beyond_the_limit_are_turned_away() {
    let limits = Limits {
        writes_in_flight: 1,
        waiting: 0,
        ..Limits::default()
    };
    let live = Live::with(limits).await;
    let mut client = live.admin().await;
    let held = slow_write(&live, "slow").await;
    writes_in_flight(&mut client, 1).await;
    let answer = client.secret("one", "v").await;
    assert_eq!(
        (answer.code, answer.text()),
        (429, "Too many requests, please try again later.\n")
    );
    assert_eq!(answer.headers["retry-after"], "1");
    let schema = "priority_level=\"exempt\",flow_schema=\"exempt\"";
    let rejected =
        format!("apiserver_flowcontrol_rejected_requests_total{{{schema},reason=\"queue-full\"}} 1");
    told(&mut client, &rejected).await;
    assert_eq!(
        client.get(SECRETS).await.code,
        200,
        "reads have seats of their own"
    );
    let mut other = live.client(Some(live.ca.client("jane", "devs"))).await;
    assert_eq!(
        other.secret("other", "v").await.code,
        403,
        "so have those who are no masters"
    );
    drop(held);
    writes_in_flight(&mut client, 0).await;
    assert_eq!(client.secret("two", "v").await.code, 201);
}

#[tokio::test]
async fn a_request_waits_for_its_turn_and_not_for_ever() {
    let limits = Limits {
        writes_in_flight: 1,
        request: Duration::from_secs(40),
        ..Limits::default()
    };
    let live = Live::with(limits).await;
    let mut client = live.admin().await;
    let held = slow_write(&live, "slow").await;
    writes_in_flight(&mut client, 1).await;
    let mut impatient = live.admin().await;
    let path = format!("{SECRETS}?timeout=400ms");
    let answer = impatient.post(&path, "{}").await;
    assert_eq!(answer.code, 429, "a quarter of its time has passed");
    let mut patient = live.admin().await;
    let waits = tokio::spawn(async move { patient.secret("one", "v").await.code });
    told(
        &mut client,
        "apiserver_current_inqueue_requests{request_kind=\"mutating\"} 1",
    )
    .await;
    assert!(!waits.is_finished());
    drop(held);
    assert_eq!(waits.await.unwrap(), 201);
    writes_in_flight(&mut client, 0).await;
}

#[tokio::test]
async fn a_user_with_slow_requests_does_not_keep_out_another() {
    let limits = Limits {
        writes_in_flight: 4,
        ..Limits::default()
    };
    let live = Live::with(limits).await;
    let mut client = live.admin().await;
    let mut held = Vec::new();
    for _ in 0..20 {
        held.push(slow_write(&live, "slow").await);
    }
    told(
        &mut client,
        "apiserver_current_inqueue_requests{request_kind=\"mutating\"} 17",
    )
    .await;
    let quick = tokio::time::timeout(WAIT, client.secret("one", "v")).await;
    assert_eq!(quick.expect("it does not wait").code, 201);
    drop(held);
    writes_in_flight(&mut client, 0).await;
    told(
        &mut client,
        "apiserver_current_inqueue_requests{request_kind=\"mutating\"} 0",
    )
    .await;
}

#[tokio::test]
async fn one_user_does_not_take_all_watches() {
    let limits = Limits {
        watches: 4,
        waiting: 0,
        ..Limits::default()
    };
    let live = Live::with(limits).await;
    let path = format!("{SECRETS}?watch=1");
    let mut watches = Vec::new();
    let mut codes = Vec::new();
    for user in ["greedy", "greedy", "greedy", "greedy", "quiet", "quiet"] {
        let mut client = live.client(Some(live.ca.client(user, MASTERS))).await;
        let answer = client.open("GET", &path, &[], "").await;
        codes.push(answer.status().as_u16());
        watches.push((client, answer));
    }
    assert_eq!(codes, [200, 200, 200, 429, 200, 429]);
    let mut client = live.admin().await;
    assert_eq!(
        client.get(SECRETS).await.code,
        200,
        "reads have seats of their own"
    );
    drop(watches);
    let again = async {
        while client.open("GET", &path, &[], "").await.status() != 200 {
            client = live.admin().await;
        }
    };
    tokio::time::timeout(WAIT, again)
        .await
        .expect("their seats are given back");
}

#[tokio::test]
async fn a_large_body_takes_more_seats_than_a_small_one() {
    let live = Live::start().await;
    let mut client = live.admin().await;
    let mut stream = live
        .tls(Some(live.ca.client("large", MASTERS)), b"http/1.1")
        .await;
    let head = format!(
        "POST {SECRETS} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 3000000\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    writes_in_flight(&mut client, 1).await;
    // One more reads the metrics.
    let schema = "priority_level=\"exempt\",flow_schema=\"exempt\"";
    told(
        &mut client,
        &format!("apiserver_flowcontrol_current_executing_seats{{{schema}}} 11"),
    )
    .await;
}

#[tokio::test]
async fn one_user_does_not_take_all_connections() {
    let limits = Limits {
        connections: 8,
        ..Limits::default()
    };
    let live = Live::with(limits).await;
    let greedy = live.ca.client("greedy", MASTERS);
    let mut streams = Vec::new();
    for _ in 0..6 {
        let mut client = live.client(Some((greedy.0.clone(), greedy.1.clone_key()))).await;
        assert_eq!(client.get("/version").await.code, 200);
        streams.push(client);
    }
    let mut seventh = live.tls(Some(greedy), b"http/1.1").await;
    let closed = seventh.read_u8();
    assert!(tokio::time::timeout(WAIT, closed).await.expect("closed").is_err());
    assert_eq!(live.admin().await.get("/version").await.code, 200);
}
