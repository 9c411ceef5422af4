//! A list in protobuf, written piece by piece: its length stands before it, so the sizes of all items are summed up
//! first.

use super::envelope::{EMPTY_TYPES, MAGIC, meta_size, put_meta};
use super::wire::{bytes_field_size, put_bytes_key, put_varint, put_varint_key, varint_size};

/// Where a list type has its fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListTags {
    /// `metadata`
    pub metadata: u32,
    /// `items`
    pub items: u32,
}

impl ListTags {
    /// Every list but one.
    pub const USUAL: Self = Self {
        metadata: 1,
        items: 2,
    };
    /// `meta.k8s.io/v1beta1` `PartialObjectMetadataList`.
    pub const METADATA_V1BETA1: Self = Self {
        metadata: 2,
        items: 1,
    };
}

/// `metav1.ListMeta`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ListMeta {
    /// `resourceVersion`
    pub revision: String,
    /// `continue`, empty on the last page.
    pub continue_token: String,
    /// `remainingItemCount`
    pub remaining: Option<u64>,
}

impl ListMeta {
    fn size(&self) -> usize {
        bytes_field_size(1, 0)
            + bytes_field_size(2, self.revision.len())
            + bytes_field_size(3, self.continue_token.len())
            + self.remaining.map_or(0, |remaining| 1 + varint_size(remaining))
    }

    fn put(&self, tag: u32, out: &mut Vec<u8>) {
        put_bytes_key(tag, self.size(), out);
        for (tag, text) in [(1, ""), (2, &self.revision), (3, &self.continue_token)] {
            put_bytes_key(tag, text.len(), out);
            out.extend_from_slice(text.as_bytes());
        }
        if let Some(remaining) = self.remaining {
            put_varint_key(4, out);
            put_varint(remaining, out);
        }
    }
}

/// A list in the making.
#[derive(Debug, Clone)]
pub struct ListProtobuf {
    tags: ListTags,
    meta: ListMeta,
    items: usize,
}

impl ListProtobuf {
    /// A list without items.
    #[must_use]
    pub fn new(tags: ListTags, meta: ListMeta) -> Self {
        Self { tags, meta, items: 0 }
    }

    /// Takes note of an item of `length` bytes.
    pub fn announce(&mut self, length: usize) {
        self.items += bytes_field_size(self.tags.items, length);
    }

    /// Writes everything before the items, all of which are announced.
    pub fn open(&self, kind: &str, api_version: &str, out: &mut Vec<u8>) {
        let raw = bytes_field_size(self.tags.metadata, self.meta.size()) + self.items;
        out.extend_from_slice(MAGIC);
        put_bytes_key(1, meta_size(kind, api_version), out);
        put_meta(kind, api_version, out);
        put_bytes_key(2, raw, out);
        if self.tags.metadata < self.tags.items {
            self.meta.put(self.tags.metadata, out);
        }
    }

    /// Writes an item, which is as long as announced.
    pub fn item(&self, item: &[u8], out: &mut Vec<u8>) {
        put_bytes_key(self.tags.items, item.len(), out);
        out.extend_from_slice(item);
    }

    /// Writes what takes the place of an announced item that is not there after all: a field that no reader knows.
    pub fn gap(&self, length: usize, out: &mut Vec<u8>) {
        put_bytes_key(UNKNOWN, length, out);
        out.resize(out.len() + length, 0);
    }

    /// Writes everything after the items.
    pub fn close(&self, out: &mut Vec<u8>) {
        if self.tags.metadata > self.tags.items {
            self.meta.put(self.tags.metadata, out);
        }
        out.extend_from_slice(&EMPTY_TYPES);
    }
}

/// A field number that no list has; its key is one byte, as that of the items.
const UNKNOWN: u32 = 15;
