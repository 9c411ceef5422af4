//! From stored protobuf straight to JSON, without a tree between: the hot path of `get` and `list`.
//!
//! One pass finds where each field of a message is, then the fields are written in the order of the Go struct. What
//! gogo-protobuf never writes (unsorted or repeated map keys, a field given twice) goes through the tree instead.

use std::io::Write;

use super::decode::IntOrString;
use super::envelope::{self, Content};
use super::wire::{Fields, Payload};
use super::{DecodeError, decode};
use crate::json;
use crate::resource::Resource;
use crate::schema::{Field, Message, OBJECT_META, Presence, Type};

/// The most fields of a message that goes the direct way: all that Secrets and most kinds are made of.
const MAX_FIELDS: usize = 16;

/// Appends the JSON document of a stored object, with `metadata.resourceVersion` set to `revision` (0: left out).
/// The same text as [`decode`](super::decode()) followed by [`json::write_object`].
///
/// `out` grows at most once unless the object is full of characters that JSON escapes.
///
/// # Errors
/// When the bytes are not an object of the resource; `out` is then as it was.
pub fn transcode_json(
    resource: &'static Resource,
    stored: &[u8],
    revision: u64,
    out: &mut Vec<u8>,
) -> Result<(), DecodeError> {
    transcode(resource, stored, revision, out, true)
}

/// The same without `kind` and `apiVersion`, which items of a list do not carry.
///
/// # Errors
/// As [`transcode_json`].
pub fn transcode_json_item(
    resource: &'static Resource,
    stored: &[u8],
    revision: u64,
    out: &mut Vec<u8>,
) -> Result<(), DecodeError> {
    transcode(resource, stored, revision, out, false)
}

fn transcode(
    resource: &'static Resource,
    stored: &[u8],
    revision: u64,
    out: &mut Vec<u8>,
    with_kind: bool,
) -> Result<(), DecodeError> {
    if resource.face.is_some() {
        return through_tree(resource, stored, revision, out, with_kind);
    }
    let start = out.len();
    let result = match envelope::open(resource, stored)? {
        Content::Json(_) => Err(Irregular),
        Content::Protobuf(raw) => {
            // Base64 takes 4 bytes for 3; names, quotes and a few escapes are in the rest.
            out.reserve(raw.len() + raw.len() / 2 + 512);
            document(resource, raw, revision, out, with_kind)
        }
    };
    if result.is_ok() {
        return Ok(());
    }
    out.truncate(start);
    through_tree(resource, stored, revision, out, with_kind)
}

fn through_tree(
    resource: &'static Resource,
    stored: &[u8],
    revision: u64,
    out: &mut Vec<u8>,
    with_kind: bool,
) -> Result<(), DecodeError> {
    let mut object = decode(resource, stored)?;
    if revision > 0 {
        object.set_meta_str("resourceVersion", itoa::Buffer::new().format(revision));
    }
    if with_kind {
        json::write_object(&object, out);
    } else {
        json::write_typed(resource.message, &object.body, out);
    }
    Ok(())
}

/// The direct way ends: what is stored is broken, or nothing that gogo-protobuf writes. The tree says which.
struct Irregular;

impl From<DecodeError> for Irregular {
    fn from(_: DecodeError) -> Self {
        Self
    }
}

fn document(
    resource: &'static Resource,
    raw: &[u8],
    revision: u64,
    out: &mut Vec<u8>,
    with_kind: bool,
) -> Result<(), Irregular> {
    out.push(b'{');
    if with_kind {
        out.extend_from_slice(b"\"kind\":");
        json::write_string(resource.kind, out);
        out.extend_from_slice(b",\"apiVersion\":\"");
        if !resource.group.is_empty() {
            out.extend_from_slice(resource.group.as_bytes());
            out.push(b'/');
        }
        out.extend_from_slice(resource.version.as_bytes());
        out.push(b'"');
    }
    members(resource.message, raw, revision, out, !with_kind)?;
    out.push(b'}');
    Ok(())
}

/// Where a field of a message is.
#[derive(Clone, Copy, Default)]
struct Slot<'a> {
    /// The last occurrence.
    payload: Option<Payload<'a>>,
    /// The message from the first occurrence on, for lists and maps.
    from: &'a [u8],
    /// How many occurrences there are.
    count: usize,
}

