//! The envelope, `runtime.Unknown`.

use super::DecodeError;
use super::wire::{self, Fields};
use crate::resource::Resource;

/// What every stored protobuf starts with.
pub(super) const MAGIC: &[u8] = b"k8s\0";

/// What is stored, opened as far as its format.
pub(super) enum Content<'a> {
    /// The object's protobuf.
    Protobuf(&'a [u8]),
    /// A JSON document.
    Json(&'a [u8]),
}

/// Opens the envelope and checks that it holds an object of the resource.
pub(super) fn open<'a>(resource: &Resource, stored: &'a [u8]) -> Result<Content<'a>, DecodeError> {
    let Some(sealed) = stored.strip_prefix(MAGIC) else {
        return match stored.iter().find(|byte| !byte.is_ascii_whitespace()) {
            Some(b'{') => Ok(Content::Json(stored)),
            _ => Err(DecodeError::UnknownFormat),
        };
    };
    let Unknown {
        api_version,
        kind,
        raw,
        plain,
    } = unknown(sealed)?;
    if !plain {
        return Err(DecodeError::UnknownEncoding);
    }
    if kind != resource.kind.as_bytes() || !is_version_of(resource, api_version) {
        return Err(wrong_kind(resource, &lossy(api_version), &lossy(kind)));
    }
    Ok(Content::Protobuf(raw))
}

/// `runtime.Unknown`.
pub(super) struct Unknown<'a> {
    pub(super) api_version: &'a [u8],
    pub(super) kind: &'a [u8],
    pub(super) raw: &'a [u8],
    /// Whether content encoding and type are those of bare protobuf.
    plain: bool,
}

/// Reads an `Unknown`.
pub(super) fn unknown(bytes: &[u8]) -> Result<Unknown<'_>, DecodeError> {
    let (mut api_version, mut kind, mut raw, mut plain): (&[u8], &[u8], &[u8], bool) = (b"", b"", b"", true);
    let mut fields = Fields::new(bytes);
    while let Some((tag, payload)) = fields.next()? {
        match tag {
            1 => {
                let mut meta = Fields::new(payload.bytes()?);
                while let Some((tag, payload)) = meta.next()? {
                    match tag {
                        1 => api_version = payload.bytes()?,
                        2 => kind = payload.bytes()?,
                        _ => {}
                    }
                }
            }
            2 => raw = payload.bytes()?,
            3 => plain &= payload.bytes()?.is_empty(),
            4 => plain &= matches!(payload.bytes()?, b"" | b"application/vnd.kubernetes.protobuf"),
            _ => {}
        }
    }
    Ok(Unknown {
        api_version,
        kind,
        raw,
        plain,
    })
}

fn is_version_of(resource: &Resource, api_version: &[u8]) -> bool {
    if resource.group.is_empty() {
        return api_version == resource.version.as_bytes();
    }
    let version = api_version
        .strip_prefix(resource.group.as_bytes())
        .and_then(|rest| rest.strip_prefix(b"/"));
    version == Some(resource.version.as_bytes())
}

/// The error for an object of another kind.
pub(super) fn wrong_kind(resource: &Resource, api_version: &str, kind: &str) -> DecodeError {
    let cut = |text: &str| text.chars().take(64).collect::<String>();
    DecodeError::WrongKind {
        found: format!("{} {}", cut(api_version), cut(kind)),
        wanted: format!("{} {}", resource.api_version(), resource.kind),
    }
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes.get(..256).unwrap_or(bytes)).into_owned()
}

/// How many bytes the envelope takes around a body, and that body.
pub(super) fn size(kind: &str, api_version: &str, raw: usize) -> usize {
    let meta = meta_size(kind, api_version);
    MAGIC.len() + wire::bytes_field_size(1, meta) + wire::bytes_field_size(2, raw) + EMPTY_TYPES.len()
}

/// How many bytes the type's name takes, without key and length.
pub(super) fn meta_size(kind: &str, api_version: &str) -> usize {
    wire::bytes_field_size(1, api_version.len()) + wire::bytes_field_size(2, kind.len())
}

/// `contentEncoding` and `contentType`, both empty and both written.
pub(super) const EMPTY_TYPES: [u8; 4] = [0x1a, 0, 0x22, 0];

/// Writes the envelope; `body` appends the `raw` bytes it has announced.
pub(super) fn write(
    kind: &str,
    api_version: &str,
    raw: usize,
    out: &mut Vec<u8>,
    body: impl FnOnce(&mut Vec<u8>),
) {
    out.extend_from_slice(MAGIC);
    wire::put_bytes_key(1, meta_size(kind, api_version), out);
    put_meta(kind, api_version, out);
    wire::put_bytes_key(2, raw, out);
    body(out);
    out.extend_from_slice(&EMPTY_TYPES);
}

/// Writes the type's name, without key and length.
pub(super) fn put_meta(kind: &str, api_version: &str, out: &mut Vec<u8>) {
    wire::put_bytes_key(1, api_version.len(), out);
    out.extend_from_slice(api_version.as_bytes());
    wire::put_bytes_key(2, kind.len(), out);
    out.extend_from_slice(kind.as_bytes());
}

/// A body in its envelope, in a buffer of its final size.
pub(super) fn around(kind: &str, api_version: &str, raw: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(size(kind, api_version, raw.len()));
    write(kind, api_version, raw.len(), &mut out, |out| {
        out.extend_from_slice(raw);
    });
    out
}
