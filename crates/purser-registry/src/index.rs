//! What is known in the clear about a stored object: never a value, never an annotation.

use purser_encryption::OpenError;
use purser_types::time::Timestamp;

/// The plain index of one stored object.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Index {
    /// `metadata.namespace`, from the key.
    pub namespace: String,
    /// `metadata.name`, from the key.
    pub name: String,
    /// `metadata.uid`.
    pub uid: String,
    /// `metadata.labels`, sorted by key.
    pub labels: Vec<(String, String)>,
    /// A Secret's `type`; empty for other kinds.
    pub type_: String,
    /// `metadata.creationTimestamp`.
    pub created: Option<Timestamp>,
    /// Whether `metadata.deletionTimestamp` is set.
    pub deleting: bool,
    /// How many entries `data` and `binaryData` have together.
    pub keys: usize,
    /// Why the value could not be opened; everything but namespace and name is then empty.
    pub unreadable: Option<OpenError>,
}

impl Index {
    /// The value of a label.
    #[must_use]
    pub fn label(&self, key: &str) -> Option<&str> {
        let at = self.labels.binary_search_by(|(have, _)| have.as_str().cmp(key)).ok()?;
        self.labels.get(at).map(|(_, value)| value.as_str())
    }
}
