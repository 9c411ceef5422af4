//! No value stays in the memory of the process that served it.

use std::fs::{self, File};
use std::io::{ErrorKind, Read as _, Seek as _, SeekFrom};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::server::Server;

const SECRETS: &str = "/api/v1/namespaces/default/secrets";
/// Long enough that every buffer it passes through holds a good part of it.
const VALUE: &str = "canary-zq7Xp-zq7Xp-zq7Xp-zq7Xp-zq7Xp-zq7Xp";
const READS: usize = 200;

/// How often any of `needles` is in the memory of a process; `None` when we may not look, which is what everybody but
/// root is told.
fn copies(pid: u32, needles: &[&[u8]]) -> Option<usize> {
    let mut memory = match File::open(format!("/proc/{pid}/mem")) {
        Ok(memory) => memory,
        Err(error) if error.kind() == ErrorKind::PermissionDenied => return None,
        Err(error) => panic!("{error}"),
    };
    let mut found = 0;
    for line in fs::read_to_string(format!("/proc/{pid}/maps")).unwrap().lines() {
        let (range, rest) = line.split_once(' ').unwrap();
        if !rest.starts_with("rw") {
            continue;
        }
        let (start, end) = range.split_once('-').unwrap();
        let parse = |text| u64::from_str_radix(text, 16).unwrap();
        memory.seek(SeekFrom::Start(parse(start))).unwrap();
        let mut bytes = vec![0; usize::try_from(parse(end) - parse(start)).unwrap()];
        // A mapping may have gone since it was listed.
        if memory.read_exact(&mut bytes).is_ok() {
            found += needles.iter().map(|needle| count(&bytes, needle)).sum::<usize>();
        }
    }
    Some(found)
}

fn count(bytes: &[u8], needle: &[u8]) -> usize {
    let first = needle.first().unwrap();
    let starts = bytes.iter().enumerate().filter(|(_, byte)| *byte == first);
    starts
        .filter(|(at, _)| bytes.get(*at..).is_some_and(|rest| rest.starts_with(needle)))
        .count()
}

#[test]
fn values_are_gone_a_second_after_they_were_served() {
    let server = Server::started();
    let client = server.client();
    let object = format!(
        r#"{{"kind":"Secret","apiVersion":"v1","metadata":{{"name":"canary"}},"stringData":{{"key":"{VALUE}"}}}}"#
    );
    client.create(SECRETS, &object);
    let encoded = STANDARD.encode(VALUE);
    for _ in 0..READS {
        assert!(client.get(&format!("{SECRETS}/canary")).body.contains(&encoded));
    }
    assert!(client.get(SECRETS).body.contains(&encoded));
    std::thread::sleep(Duration::from_secs(1));
    let needles = [&VALUE.as_bytes()[7..35], &encoded.as_bytes()[12..48]];
    match copies(server.pid(), &needles) {
        Some(found) => {
            assert_eq!(found, 0);
            // The names of objects are kept in the clear: looking works.
            assert!(copies(server.pid(), &[b"secrets/default/canary"]) > Some(0));
        }
        None => assert!(!rustix::process::geteuid().is_root(), "root may look"),
    }
}
