//! The protobuf message `EncryptedObject` of a KMS v2 value, read strictly and written as upstream does.
//!
//! Source: `k8s.io/apiserver/pkg/storage/value/encrypt/envelope/kmsv2/v2/api.proto` and `envelope.go`.

use std::collections::BTreeMap;

use crate::key_holder::Wrapped;
use crate::transformer::OpenError;

/// Longest key id, bytes.
pub(crate) const MAX_KEY_ID: usize = 1024;
/// Longest wrapped seed or key, bytes.
pub(crate) const MAX_SOURCE: usize = 1024;
/// Most that all annotations may take together, bytes of keys and values.
pub(crate) const MAX_ANNOTATIONS: usize = 32 * 1024;
/// Most annotations in one value.
const MAX_ANNOTATION_COUNT: usize = 1024;
/// Longest domain name, bytes (RFC 1035).
const MAX_DOMAIN: usize = 253;
/// Longest label of a domain name, bytes (RFC 1035).
const MAX_LABEL: usize = 63;

/// What `encryptedDEKSource` holds once it is unwrapped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SourceType {
    /// An AES-GCM key.
    Key,
    /// A seed from which every value's key is derived.
    Seed,
}

impl SourceType {
    pub(crate) fn number(self) -> u8 {
        match self {
            Self::Key => 0,
            Self::Seed => 1,
        }
    }
}

/// The message, borrowed from the stored bytes.
#[derive(Debug)]
pub(crate) struct EncryptedObject<'a> {
    /// What [`crate::data_key::DataKey`] opens.
    pub(crate) data: &'a [u8],
    pub(crate) key_id: &'a str,
    pub(crate) source: &'a [u8],
    /// In the order they were written.
    pub(crate) annotations: Vec<(&'a str, &'a [u8])>,
    pub(crate) source_type: SourceType,
}

impl<'a> EncryptedObject<'a> {
    /// Reads the message: each field at most once, none unknown, nothing left over, everything within bounds.
    pub(crate) fn decode(bytes: &'a [u8]) -> Result<Self, OpenError> {
        let mut fields = Fields(bytes);
        let (mut data, mut key_id, mut source, mut source_type) = (None, None, None, None);
        let mut annotations = Vec::new();
        while let Some((tag, field)) = fields.next()? {
            match (tag, field) {
                (1, Field::Bytes(bytes)) => once(&mut data, bytes)?,
                (2, Field::Bytes(bytes)) => once(&mut key_id, text(bytes)?)?,
                (3, Field::Bytes(bytes)) => once(&mut source, bytes)?,
                (4, Field::Bytes(bytes)) if annotations.len() < MAX_ANNOTATION_COUNT => {
                    annotations.push(annotation(bytes)?);
                }
                (5, Field::Varint(number)) => once(&mut source_type, number)?,
                _ => return Err(OpenError::Malformed("unexpected field")),
            }
        }
        let source_type = match source_type.unwrap_or(0) {
            0 => SourceType::Key,
            1 => SourceType::Seed,
            _ => return Err(OpenError::Malformed("unknown type of key")),
        };
        let object = Self {
            data: data.unwrap_or_default(),
            key_id: key_id.unwrap_or_default(),
            source: source.unwrap_or_default(),
            annotations,
            source_type,
        };
        if object.data.is_empty() {
            return Err(OpenError::Malformed("no data"));
        }
        let annotations = object.annotations.iter().copied();
        check(object.key_id, object.source, annotations).map_err(OpenError::Malformed)?;
        Ok(object)
    }

    /// Whether the seed or key is the one that `wrapped` holds.
    pub(crate) fn is_from(&self, source_type: SourceType, wrapped: &Wrapped) -> bool {
        self.source_type == source_type
            && self.source == wrapped.ciphertext
            && self.key_id == wrapped.key_id
            && self.annotations.len() == wrapped.annotations.len()
            && self
                .annotations
                .iter()
                .all(|(key, value)| wrapped.annotations.get(*key).is_some_and(|have| have == value))
    }

    /// A copy of what the key holder needs.
    pub(crate) fn wrapped(&self) -> Wrapped {
        let annotations = self
            .annotations
            .iter()
            .map(|(key, value)| ((*key).to_owned(), value.to_vec()));
        Wrapped {
            ciphertext: self.source.to_vec(),
            key_id: self.key_id.to_owned(),
            annotations: annotations.collect(),
        }
    }
}

/// Whether `wrapped` is within the bounds of what may be stored; the error says what is not.
pub(crate) fn check_wrapped(wrapped: &Wrapped) -> Result<(), &'static str> {
    let annotations = wrapped
        .annotations
        .iter()
        .map(|(key, value)| (key.as_str(), value.as_slice()));
    check(&wrapped.key_id, &wrapped.ciphertext, annotations)
}

