//! Why a key holder cannot be used. Never holds a key, a passphrase, a token or a PIN.

use std::path::PathBuf;

use purser_encryption::KeyFileError;

/// What is wrong, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum HolderError {
    /// The key files cannot be used.
    #[error(transparent)]
    Files(#[from] KeyFileError),
    /// There is no key yet.
    #[error("{holder} has no key yet: make the first with `purser kms rotate --key-holder {holder}`")]
    NoKey {
        /// The holder, as it is named.
        holder: String,
    },
    /// A file of settings, or one that holds a credential, cannot be used.
    #[error("{path}: {reason}", path = path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The holder itself refuses, or is away.
    #[error("{0}")]
    Holder(String),
    /// It makes no keys.
    #[error("{0}")]
    CannotRotate(&'static str),
    /// It destroys no keys.
    #[error("{0}")]
    CannotDestroy(&'static str),
    /// It is the key that the holder wraps with.
    #[error(
        "the key holder wraps with {0}, and it is not destroyed: if nobody else needs it, have the holder take another \
         key first, `purser kms rotate --key-holder HOLDER`"
    )]
    InUse(String),
    /// It has no such key, or not any more.
    #[error("the key holder has no key {0}")]
    NoSuchKey(String),
}
