//! `passphrase-file:FILE`: keys derived from a passphrase with Argon2id (RFC 9106).
//!
//! Beside the file of the passphrase, with `.keys` at its end, a list says how each key is derived:
//!
//! ```text
//! "salt": "<base64 of 16 random bytes>", "memoryKiB": 65536, "passes": 3, "lanes": 4
//! ```
//!
//! Another key is another salt; the passphrase stays.

use std::path::PathBuf;

use argon2::{Algorithm, Argon2, Params, Version};
use aws_lc_rs::rand;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::destroy::Destruction;
use super::error::HolderError;
use super::listed::{KEY_LEN, Key, Source};
use super::private::PrivateFiles;

/// Added to the name of the passphrase's file.
const SUFFIX: &str = "keys";
/// Bytes of a salt (RFC 9106, section 3.1).
const SALT_LEN: usize = 16;
/// The second recommended choice of RFC 9106, section 4: 64 MiB, three passes, four lanes.
const MEMORY_KIB: u32 = 64 * 1024;
const PASSES: u32 = 3;
const LANES: u32 = 4;
/// The most memory that a list may ask for, so that a damaged one does not take all there is.
const MOST_MEMORY_KIB: u32 = 1024 * 1024;
/// The most passes that a list may ask for.
const MOST_PASSES: u32 = 16;
/// The fewest bytes of a passphrase: some six words of a list.
const SHORTEST: usize = 20;

/// How a key is derived.
#[derive(Serialize, Deserialize)]
pub(super) struct Derivation {
    salt: String,
    #[serde(rename = "memoryKiB")]
    memory_kib: u32,
    passes: u32,
    lanes: u32,
}

/// A passphrase in a file.
#[derive(Clone)]
pub(super) struct Passphrase {
    pub(super) file: PathBuf,
    pub(super) files: PrivateFiles,
}

impl Passphrase {
    fn wrong(&self, reason: impl Into<String>) -> HolderError {
        HolderError::File {
            path: self.file.clone(),
            reason: reason.into(),
        }
    }

    fn unlisted(&self, reason: impl Into<String>) -> HolderError {
        HolderError::File {
            path: self.list(),
            reason: reason.into(),
        }
    }

    fn read(&self) -> Result<Zeroizing<String>, HolderError> {
        let text = (self.files.read)(&self.file).map_err(|why| self.wrong(why))?;
        let text = text.ok_or_else(|| self.wrong("it is not there: write the passphrase into it"))?;
        let text = Zeroizing::new(text.trim_end_matches(['\r', '\n']).to_owned());
        if text.len() < SHORTEST {
            return Err(self.wrong(format!("a passphrase has {SHORTEST} bytes or more")));
        }
        Ok(text)
    }
}

impl Source for Passphrase {
    type How = Derivation;
    const VERSION: &'static str = "purser-passphrase-keys/v1";
    const REMOVED: Destruction = Destruction::SaltOverwritten;

    fn list(&self) -> PathBuf {
        self.file.with_added_extension(SUFFIX)
    }

    fn files(&self) -> PrivateFiles {
        self.files
    }

    fn named(&self) -> String {
        format!("passphrase-file:{}", self.file.display())
    }

    fn make(&self) -> Result<(Derivation, Key), HolderError> {
        let mut salt = [0; SALT_LEN];
        rand::fill(&mut salt).map_err(|_| self.wrong("no randomness to make a salt"))?;
        let how = Derivation {
            salt: STANDARD.encode(salt),
            memory_kib: MEMORY_KIB,
            passes: PASSES,
            lanes: LANES,
        };
        let key = self.get(&how)?;
        Ok((how, key))
    }

    /// Takes some tenths of a second.
    fn get(&self, how: &Derivation) -> Result<Key, HolderError> {
        if how.memory_kib > MOST_MEMORY_KIB || how.passes > MOST_PASSES {
            return Err(self.unlisted("a key of it asks for more memory or passes than are given"));
        }
        let salt = STANDARD.decode(&how.salt);
        let salt = salt.map_err(|_| self.unlisted("a salt of it is not base64"))?;
        let params = Params::new(how.memory_kib, how.passes, how.lanes, Some(KEY_LEN));
        let params = params.map_err(|error| self.unlisted(error.to_string()))?;
        let passphrase = self.read()?;
        let mut key = Zeroizing::new([0; KEY_LEN]);
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_into(passphrase.as_bytes(), &salt, key.as_mut_slice())
            .map_err(|error| self.unlisted(error.to_string()))?;
        Ok(key)
    }

    fn another(&self) -> HolderError {
        let list = self.list();
        self.wrong(format!(
            "it is not the passphrase that {} was made with: restore that one",
            list.display()
        ))
    }
}
