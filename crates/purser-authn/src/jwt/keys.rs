//! The keys of an issuer.

use std::sync::Arc;

use purser_types::{Value, json};

use super::key::Key;

/// Most keys of an issuer that are looked at.
const MOST_KEYS: usize = 100;

/// The keys that an issuer published at one time.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Keys(Vec<Arc<Key>>);

impl Keys {
    /// Reads a set of keys; those that are not used here are left out. `None`: it is no set of keys.
    pub(super) fn read(document: &[u8]) -> Option<Self> {
        let set = json::parse(document).ok()?.value;
        let keys = set.as_map()?.get("keys")?.as_list()?;
        let usable = keys
            .iter()
            .take(MOST_KEYS)
            .filter_map(Value::as_map)
            .filter_map(Key::read);
        Some(Self(usable.map(Arc::new).collect()))
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// The key whose owner signed.
    pub(super) fn signer(
        &self,
        id: &str,
        algorithm: &str,
        signed: &[u8],
        signature: &[u8],
    ) -> Option<&Arc<Key>> {
        self.0
            .iter()
            .find(|key| key.is_named(id) && key.verifies(algorithm, signed, signature))
    }

    /// Whether a key is among them.
    pub(super) fn contains(&self, key: &Key) -> bool {
        self.0.iter().any(|known| known.as_ref() == key)
    }
}
