//! The end of keys.

use std::time::SystemTime;

use futures_util::future::BoxFuture;

use super::error::HolderError;

/// What became of a key that was to be destroyed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Destruction {
    /// The file that it was kept in was overwritten and removed.
    Overwritten,
    /// The salt that a passphrase made it of was overwritten and removed. The passphrase stays.
    SaltOverwritten,
    /// Who keeps it says that it is gone.
    ByHolder,
    /// It cannot be used any more, and is gone at that time. Until then it can be had back.
    Scheduled {
        /// When.
        at: SystemTime,
    },
}

/// Destroys keys of a holder. What they alone unwrap is unreadable for ever.
pub trait Destroy: Send + Sync + 'static {
    /// Destroys a key that is not wrapped with any more. Some holders can only destroy it together with every earlier
    /// one.
    ///
    /// The outcome is [`HolderError::NoSuchKey`] when the holder has no such key, whether it had it or not.
    fn destroy<'a>(&'a self, key_id: &'a str) -> BoxFuture<'a, Result<Destruction, HolderError>>;
}
