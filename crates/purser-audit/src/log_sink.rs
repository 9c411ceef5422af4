//! A file of events, one JSON document a line.

use std::fs::{File, OpenOptions};
use std::io::{Stdout, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use purser_types::Status;
use purser_types::status::Details;
use tokio::sync::{mpsc, oneshot};

/// The path that means standard output.
const STDOUT: &str = "-";
/// Most events written with one call.
const BATCH: usize = 256;
/// How long the writer waits before it tries a failed write again.
const RETRY: Duration = Duration::from_millis(200);

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

/// What a sink did since it was opened.
#[derive(Debug, Default)]
pub struct SinkCounters {
    /// Events written.
    pub written: AtomicU64,
    /// Events refused: the request was told.
    pub refused: AtomicU64,
    /// Events lost with nobody to tell: a request that ended by being dropped found the queue full, or the process
    /// ended while the file could not be written.
    pub lost: AtomicU64,
    /// Failed attempts to write.
    pub write_errors: AtomicU64,
}

/// Appends events to a file (made with mode 0600) or to standard output, in a thread of its own.
///
/// A write that fails is tried again until it succeeds; meanwhile the queue fills, and then events are refused.
pub struct LogSink {
    queue: mpsc::Sender<Message>,
    patience: Duration,
    counters: Arc<SinkCounters>,
    closing: Arc<AtomicBool>,
}

enum Message {
    Line(Vec<u8>),
    Flush(oneshot::Sender<()>),
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
        let (sender, receiver) = mpsc::channel(options.queue.max(1));
        let counters = Arc::new(SinkCounters::default());
        let closing = Arc::new(AtomicBool::new(false));
        let writer = Writer {
            output,
            counters: Arc::clone(&counters),
            closing: Arc::clone(&closing),
        };
        thread::Builder::new()
            .name("audit-log".to_owned())
            .spawn(move || writer.run(receiver))
            .map_err(OpenSinkError::Thread)?;
        Ok(Self {
            queue: sender,
            patience: options.patience,
            counters,
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
        self.queue.max_capacity() - self.queue.capacity()
    }

    /// Queues a line, waiting for room as long as the patience lasts.
    pub(crate) async fn send(&self, line: Vec<u8>) -> Result<(), Refused> {
        let message = match self.queue.try_send(Message::Line(line)) {
            Ok(()) => return Ok(()),
            Err(mpsc::error::TrySendError::Full(message) | mpsc::error::TrySendError::Closed(message)) => {
                message
            }
        };
        self.queue
            .send_timeout(message, self.patience)
            .await
            .map_err(|_| {
                self.counters.refused.fetch_add(1, Ordering::Relaxed);
                Refused
            })
    }

    /// Queues a line if there is room now, for who cannot wait and has nobody to tell.
    pub(crate) fn send_now(&self, line: Vec<u8>) {
        if self.queue.try_send(Message::Line(line)).is_err() {
            self.counters.lost.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Waits until everything queued so far is written and handed to the disk, at most `patience`.
    ///
    /// # Errors
    /// [`Refused`] when that did not happen in time.
    pub async fn flush(&self, patience: Duration) -> Result<(), Refused> {
        let flushed = async {
            let (done, wait) = oneshot::channel();
            self.queue.send(Message::Flush(done)).await.map_err(|_| Refused)?;
            wait.await.map_err(|_| Refused)
        };
        tokio::time::timeout(patience, flushed)
            .await
            .map_err(|_| Refused)?
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

enum Output {
    File(File),
    Stdout(Stdout),
    #[cfg(test)]
    Test(Box<dyn Write + Send>),
}

impl Output {
    fn writer(&mut self) -> &mut dyn Write {
        match self {
            Self::File(file) => file,
            Self::Stdout(stdout) => stdout,
            #[cfg(test)]
            Self::Test(writer) => writer,
        }
    }

    fn sync(&mut self) -> std::io::Result<()> {
        match self {
            Self::File(file) => file.sync_all(),
            other => other.writer().flush(),
        }
    }
}

struct Writer {
    output: Output,
    counters: Arc<SinkCounters>,
    closing: Arc<AtomicBool>,
}

impl Writer {
    fn run(mut self, mut queue: mpsc::Receiver<Message>) {
        let mut messages = Vec::with_capacity(BATCH);
        let mut text = Vec::new();
        while queue.blocking_recv_many(&mut messages, BATCH) > 0 {
            let mut lines = 0;
            for message in messages.drain(..) {
                match message {
                    Message::Line(line) => {
                        text.extend_from_slice(&line);
                        lines += 1;
                    }
                    Message::Flush(done) => {
                        self.write(&mut text, &mut lines);
                        if self.output.sync().is_err() {
                            self.counters.write_errors.fetch_add(1, Ordering::Relaxed);
                        }
                        // The one who asked may have lost patience.
                        let _gone = done.send(());
                    }
                }
            }
            self.write(&mut text, &mut lines);
        }
    }

    /// Writes `lines` lines, however often it takes, so that no line is torn or written twice.
    fn write(&mut self, text: &mut Vec<u8>, lines: &mut u64) {
        let mut rest = text.as_slice();
        let mut told = false;
        while !rest.is_empty() {
            match self.output.writer().write(rest) {
                Ok(written) if written > 0 => rest = rest.get(written..).unwrap_or_default(),
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                failed => {
                    self.counters.write_errors.fetch_add(1, Ordering::Relaxed);
                    if !std::mem::replace(&mut told, true) {
                        let error = failed.err().map(|error| error.to_string()).unwrap_or_default();
                        tracing::error!(%error, "cannot write the audit log, trying again");
                    }
                    if self.closing.load(Ordering::Relaxed) {
                        self.counters.lost.fetch_add(*lines, Ordering::Relaxed);
                        break;
                    }
                    thread::sleep(RETRY);
                }
            }
        }
        if rest.is_empty() {
            self.counters.written.fetch_add(*lines, Ordering::Relaxed);
        }
        text.clear();
        *lines = 0;
    }
}
