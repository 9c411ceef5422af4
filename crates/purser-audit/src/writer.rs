//! The thread that writes the lines of a sink.

use std::fs::File;
use std::io::{ErrorKind, Stdout, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use crate::queue::{Batch, Queue};

/// How long the writer waits before it tries a failed write again.
const RETRY: Duration = Duration::from_millis(200);

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

/// Where lines go.
pub(crate) enum Output {
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

/// The thread that writes.
pub(crate) struct Writer {
    pub(crate) output: Output,
    pub(crate) counters: Arc<SinkCounters>,
    /// Set from a failed write until all that waited for it is written.
    pub(crate) failing: Arc<AtomicBool>,
    /// Set once nobody waits for a file that cannot be written.
    pub(crate) closing: Arc<AtomicBool>,
}

impl Writer {
    /// Until the queue is closed and everything in it is written.
    pub(crate) fn run(mut self, queue: &Queue) {
        let mut batch = Batch::default();
        while queue.take(&mut batch) {
            let flushed = self.write(&batch) && (batch.flushes.is_empty() || self.sync());
            // Who waits for what did not get to the disk learns it by being left.
            for done in batch.flushes.drain(..).filter(|_| flushed) {
                // The one who asked may have lost patience.
                let _gone = done.send(());
            }
            batch.clear();
            queue.gather();
        }
    }

    fn sync(&mut self) -> bool {
        match self.output.sync() {
            Ok(()) => true,
            // A pipe or a terminal has no disk beneath it.
            Err(error) if error.kind() == ErrorKind::InvalidInput => true,
            Err(_) => {
                self.counters.write_errors.fetch_add(1, Ordering::Relaxed);
                false
            }
        }
    }

    /// Writes lines, however often it takes, so that no line is torn or written twice; `false`: they are lost.
    fn write(&mut self, batch: &Batch) -> bool {
        let lines = u64::try_from(batch.lines).unwrap_or(u64::MAX);
        let mut rest = batch.text.as_slice();
        let mut told = false;
        while !rest.is_empty() {
            match self.output.writer().write(rest) {
                Ok(written) if written > 0 => rest = rest.get(written..).unwrap_or_default(),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                failed => {
                    self.counters.write_errors.fetch_add(1, Ordering::Relaxed);
                    self.failing.store(true, Ordering::Release);
                    if !std::mem::replace(&mut told, true) {
                        let error = failed.err().map(|error| error.to_string()).unwrap_or_default();
                        tracing::error!(%error, "cannot write the audit log, trying again");
                    }
                    if self.closing.load(Ordering::Relaxed) {
                        self.counters.lost.fetch_add(lines, Ordering::Relaxed);
                        return false;
                    }
                    thread::sleep(RETRY);
                }
            }
        }
        self.failing.store(false, Ordering::Release);
        self.counters.written.fetch_add(lines, Ordering::Relaxed);
        true
    }
}
