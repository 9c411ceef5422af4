//! What a store can refuse.

use crate::record::Revision;

/// What a store can refuse.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The revision asked for is no longer kept.
    #[error("revision {asked} is compacted, the oldest kept is {oldest}")]
    Compacted {
        /// The revision asked for.
        asked: Revision,
        /// The oldest revision that can be read or watched from.
        oldest: Revision,
    },
    /// The revision asked for is not there yet.
    #[error("revision {asked} is in the future, the current one is {current}")]
    Future {
        /// The revision asked for.
        asked: Revision,
        /// The current revision.
        current: Revision,
    },
    /// A request beyond the store's bounds.
    #[error("{0}")]
    TooLarge(String),
    /// The watcher did not keep up and was cut off.
    #[error("the watch fell behind and was ended")]
    Lagged,
    /// The store is closing or cannot be reached; try again.
    #[error("the store is not available: {0}")]
    Unavailable(String),
    /// Nothing was heard of a transaction that was handed on: it was made, or will be, or not. Trying again without a look
    /// would make it twice.
    #[error("whether it was written is not known: {0}")]
    Unsure(String),
    /// What is on disk is damaged or of another version.
    #[error("the store is damaged: {0}")]
    Damaged(String),
}
