//! `tpm:FILE[?device=PATH]`: keys that a TPM 2.0 of this machine has sealed.
//!
//! `FILE` lists the keys as the TPM sealed them, under the storage key that it derives from its owner's seed: they are
//! worth nothing elsewhere, nor after the TPM was cleared. The TPM unseals them when the plugin starts; then they are in
//! this process' memory.

use std::path::PathBuf;

use aws_lc_rs::rand;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::destroy::Destruction;
use super::error::HolderError;
use super::listed::{KEY_LEN, Key, Source};
use super::private::PrivateFiles;
use super::tpm_commands::Device;

/// A key as the TPM sealed it.
#[derive(Serialize, Deserialize)]
pub(super) struct Sealed {
    private: String,
    public: String,
}

/// Which TPM, and what it sealed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TpmSettings {
    /// The list of sealed keys.
    pub file: PathBuf,
    /// The TPM, with a resource manager: `/dev/tpmrm0` unless said.
    pub device: PathBuf,
}

/// A TPM and a list.
#[derive(Clone)]
pub(super) struct Tpm {
    pub(super) settings: TpmSettings,
    pub(super) files: PrivateFiles,
}

impl Tpm {
    fn wrong(&self, reason: impl std::fmt::Display) -> HolderError {
        HolderError::Holder(format!("the TPM {}: {reason}", self.settings.device.display()))
    }
}

impl Source for Tpm {
    type How = Sealed;
    const VERSION: &'static str = "purser-tpm-keys/v1";
    const REMOVED: Destruction = Destruction::Overwritten;

    fn list(&self) -> PathBuf {
        self.settings.file.clone()
    }

    fn files(&self) -> PrivateFiles {
        self.files
    }

    fn named(&self) -> String {
        format!("tpm:{}", self.settings.file.display())
    }

    fn make(&self) -> Result<(Sealed, Key), HolderError> {
        let mut key = Zeroizing::new([0; KEY_LEN]);
        rand::fill(key.as_mut_slice()).map_err(|_| self.wrong("no randomness to make a key"))?;
        let device = Device::open(&self.settings.device).map_err(|why| self.wrong(why))?;
        let (private, public) = device.seal(key.as_slice()).map_err(|why| self.wrong(why))?;
        let sealed = Sealed {
            private: STANDARD.encode(private),
            public: STANDARD.encode(public),
        };
        Ok((sealed, key))
    }

    fn get(&self, how: &Sealed) -> Result<Key, HolderError> {
        let part = |text: &str| {
            STANDARD.decode(text).map_err(|_| HolderError::File {
                path: self.list(),
                reason: "a key of it is not base64; restore it from a backup".to_owned(),
            })
        };
        let (private, public) = (part(&how.private)?, part(&how.public)?);
        let device = Device::open(&self.settings.device).map_err(|why| self.wrong(why))?;
        let unsealed = device.unseal(&private, &public).map_err(|why| self.wrong(why))?;
        let mut key = Zeroizing::new([0; KEY_LEN]);
        match unsealed.len() {
            KEY_LEN => key.copy_from_slice(&unsealed),
            _ => return Err(self.another()),
        }
        Ok(key)
    }

    fn another(&self) -> HolderError {
        HolderError::File {
            path: self.list(),
            reason: "the TPM unsealed another key than is listed; restore the list from a backup".to_owned(),
        }
    }
}
