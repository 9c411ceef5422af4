//! Encryption at rest: transformers, the local key holder, and the sealed store, the only way to persist.
//!
//! What is stored is byte for byte what kube-apiserver's KMS v2 envelope writes:
//!
//! ```text
//! k8s:enc:kms:v2:<provider>:                    the prefix
//! EncryptedObject (protobuf)
//!   1 encryptedData   info(32) ‖ nonce(12) ‖ AES-256-GCM(key, nonce, object, AAD = storage key) ‖ tag(16)
//!                     key = HKDF-Expand-SHA256(seed, info, 32)
//!   2 keyID           which key of the holder wrapped the seed
//!   3 encryptedDEKSource   the wrapped seed
//!   4 annotations     what the holder wants back, map<string, bytes>
//!   5 encryptedDEKSourceType   1: a seed (written); 0: the AES-GCM key itself (read only)
//! ```
//!
//! Every value has a key of its own, so that neither the number of values nor their size wears a key out, and is
//! bound to its storage key, so that values cannot be swapped. A [`KeyHolder`] wraps the seed: [`LocalKeyHolder`]
//! keeps its keys in files; KMS plugins and hardware tokens implement the same trait.
//!
//! Keys are wiped when dropped. Locking their own pages (`mlock`, `MADV_DONTDUMP`) takes unsafe code, which this crate
//! has none of; what can be done without is the whole process's to do (no core dumps, `mlockall`).

mod chain;
pub mod configuration;
mod counters;
mod data_key;
mod encrypted_object;
mod envelope;
mod envelope_v1;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;
mod identity;
mod key_directory;
mod key_file;
mod key_files;
mod key_holder;
mod keyed;
pub mod kms;
mod local_key_holder;
mod measured;
pub mod quarantine;
pub mod rotation;
mod sealed_store;
mod seed_cache;
pub mod tally;
mod transformer;

pub use chain::Chain;
pub use counters::{CacheCounters, Counters};
pub use envelope::{Envelope, LOCAL_PROVIDER};
pub use envelope_v1::EnvelopeV1;
pub use identity::Identity;
pub use key_directory::KeyFileError;
pub use key_files::KeyFiles;
pub use key_holder::{KeyHolder, Wrapped};
pub use keyed::{Algorithm, BadKey, Keyed, NamedKey};
pub use local_key_holder::LocalKeyHolder;
pub use measured::Measured;
pub use sealed_store::{CommitError, SealedChange, SealedReads, SealedStore};
pub use transformer::{ENCRYPTED_PREFIX, OpenError, Opened, ProviderInfo, SealError, Transformer};
