//! SIGTERM and SIGINT: the first asks to stop in order, the second to leave at once.

use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};

/// What a shell reports for a process that a signal ended: 128 and the signal's number.
const EXIT_BASE: i32 = 128;

/// Both signals, caught from now on.
pub(crate) struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    /// Catches them.
    ///
    /// # Errors
    /// When the system refuses.
    pub(crate) fn catch() -> io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    /// Waits for the first. From then on the second ends the process, whatever it is doing: what was acknowledged is
    /// on disk.
    pub(crate) async fn asked_to_stop(mut self) {
        let kind = self.next().await;
        tracing::info!(
            signal = kind.as_raw_value(),
            "stopping; a second signal leaves at once"
        );
        tokio::spawn(async move {
            let kind = self.next().await;
            tracing::warn!(signal = kind.as_raw_value(), "leaving at once");
            std::process::exit(EXIT_BASE + kind.as_raw_value());
        });
    }

    async fn next(&mut self) -> SignalKind {
        tokio::select! {
            _ = self.terminate.recv() => SignalKind::terminate(),
            _ = self.interrupt.recv() => SignalKind::interrupt(),
        }
    }
}
