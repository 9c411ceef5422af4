//! What the registry refuses or fails at.

use purser_encryption::{CommitError, OpenError};
use purser_store::StoreError;
use purser_types::Status;

/// Why an operation did not happen. `Status` is made of it in `status.rs`, once and exhaustively.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A refusal with all it says to the client.
    #[error("{}", .0.message)]
    Refused(Box<Status>),
    /// The permit is for another operation than the one called.
    #[error("the permit is for another operation")]
    WrongPermit,
    /// The resource is not in the table of kinds.
    #[error("the resource is not served")]
    NotServed,
    /// The stored value of an object cannot be opened.
    #[error("the stored value of {key} cannot be decrypted: {why}")]
    Unreadable {
        /// The storage key.
        key: String,
        /// Why, without any of its bytes.
        why: OpenError,
    },
    /// The stored value was opened and is no object of its kind.
    #[error("the stored value of {key} is not understood: {why}")]
    Malformed {
        /// The storage key.
        key: String,
        /// Why, without any of its bytes.
        why: String,
    },
    /// A revision that the store has not reached, or a cache that did not catch up in time.
    #[error("too large resource version: {asked}, current: {current}")]
    TooLarge {
        /// The revision asked for.
        asked: u64,
        /// The revision reached.
        current: u64,
    },
    /// The revision to list at is no longer kept.
    #[error("the revision to list at is no longer kept")]
    ListExpired,
    /// The list to continue is no longer kept; the token goes on with the present state.
    #[error("the list to continue is no longer kept")]
    ContinueExpired {
        /// What continues in the present state.
        token: String,
    },
    /// The revision to watch from is no longer kept.
    #[error("too old resource version: {asked} ({oldest})")]
    WatchExpired {
        /// The revision asked for.
        asked: u64,
        /// The oldest one that can be watched from.
        oldest: u64,
    },
    /// Other writers kept getting in between.
    #[error("the object kept changing")]
    Contended,
    /// The value could not be sealed, or the store refused the write.
    #[error(transparent)]
    Commit(#[from] CommitError),
    /// The store failed at a read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The registry is stopping.
    #[error("the registry is stopping")]
    Stopping,
}

impl Error {
    /// Whether it says that a stored value cannot be read, however often it is tried.
    pub(crate) fn is_damage(&self) -> bool {
        match self {
            Self::Unreadable { why, .. } => !matches!(why, OpenError::Unavailable(_)),
            Self::Malformed { .. } => true,
            _ => false,
        }
    }
}

impl From<Status> for Error {
    fn from(status: Status) -> Self {
        Self::Refused(Box::new(status))
    }
}
