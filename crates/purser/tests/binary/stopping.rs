use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixDatagram;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::client::Connection;
use crate::server::{PATIENCE, Server};

#[test]
fn sigterm_and_sigint_stop_in_order() {
    for signal in [Signal::TERM, Signal::INT] {
        let mut server = Server::started();
        server.signal(signal);
        assert_eq!(server.wait().code(), Some(0), "{}", server.log());
        assert!(server.log().contains("\"stopped\""), "{}", server.log());
    }
}

#[test]
fn the_service_manager_is_told() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("notify");
    let socket = UnixDatagram::bind(&path).unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let told = || {
        let mut bytes = [0; 64];
        let length = socket.recv(&mut bytes).unwrap();
        String::from_utf8(bytes[..length].to_vec()).unwrap()
    };
    let mut server = Server::new().environment("NOTIFY_SOCKET", path.to_str().unwrap());
    server.start();
    assert_eq!(told(), "READY=1");
    assert!(server.stop().success());
    assert_eq!(told(), "STOPPING=1");
}

#[test]
fn a_watch_ends_cleanly() {
    let mut server = Server::started();
    let mut watch = server.client().send("GET", "/api/v1/namespaces?watch=true", "");
    let mut start = [0; 12];
    watch.read_exact(&mut start).unwrap();
    assert_eq!(&start, b"HTTP/1.1 200");
    server.signal(Signal::TERM);
    let mut rest = Vec::new();
    watch.read_to_end(&mut rest).unwrap();
    assert!(
        rest.ends_with(b"\r\n0\r\n\r\n"),
        "the last chunk: {}",
        String::from_utf8_lossy(&rest)
    );
    assert_eq!(server.wait().code(), Some(0));
}

const BODY: &str = r#"{"kind":"Secret","apiVersion":"v1","metadata":{"name":"late"}}"#;

/// A create whose head the server has read, and whose body it waits for: it has said `100 Continue`.
fn under_way(server: &Server) -> Connection {
    let mut connection = server.client().connect_as("127.0.0.1");
    let length = BODY.len();
    write!(
        connection,
        "POST /api/v1/namespaces/default/secrets HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n\
         Content-Length: {length}\r\nExpect: 100-continue\r\n\r\n"
    )
    .unwrap();
    connection.flush().unwrap();
    let mut go_on = [0; 25];
    connection.read_exact(&mut go_on).unwrap();
    assert_eq!(&go_on, b"HTTP/1.1 100 Continue\r\n\r\n");
    connection
}

fn wait_until_stopping(server: &Server) {
    let begun = Instant::now();
    while !server.log().contains("\"stopping") {
        assert!(begun.elapsed() < PATIENCE, "{}", server.log());
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_request_under_way_is_answered() {
    let mut server = Server::started();
    let mut connection = under_way(&server);
    server.signal(Signal::TERM);
    wait_until_stopping(&server);
    connection.write_all(BODY.as_bytes()).unwrap();
    connection.flush().unwrap();
    let mut start = [0; 12];
    connection.read_exact(&mut start).unwrap();
    assert_eq!(&start, b"HTTP/1.1 201", "{}", server.log());
    drop(connection);
    assert_eq!(server.wait().code(), Some(0));
}

#[test]
fn what_does_not_end_in_time_is_cut_off() {
    let mut server = Server::new().with("--shutdown-grace").with("200ms");
    server.start();
    let _connection = under_way(&server);
    server.signal(Signal::TERM);
    assert_eq!(server.wait().code(), Some(0));
}

#[test]
fn a_second_signal_leaves_at_once() {
    let mut server = Server::started();
    let _connection = under_way(&server);
    server.signal(Signal::TERM);
    wait_until_stopping(&server);
    server.signal(Signal::INT);
    assert_eq!(server.wait().code(), Some(130), "{}", server.log());
}
