//! `file:DIR`: key files of this machine.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::SystemTime;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use purser_encryption::{KeyFileError, KeyFiles, KeyHolder, LocalKeyHolder};

use super::aside::aside;
use super::destroy::{Destroy, Destruction};
use super::error::HolderError;
use super::rotate::Rotate;

/// The file that a new key is named in: it is written when one is made.
const PRIMARY: &str = "primary";

/// The directory of key files.
pub(super) struct FileKeys {
    pub(super) directory: PathBuf,
}

impl FileKeys {
    /// Reads the keys.
    pub(super) fn open(&self) -> Result<Arc<dyn KeyHolder>, HolderError> {
        let none = || HolderError::NoKey {
            holder: format!("file:{}", self.directory.display()),
        };
        if !self.directory.exists() {
            return Err(none());
        }
        match KeyFiles::open(&self.directory) {
            Ok(keys) => Ok(Arc::new(keys)),
            Err(KeyFileError::NoKeys(_)) => Err(none()),
            Err(error) => Err(error.into()),
        }
    }
}

impl Rotate for FileKeys {
    fn rotate(&self) -> BoxFuture<'_, Result<String, HolderError>> {
        let directory = self.directory.clone();
        async { aside(move || Ok(LocalKeyHolder::generate(&directory)?)).await }.boxed()
    }

    fn made(&self) -> BoxFuture<'_, Result<SystemTime, HolderError>> {
        async {
            let path = self.directory.join(PRIMARY);
            let made = fs::metadata(&path).and_then(|found| found.modified());
            made.map_err(|error| HolderError::File {
                path,
                reason: error.to_string(),
            })
        }
        .boxed()
    }
}

impl Destroy for FileKeys {
    fn destroy<'a>(&'a self, key_id: &'a str) -> BoxFuture<'a, Result<Destruction, HolderError>> {
        let (directory, key_id) = (self.directory.clone(), key_id.to_owned());
        let destroying = move || {
            // Finishes what was broken off, too.
            KeyFiles::open(&directory)?;
            let keys = LocalKeyHolder::load(&directory)?;
            if keys.primary() == key_id {
                return Err(HolderError::InUse(key_id));
            }
            if !keys.key_ids().any(|id| id == key_id) {
                return Err(HolderError::NoSuchKey(key_id));
            }
            LocalKeyHolder::destroy(&directory, &key_id)?;
            Ok(Destruction::Overwritten)
        };
        aside(destroying).boxed()
    }
}
