//! Typed trees as protobuf, byte for byte as gogo-protobuf writes them.

use super::wire::{bytes_field_size, put_bytes_key, put_varint, put_varint_key, varint_size};
use super::{envelope, face};
use crate::object::Object;
use crate::resource::Resource;
use crate::schema::{Field, Message, OBJECT_META, Presence, Type};
use crate::sensitive::Plaintext;
use crate::time::{MicroTime, Timestamp};
use crate::value::{Map, Value};

/// The bytes to store for an object. `metadata.resourceVersion` is never among them: it is the store's revision.
///
/// The buffer is made in its final size, so that no copy is left behind by growing.
#[must_use]
pub fn encode(object: &Object) -> Plaintext {
    if let Some(face) = object.resource.face {
        return encode(&Object {
            resource: face.of,
            body: face::to_stored(face, object.duplicate().body),
        });
    }
    encode_own(object.resource, &object.body)
}

/// The bytes of an object as its own type, also when that is a face of another that is stored.
pub(super) fn encode_own(resource: &Resource, body: &Map) -> Plaintext {
    let api_version = resource.api_version();
    let raw = message_size(resource.message, body);
    let mut out = Vec::with_capacity(envelope::size(resource.kind, &api_version, raw));
    envelope::write(resource.kind, &api_version, raw, &mut out, |out| {
        put_message(resource.message, body, out);
    });
    Plaintext::new(out)
}

/// What has a tag: a field, or an embedded message.
type Tagged = (u32, Option<&'static Field>);

/// The tags in ascending order: tables are in the order of the Go struct. `inside`: in which embedded message.
fn by_tag(message: &Message, inside: u32) -> impl Iterator<Item = Tagged> {
    let tagged = move |field: &'static Field| match field.inside {
        own if own == inside => (field.tag, Some(field)),
        deeper if inside == 0 => (deeper, None),
        _ => (0, None),
    };
    let mut last = 0;
    std::iter::from_fn(move || {
        let next = message
            .fields
            .iter()
            .map(tagged)
            .filter(|(tag, _)| *tag > last)
            .min_by_key(|(tag, _)| *tag)?;
        last = next.0;
        Some(next)
    })
}

/// What a field holds, `None` when it is not written at all.
fn content<'a>(message: &Message, field: &Field, body: &'a Map) -> Option<Option<&'a Value>> {
    let value = body.get(field.name).filter(|value| !matches!(value, Value::Null));
    if field.name == "resourceVersion" && std::ptr::eq(message, &raw const OBJECT_META) {
        return Some(None);
    }
    match (field.presence, &field.ty, value) {
        (Presence::Pointer | Presence::Nullable, _, None) | (_, Type::List(_) | Type::Map(_), None) => None,
        (_, _, value) => Some(value),
    }
}

/// How long a message is.
pub(super) fn message_size(message: &Message, body: &Map) -> usize {
    if message.is_nested() {
        return level_size(message, 0, body);
    }
    message
        .fields
        .iter()
        .filter(|field| field.tag != 0)
        .filter_map(|field| {
            content(message, field, body).map(|value| field_size(field.tag, &field.ty, value))
        })
        .sum()
}

/// How long a message is, or an embedded one of it.
fn level_size(message: &Message, inside: u32, body: &Map) -> usize {
    by_tag(message, inside)
        .map(|(tag, field)| match field {
            Some(field) => content(message, field, body).map_or(0, |value| field_size(tag, &field.ty, value)),
            None => bytes_field_size(tag, level_size(message, tag, body)),
        })
        .sum()
}

/// Appends a message.
pub(super) fn put_message(message: &Message, body: &Map, out: &mut Vec<u8>) {
    put_level(message, 0, body, out);
}

fn put_level(message: &Message, inside: u32, body: &Map, out: &mut Vec<u8>) {
    for (tag, field) in by_tag(message, inside) {
        match field {
            Some(field) => {
                if let Some(value) = content(message, field, body) {
                    put_field(tag, &field.ty, value, out);
                }
            }
            None => {
                put_bytes_key(tag, level_size(message, tag, body), out);
                put_level(message, tag, body, out);
            }
        }
    }
}

static EMPTY: Map = Map::new();

fn map_of(value: Option<&Value>) -> &Map {
    value.and_then(Value::as_map).unwrap_or(&EMPTY)
}

fn bytes_of(value: Option<&Value>) -> &[u8] {
    match value {
        Some(Value::String(text)) => text.expose().as_bytes(),
        Some(Value::Bytes(bytes)) => bytes.expose(),
        _ => b"",
    }
}

/// A scalar of wire type 0; negative numbers take ten bytes.
fn number_of(value: Option<&Value>) -> u64 {
    match value {
        Some(Value::Bool(value)) => u64::from(*value),
        Some(Value::Int(value)) => value.cast_unsigned(),
        _ => 0,
    }
}

/// The JSON of `FieldsV1`; a tree is written out.
fn fields_json(value: Option<&Value>) -> std::borrow::Cow<'_, [u8]> {
    match value {
        Some(Value::Bytes(bytes)) => bytes.expose().into(),
        Some(value) => {
            let mut json = Vec::new();
            crate::json::write(value, &mut json);
            json.into()
        }
        None => b"".as_slice().into(),
    }
}

/// The canonical text of a quantity; nothing: `0`.
fn quantity_of(value: Option<&Value>) -> &str {
    value.and_then(Value::as_str).unwrap_or("0")
}

