use std::io::Write;
use std::os::unix::fs::PermissionsExt as _;
use std::sync::atomic::AtomicU64;
use std::sync::{Condvar, Mutex};

use super::*;

/// A disk that a test fills, breaks and mends.
#[derive(Default)]
struct Disk {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    written: Vec<u8>,
    blocked: bool,
    broken: bool,
    /// A broken disk takes this many bytes more.
    room: usize,
    /// What was written does not reach the medium.
    forgets: bool,
}

struct Handle(Arc<Disk>);

impl Write for Handle {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut state = self.0.state.lock().unwrap();
        while state.blocked {
            state = self.0.changed.wait(state).unwrap();
        }
        let take = if state.broken {
            state.room.min(bytes.len())
        } else {
            bytes.len()
        };
        if take == 0 {
            return Err(io::Error::other("disk full"));
        }
        state.written.extend_from_slice(&bytes[..take]);
        state.room = state.room.saturating_sub(take);
        Ok(take)
    }

    fn flush(&mut self) -> io::Result<()> {
        match self.0.state.lock().unwrap().forgets {
            true => Err(io::Error::other("it did not get there")),
            false => Ok(()),
        }
    }
}

impl Disk {
    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state.lock().unwrap());
        self.changed.notify_all();
    }

    fn text(&self) -> String {
        String::from_utf8(self.state.lock().unwrap().written.clone()).unwrap()
    }
}

const SHORT: Duration = Duration::from_millis(30);
const LONG: Duration = Duration::from_secs(10);

fn sink(queue: usize, state: State) -> (Arc<Disk>, LogSink) {
    let disk = Arc::new(Disk {
        state: Mutex::new(state),
        changed: Condvar::new(),
    });
    let output = Output::Test(Box::new(Handle(Arc::clone(&disk))));
    let sink = LogSink::start(
        output,
        SinkOptions {
            queue,
            patience: SHORT,
        },
    )
    .unwrap();
    (disk, sink)
}

fn line(number: usize) -> Vec<u8> {
    format!("{{\"event\":{number}}}\n").into_bytes()
}

fn lines(numbers: impl Iterator<Item = usize>) -> String {
    numbers
        .map(|number| String::from_utf8(line(number)).unwrap())
        .collect()
}

fn count(counter: &AtomicU64) -> u64 {
    counter.load(Ordering::Relaxed)
}

#[tokio::test]
async fn a_full_queue_refuses_after_a_bounded_wait_and_nothing_taken_is_lost() {
    let (disk, sink) = sink(
        4,
        State {
            blocked: true,
            ..State::default()
        },
    );
    let mut taken = Vec::new();
    for number in 0..20 {
        if sink.send(&line(number)).await.is_ok() {
            taken.push(number);
        }
    }
    // The writer holds what it took out of the queue, and the queue is full again.
    assert!((4..20).contains(&taken.len()), "{taken:?}");
    assert_eq!(count(&sink.counters.refused), 20 - taken.len() as u64);
    sink.send_now(&line(99));
    assert_eq!((count(&sink.counters.lost), sink.waiting()), (1, 4));
    disk.change(|state| state.blocked = false);
    sink.flush(LONG).await.unwrap();
    assert_eq!(disk.text(), lines(taken.iter().copied()));
    assert_eq!(count(&sink.counters.written), taken.len() as u64);
    assert!(sink.send(&line(1)).await.is_ok(), "it takes events again");
}

#[tokio::test]
async fn a_disk_that_fails_in_the_middle_of_a_line_tears_and_repeats_nothing() {
    let (disk, sink) = sink(
        100,
        State {
            broken: true,
            room: 17,
            ..State::default()
        },
    );
    for number in 0..10 {
        // Refused from the failure on, and kept.
        let _ = sink.send(&line(number)).await;
    }
    assert_eq!(sink.flush(SHORT).await, Err(Refused));
    disk.change(|state| state.broken = false);
    sink.flush(LONG).await.unwrap();
    assert_eq!(disk.text(), lines(0..10));
    assert!(count(&sink.counters.write_errors) > 0);
}

