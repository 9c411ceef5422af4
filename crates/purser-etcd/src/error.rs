//! Why something cannot be made, renewed or looked at. Every sentence says what to do next.

use std::io;
use std::path::{Path, PathBuf};

/// An error of this crate. Holds no key.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file or directory cannot be used.
    #[error("cannot {action} {path}: {source}", path = path.display())]
    File {
        /// What was attempted, as an infinitive.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// There is something in the place where a cluster is to be made.
    #[error(
        "{path} is not empty, and nothing in it is overwritten: renew what is there with `purser etcd renew --dir \
         {path}`, or give the new cluster a directory of its own",
        path = path.display()
    )]
    NotEmpty {
        /// The directory.
        path: PathBuf,
    },
    /// A file does not hold what it should.
    #[error("{path}: {reason}", path = path.display())]
    Content {
        /// The file.
        path: PathBuf,
        /// What is wrong with it, and what to do.
        reason: String,
    },
    /// What was asked for is no cluster.
    #[error("{0}")]
    Members(String),
    /// The steps of an authority's replacement are not in their order.
    #[error("{0}")]
    Order(String),
    /// What was asked to be looked at cannot be used.
    #[error("{0}")]
    Asked(String),
    /// A certificate cannot be made.
    #[error("cannot make a certificate: {0}")]
    Signing(#[from] rcgen::Error),
    /// TLS cannot be set up.
    #[error("{0}")]
    Tls(#[from] rustls::Error),
    /// There is no randomness.
    #[error("the system gives no randomness")]
    Randomness,
}

impl Error {
    pub(crate) fn file(action: &'static str, path: &Path, source: io::Error) -> Self {
        Self::File {
            action,
            path: path.to_owned(),
            source,
        }
    }

    pub(crate) fn content(path: &Path, reason: impl Into<String>) -> Self {
        Self::Content {
            path: path.to_owned(),
            reason: reason.into(),
        }
    }
}
