//! A list, written piece by piece.

use purser_registry::Listing;
use purser_registry::kinds::Kind;
use purser_types::{Plaintext, json, proto, yaml};

use super::stored::decode;
use super::values::drop_values;
use super::{EncodeError, Seen, Style, metadata, quote, table};
use crate::answer::Indenter;
use crate::negotiate::{Encoding, Shape};

/// What stands around the items.
#[derive(Debug, Clone)]
pub(crate) struct ListHead {
    /// `metadata.resourceVersion`
    pub(crate) revision: u64,
    /// `metadata.continue`, empty when this is the last page.
    pub(crate) continue_token: String,
    /// `metadata.remainingItemCount`
    pub(crate) remaining: Option<u64>,
}

impl From<&Listing> for ListHead {
    fn from(listing: &Listing) -> Self {
        Self {
            revision: listing.revision,
            continue_token: listing.continue_token.clone(),
            remaining: listing.remaining,
        }
    }
}

impl ListHead {
    /// `ListMeta` as compact JSON.
    fn meta(&self) -> Vec<u8> {
        let mut out = format!("{{\"resourceVersion\":\"{}\"", self.revision).into_bytes();
        if !self.continue_token.is_empty() {
            out.extend_from_slice(b",\"continue\":");
            quote(&self.continue_token, &mut out);
        }
        if let Some(remaining) = self.remaining {
            out.extend_from_slice(format!(",\"remainingItemCount\":{remaining}").as_bytes());
        }
        out.push(b'}');
        out
    }
}

/// Writes a list: [`ListWriter::open`], [`ListWriter::item`] for each, [`ListWriter::close`].
pub(crate) struct ListWriter {
    kind: &'static Kind,
    shape: Shape,
    seen: Seen,
    style: Style,
    indenter: Option<Indenter>,
    items: usize,
}

impl ListWriter {
    /// A writer of lists of `kind`.
    pub(crate) fn new(kind: &'static Kind, shape: Shape, seen: Seen, style: Style) -> Self {
        let indenter = (style.encoding == Encoding::Json && style.pretty).then(Indenter::default);
        Self {
            kind,
            shape,
            seen,
            style,
            indenter,
            items: 0,
        }
    }

    /// Writes what stands before the items.
    pub(crate) fn open(&mut self, head: &ListHead, out: &mut Vec<u8>) {
        let (list_kind, version) = self.names();
        if self.style.encoding == Encoding::Yaml {
            // Keys are sorted, so that kind and metadata follow the items: see `close`.
            out.extend_from_slice(format!("apiVersion: {version}\n").as_bytes());
            if let Shape::Table(_) = self.shape {
                self.yaml_member("columnDefinitions", &self.columns(), out);
            }
            return;
        }
        let mut text = Vec::new();
        match self.shape {
            Shape::Table(version) => table::open(self.kind, version, &head.meta(), true, &mut text),
            _ => {
                text.extend_from_slice(
                    format!("{{\"kind\":\"{list_kind}\",\"apiVersion\":\"{version}\"").as_bytes(),
                );
                text.extend_from_slice(b",\"metadata\":");
                text.extend_from_slice(&head.meta());
                text.extend_from_slice(b",\"items\":[");
            }
        }
        self.emit(text, out);
    }

    /// Writes an item.
    ///
    /// # Errors
    /// When the bytes are no object of the kind; nothing is written then.
    pub(crate) fn item(
        &mut self,
        stored: &[u8],
        revision: u64,
        out: &mut Vec<u8>,
    ) -> Result<(), EncodeError> {
        let start = out.len();
        let direct = self.indenter.is_none() && self.style.encoding == Encoding::Json;
        if direct {
            if self.items > 0 {
                out.push(b',');
            }
            if let Err(error) = self.compact(stored, revision, out) {
                out.truncate(start);
                return Err(error);
            }
        } else {
            let mut text = Vec::new();
            if self.items > 0 && self.style.encoding == Encoding::Json {
                text.push(b',');
            }
            self.compact(stored, revision, &mut text)?;
            if self.style.encoding == Encoding::Yaml {
                self.yaml_item(text, out);
            } else {
                self.emit(text, out);
            }
        }
        self.items += 1;
        Ok(())
    }

