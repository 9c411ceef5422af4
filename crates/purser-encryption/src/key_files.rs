//! Keys in files of this machine, read again when they change.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use parking_lot::RwLock;
use zeroize::Zeroizing;

use crate::key_directory::KeyFileError;
use crate::key_holder::{KeyHolder, Wrapped};
use crate::local_key_holder::LocalKeyHolder;
use crate::transformer::{OpenError, SealError};

/// How often they are read without being asked for.
const READ_EVERY: Duration = Duration::from_secs(60);

/// The key files of a directory. Every question about the key id reads them again, so that a key that was added, or
/// made the one to wrap with, is noticed without a restart.
pub struct KeyFiles {
    directory: PathBuf,
    keys: RwLock<Arc<LocalKeyHolder>>,
    /// How often [`KeyFiles::read_again`] did: what was read before that is not put in its place.
    readings: AtomicU64,
}

impl KeyFiles {
    /// Reads the keys of a directory; see [`LocalKeyHolder`] for what has to be in it. A key whose destruction was broken
    /// off is destroyed first.
    ///
    /// # Errors
    /// [`KeyFileError`].
    pub fn open(directory: &Path) -> Result<Self, KeyFileError> {
        LocalKeyHolder::finish_destroying(directory)?;
        let keys = LocalKeyHolder::load(directory)?;
        Ok(Self {
            directory: directory.to_owned(),
            keys: RwLock::new(Arc::new(keys)),
            readings: AtomicU64::new(0),
        })
    }

    /// The ids of all keys that were there when they were last read, sorted.
    #[must_use]
    pub fn key_ids(&self) -> Vec<String> {
        self.now().key_ids().map(str::to_owned).collect()
    }

    /// Reads the keys again; there may be none any more, for who writes with others now.
    ///
    /// # Errors
    /// As [`KeyFiles::open`], except for a directory without keys.
    pub fn read_again(&self) -> Result<(), KeyFileError> {
        let keys = match LocalKeyHolder::load(&self.directory) {
            Err(KeyFileError::NoKeys(_)) => LocalKeyHolder::none(),
            keys => keys?,
        };
        let mut now = self.keys.write();
        self.readings.fetch_add(1, Ordering::Relaxed);
        *now = Arc::new(keys);
        Ok(())
    }

    /// Goes on reading them every minute: one that was missing may be there again. Never returns.
    pub async fn keep_reading(&self) {
        loop {
            tokio::time::sleep(READ_EVERY).await;
            if let Err(error) = self.key_id().await {
                tracing::debug!(%error, "the key files cannot be read now; what was read before stays");
            }
        }
    }

    /// The directory.
    #[must_use]
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    fn now(&self) -> Arc<LocalKeyHolder> {
        Arc::clone(&self.keys.read())
    }
}

impl KeyHolder for KeyFiles {
    fn key_id(&self) -> BoxFuture<'_, Result<String, SealError>> {
        async {
            let (directory, reading) = (self.directory.clone(), self.readings.load(Ordering::Relaxed));
            let read = tokio::task::spawn_blocking(move || LocalKeyHolder::load(&directory)).await;
            let keys = read
                .map_err(|error| SealError::Unavailable(error.to_string()))?
                .map_err(|error| SealError::Unavailable(error.to_string()))?;
            let key_id = keys.primary().to_owned();
            let mut now = self.keys.write();
            if self.readings.load(Ordering::Relaxed) == reading {
                *now = Arc::new(keys);
            }
            Ok(key_id)
        }
        .boxed()
    }

    fn wrap<'a>(&'a self, secret: &'a [u8]) -> BoxFuture<'a, Result<Wrapped, SealError>> {
        async { self.now().wrap(secret).await }.boxed()
    }

    fn unwrap<'a>(&'a self, wrapped: &'a Wrapped) -> BoxFuture<'a, Result<Zeroizing<Vec<u8>>, OpenError>> {
        async { self.now().unwrap(wrapped).await }.boxed()
    }
}
