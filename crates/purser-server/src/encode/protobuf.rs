//! Lists in protobuf.

use purser_registry::kinds::Kind;
use purser_types::Plaintext;
use purser_types::proto::{self, ListMeta, ListProtobuf, ListTags};

use super::stored::decode;
use super::values::{drop_last_applied, drop_values};
use super::{EncodeError, ListHead, Seen};
use crate::negotiate::{MetaVersion, Shape};

/// Writes a list: every item is announced, then the list is written in the same order.
pub(crate) struct ProtobufList {
    kind: &'static Kind,
    shape: Shape,
    seen: Seen,
    list: ListProtobuf,
}

impl ProtobufList {
    /// A list of `kind` without items.
    pub(crate) fn new(kind: &'static Kind, shape: Shape, seen: Seen, head: &ListHead) -> Self {
        let tags = match shape {
            Shape::Metadata(MetaVersion::V1Beta1) => ListTags::METADATA_V1BETA1,
            _ => ListTags::USUAL,
        };
        let meta = ListMeta {
            revision: head.revision.to_string(),
            continue_token: head.continue_token.clone(),
            remaining: head.remaining,
        };
        Self {
            kind,
            shape,
            seen,
            list: ListProtobuf::new(tags, meta),
        }
    }

    /// A stored object as an item.
    ///
    /// # Errors
    /// When the bytes are no object of the kind.
    pub(crate) fn encode(&self, stored: &[u8], revision: u64) -> Result<Plaintext, EncodeError> {
        if self.shape == Shape::Object && self.seen == Seen::Values {
            let mut out = Vec::new();
            proto::transcode_protobuf_item(self.kind.resource, stored, revision, &mut out)?;
            return Ok(Plaintext::new(out));
        }
        let mut object = decode(self.kind, stored, revision)?;
        if self.seen == Seen::Names {
            drop_values(&mut object);
        }
        Ok(match self.shape {
            Shape::Metadata(_) => {
                drop_last_applied(&mut object);
                proto::metadata_protobuf_item(&object)
            }
            Shape::Object | Shape::Table(_) => proto::answer_protobuf_item(&object),
        })
    }

    /// Takes note of an item of `length` bytes.
    pub(crate) fn announce(&mut self, length: usize) {
        self.list.announce(length);
    }

    /// Writes what stands before the items.
    pub(crate) fn open(&self, out: &mut Vec<u8>) {
        match self.shape {
            Shape::Metadata(version) => {
                self.list
                    .open("PartialObjectMetadataList", version.api_version(), out);
            }
            Shape::Object | Shape::Table(_) => {
                let resource = self.kind.resource;
                self.list.open(resource.list_kind, &resource.api_version(), out);
            }
        }
    }

    /// Writes an item that is as long as announced; filler that readers skip in its place when it is not there.
    pub(crate) fn item(&self, item: Option<&Plaintext>, announced: usize, out: &mut Vec<u8>) {
        match item {
            Some(item) if item.len() == announced => self.list.item(item.expose(), out),
            _ => self.list.gap(announced, out),
        }
    }

    /// Writes what stands after the items.
    pub(crate) fn close(&self, out: &mut Vec<u8>) {
        self.list.close(out);
    }
}
