//! Encryption at rest: transformers, the local key holder, and the sealed store, the only way to persist.

mod sealed_store;
mod transformer;

pub use sealed_store::{CommitError, SealedChange, SealedStore};
pub use transformer::{OpenError, Opened, SealError, Transformer};
