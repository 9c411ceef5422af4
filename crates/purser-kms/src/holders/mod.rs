//! Who keeps the key: each kind in a file of its own, all of them [`purser_encryption::KeyHolder`]s.

mod aws;
mod aws_signature;
mod credential;
mod error;
mod file;
mod listed;
mod passphrase;
mod pkcs11;
mod private;
mod remote;
mod rotate;
mod spec;
mod tpm;
mod tpm_commands;
mod vault;

pub use aws::AwsSettings;
pub use error::HolderError;
pub use pkcs11::Pkcs11Settings;
pub use private::PrivateFiles;
pub use rotate::{Rotate, keep_rotating};
pub use spec::{HolderSpec, SpecError};
pub use tpm::TpmSettings;
pub use vault::VaultSettings;
