//! What can go wrong, before a call and with one.

use std::path::PathBuf;
use std::time::Duration;

/// Why another server cannot be called at all: what describes it is not right. Says the file and the field, never what
/// a field holds unless it is a name or an address.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file cannot be read.
    #[error("cannot read {path}: {reason}", path = path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// A file does not say what it should.
    #[error("{path}: {reason}", path = path.display())]
    Content {
        /// Which.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// The certificates that a server is verified with cannot be used.
    #[error("{0}")]
    Tls(String),
}

impl Error {
    pub(crate) fn content(path: &std::path::Path, reason: impl Into<String>) -> Self {
        Self::Content {
            path: path.to_owned(),
            reason: reason.into(),
        }
    }
}

/// Why a call failed. Never holds anything of what was sent or answered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// The server was not reached, or the connection to it broke.
    #[error("{0}")]
    Connection(String),
    /// It took too long.
    #[error("no answer within {} s", .0.as_secs_f32())]
    Timeout(Duration),
    /// It answered something else than success.
    #[error("it answered {0}")]
    Status(u16),
    /// Its answer is too large.
    #[error("its answer is larger than {0} bytes")]
    TooLarge(usize),
    /// The URL cannot be used.
    #[error("{0}")]
    Url(String),
    /// The token file of the kubeconfig cannot be read.
    #[error("cannot read the token file")]
    TokenFile,
}
