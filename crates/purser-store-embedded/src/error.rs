//! Why a store cannot be opened, and how redb's errors read in the contract's words.

use std::path::PathBuf;

use purser_store::StoreError;

/// Why a store cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process (or another part of this one) has it open.
    #[error("the store is held by process {pid}")]
    Held {
        /// The holder's process id; 0 when it has not written it yet.
        pid: u32,
    },
    /// The directory or a file in it cannot be made, opened or locked.
    #[error("cannot use {path}: {source}")]
    Io {
        /// What was touched.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// There is no database, and none was to be made.
    #[error("there is no {path}", path = path.display())]
    Missing {
        /// The database's file.
        path: PathBuf,
    },
    /// The file was written in a format that this version does not know.
    #[error("the store's format is {found}, this version reads {known}")]
    Format {
        /// The format of the file.
        found: u64,
        /// The format that is known.
        known: u64,
    },
    /// The file is damaged, or the disk failed while it was read.
    #[error("the store cannot be read: {0}")]
    Unreadable(String),
}

impl From<StoreError> for OpenError {
    fn from(error: StoreError) -> Self {
        Self::Unreadable(error.to_string())
    }
}

/// Tells a damaged file from a disk that fails at the moment.
pub(crate) fn refused(error: impl Into<redb::Error>) -> StoreError {
    match error.into() {
        redb::Error::Corrupted(what) => StoreError::Damaged(what),
        other => StoreError::Unavailable(other.to_string()),
    }
}
