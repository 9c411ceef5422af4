//! By what a question is remembered.

use sha2::{Digest as _, Sha256};

/// The digest of a question: as long for a long question as for a short one, and nobody finds two with the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Key([u8; 32]);

impl Key {
    /// Of a question as it is sent.
    pub(super) fn of(question: &[u8]) -> Self {
        Self(Sha256::digest(question).into())
    }
}