/// Type, number and text of an `IntOrString`.
fn int_or_string(value: Option<&Value>) -> (u64, u64, &str) {
    match value {
        Some(Value::String(text)) => (1, 0, text.expose()),
        value => (0, number_of(value), ""),
    }
}

fn int_or_string_size(value: Option<&Value>) -> usize {
    let (kind, number, text) = int_or_string(value);
    2 + varint_size(kind) + varint_size(number) + bytes_field_size(3, text.len())
}

/// `Timestamp{seconds=1, nanos=2}` of a time, `None` for no time.
fn timestamp(ty: &Type, value: Option<&Value>) -> Option<(u64, u64)> {
    let text = value.and_then(Value::as_str)?;
    if matches!(ty, Type::MicroTime) {
        let micros = MicroTime::parse(text)
            .ok()
            .filter(|time| !time.is_zero())?
            .micros();
        let nanos = micros.rem_euclid(1_000_000) * 1_000;
        return Some((
            micros.div_euclid(1_000_000).cast_unsigned(),
            nanos.cast_unsigned(),
        ));
    }
    let time = Timestamp::parse(text).ok().filter(|time| !time.is_zero())?;
    Some((time.seconds().cast_unsigned(), 0))
}

fn timestamp_size(ty: &Type, value: Option<&Value>) -> usize {
    timestamp(ty, value).map_or(0, |(seconds, nanos)| {
        2 + varint_size(seconds) + varint_size(nanos)
    })
}

fn fields_size(value: Option<&Value>) -> usize {
    match value {
        None => 0,
        value => bytes_field_size(1, fields_json(value).len()),
    }
}

fn entry_size(of: &Type, key: &str, value: &Value) -> usize {
    let value = Some(value);
    let value_size = match of {
        // A list in a map is a message that holds it (`ExtraValue`).
        Type::List(_) => bytes_field_size(2, field_size(1, of, value)),
        _ => field_size(2, of, value),
    };
    bytes_field_size(1, key.len()) + value_size
}

fn field_size(tag: u32, ty: &Type, value: Option<&Value>) -> usize {
    match ty {
        Type::Bool | Type::Int32 | Type::Int64 => {
            varint_size(u64::from(tag) << 3) + varint_size(number_of(value))
        }
        Type::String | Type::Bytes => bytes_field_size(tag, bytes_of(value).len()),
        Type::Time | Type::MicroTime => bytes_field_size(tag, timestamp_size(ty, value)),
        Type::FieldsV1 => bytes_field_size(tag, fields_size(value)),
        Type::Quantity => bytes_field_size(tag, bytes_field_size(1, quantity_of(value).len())),
        Type::IntOrString => bytes_field_size(tag, int_or_string_size(value)),
        Type::Message(message) => bytes_field_size(tag, message_size(message, map_of(value))),
        Type::List(item) => {
            let items = value.and_then(Value::as_list).unwrap_or_default();
            items.iter().map(|value| field_size(tag, item, Some(value))).sum()
        }
        Type::Map(of) => map_of(value)
            .iter()
            .map(|(key, value)| bytes_field_size(tag, entry_size(of, key, value)))
            .sum(),
    }
}

fn put_field(tag: u32, ty: &Type, value: Option<&Value>, out: &mut Vec<u8>) {
    match ty {
        Type::Bool | Type::Int32 | Type::Int64 => {
            put_varint_key(tag, out);
            put_varint(number_of(value), out);
        }
        Type::String | Type::Bytes => {
            let bytes = bytes_of(value);
            put_bytes_key(tag, bytes.len(), out);
            out.extend_from_slice(bytes);
        }
        Type::Time | Type::MicroTime => {
            put_bytes_key(tag, timestamp_size(ty, value), out);
            if let Some((seconds, nanos)) = timestamp(ty, value) {
                put_varint_key(1, out);
                put_varint(seconds, out);
                put_varint_key(2, out);
                put_varint(nanos, out);
            }
        }
        Type::FieldsV1 => {
            put_bytes_key(tag, fields_size(value), out);
            if value.is_some() {
                let json = fields_json(value);
                put_bytes_key(1, json.len(), out);
                out.extend_from_slice(&json);
            }
        }
        Type::Quantity => {
            let text = quantity_of(value);
            put_bytes_key(tag, bytes_field_size(1, text.len()), out);
            put_bytes_key(1, text.len(), out);
            out.extend_from_slice(text.as_bytes());
        }
        Type::IntOrString => {
            let (kind, number, text) = int_or_string(value);
            put_bytes_key(tag, int_or_string_size(value), out);
            put_varint_key(1, out);
            put_varint(kind, out);
            put_varint_key(2, out);
            put_varint(number, out);
            put_bytes_key(3, text.len(), out);
            out.extend_from_slice(text.as_bytes());
        }
        Type::Message(message) => {
            let body = map_of(value);
            put_bytes_key(tag, message_size(message, body), out);
            put_message(message, body, out);
        }
        Type::List(item) => {
            for value in value.and_then(Value::as_list).unwrap_or_default() {
                put_field(tag, item, Some(value), out);
            }
        }
        Type::Map(of) => {
            for (key, value) in map_of(value) {
                put_bytes_key(tag, entry_size(of, key, value), out);
                put_bytes_key(1, key.len(), out);
                out.extend_from_slice(key.as_bytes());
                let value = Some(value);
                if let Type::List(_) = of {
                    put_bytes_key(2, field_size(1, of, value), out);
                    put_field(1, of, value, out);
                } else {
                    put_field(2, of, value, out);
                }
            }
        }
    }
}
