//! The word that names a key holder on a command line.

use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;

use purser_encryption::KeyHolder;

use super::credential;
use super::error::HolderError;
use super::file::FileKeys;
use super::passphrase::Passphrase;
use super::private::PrivateFiles;
use super::rotate::Rotate;

/// How holders are written.
const FORMS: &str = "write it as one of file:DIR, credential:NAME[,OLD], passphrase-file:FILE";

/// A key holder, as it was named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HolderSpec {
    /// `file:DIR`: key files of this machine.
    File(PathBuf),
    /// `credential:NAME[,OLD…]`: credentials that systemd hands over; the first wraps.
    Credential(Vec<String>),
    /// `passphrase-file:FILE`: derived from a passphrase.
    Passphrase(PathBuf),
}

/// Why a word names none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SpecError(String);

impl FromStr for HolderSpec {
    type Err = SpecError;

    fn from_str(word: &str) -> Result<Self, SpecError> {
        let wrong = || SpecError(FORMS.to_owned());
        let (kind, rest) = word.split_once(':').ok_or_else(wrong)?;
        if rest.is_empty() {
            return Err(wrong());
        }
        match kind {
            "file" => Ok(Self::File(PathBuf::from(rest))),
            "passphrase-file" => Ok(Self::Passphrase(PathBuf::from(rest))),
            "credential" => {
                let names: Vec<String> = rest.split(',').map(str::to_owned).collect();
                let plain =
                    |name: &String| !name.is_empty() && name != ".." && name != "." && !name.contains('/');
                match names.iter().all(plain) {
                    true => Ok(Self::Credential(names)),
                    false => Err(SpecError(
                        "a credential is named by the name of a file".to_owned(),
                    )),
                }
            }
            _ => Err(wrong()),
        }
    }
}

impl HolderSpec {
    /// Opens the holder.
    ///
    /// # Errors
    /// When it has no key, or what it is made of cannot be used. A holder elsewhere is not asked yet.
    pub async fn open(&self, files: PrivateFiles) -> Result<Arc<dyn KeyHolder>, HolderError> {
        match self {
            Self::File(directory) => file(directory).open(),
            Self::Credential(names) => credential::open(names),
            Self::Passphrase(path) => passphrase(path, files).open().await,
        }
    }

    /// What makes new keys in it.
    ///
    /// # Errors
    /// [`HolderError::CannotRotate`], with what to do instead.
    pub fn rotating(&self, files: PrivateFiles) -> Result<Arc<dyn Rotate>, HolderError> {
        match self {
            Self::File(directory) => Ok(Arc::new(file(directory))),
            Self::Passphrase(path) => Ok(Arc::new(passphrase(path, files))),
            Self::Credential(_) => Err(HolderError::CannotRotate(
                "credentials come from systemd: name a new one first, credential:NEW,OLD, and restart the service",
            )),
        }
    }
}

fn file(directory: &std::path::Path) -> FileKeys {
    FileKeys {
        directory: directory.to_owned(),
    }
}

fn passphrase(path: &std::path::Path, files: PrivateFiles) -> Passphrase {
    Passphrase {
        file: path.to_owned(),
        files,
    }
}
