//! The keys that Purser itself makes, and destroys when it is told to.

use std::path::Path;
use std::sync::Arc;

use purser_encryption::{KeyFiles, LocalKeyHolder};
use purser_kms::{Destruction, HolderError, HolderSpec};

use super::options::Holders;
use crate::aside::aside;
use crate::error::Error;
use crate::kms;

/// Key files, and key holders.
pub(crate) struct OwnKeys {
    /// `None`: there are no key files.
    files: Option<Arc<KeyFiles>>,
    holders: Holders,
}

impl OwnKeys {
    /// The key files that are there, and the holders that are named: the one that seals, if it is one of those.
    pub(super) fn new(files: Option<Arc<KeyFiles>>, holders: Holders) -> Self {
        Self { files, holders }
    }

    /// Whether a key holder seals, and not key files.
    pub(crate) fn are_held(&self) -> bool {
        self.holders.at_rest_key_holder.is_some()
    }

    /// Who seals, as people are told; `None`: key files.
    pub(super) fn holder(&self) -> Option<String> {
        self.holders.at_rest_key_holder.as_ref().map(ToString::to_string)
    }

    /// Whether this holder is named.
    pub(crate) fn are_of(&self, holder: &str) -> bool {
        self.named().any(|named| named.to_string() == holder)
    }

    /// Makes a key to seal with; its id, or why its holder makes none.
    ///
    /// # Errors
    /// When it cannot be made.
    pub(crate) async fn make(&self) -> Result<Result<String, &'static str>, Error> {
        match (&self.holders.at_rest_key_holder, &self.files) {
            (Some(holder), _) => match holder.rotating(kms::files()) {
                Ok(rotating) => Ok(Ok(rotating.rotate().await?)),
                Err(HolderError::CannotRotate(why)) => Ok(Err(why)),
                Err(error) => Err(error.into()),
            },
            (None, Some(files)) => {
                let directory = files.directory().to_owned();
                let made = aside(move || Ok(LocalKeyHolder::generate(&directory)?)).await?;
                Ok(Ok(made))
            }
            (None, None) => Ok(Err("there are no key files")),
        }
    }

    /// The key files that nothing is sealed with any more, where `now` is what is sealed with.
    pub(crate) fn old_files(&self, now: &str) -> Vec<String> {
        let ids = self.files.as_ref().map(|files| files.key_ids());
        let old = |id: &String| self.are_held() || id != now;
        ids.unwrap_or_default().into_iter().filter(old).collect()
    }

    /// Reads the key files again: one may have come from a backup.
    ///
    /// # Errors
    /// When one is open to others or damaged.
    pub(crate) async fn read_files_again(&self) -> Result<(), Error> {
        let Some(files) = self.files.clone() else {
            return Ok(());
        };
        aside(move || Ok(files.read_again()?)).await
    }

    /// Destroys these key files, which have to be all where a key holder seals.
    ///
    /// # Errors
    /// When one cannot be overwritten.
    pub(crate) async fn destroy_files(&self, ids: &[String]) -> Result<(), Error> {
        let (Some(files), false) = (&self.files, ids.is_empty()) else {
            return Ok(());
        };
        let (files, ids, all) = (Arc::clone(files), ids.to_vec(), self.are_held());
        aside(move || {
            let directory = files.directory();
            match all {
                true => LocalKeyHolder::destroy_all(directory, &ids)?,
                false => destroy(directory, &ids)?,
            }
            Ok(files.read_again()?)
        })
        .await
    }

    /// Sees that the holders that are named can destroy keys.
    ///
    /// # Errors
    /// Which cannot, and what to do instead.
    pub(crate) fn check_destroyable(&self) -> Result<(), Error> {
        for holder in self.named() {
            if let Err(why) = holder.destroying(kms::files()) {
                return Err(Error::Usage(format!(
                    "nothing was erased: {holder} does not destroy keys: {why}"
                )));
            }
        }
        Ok(())
    }

    /// Has the holder that has it destroy a key that nothing is sealed with any more. `None`: none that is named has it.
    ///
    /// # Errors
    /// When a holder is away or refuses.
    pub(crate) async fn destroy_held(&self, id: &str) -> Result<Option<Destruction>, Error> {
        for holder in self.named() {
            match holder.destroying(kms::files())?.destroy(id).await {
                Ok(destruction) => return Ok(Some(destruction)),
                Err(HolderError::NoSuchKey(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(None)
    }

    fn named(&self) -> impl Iterator<Item = &HolderSpec> {
        let Holders {
            at_rest_key_holder,
            former_at_rest_key_holder,
        } = &self.holders;
        at_rest_key_holder.iter().chain(former_at_rest_key_holder)
    }
}

fn destroy(directory: &Path, ids: &[String]) -> Result<(), Error> {
    for id in ids {
        LocalKeyHolder::destroy(directory, id)?;
    }
    Ok(())
}
