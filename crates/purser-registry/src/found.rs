//! A stored object as it is found: sealed, with its plain index.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use purser_types::Resource;

use crate::error::Error;
use crate::index::{Index, Unreadable};

/// A stored object, sealed. [`crate::Registry::open`] gives the plaintext.
#[derive(Clone)]
pub struct Found {
    /// What it is.
    pub resource: &'static Resource,
    /// The storage key; the sealed bytes are bound to it.
    pub key: Arc<str>,
    /// The sealed bytes.
    pub sealed: Bytes,
    /// `metadata.resourceVersion` as it is to be shown (of a deletion: the deletion's).
    pub revision: u64,
    /// What is known in the clear.
    pub index: Arc<Index>,
}

impl Found {
    /// Why it cannot be read, if it cannot.
    pub(crate) fn unreadable(&self) -> Option<Error> {
        let key = self.key.to_string();
        Some(match self.index.unreadable.as_ref()? {
            Unreadable::Sealed(why) => Error::Unreadable {
                key,
                why: why.clone(),
            },
            malformed @ Unreadable::Malformed => Error::Malformed {
                key,
                why: malformed.to_string(),
            },
        })
    }
}

impl fmt::Debug for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Found")
            .field("key", &self.key)
            .field("revision", &self.revision)
            .field("sealed", &self.sealed.len())
            .finish_non_exhaustive()
    }
}

/// One page of a list.
#[derive(Debug)]
pub struct Listing {
    /// The revision of the whole list, `metadata.resourceVersion`.
    pub revision: u64,
    /// `metadata.continue`; empty on the last page.
    pub continue_token: String,
    /// `metadata.remainingItemCount`, when it is known.
    pub remaining: Option<u64>,
    /// The objects in key order.
    pub items: Vec<Arc<Found>>,
    /// Sentences for `Warning` headers: objects that are left out because they cannot be read.
    pub warnings: Vec<String>,
    /// Whether the caller may see values; if not, the answer carries metadata only.
    pub sees_values: bool,
}
