//! No value stays in the memory of the process that served it.

use std::fs::{self, File};
use std::io::{ErrorKind, Read as _, Seek as _, SeekFrom};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::server::Server;

const SECRETS: &str = "/api/v1/namespaces/default/secrets";
/// Bytes of the value, none of its parts like another.
const VALUE_BYTES: usize = 1024;
/// Looked for: longer than what the vector registers hold together (16 × 16 bytes). The kernel and the loader save
/// those on stacks, where what passed through them last stays for a while, and no program can wipe it.
const PART_BYTES: usize = 320;
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

/// A value that is the same in every run and repeats nowhere.
fn value() -> String {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let digits = (0..VALUE_BYTES).map(|_| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        char::from(b'a' + u8::try_from(state % 26).unwrap())
    });
    digits.collect()
}

#[test]
fn values_are_gone_a_second_after_they_were_served() {
    let server = Server::started();
    let client = server.client();
    let value = value();
    let object = format!(
        r#"{{"kind":"Secret","apiVersion":"v1","metadata":{{"name":"canary"}},"stringData":{{"key":"{value}"}}}}"#
    );
    client.create(SECRETS, &object);
    let encoded = STANDARD.encode(&value);
    for _ in 0..READS {
        assert!(client.get(&format!("{SECRETS}/canary")).body.contains(&encoded));
    }
    assert!(client.get(SECRETS).body.contains(&encoded));
    std::thread::sleep(Duration::from_secs(1));
    // Two parts of each form: a buffer may have been overwritten in part.
    let parts = |text: &'_ str| {
        [text.len() / 8, text.len() / 2].map(|at| text.as_bytes()[at..at + PART_BYTES].to_vec())
    };
    let needles = [parts(&value), parts(&encoded)].concat();
    let needles: Vec<&[u8]> = needles.iter().map(Vec::as_slice).collect();
    match copies(server.pid(), &needles) {
        Some(found) => {
            assert_eq!(found, 0);
            // The names of objects are kept in the clear: looking works.
            assert!(copies(server.pid(), &[b"secrets/default/canary"]) > Some(0));
        }
        None => assert!(!rustix::process::geteuid().is_root(), "root may look"),
    }
}
