//! Who keeps the key: each kind in a file of its own, all of them [`purser_encryption::KeyHolder`]s.

mod credential;
mod error;
mod file;
mod passphrase;
mod private;
mod rotate;
mod spec;

pub use error::HolderError;
pub use private::PrivateFiles;
pub use rotate::{Rotate, keep_rotating};
pub use spec::{HolderSpec, SpecError};
