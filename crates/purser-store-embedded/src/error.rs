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
    /// Somebody else may read or change it.
    #[error("{path} is open to others (mode {mode:04o}): run `chmod {fix:o} {path}`", path = path.display())]
    Exposed {
        /// The file or directory.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
        /// The permission bits it should have.
        fix: u32,
    },
    /// It belongs to another user, who may change it.
    #[error(
        "{path} belongs to user {owner}, not to {us} who runs this: run `chown {us} {path}`",
        path = path.display()
    )]
    NotOurs {
        /// The file or directory.
        path: PathBuf,
        /// Its owner's uid.
        owner: u32,
        /// Our effective uid.
        us: u32,
    },
    /// It is a link, a device or the like: its place may lead anywhere.
    #[error("{path} is not a regular file: put the file itself there", path = path.display())]
    WrongKind {
        /// What was found.
        path: PathBuf,
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
