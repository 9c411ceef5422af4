//! The key holder of a process that has no other: key files on the local disk.

use std::collections::BTreeMap;
use std::future::ready;
use std::path::Path;

use aws_lc_rs::aead::{Aad, LessSafeKey, NONCE_LEN, Nonce};
use aws_lc_rs::rand;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use zeroize::Zeroizing;

use crate::data_key::{TAG_LEN, gcm};
use crate::key_directory::{KeyDirectory, KeyFileError, MAX_KEYS, PRIMARY};
use crate::key_file::{KEY_LEN, LocalKey};
use crate::key_holder::{KeyHolder, Wrapped};
use crate::transformer::{OpenError, SealError};

const AAD_DOMAIN: &str = "purser.dev/local-key-wrap/v1";

/// Wraps with AES-256-GCM under a key from a file; the wrapped bytes are `nonce(12) ‖ ciphertext ‖ tag(16)`, bound to
/// the key id.
///
/// The directory holds one file a key, `<id>.key`, and the file `primary` with the id of the one to write with. All
/// of it is private to the user of the process (0700 and 0600) or is refused. A key file has three lines:
///
/// ```text
/// purser-local-key/v1
/// id: local-<32 hex digits: the start of a hash of the key, which names it and tells nothing of it>
/// key: <base64 of 32 random bytes>
/// ```
pub struct LocalKeyHolder {
    keys: BTreeMap<String, LessSafeKey>,
    primary: String,
}

impl LocalKeyHolder {
    /// Reads the keys of `directory`.
    ///
    /// # Errors
    /// [`KeyFileError::NoKeys`] when there is none; otherwise when something is exposed, damaged or not ours.
    pub fn load(directory: &Path) -> Result<Self, KeyFileError> {
        let files = KeyDirectory::open(directory)?;
        let mut keys = BTreeMap::new();
        for name in files.key_files()? {
            let malformed = |reason| KeyFileError::Malformed {
                path: files.path(&name),
                reason,
            };
            let bytes = files
                .read(&name)?
                .ok_or_else(|| malformed("it went away while it was read"))?;
            let key = LocalKey::decode(&bytes).map_err(malformed)?;
            if name != KeyDirectory::file_name(&key.id) {
                return Err(malformed("its name is not its id"));
            }
            let cipher = gcm(key.secret.as_slice()).map_err(|_| malformed("the cipher refuses its key"))?;
            keys.insert(key.id, cipher);
        }
        let primary = Self::primary_of(&files, &keys, directory)?;
        Ok(Self { keys, primary })
    }

    /// Keys that come from elsewhere than files: the first wraps, all unwrap. `None`: there is none, or the cipher
    /// refuses one.
    #[must_use]
    pub fn of(secrets: Vec<Zeroizing<[u8; KEY_LEN]>>) -> Option<Self> {
        let mut keys = BTreeMap::new();
        let mut primary = None;
        for secret in secrets {
            let key = LocalKey::new(secret);
            let cipher = gcm(key.secret.as_slice()).ok()?;
            primary.get_or_insert_with(|| key.id.clone());
            keys.insert(key.id, cipher);
        }
        let primary = primary?;
        Some(Self { keys, primary })
    }

    /// Makes a new key in `directory`, which is made as well when it is not there, and makes it the one to write
    /// with. Keys that are there stay, to read with. It returns the new key's id.
    ///
    /// # Errors
    /// When the directory is not private, or something cannot be written.
    pub fn generate(directory: &Path) -> Result<String, KeyFileError> {
        let files = KeyDirectory::make(directory)?;
        files.finish_shredding()?;
        if files.key_files()?.len() >= MAX_KEYS {
            return Err(KeyFileError::TooMany {
                path: directory.to_owned(),
            });
        }
        let mut secret = Zeroizing::new([0; KEY_LEN]);
        rand::fill(secret.as_mut_slice()).map_err(|_| KeyFileError::NoRandomness)?;
        let key = LocalKey::new(secret);
        files.write(&KeyDirectory::file_name(&key.id), &key.encode(), false)?;
        files.write(PRIMARY, format!("{}\n", key.id).as_bytes(), true)?;
        Ok(key.id)
    }

    /// Destroys a key that is not written with any more: its file is overwritten, made durable so, and removed. What it
    /// alone can unwrap is unreadable for ever.
    ///
    /// # Errors
    /// When it is the one to write with, or is not there, or cannot be overwritten.
    pub fn destroy(directory: &Path, id: &str) -> Result<(), KeyFileError> {
        let here = Self::load(directory)?;
        let files = KeyDirectory::open(directory)?;
        let name = KeyDirectory::file_name(id);
        if here.primary == id || !here.keys.contains_key(id) {
            return Err(KeyFileError::Malformed {
                path: files.path(&name),
                reason: "it is the key to write with, or there is no such key",
            });
        }
        files.shred(id)
    }

