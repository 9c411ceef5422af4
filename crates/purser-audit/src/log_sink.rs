//! A file of events, one JSON document a line.

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use purser_types::Status;
use purser_types::status::Details;

use crate::queue::Queue;
use crate::writer::{Output, SinkCounters, Writer};

/// The path that means standard output.
const STDOUT: &str = "-";

/// The bounds of a sink.
#[derive(Debug, Clone, Copy)]
pub struct SinkOptions {
    /// Most events that wait to be written.
    pub queue: usize,
    /// How long an event may wait for room in the queue before it is refused.
    pub patience: Duration,
}

impl Default for SinkOptions {
    /// 10,000 events, as upstream's buffer, and one second.
    fn default() -> Self {
        Self {
            queue: 10_000,
            patience: Duration::from_secs(1),
        }
    }
}

/// Why a sink cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenSinkError {
    /// The file cannot be opened for appending.
    #[error("cannot open the audit log {path}: {error}")]
    File {
        /// The path.
        path: PathBuf,
        /// What the system said.
        error: std::io::Error,
    },
    /// No thread could be started.
    #[error("cannot start the audit log's writer: {0}")]
    Thread(std::io::Error),
}

/// An event could not be put on record in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the audit log does not take events")]
pub struct Refused;

impl Refused {
    /// 503, for a request that may not go unrecorded.
    #[must_use]
    pub fn status(self) -> Status {
        let details = Details {
            retry_after_seconds: 1,
            ..Details::default()
        };
        Status::new(
            503,
            "ServiceUnavailable",
            "the request cannot be put on record now, try again",
            Some(details),
        )
    }
}

/// Appends events to a file (made with mode 0600) or to standard output, in a thread of its own.
///
/// A write that fails is tried again until it succeeds. Meanwhile events are refused at once, so that nothing is
/// disclosed on the strength of a record that may never be; they wait in the queue all the same.
pub struct LogSink {
    queue: Arc<Queue>,
    patience: Duration,
    counters: Arc<SinkCounters>,
    failing: Arc<AtomicBool>,
    closing: Arc<AtomicBool>,
}

impl LogSink {
    /// Opens `path`; `-` is standard output.
    ///
    /// # Errors
    /// When the file cannot be opened, or no thread can be had.
    pub fn open(path: &Path, options: SinkOptions) -> Result<Self, OpenSinkError> {
        let output = if path == Path::new(STDOUT) {
            Output::Stdout(std::io::stdout())
        } else {
            let file = OpenOptions::new()
                .append(true)
                .create(true)
                .mode(0o600)
                .open(path);
            Output::File(file.map_err(|error| OpenSinkError::File {
                path: path.to_owned(),
                error,
            })?)
        };
        Self::start(output, options)
    }

    fn start(output: Output, options: SinkOptions) -> Result<Self, OpenSinkError> {
        let queue = Queue::new(options.queue);
        let counters = Arc::new(SinkCounters::default());
        let failing = Arc::new(AtomicBool::new(false));
        let closing = Arc::new(AtomicBool::new(false));
        let writer = Writer {
            output,
            counters: Arc::clone(&counters),
            failing: Arc::clone(&failing),
            closing: Arc::clone(&closing),
        };
        thread::Builder::new()
            .name("audit-log".to_owned())
            .spawn({
                let queue = Arc::clone(&queue);
                move || writer.run(&queue)
            })
            .map_err(OpenSinkError::Thread)?;
        Ok(Self {
            queue,
            patience: options.patience,
            counters,
            failing,
            closing,
        })
    }

    /// What happened.
    #[must_use]
    pub fn counters(&self) -> &SinkCounters {
        &self.counters
    }

    /// Events that wait to be written.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.queue.waiting()
    }

    /// Whether the last attempt to write failed.
    #[must_use]
    pub fn is_failing(&self) -> bool {
        self.failing.load(Ordering::Acquire)
    }

    /// Queues a line, waiting for room as long as the patience lasts. While writing fails it is refused whether
    /// there is room or not.
    pub(crate) async fn send(&self, line: &[u8]) -> Result<(), Refused> {
        let taken = self.queue.push(line);
        if self.is_failing() {
            return Err(self.refuse());
        }
        if taken {
            return Ok(());
        }
        let pushed = tokio::time::timeout(self.patience, self.queue.push_in_turn(line)).await;
        pushed.map_err(|_| self.refuse())
    }

    fn refuse(&self) -> Refused {
        self.counters.refused.fetch_add(1, Ordering::Relaxed);
        Refused
    }

    /// Queues a line if there is room now, for who cannot wait and has nobody to tell.
    pub(crate) fn send_now(&self, line: &[u8]) {
        if !self.queue.push(line) {
            self.counters.lost.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Waits until everything queued so far is written and handed to the disk, at most `patience`.
    ///
    /// # Errors
    /// [`Refused`] when that did not happen in time.
    pub async fn flush(&self, patience: Duration) -> Result<(), Refused> {
        let flushed = self.queue.flush();
        match tokio::time::timeout(patience, flushed).await {
            Ok(Ok(())) => Ok(()),
            _ => Err(Refused),
        }
    }

    /// Flushes, and takes no patience with a file that cannot be written any more.
    ///
    /// # Errors
    /// As [`LogSink::flush`]; what could not be written is lost.
    pub async fn close(&self, patience: Duration) -> Result<(), Refused> {
        let result = self.flush(patience).await;
        self.closing.store(true, Ordering::Relaxed);
        result
    }
}

impl Drop for LogSink {
    fn drop(&mut self) {
        self.queue.close();
    }
}

#[cfg(test)]
mod tests {
    use std::io::{self, Write};
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
            Ok(())
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
}