fn check<'a>(
    key_id: &str,
    source: &[u8],
    annotations: impl Iterator<Item = (&'a str, &'a [u8])>,
) -> Result<(), &'static str> {
    if key_id.is_empty() || key_id.len() > MAX_KEY_ID {
        return Err("the key id is empty or too long");
    }
    if source.is_empty() || source.len() > MAX_SOURCE {
        return Err("the wrapped key is empty or too long");
    }
    let mut total = 0_usize;
    let mut seen = BTreeMap::new();
    for (key, value) in annotations {
        if !is_domain(key) {
            return Err("the key of an annotation is not a domain name");
        }
        if seen.insert(key, ()).is_some() {
            return Err("an annotation is given twice");
        }
        total = total.saturating_add(key.len()).saturating_add(value.len());
    }
    if total > MAX_ANNOTATIONS {
        Err("the annotations are too long")
    } else {
        Ok(())
    }
}

/// Upstream's `IsFullyQualifiedDomainName`: DNS labels, at least two of them.
fn is_domain(name: &str) -> bool {
    let name = name.strip_suffix('.').unwrap_or(name);
    let label = |label: &str| {
        let inside = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        !label.is_empty()
            && label.len() <= MAX_LABEL
            && label.bytes().all(inside)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    name.len() <= MAX_DOMAIN && name.contains('.') && name.split('.').all(label)
}

/// The field `encryptedData`'s head: what comes before its `length` bytes.
pub(crate) fn write_data_head(length: usize, out: &mut Vec<u8>) {
    write_head(1, length, out);
}

/// How many bytes [`write_data_head`] writes.
pub(crate) fn data_head_len(length: usize) -> usize {
    let bits = usize::BITS - (length | 1).leading_zeros();
    1 + bits.div_ceil(7) as usize
}

/// The fields after `encryptedData`: the same for every value of one seed.
pub(crate) fn encode_tail(source_type: SourceType, wrapped: &Wrapped) -> Vec<u8> {
    let mut out = Vec::new();
    write_bytes(2, wrapped.key_id.as_bytes(), &mut out);
    write_bytes(3, &wrapped.ciphertext, &mut out);
    for (key, value) in &wrapped.annotations {
        let mut entry = Vec::new();
        write_bytes(1, key.as_bytes(), &mut entry);
        write_bytes(2, value, &mut entry);
        write_bytes(4, &entry, &mut out);
    }
    if source_type != SourceType::Key {
        out.extend([5 << 3, source_type.number()]);
    }
    out
}

fn write_bytes(tag: u8, bytes: &[u8], out: &mut Vec<u8>) {
    write_head(tag, bytes.len(), out);
    out.extend_from_slice(bytes);
}

fn write_head(tag: u8, length: usize, out: &mut Vec<u8>) {
    out.push(tag << 3 | 2);
    let mut rest = length;
    loop {
        let [low, ..] = rest.to_le_bytes();
        rest >>= 7;
        if rest == 0 {
            out.push(low);
            return;
        }
        out.push(low | 0x80);
    }
}

fn once<T>(slot: &mut Option<T>, value: T) -> Result<(), OpenError> {
    match slot.replace(value) {
        None => Ok(()),
        Some(_) => Err(OpenError::Malformed("a field is given twice")),
    }
}

fn text(bytes: &[u8]) -> Result<&str, OpenError> {
    std::str::from_utf8(bytes).map_err(|_| OpenError::Malformed("text is not UTF-8"))
}

fn annotation(bytes: &[u8]) -> Result<(&str, &[u8]), OpenError> {
    let mut fields = Fields(bytes);
    let (mut key, mut value) = (None, None);
    while let Some((tag, field)) = fields.next()? {
        match (tag, field) {
            (1, Field::Bytes(bytes)) => once(&mut key, text(bytes)?)?,
            (2, Field::Bytes(bytes)) => once(&mut value, bytes)?,
            _ => return Err(OpenError::Malformed("unexpected field")),
        }
    }
    Ok((key.unwrap_or_default(), value.unwrap_or_default()))
}

enum Field<'a> {
    Varint(u64),
    Bytes(&'a [u8]),
}

/// The fields of a message, of the two wire types that occur here.
struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    fn next(&mut self) -> Result<Option<(u64, Field<'a>)>, OpenError> {
        if self.0.is_empty() {
            return Ok(None);
        }
        let head = self.varint()?;
        let field = match head & 7 {
            0 => Field::Varint(self.varint()?),
            2 => {
                let length = usize::try_from(self.varint()?).map_err(|_| TRUNCATED)?;
                let (bytes, rest) = self.0.split_at_checked(length).ok_or(TRUNCATED)?;
                self.0 = rest;
                Field::Bytes(bytes)
            }
            _ => return Err(OpenError::Malformed("unexpected field")),
        };
        Ok(Some((head >> 3, field)))
    }

    /// A varint in its shortest form.
    fn varint(&mut self) -> Result<u64, OpenError> {
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let (byte, rest) = self.0.split_first().ok_or(TRUNCATED)?;
            self.0 = rest;
            let bits = u64::from(byte & 0x7f);
            if bits.leading_zeros() < shift {
                break;
            }
            value |= bits << shift;
            if byte & 0x80 == 0 {
                let shortest = *byte != 0 || shift == 0;
                return shortest
                    .then_some(value)
                    .ok_or(OpenError::Malformed("a number is not in its shortest form"));
            }
        }
        Err(OpenError::Malformed("a number is too large"))
    }
}