    /// Destroys all keys, where others are written with, if they are these (sorted): nobody has asked about one that came
    /// meanwhile, from a backup perhaps. The one that was written with goes last, so that broken off at any point there is
    /// one as long as there is any.
    ///
    /// # Errors
    /// When there are others, or one cannot be overwritten.
    pub fn destroy_all(directory: &Path, ids: &[String]) -> Result<(), KeyFileError> {
        let here = Self::load(directory)?;
        let files = KeyDirectory::open(directory)?;
        if !here.key_ids().eq(ids) {
            return Err(KeyFileError::Changed(directory.to_owned()));
        }
        let others = here.key_ids().filter(|id| *id != here.primary);
        others
            .chain([here.primary()])
            .try_for_each(|id| files.shred(id))?;
        files.remove(PRIMARY)
    }

    /// No keys.
    pub(crate) fn none() -> Self {
        Self {
            keys: BTreeMap::new(),
            primary: String::new(),
        }
    }

    /// Destroys what an earlier run has begun to destroy and did not get to the end of.
    ///
    /// # Errors
    /// When it cannot be overwritten.
    pub(crate) fn finish_destroying(directory: &Path) -> Result<(), KeyFileError> {
        KeyDirectory::open(directory)?.finish_shredding()
    }

    /// The ids of all keys, sorted.
    pub fn key_ids(&self) -> impl Iterator<Item = &str> {
        self.keys.keys().map(String::as_str)
    }

    /// The id of the key that is written with.
    #[must_use]
    pub fn primary(&self) -> &str {
        &self.primary
    }

    /// The id in the file `primary`. A single key without that file is the primary one: the power failed between
    /// the making of the two.
    fn primary_of(
        files: &KeyDirectory,
        keys: &BTreeMap<String, LessSafeKey>,
        directory: &Path,
    ) -> Result<String, KeyFileError> {
        let mut ids = keys.keys();
        let Some(first) = ids.next() else {
            return Err(KeyFileError::NoKeys(directory.to_owned()));
        };
        let only = ids.next().is_none();
        let no_primary = || KeyFileError::NoPrimary {
            path: files.path(PRIMARY),
        };
        match files.read(PRIMARY)? {
            None if only => Ok(first.clone()),
            None => Err(no_primary()),
            Some(bytes) => {
                let id = std::str::from_utf8(&bytes).map_err(|_| no_primary())?.trim();
                if keys.contains_key(id) {
                    Ok(id.to_owned())
                } else {
                    Err(no_primary())
                }
            }
        }
    }

    fn wrap_now(&self, secret: &[u8]) -> Result<Wrapped, SealError> {
        let key = self.keys.get(&self.primary).ok_or(SealError::Refused)?;
        let mut nonce = [0; NONCE_LEN];
        rand::fill(&mut nonce).map_err(|_| SealError::NoRandomness)?;
        let mut ciphertext = nonce.to_vec();
        ciphertext.resize(NONCE_LEN + secret.len() + TAG_LEN, 0);
        let (_, sealed) = ciphertext.split_at_mut(NONCE_LEN);
        let (body, tag) = sealed.split_at_mut(secret.len());
        let nonce = Nonce::assume_unique_for_key(nonce);
        key.seal_out_of_place_scatter(nonce, aad(&self.primary), secret, body, &[], tag)
            .map_err(|_| SealError::Refused)?;
        Ok(Wrapped {
            ciphertext,
            key_id: self.primary.clone(),
            annotations: BTreeMap::new(),
        })
    }

    fn unwrap_now(&self, wrapped: &Wrapped) -> Result<Zeroizing<Vec<u8>>, OpenError> {
        let key = self
            .keys
            .get(&wrapped.key_id)
            .ok_or_else(|| OpenError::NoKey(printable(&wrapped.key_id)))?;
        if !wrapped.annotations.is_empty() {
            return Err(OpenError::Malformed(
                "annotations that the local key holder never writes",
            ));
        }
        let (nonce, body) = wrapped
            .ciphertext
            .split_at_checked(NONCE_LEN)
            .ok_or(OpenError::Damaged)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| OpenError::Damaged)?;
        let mut secret = Zeroizing::new(body.to_vec());
        let length = key
            .open_in_place(nonce, aad(&wrapped.key_id), &mut secret)
            .map_err(|_| OpenError::Damaged)?
            .len();
        secret.truncate(length);
        Ok(secret)
    }
}

fn aad(key_id: &str) -> Aad<Vec<u8>> {
    Aad::from([AAD_DOMAIN.as_bytes(), b"\0", key_id.as_bytes()].concat())
}

/// A key id out of a stored value, which may hold anything.
fn printable(key_id: &str) -> String {
    const MAX_SHOWN: usize = 64;
    key_id
        .chars()
        .take(MAX_SHOWN)
        .map(|c| if c.is_ascii_graphic() { c } else { '?' })
        .collect()
}

impl KeyHolder for LocalKeyHolder {
    fn key_id(&self) -> BoxFuture<'_, Result<String, SealError>> {
        ready(Ok(self.primary.clone())).boxed()
    }

    fn wrap<'a>(&'a self, secret: &'a [u8]) -> BoxFuture<'a, Result<Wrapped, SealError>> {
        ready(self.wrap_now(secret)).boxed()
    }

    fn unwrap<'a>(&'a self, wrapped: &'a Wrapped) -> BoxFuture<'a, Result<Zeroizing<Vec<u8>>, OpenError>> {
        ready(self.unwrap_now(wrapped)).boxed()
    }
}