#[tokio::test]
async fn a_disk_that_fails_refuses_at_once_and_until_all_is_written() {
    let (disk, sink) = sink(
        100,
        State {
            broken: true,
            ..State::default()
        },
    );
    // The disk may have failed before this returns.
    let _ = sink.send(&line(0)).await;
    let mut waited = Duration::ZERO;
    while !sink.is_failing() && waited < LONG {
        tokio::time::sleep(SHORT).await;
        waited += SHORT;
    }
    assert_eq!(
        sink.send(&line(1)).await,
        Err(Refused),
        "there is room, but no disk"
    );
    assert!(count(&sink.counters.refused) > 0);
    assert_eq!(count(&sink.counters.lost), 0);
    disk.change(|state| state.broken = false);
    sink.flush(LONG).await.unwrap();
    sink.send(&line(2)).await.unwrap();
    sink.flush(LONG).await.unwrap();
    assert_eq!(disk.text(), lines(0..3), "what was refused is on record too");
}

#[tokio::test]
async fn closing_on_a_broken_disk_ends_and_counts_what_is_lost() {
    let (_disk, sink) = sink(
        100,
        State {
            broken: true,
            ..State::default()
        },
    );
    let _ = sink.send(&line(1)).await;
    assert_eq!(sink.close(SHORT).await, Err(Refused));
    let mut waited = Duration::ZERO;
    while count(&sink.counters.lost) == 0 && waited < LONG {
        tokio::time::sleep(SHORT).await;
        waited += SHORT;
    }
    assert_eq!(count(&sink.counters.lost), 1);
}

#[tokio::test]
async fn what_is_not_on_disk_is_not_called_flushed() {
    let forgets = State {
        forgets: true,
        ..State::default()
    };
    let (disk, sink) = sink(100, forgets);
    sink.send(&line(0)).await.unwrap();
    assert_eq!(sink.flush(LONG).await, Err(Refused));
    assert!(count(&sink.counters.write_errors) > 0);
    disk.change(|state| state.forgets = false);
    sink.flush(LONG).await.unwrap();
    disk.change(|state| state.broken = true);
    let _ = sink.send(&line(1)).await;
    sink.closing.store(true, Ordering::Relaxed);
    assert_eq!(sink.flush(LONG).await, Err(Refused), "the line is lost");
}

#[tokio::test]
async fn a_line_that_was_torn_takes_no_event_with_it() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("audit.log");
    std::fs::write(&path, "{\"event\":").unwrap();
    let sink = LogSink::open(&path, SinkOptions::default()).unwrap();
    sink.send(&line(7)).await.unwrap();
    sink.close(LONG).await.unwrap();
    let expected = format!("{{\"event\":\n{}", lines(7..8));
    assert_eq!(std::fs::read_to_string(&path).unwrap(), expected);
}

#[tokio::test]
async fn a_file_is_private_and_appended_to() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("audit.log");
    for number in 0..2 {
        let sink = LogSink::open(&path, SinkOptions::default()).unwrap();
        sink.send(&line(number)).await.unwrap();
        sink.close(LONG).await.unwrap();
    }
    assert_eq!(std::fs::read_to_string(&path).unwrap(), lines(0..2));
    assert_eq!(
        std::fs::metadata(&path).unwrap().permissions().mode() & 0o777,
        0o600
    );
    let missing = LogSink::open(&home.path().join("none/audit.log"), SinkOptions::default());
    assert!(matches!(missing, Err(OpenSinkError::File { .. })));
}

#[test]
fn a_refusal_is_a_503_to_try_again() {
    let status = Refused.status();
    assert_eq!((status.code, status.reason), (503, "ServiceUnavailable"));
    assert_eq!(status.details.unwrap().retry_after_seconds, 1);
}
