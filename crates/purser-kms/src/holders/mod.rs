//! Who keeps the key: each kind in a file of its own, all of them [`purser_encryption::KeyHolder`]s.

mod aside;
mod aws;
mod aws_signature;
mod credential;
mod destroy;
mod error;
mod file;
mod listed;
mod passphrase;
mod pkcs11;
mod private;
mod remote;
mod rotate;
mod shred;
mod spec;
mod tpm;
mod tpm_commands;
mod vault;

pub use aws::AwsSettings;
pub use destroy::{Destroy, Destruction};
pub use error::HolderError;
pub use pkcs11::Pkcs11Settings;
pub use private::PrivateFiles;
pub use rotate::{Rotate, keep_rotating};
pub use spec::{HolderSpec, SpecError};
pub use tpm::TpmSettings;
pub use vault::VaultSettings;

/// Any bytes as what holders elsewhere answer, and as the word and the files that name them.
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) fn any_answer(bytes: &[u8]) {
    vault::any_answer(bytes);
    aws::any_answer(bytes);
    tpm_commands::any_answer(bytes);
    listed::any_list::<passphrase::Passphrase>(bytes);
    listed::any_list::<tpm::Tpm>(bytes);
    if let Ok(word) = std::str::from_utf8(bytes) {
        let _ = word.parse::<HolderSpec>();
    }
}
