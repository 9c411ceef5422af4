//! Cedar policies: made into somebody who decides, and followed while the server runs.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use purser_authz::Decider;
#[cfg(feature = "cedar")]
use purser_cedar::{CedarDecider, from_texts, texts};
use zeroize::Zeroizing;

use crate::reload::{Digest, digest};

/// Files by their names, in order.
type Texts = Vec<(String, String)>;

/// The policies that a configuration names, and what they were when it was tried last, usable or not.
#[derive(Debug, Default)]
pub(crate) struct Policies {
    files: Mutex<BTreeMap<PathBuf, Digest>>,
}

impl Policies {
    /// Forgets those that were named: a configuration is tried that may name others.
    pub(crate) fn forget(&self) {
        self.files().clear();
    }

    /// Somebody who decides by the policies at `path`.
    ///
    /// # Errors
    /// All that is wrong with them, with places.
    pub(crate) fn decider(&self, path: &Path) -> Result<Arc<dyn Decider>, String> {
        let found = read(path);
        // Those that cannot be used are followed, too: when they are put right they are to take effect.
        self.files().insert(path.to_owned(), of(&found));
        made(&found?)
    }

    /// What stands for what was tried.
    pub(crate) fn tried(&self) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(self.files().values().flatten().copied().collect())
    }

    /// What stands for what there is now.
    pub(crate) fn there_are(&self) -> Zeroizing<Vec<u8>> {
        let paths: Vec<PathBuf> = self.files().keys().cloned().collect();
        Zeroizing::new(paths.iter().flat_map(|path| of(&read(path))).collect())
    }

    fn files(&self) -> MutexGuard<'_, BTreeMap<PathBuf, Digest>> {
        self.files.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(feature = "cedar")]
fn read(path: &Path) -> Result<Texts, String> {
    texts(path).map_err(|error| error.to_string())
}

#[cfg(feature = "cedar")]
fn made(files: &Texts) -> Result<Arc<dyn Decider>, String> {
    let by_name = files.iter().map(|(file, text)| (file.as_str(), text.as_str()));
    let (engine, warnings) = from_texts(by_name).map_err(|error| format!("cedar: {error}"))?;
    for warning in warnings {
        tracing::warn!("a Cedar policy may not be what is meant: {warning}");
    }
    Ok(Arc::new(CedarDecider::new(Arc::new(engine))))
}

/// Tells files and their texts apart, and why there are none.
fn of(found: &Result<Texts, String>) -> Digest {
    let mut all = Vec::new();
    match found {
        Ok(files) => {
            for (file, text) in files {
                all.extend(digest(file.as_bytes()));
                all.extend(digest(text.as_bytes()));
            }
        }
        Err(why) => all.extend(why.as_bytes()),
    }
    digest(&all)
}

#[cfg(not(feature = "cedar"))]
fn read(_: &Path) -> Result<Texts, String> {
    Err("this program was built without Cedar (the feature cedar)".to_owned())
}

#[cfg(not(feature = "cedar"))]
fn made(_: &Texts) -> Result<Arc<dyn Decider>, String> {
    Err("this program was built without Cedar (the feature cedar)".to_owned())
}
