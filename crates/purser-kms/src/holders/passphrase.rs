//! `passphrase-file:FILE`: keys derived from a passphrase with Argon2id (RFC 9106).
//!
//! Beside the file of the passphrase, with `.keys` at its end, a private file says how each key is derived:
//!
//! ```text
//! {"version": "purser-passphrase-keys/v1",
//!  "keys": [{"id": "local-…", "salt": "<base64 of 16 random bytes>", "memoryKiB": 65536, "passes": 3, "lanes": 4,
//!            "made": <seconds since 1970>}]}
//! ```
//!
//! The last one wraps, all unwrap. Another key is another salt; the passphrase stays.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use argon2::{Algorithm, Argon2, Params, Version};
use aws_lc_rs::rand;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use parking_lot::Mutex;
use purser_encryption::{KeyHolder, LocalKeyHolder, OpenError, SealError, Wrapped};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::error::HolderError;
use super::private::PrivateFiles;
use super::rotate::Rotate;

/// Added to the name of the passphrase's file.
const SUFFIX: &str = "keys";
const VERSION: &str = "purser-passphrase-keys/v1";
/// Bytes of a key.
const KEY_LEN: usize = 32;
/// Bytes of a salt (RFC 9106, section 3.1).
const SALT_LEN: usize = 16;
/// The second recommended choice of RFC 9106, section 4: 64 MiB, three passes, four lanes.
const MEMORY_KIB: u32 = 64 * 1024;
const PASSES: u32 = 3;
const LANES: u32 = 4;
/// The most memory that a file may ask for, so that a damaged one does not take all there is.
const MOST_MEMORY_KIB: u32 = 1024 * 1024;
/// The most passes that a file may ask for.
const MOST_PASSES: u32 = 16;
/// Most keys: each takes a derivation at the start.
const MOST_KEYS: usize = 32;
/// The fewest bytes of a passphrase: some six words of a list.
const SHORTEST: usize = 20;

/// How keys are derived.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Derivations {
    version: String,
    keys: Vec<Derivation>,
}

/// How one is.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Derivation {
    id: String,
    salt: String,
    #[serde(rename = "memoryKiB")]
    memory_kib: u32,
    passes: u32,
    lanes: u32,
    made: u64,
}

/// A passphrase and what is derived from it.
#[derive(Clone)]
pub(super) struct Passphrase {
    pub(super) file: PathBuf,
    pub(super) files: PrivateFiles,
}

impl Passphrase {
    fn beside(&self) -> PathBuf {
        self.file.with_added_extension(SUFFIX)
    }

    fn wrong(&self, reason: impl Into<String>) -> HolderError {
        HolderError::File {
            path: self.beside(),
            reason: reason.into(),
        }
    }

    fn derivations(&self) -> Result<Option<Derivations>, HolderError> {
        let text = (self.files.read)(&self.beside()).map_err(|reason| self.wrong(reason))?;
        let Some(text) = text else { return Ok(None) };
        let found: Derivations = serde_json::from_str(&text)
            .map_err(|error| self.wrong(format!("{error}; restore it from a backup")))?;
        if found.version != VERSION || found.keys.is_empty() || found.keys.len() > MOST_KEYS {
            return Err(self.wrong(format!("it is no {VERSION} of 1 to {MOST_KEYS} keys")));
        }
        Ok(Some(found))
    }

    fn passphrase(&self) -> Result<Zeroizing<String>, HolderError> {
        let path = || self.file.clone();
        let wrong = |reason: String| HolderError::File { path: path(), reason };
        let text = (self.files.read)(&self.file).map_err(wrong)?;
        let text = text.ok_or_else(|| wrong("it is not there: write the passphrase into it".to_owned()))?;
        let text = Zeroizing::new(text.trim_end_matches(['\r', '\n']).to_owned());
        if text.len() < SHORTEST {
            return Err(wrong(format!("a passphrase has {SHORTEST} bytes or more")));
        }
        Ok(text)
    }

    /// Derives a key; takes some tenths of a second.
    fn derive(&self, passphrase: &str, how: &Derivation) -> Result<Zeroizing<[u8; KEY_LEN]>, HolderError> {
        if how.memory_kib > MOST_MEMORY_KIB || how.passes > MOST_PASSES {
            return Err(self.wrong("a key of it asks for more memory or passes than are given"));
        }
        let salt = STANDARD
            .decode(&how.salt)
            .map_err(|_| self.wrong("a salt of it is not base64"))?;
        let params = Params::new(how.memory_kib, how.passes, how.lanes, Some(KEY_LEN));
        let params = params.map_err(|error| self.wrong(error.to_string()))?;
        let mut key = Zeroizing::new([0; KEY_LEN]);
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_into(passphrase.as_bytes(), &salt, key.as_mut_slice())
            .map_err(|error| self.wrong(error.to_string()))?;
        Ok(key)
    }

    /// The key that `how` says, unless the passphrase is another than the one it was made with.
    fn checked(&self, passphrase: &str, how: &Derivation) -> Result<LocalKeyHolder, HolderError> {
        let key = LocalKeyHolder::of(vec![self.derive(passphrase, how)?]);
        let key = key.ok_or_else(|| self.wrong("the cipher refuses a key"))?;
        match key.primary() == how.id {
            true => Ok(key),
            false => Err(HolderError::File {
                path: self.file.clone(),
                reason: format!(
                    "it is not the passphrase that {} was made with: restore that one",
                    self.beside().display()
                ),
            }),
        }
    }

