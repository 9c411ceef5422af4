//! Keys, their records, and ranges of them.

use std::sync::Arc;

use bytes::Bytes;

/// A point in the store's history; 0 is before everything.
pub type Revision = u64;

/// A key with its value, as of some revision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The key.
    pub key: Arc<str>,
    /// The stored bytes.
    pub value: Bytes,
    /// The revision that created the key (its latest life).
    pub create_revision: Revision,
    /// The revision that last wrote it.
    pub mod_revision: Revision,
}

/// What to read. Keys are in byte order.
#[derive(Debug, Clone)]
pub struct Range {
    /// First key, inclusive.
    pub start: String,
    /// Past the last key, exclusive; see [`prefix_end`].
    pub end: String,
    /// At most this many records; 0: no bound.
    pub limit: usize,
    /// As of this revision; `None`: now.
    pub revision: Option<Revision>,
}

/// What a [`Range`] found.
#[derive(Debug)]
pub struct Page {
    /// The records in key order, at most `limit`.
    pub records: Vec<Record>,
    /// How many keys the whole range holds at that revision (`records.len()` and those beyond the limit).
    pub total: usize,
    /// The revision of the read: the one asked for, or the current one.
    pub revision: Revision,
}

/// The exclusive end of the range of all keys that start with `prefix` (which ends in an ASCII character).
#[must_use]
pub fn prefix_end(prefix: &str) -> String {
    let mut end = prefix.to_owned();
    match end.pop() {
        Some(last) => {
            end.push(char::from_u32(u32::from(last) + 1).unwrap_or(char::MAX));
            end
        }
        None => end,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_ends_before_the_next_sibling() {
        assert_eq!(prefix_end("/registry/secrets/"), "/registry/secrets0");
        assert!("/registry/secrets/\u{10ffff}" < prefix_end("/registry/secrets/").as_str());
        assert_eq!(prefix_end(""), "");
    }
}