fn members(
    message: &'static Message,
    bytes: &[u8],
    revision: u64,
    out: &mut Vec<u8>,
    mut first: bool,
) -> Result<(), Irregular> {
    let mut slots = [Slot::default(); MAX_FIELDS];
    if message.fields.len() > MAX_FIELDS || message.is_nested() {
        return Err(Irregular);
    }
    let mut fields = Fields::new(bytes);
    let mut before = fields.rest();
    let mut known = 0;
    while let Some((tag, payload)) = fields.next()? {
        // Fields mostly come in the order of the table.
        let (passed, ahead) = message
            .fields
            .split_at_checked(known)
            .unwrap_or((message.fields, &[]));
        let find = |fields: &[Field]| fields.iter().position(|field| field.tag == tag);
        let index = find(ahead).map(|at| known + at).or_else(|| find(passed));
        known = index.unwrap_or(known);
        if let Some(slot) = index.and_then(|index| slots.get_mut(index)) {
            if slot.count == 0 {
                slot.from = before;
            }
            slot.count += 1;
            slot.payload = Some(payload);
        }
        before = fields.rest();
    }
    for (field, slot) in message
        .fields
        .iter()
        .zip(&slots)
        .filter(|(field, _)| field.tag != 0)
    {
        if slot.count == 0 && is_left_out(field) && !is_revision(message, field) {
            continue;
        }
        let start = out.len();
        if !first {
            out.push(b',');
        }
        out.push(b'"');
        out.extend_from_slice(field.name.as_bytes());
        out.extend_from_slice(b"\":");
        if member(message, field, slot, revision, out)? {
            first = false;
        } else {
            out.truncate(start);
        }
    }
    Ok(())
}

/// Writes what a field holds; `false` when JSON leaves the field out.
fn member(
    message: &'static Message,
    field: &'static Field,
    slot: &Slot<'_>,
    revision: u64,
    out: &mut Vec<u8>,
) -> Result<bool, Irregular> {
    if is_revision(message, field) {
        // It is never stored; one that is there is replaced, and has to be well-formed like any field.
        slot.payload.map(Payload::bytes).transpose()?;
        if slot.count > 1 {
            return Err(Irregular);
        }
        out.push(b'"');
        out.extend_from_slice(itoa::Buffer::new().format(revision).as_bytes());
        out.push(b'"');
        return Ok(revision > 0);
    }
    match &field.ty {
        Type::List(_) | Type::Map(_) if slot.count == 0 => absent(field, revision, out),
        Type::List(item) => Ok(list(field.tag, item, slot, out)? || !is_left_out(field)),
        Type::Map(of) => Ok(map(field.tag, of, slot, out)? || !is_left_out(field)),
        _ if slot.count > 1 => Err(Irregular),
        ty => match slot.payload {
            Some(payload) => match value(ty, payload, revision, out)? {
                Written::Value => Ok(true),
                Written::Zero => Ok(is_zero_written(field)),
                Written::NoTime => no_time(field, out),
            },
            None => absent(field, revision, out),
        },
    }
}

/// Whether the field is the one that is not stored but known from where the object is.
fn is_revision(message: &'static Message, field: &Field) -> bool {
    std::ptr::eq(message, &raw const OBJECT_META) && field.name == "resourceVersion"
}

/// Whether JSON leaves the field out when it is not there.
fn is_left_out(field: &Field) -> bool {
    match (field.presence, &field.ty) {
        (Presence::Pointer | Presence::OmitZero, _) => true,
        (Presence::Required | Presence::Nullable, _) => false,
        (Presence::Plain, ty) => !matches!(
            ty,
            Type::Message(_) | Type::Time | Type::MicroTime | Type::Quantity | Type::IntOrString
        ),
    }
}

fn absent(field: &'static Field, revision: u64, out: &mut Vec<u8>) -> Result<bool, Irregular> {
    if is_left_out(field) {
        return Ok(false);
    }
    match &field.ty {
        _ if field.presence == Presence::Nullable => out.extend_from_slice(b"null"),
        Type::Message(inner) => nested(inner, b"", revision, out)?,
        ty => json::write_zero(ty, out),
    }
    Ok(true)
}

fn is_zero_written(field: &Field) -> bool {
    matches!(
        field.presence,
        Presence::Pointer | Presence::Nullable | Presence::Required
    )
}

/// A time that is no time: trees do not hold it, so it reads as if it were not there.
fn no_time(field: &Field, out: &mut Vec<u8>) -> Result<bool, Irregular> {
    match field.presence {
        Presence::Pointer | Presence::OmitZero => Ok(false),
        Presence::Plain | Presence::Required | Presence::Nullable => {
            json::write_zero(&field.ty, out);
            Ok(true)
        }
    }
}

/// What [`value`] has written.
enum Written {
    /// A value that is not zero.
    Value,
    /// The zero value.
    Zero,
    /// Nothing: there is no time, or no set of fields.
    NoTime,
}

fn nested(inner: &'static Message, bytes: &[u8], revision: u64, out: &mut Vec<u8>) -> Result<(), Irregular> {
    out.push(b'{');
    members(inner, bytes, revision, out, true)?;
    out.push(b'}');
    Ok(())
}

