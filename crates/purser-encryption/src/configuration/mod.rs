//! `EncryptionConfiguration` (`apiserver.config.k8s.io/v1`): which objects are kept how.
//!
//! A file is read strictly and checked whole ([`Configuration::read`]); then [`Providers::new`] makes what seals and
//! opens. What is refused is refused with upstream's sentences, none of which repeats a key.
//!
//! Sources: `k8s.io/apiserver/pkg/apis/apiserver/validation/validation_encryption.go`,
//! `k8s.io/apiserver/pkg/apis/apiserver/v1/defaults.go`, and
//! `k8s.io/apiserver/pkg/server/options/encryptionconfig/config.go`.

mod check;
mod keys;
mod kms;
mod names;
mod providers;
mod redact;
mod routes;

use std::time::Duration;

use purser_types::configuration::{self, ConfigurationError};
use purser_types::problems::Problems;
use purser_types::schema::ENCRYPTION_CONFIGURATION;

use crate::keyed::{Algorithm, NamedKey};

pub use names::ResourceName;
pub use providers::{DialError, Providers};
pub use routes::Routes;

/// Group of the file's kind.
const GROUP: &str = "apiserver.config.k8s.io";
/// The file's kind.
const KIND: &str = "EncryptionConfiguration";

/// Which objects are kept how, as a file says it; every rule has been checked.
pub struct Configuration {
    /// In the file's order.
    pub blocks: Vec<Block>,
}

/// Kinds of objects that are kept in the same way.
pub struct Block {
    /// Which; wildcards among them.
    pub resources: Vec<ResourceName>,
    /// The first writes, all of them read.
    pub providers: Vec<Provider>,
}

impl Block {
    /// Whether its values are written otherwise than in the clear.
    fn seals(&self) -> bool {
        !matches!(self.providers.first(), None | Some(Provider::Identity))
    }
}

/// One provider.
pub enum Provider {
    /// Values are in the clear.
    Identity,
    /// A cipher whose keys stand in the file.
    Keyed {
        /// The cipher.
        algorithm: Algorithm,
        /// Its keys; the first writes.
        keys: Vec<NamedKey>,
    },
    /// A plugin holds the keys.
    Kms(Kms),
}

/// A KMS plugin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kms {
    /// Which protocol it speaks.
    pub version: KmsVersion,
    /// The name that its values carry.
    pub name: String,
    /// `unix://` and the path of its socket.
    pub endpoint: String,
    /// How long a call may take.
    pub timeout: Duration,
}

/// The protocol of a plugin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KmsVersion {
    /// A call for every write.
    V1 {
        /// How many unwrapped keys are kept.
        kept: usize,
    },
    /// A call for every change of the plugin's key.
    V2,
}

/// Why a file cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FileError {
    /// It cannot be read as what it should be.
    #[error(transparent)]
    Read(#[from] ConfigurationError),
    /// Something in it is wrong.
    #[error(transparent)]
    Wrong(#[from] Problems),
    /// A rule for a kind stands behind one that takes all of its objects.
    #[error("resource \"{resource}\" is masked by earlier rule \"{by}\"")]
    Masked {
        /// The later rule.
        resource: String,
        /// The earlier one.
        by: String,
    },
}

impl Configuration {
    /// Reads YAML or JSON. With `reloads` the names of all plugins have to differ, those of KMS v1 too.
    ///
    /// # Errors
    /// [`FileError`]: what cannot be understood, or all that is wrong.
    pub fn read(bytes: &[u8], reloads: bool) -> Result<Self, FileError> {
        let body = configuration::read(bytes, GROUP, &["v1"], KIND, &ENCRYPTION_CONFIGURATION)
            .map_err(redact::without_keys)?;
        let checked = check::configuration(&body, reloads)?;
        checked.check_masks()?;
        Ok(checked)
    }

    /// Whether a value of this kind is written in the clear.
    #[must_use]
    pub fn keeps_in_the_clear(&self, group: &str, resource: &str) -> bool {
        let block = self
            .blocks_of(group, resource)
            .first()
            .and_then(|at| self.blocks.get(*at));
        block.is_none_or(|block| !block.seals())
    }

    /// The numbers of the blocks whose providers keep this kind, in order: those that name it; else those for its
    /// group; else those for everything.
    fn blocks_of(&self, group: &str, resource: &str) -> Vec<usize> {
        let wanted = [
            ResourceName::new(group, resource),
            ResourceName::new(group, "*"),
            ResourceName::new("*", "*"),
        ];
        let blocks_for = |name: &ResourceName| -> Vec<usize> {
            let all = self.blocks.iter().enumerate();
            all.filter(|(_, block)| block.resources.contains(name))
                .map(|(at, _)| at)
                .collect()
        };
        let found = wanted.iter().map(blocks_for).find(|found| !found.is_empty());
        found.unwrap_or_default()
    }

    /// An earlier rule for a group or for everything must not take what a later one is for.
    fn check_masks(&self) -> Result<(), FileError> {
        let mut earlier: Vec<&ResourceName> = Vec::new();
        for name in self.blocks.iter().flat_map(|block| &block.resources) {
            let wide = [ResourceName::new(&name.group, "*"), ResourceName::new("*", "*")];
            if let Some(by) = wide.iter().find(|wide| earlier.contains(wide)) {
                return Err(FileError::Masked {
                    resource: name.to_string(),
                    by: by.to_string(),
                });
            }
            earlier.push(name);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
#[cfg(test)]
mod upstream_cases;
