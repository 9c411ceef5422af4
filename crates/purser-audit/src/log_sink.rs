//! A file of events, one JSON document a line.

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{FileExt as _, OpenOptionsExt as _};
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
            let file = append_to(path);
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

/// Opens a log, whose next line is one of its own: a line that was torn when the power failed is ended.
fn append_to(path: &Path) -> io::Result<File> {
    let mut file = OpenOptions::new()
        .append(true)
        .create(true)
        .mode(0o600)
        .open(path)?;
    let found = file.metadata()?;
    if found.is_file()
        && let Some(last) = found.len().checked_sub(1)
        // A log that we may only append to is taken as it is.
        && let Ok(written) = File::open(path)
    {
        let mut byte = [0];
        written.read_exact_at(&mut byte, last)?;
        if byte != *b"\n" {
            file.write_all(b"\n")?;
        }
    }
    Ok(file)
}

impl Drop for LogSink {
    fn drop(&mut self) {
        self.queue.close();
    }
}

#[cfg(test)]
mod tests;