    /// Writes what stands after the items.
    pub(crate) fn close(&mut self, head: &ListHead, out: &mut Vec<u8>) {
        if self.style.encoding == Encoding::Json {
            self.emit(b"]}".to_vec(), out);
            if self.indenter.is_none() {
                out.push(b'\n');
            }
            return;
        }
        let (list_kind, _) = self.names();
        if self.items == 0 && !matches!(self.shape, Shape::Table(_)) {
            out.extend_from_slice(b"items: []\n");
        }
        out.extend_from_slice(format!("kind: {list_kind}\n").as_bytes());
        self.yaml_member("metadata", &head.meta(), out);
        if let Shape::Table(_) = self.shape
            && self.items == 0
        {
            out.extend_from_slice(b"rows: []\n");
        }
    }

    fn names(&self) -> (&'static str, String) {
        match self.shape {
            Shape::Object => (self.kind.resource.list_kind, self.kind.resource.api_version()),
            Shape::Metadata(version) => ("PartialObjectMetadataList", version.api_version().to_owned()),
            Shape::Table(version) => ("Table", version.api_version().to_owned()),
        }
    }

    /// An item as compact JSON.
    fn compact(&self, stored: &[u8], revision: u64, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        if self.shape == Shape::Object && self.seen == Seen::Values {
            return Ok(proto::transcode_json_item(
                self.kind.resource,
                stored,
                revision,
                out,
            )?);
        }
        let mut object = decode(self.kind, stored, revision)?;
        if self.seen == Seen::Names && !matches!(self.shape, Shape::Table(_)) {
            drop_values(&mut object);
        }
        match self.shape {
            Shape::Object => json::write_typed(self.kind.resource.message, &object.body, out),
            Shape::Metadata(version) => metadata::write(&mut object, version, out),
            Shape::Table(version) => {
                table::row(self.kind, &mut object, version, (self.seen, &self.style), out);
            }
        }
        Ok(())
    }

    fn columns(&self) -> Vec<u8> {
        let mut whole = Vec::new();
        if let Shape::Table(version) = self.shape {
            table::open(self.kind, version, b"{}", true, &mut whole);
            whole.extend_from_slice(b"]}");
        }
        let parsed: Result<serde_json::Value, _> = serde_json::from_slice(&whole);
        parsed
            .ok()
            .and_then(|table| serde_json::to_vec(table.get("columnDefinitions")?).ok())
            .unwrap_or_default()
    }

    fn emit(&mut self, text: Vec<u8>, out: &mut Vec<u8>) {
        match &mut self.indenter {
            Some(indenter) => {
                indenter.write(&text, out);
                drop(Plaintext::new(text));
            }
            None => out.extend_from_slice(&text),
        }
    }

    /// A member whose value is small JSON.
    fn yaml_member(&self, name: &str, json_text: &[u8], out: &mut Vec<u8>) {
        let document = [format!("{{\"{name}\":").as_bytes(), json_text, b"}"].concat();
        if let Ok(parsed) = json::parse(&document) {
            yaml::write(&parsed.value, out);
        }
    }

    /// An item as an element of a block sequence.
    fn yaml_item(&self, text: Vec<u8>, out: &mut Vec<u8>) {
        if self.items == 0 {
            let name: &[u8] = if matches!(self.shape, Shape::Table(_)) {
                b"rows:\n"
            } else {
                b"items:\n"
            };
            out.extend_from_slice(name);
        }
        let text = Plaintext::new(text);
        let mut block = Vec::new();
        if let Ok(parsed) = json::parse(text.expose()) {
            yaml::write(&parsed.value, &mut block);
        }
        let block = Plaintext::new(block);
        for (index, line) in block.expose().split_inclusive(|byte| *byte == b'\n').enumerate() {
            match (index, line) {
                (0, _) => out.extend_from_slice(b"- "),
                (_, b"\n") => {}
                _ => out.extend_from_slice(b"  "),
            }
            out.extend_from_slice(line);
        }
    }
}