    fn add(&self) -> Result<String, HolderError> {
        let passphrase = self.passphrase()?;
        let mut all = self.derivations()?.unwrap_or(Derivations {
            version: VERSION.to_owned(),
            keys: Vec::new(),
        });
        if let Some(last) = all.keys.last() {
            self.checked(&passphrase, last)?;
        }
        if all.keys.len() >= MOST_KEYS {
            return Err(self.wrong(format!("it has as many keys as it may, {MOST_KEYS}")));
        }
        let mut salt = [0; SALT_LEN];
        rand::fill(&mut salt).map_err(|_| self.wrong("no randomness to make a salt"))?;
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        let mut how = Derivation {
            id: String::new(),
            salt: STANDARD.encode(salt),
            memory_kib: MEMORY_KIB,
            passes: PASSES,
            lanes: LANES,
            made: now.unwrap_or_default().as_secs(),
        };
        let key = LocalKeyHolder::of(vec![self.derive(&passphrase, &how)?]);
        let key = key.ok_or_else(|| self.wrong("the cipher refuses the key"))?;
        key.primary().clone_into(&mut how.id);
        let id = how.id.clone();
        all.keys.push(how);
        let text = serde_json::to_string_pretty(&all).map_err(|error| self.wrong(error.to_string()))?;
        (self.files.write)(&self.beside(), &(text + "\n")).map_err(|reason| self.wrong(reason))?;
        Ok(id)
    }

    /// Derives what is not derived yet.
    fn load(&self, before: &Derived) -> Result<Derived, HolderError> {
        let all = self.derivations()?.ok_or_else(|| HolderError::NoKey {
            holder: format!("passphrase-file:{}", self.file.display()),
        })?;
        let mut passphrase = None;
        let mut now = Derived::default();
        for how in all.keys {
            let key = match before.keys.get(&how.id) {
                Some(key) => Arc::clone(key),
                None => {
                    if passphrase.is_none() {
                        passphrase = Some(self.passphrase()?);
                    }
                    let passphrase = passphrase.as_ref().map_or("", |text| text.as_str());
                    Arc::new(self.checked(passphrase, &how)?)
                }
            };
            now.primary.clone_from(&how.id);
            now.keys.insert(how.id, key);
        }
        Ok(now)
    }

    /// Reads the file and derives its keys.
    pub(super) async fn open(self) -> Result<Arc<dyn KeyHolder>, HolderError> {
        let holder = PassphraseKeys {
            source: self,
            derived: Mutex::default(),
        };
        holder.renew().await?;
        Ok(Arc::new(holder))
    }
}

impl Rotate for Passphrase {
    fn rotate(&self) -> BoxFuture<'_, Result<String, HolderError>> {
        let source = self.clone();
        aside(move || source.add()).boxed()
    }

    fn made(&self) -> BoxFuture<'_, Result<SystemTime, HolderError>> {
        async {
            let all = self.derivations()?;
            let last = all.and_then(|all| all.keys.last().map(|how| how.made));
            let made = last.ok_or_else(|| self.wrong("there is no key yet"))?;
            Ok(SystemTime::UNIX_EPOCH + Duration::from_secs(made))
        }
        .boxed()
    }
}

async fn aside<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, HolderError> + Send + 'static,
) -> Result<T, HolderError> {
    let working = tokio::task::spawn_blocking(work).await;
    working.map_err(|error| HolderError::Holder(error.to_string()))?
}

/// Keys that were derived, by id.
#[derive(Clone, Default)]
struct Derived {
    keys: BTreeMap<String, Arc<LocalKeyHolder>>,
    primary: String,
}

/// The holder; each question about the key id reads the file again.
struct PassphraseKeys {
    source: Passphrase,
    derived: Mutex<Derived>,
}

impl PassphraseKeys {
    async fn renew(&self) -> Result<String, HolderError> {
        let (source, before) = (self.source.clone(), self.derived.lock().clone());
        let now = aside(move || source.load(&before)).await?;
        let primary = now.primary.clone();
        *self.derived.lock() = now;
        Ok(primary)
    }

    fn key(&self, id: Option<&str>) -> Option<Arc<LocalKeyHolder>> {
        let derived = self.derived.lock();
        derived.keys.get(id.unwrap_or(&derived.primary)).cloned()
    }
}

impl KeyHolder for PassphraseKeys {
    fn key_id(&self) -> BoxFuture<'_, Result<String, SealError>> {
        async {
            let renewed = self.renew().await;
            renewed.map_err(|error| SealError::Unavailable(error.to_string()))
        }
        .boxed()
    }

    fn wrap<'a>(&'a self, secret: &'a [u8]) -> BoxFuture<'a, Result<Wrapped, SealError>> {
        async {
            let key = self.key(None).ok_or(SealError::Refused)?;
            key.wrap(secret).await
        }
        .boxed()
    }

    fn unwrap<'a>(&'a self, wrapped: &'a Wrapped) -> BoxFuture<'a, Result<Zeroizing<Vec<u8>>, OpenError>> {
        async {
            // A key that nobody has refuses it by name, as the holder of any key does.
            let key = self.key(Some(&wrapped.key_id)).or_else(|| self.key(None));
            let key = key.ok_or_else(|| OpenError::NoKey("any".to_owned()))?;
            key.unwrap(wrapped).await
        }
        .boxed()
    }
}
