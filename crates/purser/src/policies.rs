//! Cedar policies: made into somebody who decides, and followed while the server runs.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use purser_authz::Decider;
#[cfg(feature = "cedar")]
use purser_cedar::{CedarDecider, from_texts, texts};
use zeroize::Zeroizing;

use crate::reload::{Digest, digest};

/// The policies that a configuration names, and what of them is in effect.
#[derive(Debug, Default)]
pub(crate) struct Policies {
    files: Mutex<BTreeMap<PathBuf, Digest>>,
}

impl Policies {
    /// Somebody who decides by the policies at `path`.
    ///
    /// # Errors
    /// All that is wrong with them, with places.
    pub(crate) fn decider(&self, path: &Path) -> Result<Arc<dyn Decider>, String> {
        let (decider, content) = made(path)?;
        let mut files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        files.insert(path.to_owned(), content);
        Ok(decider)
    }

    /// What stands for what is in effect.
    pub(crate) fn in_effect(&self) -> Zeroizing<Vec<u8>> {
        let files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        Zeroizing::new(files.values().flatten().copied().collect())
    }

    /// What stands for what there is now.
    ///
    /// # Errors
    /// Why they cannot be read.
    pub(crate) fn there_are(&self) -> Result<Zeroizing<Vec<u8>>, String> {
        let files = self.files.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let mut all = Zeroizing::<Vec<u8>>::default();
        for path in files.keys() {
            all.extend(read(path)?);
        }
        Ok(all)
    }
}

#[cfg(feature = "cedar")]
fn made(path: &Path) -> Result<(Arc<dyn Decider>, Digest), String> {
    let files = texts(path).map_err(|error| error.to_string())?;
    let by_name = files.iter().map(|(file, text)| (file.as_str(), text.as_str()));
    let (engine, warnings) = from_texts(by_name).map_err(|error| format!("cedar: {error}"))?;
    for warning in warnings {
        tracing::warn!("a Cedar policy may not be what is meant: {warning}");
    }
    Ok((Arc::new(CedarDecider::new(Arc::new(engine))), of(&files)))
}

#[cfg(feature = "cedar")]
fn read(path: &Path) -> Result<Digest, String> {
    texts(path)
        .map(|files| of(&files))
        .map_err(|error| error.to_string())
}

/// Tells files and their texts apart.
#[cfg(feature = "cedar")]
fn of(files: &[(String, String)]) -> Digest {
    let mut all = Vec::new();
    for (file, text) in files {
        all.extend(digest(file.as_bytes()));
        all.extend(digest(text.as_bytes()));
    }
    digest(&all)
}

#[cfg(not(feature = "cedar"))]
fn made(_: &Path) -> Result<(Arc<dyn Decider>, Digest), String> {
    Err("this program was built without Cedar (the feature cedar)".to_owned())
}

#[cfg(not(feature = "cedar"))]
fn read(_: &Path) -> Result<Digest, String> {
    Ok(digest(&[]))
}
