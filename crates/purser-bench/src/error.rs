//! What can keep a measurement from being made.

use std::path::PathBuf;

/// Why there is no measurement. Every sentence says what to look at.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// A file could not be read or written.
    #[error("{path}: {source}", path = path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The system's answer.
        source: std::io::Error,
    },
    /// The kubeconfig or the flags do not say where to go or with what.
    #[error("{0}")]
    Target(String),
    /// Certificates or keys that TLS cannot use.
    #[error("tls: {0}")]
    Tls(String),
    /// No connection.
    #[error("cannot connect to {address}: {reason}")]
    Connect {
        /// Host and port.
        address: String,
        /// What went wrong.
        reason: String,
    },
    /// A request that the measurement rests on was refused.
    #[error("{what}: {reason}")]
    Refused {
        /// What was attempted.
        what: String,
        /// The status and the server's message.
        reason: String,
    },
    /// No such process, or /proc is not there.
    #[error("process {pid}: {reason}; --pid takes the id of a process on this machine")]
    Process {
        /// The id.
        pid: u32,
        /// What went wrong.
        reason: String,
    },
    /// The runtime, a socket or standard output failed.
    #[error("{0}")]
    Io(#[from] std::io::Error),
    /// Ctrl-C.
    #[error("interrupted")]
    Interrupted,
}