const TRUNCATED: OpenError = OpenError::Malformed("truncated");

#[cfg(test)]
mod tests {
    use super::*;

    fn wrapped() -> Wrapped {
        let annotations = BTreeMap::from([
            ("a.example".to_owned(), vec![1]),
            ("b.example".to_owned(), vec![]),
        ]);
        Wrapped {
            ciphertext: vec![7; 60],
            key_id: "key-1".to_owned(),
            annotations,
        }
    }

    fn encoded(data: &[u8], tail: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        write_data_head(data.len(), &mut out);
        assert_eq!(out.len(), data_head_len(data.len()));
        out.extend_from_slice(data);
        out.extend_from_slice(tail);
        out
    }

    #[test]
    fn what_is_written_is_read_back() {
        for source_type in [SourceType::Key, SourceType::Seed] {
            for length in [1, 127, 128, 16_383, 16_384, 70_000] {
                let data = vec![9; length];
                let bytes = encoded(&data, &encode_tail(source_type, &wrapped()));
                let object = EncryptedObject::decode(&bytes).unwrap();
                assert_eq!(object.data, data);
                assert!(object.is_from(source_type, &wrapped()));
                assert_eq!(object.wrapped(), wrapped());
            }
        }
    }

    #[test]
    fn every_truncation_is_refused_or_lacks_the_type() {
        let bytes = encoded(&[9; 40], &encode_tail(SourceType::Seed, &wrapped()));
        for length in 0..bytes.len() {
            if let Ok(object) = EncryptedObject::decode(&bytes[..length]) {
                assert!(!object.is_from(SourceType::Seed, &wrapped()), "{length}");
            }
        }
    }

    #[test]
    fn repeated_unknown_oversized_and_overlong_fields_are_refused() {
        let tail = encode_tail(SourceType::Seed, &wrapped());
        let refused = |extra: &[u8]| {
            let bytes = [encoded(&[9], &tail), extra.to_vec()].concat();
            assert!(
                matches!(EncryptedObject::decode(&bytes), Err(OpenError::Malformed(_))),
                "{extra:?}"
            );
        };
        refused(&[0x0a, 1, 0]);
        refused(&[0x12, 1, b'x']);
        refused(&[0x28, 1]);
        refused(&[0x30, 0]);
        refused(&[0x32, 0]);
        refused(&[0x0d, 0, 0, 0, 0]);
        refused(&[0x0b]);
        refused(&[0x22, 0x8d, 0x00]);
        refused(&[0x22, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]);
        refused(&[0x22, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02]);
        refused(&[0x22, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]);
    }

    #[test]
    fn annotations_are_keyed_by_domain_names_within_their_bound() {
        for good in ["a.b", "alg.vectors.purser.dev", "x-1.example.", "1.2"] {
            assert!(is_domain(good), "{good}");
        }
        for bad in [
            "", "a", ".", "a..b", "A.b", "a_b.c", "a/b.c", "-a.b", "a-.b", "a. b",
        ] {
            assert!(!is_domain(bad), "{bad}");
        }
        let mut long = wrapped();
        long.annotations
            .insert("c.example".to_owned(), vec![0; MAX_ANNOTATIONS]);
        assert!(check_wrapped(&long).is_err());
        assert!(
            check_wrapped(&Wrapped {
                key_id: String::new(),
                ..wrapped()
            })
            .is_err()
        );
        assert!(
            check_wrapped(&Wrapped {
                ciphertext: vec![0; MAX_SOURCE + 1],
                ..wrapped()
            })
            .is_err()
        );
    }
}