fn value(
    ty: &'static Type,
    payload: Payload<'_>,
    revision: u64,
    out: &mut Vec<u8>,
) -> Result<Written, Irregular> {
    let is_zero = match ty {
        Type::Bool => {
            let value = payload.varint()? != 0;
            out.extend_from_slice(if value { b"true" } else { b"false" });
            !value
        }
        Type::Int32 | Type::Int64 => {
            let value = if matches!(ty, Type::Int32) {
                payload.int32()?
            } else {
                payload.int64()?
            };
            out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
            value == 0
        }
        Type::String => {
            let bytes = payload.bytes()?;
            string(bytes, out);
            bytes.is_empty()
        }
        Type::Bytes => {
            let bytes = payload.bytes()?;
            json::write_bytes(bytes, out);
            bytes.is_empty()
        }
        Type::Time | Type::MicroTime => match super::decode::time(ty, payload.bytes()?)? {
            Some(time) => {
                write!(out, "\"{time}\"").map_err(|_| Irregular)?;
                false
            }
            None => return Ok(Written::NoTime),
        },
        // Their zero is written wherever they are, so it does not count as one.
        Type::Quantity => {
            let quantity = super::decode::quantity(payload.bytes()?)?;
            write!(out, "\"{quantity}\"").map_err(|_| Irregular)?;
            false
        }
        Type::IntOrString => {
            match super::decode::int_or_string(payload.bytes()?)? {
                IntOrString::Int(number) => {
                    out.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
                }
                IntOrString::String(bytes) => string(bytes, out),
            }
            false
        }
        Type::FieldsV1 => match super::decode::raw_fields_v1(payload.bytes()?)? {
            Some(raw) => {
                json::compact(raw, out).map_err(|_| Irregular)?;
                false
            }
            None => return Ok(Written::NoTime),
        },
        Type::Message(inner) => {
            nested(inner, payload.bytes()?, revision, out)?;
            false
        }
        Type::List(_) | Type::Map(_) => return Err(Irregular),
    };
    Ok(if is_zero { Written::Zero } else { Written::Value })
}

fn string(bytes: &[u8], out: &mut Vec<u8>) {
    match std::str::from_utf8(bytes) {
        Ok(text) => json::write_string(text, out),
        Err(_) => json::write_string(&zeroize::Zeroizing::new(json::lossy(bytes)), out),
    }
}

/// The occurrences of a field, from its first on.
fn each<'a>(
    tag: u32,
    slot: &Slot<'a>,
    mut write: impl FnMut(Payload<'a>, bool) -> Result<(), Irregular>,
) -> Result<(), Irregular> {
    let mut fields = Fields::new(slot.from);
    let mut left = slot.count;
    while left > 0 {
        let Some((found, payload)) = fields.next()? else {
            break;
        };
        if found == tag {
            write(payload, left == slot.count)?;
            left -= 1;
        }
    }
    Ok(())
}

fn list(tag: u32, item: &'static Type, slot: &Slot<'_>, out: &mut Vec<u8>) -> Result<bool, Irregular> {
    out.push(b'[');
    each(tag, slot, |payload, first| {
        if !first {
            out.push(b',');
        }
        if let Written::NoTime = value(item, payload, 0, out)? {
            return Err(Irregular);
        }
        Ok(())
    })?;
    out.push(b']');
    Ok(slot.count > 0)
}

fn map(tag: u32, of: &'static Type, slot: &Slot<'_>, out: &mut Vec<u8>) -> Result<bool, Irregular> {
    out.push(b'{');
    let mut last: Option<&[u8]> = None;
    each(tag, slot, |payload, first| {
        if !first {
            out.push(b',');
        }
        let (key, payload) = entry(payload.bytes()?)?;
        if last.is_some_and(|last| last >= key) || std::str::from_utf8(key).is_err() {
            return Err(Irregular);
        }
        last = Some(key);
        string(key, out);
        out.push(b':');
        match payload {
            Some(payload) => {
                if let Written::NoTime = value(of, payload, 0, out)? {
                    return Err(Irregular);
                }
            }
            None if matches!(of, Type::List(_) | Type::Map(_)) => return Err(Irregular),
            None => json::write_zero(of, out),
        }
        Ok(())
    })?;
    out.push(b'}');
    Ok(slot.count > 0)
}

/// Key and value of a map entry.
fn entry(bytes: &[u8]) -> Result<(&[u8], Option<Payload<'_>>), Irregular> {
    let (mut key, mut value): (&[u8], _) = (b"", None);
    let mut fields = Fields::new(bytes);
    while let Some((tag, payload)) = fields.next()? {
        match tag {
            1 => key = payload.bytes()?,
            2 if value.is_some() => return Err(Irregular),
            2 => value = Some(payload),
            _ => {}
        }
    }
    Ok((key, value))
}
