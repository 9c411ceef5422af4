//! Protobuf as typed trees.

use super::DecodeError;
use std::fmt;

use super::envelope::{self, Content};
use super::face;
use super::wire::{Fields, Payload};
use crate::conform::{conform_node, fill, zero};
use crate::json;
use crate::node::{Node, Str};
use crate::object::Object;
use crate::quantity::Quantity;
use crate::resource::Resource;
use crate::schema::{Message, Type};
use crate::sensitive::{Plaintext, Text};
use crate::time::{MicroTime, Timestamp};
use crate::value::{Key, Map, Value};

/// Reads what is stored for an object, as `resource` shows it: the envelope, or a JSON document.
/// `metadata.resourceVersion` is not in it.
///
/// # Errors
/// When the bytes are not an object of the resource; the error repeats nothing of it.
pub fn decode(resource: &'static Resource, stored: &[u8]) -> Result<Object, DecodeError> {
    let own = resource.stored_as();
    let mut body = match envelope::open(own, stored)? {
        Content::Json(text) => json_body(own, text)?,
        Content::Protobuf(raw) => {
            let mut body = Map::new();
            message(own.message, raw, &mut body, &mut Budget::of_what_is_stored())?;
            fill(own.message, &mut body);
            body
        }
    };
    if let Some(face) = resource.face {
        body = face::from_stored(face, resource, body);
    }
    if let Some(Value::Map(meta)) = body.get_mut("metadata") {
        meta.remove("resourceVersion");
    }
    Ok(Object { resource, body })
}

fn json_body(resource: &'static Resource, text: &[u8]) -> Result<Map, DecodeError> {
    let node = json::read(text)?;
    let member = |name: &str| match &node {
        Node::Object(members) => members.iter().rev().find_map(|(key, node)| match node {
            Node::String(text) if key.as_str() == name => Some(Str::as_str(text)),
            _ => None,
        }),
        _ => None,
    };
    let (api_version, kind) = (
        member("apiVersion").unwrap_or_default(),
        member("kind").unwrap_or_default(),
    );
    if kind != resource.kind || api_version != resource.api_version() {
        return Err(envelope::wrong_kind(resource, api_version, kind));
    }
    Ok(conform_node(resource.message, node)?.0)
}

/// How many more elements of lists and entries of maps may be read. Each may be two bytes of a body, and takes up to
/// a thousand of memory.
pub(super) struct Budget(usize);

impl Budget {
    /// As for a document in JSON.
    pub(super) fn of_a_body() -> Self {
        Self(json::MAX_VALUES)
    }

    /// What is stored was bounded when it was written.
    fn of_what_is_stored() -> Self {
        Self(usize::MAX)
    }

    fn spend(&mut self) -> Result<(), DecodeError> {
        self.0 = self.0.checked_sub(1).ok_or(DecodeError::TooLarge)?;
        Ok(())
    }
}

/// Reads the fields of a message into `body`, which may hold those of an earlier occurrence.
pub(super) fn message(
    of: &'static Message,
    bytes: &[u8],
    body: &mut Map,
    budget: &mut Budget,
) -> Result<(), DecodeError> {
    level(of, 0, bytes, body, budget)
}

/// The fields of a message that are not embedded (`inside` 0), or of one that is.
fn level(
    of: &'static Message,
    inside: u32,
    bytes: &[u8],
    body: &mut Map,
    budget: &mut Budget,
) -> Result<(), DecodeError> {
    let mut fields = Fields::new(bytes);
    while let Some((tag, payload)) = fields.next()? {
        let Some(field) = of.tag_inside(inside, tag) else {
            if inside == 0 && of.fields.iter().any(|field| field.inside == tag) {
                level(of, tag, payload.bytes()?, body, budget)?;
            }
            continue;
        };
        let name = Key::Borrowed(field.name);
        match &field.ty {
            Type::List(item) => {
                budget.spend()?;
                let value = value(item, payload, budget)?.or_else(|| zero(item));
                if let Value::List(items) = body.entry(name).or_insert_with(|| Value::List(Vec::new())) {
                    items.extend(value);
                }
            }
            Type::Map(of) => {
                budget.spend()?;
                let (key, value) = entry(of, payload.bytes()?, budget)?;
                if let Value::Map(map) = body.entry(name).or_insert_with(|| Value::Map(Map::new())) {
                    map.insert(Key::Owned(key), value);
                }
            }
            Type::Message(inner) => {
                let slot = body.entry(name).or_insert_with(|| Value::Map(Map::new()));
                if let Value::Map(map) = slot {
                    message(inner, payload.bytes()?, map, budget)?;
                    fill(inner, map);
                }
            }
            ty => match value(ty, payload, budget)? {
                Some(value) => {
                    body.insert(name, value);
                }
                None => {
                    body.remove(field.name);
                }
            },
        }
    }
    Ok(())
}

/// A value that is no field of several; `None` for no time.
fn value(ty: &'static Type, payload: Payload<'_>, budget: &mut Budget) -> Result<Option<Value>, DecodeError> {
    Ok(Some(match ty {
        Type::Bool => Value::Bool(payload.varint()? != 0),
        Type::Int32 => Value::Int(payload.int32()?),
        Type::Int64 => Value::Int(payload.int64()?),
        Type::String => Value::String(Text::new(text(payload.bytes()?))),
        Type::Bytes => Value::Bytes(Plaintext::new(payload.bytes()?.to_vec())),
        Type::Time | Type::MicroTime => {
            return Ok(time(ty, payload.bytes()?)?.map(|time| Value::string(time.to_string())));
        }
        Type::FieldsV1 => return fields_v1(payload.bytes()?),
        Type::Quantity => Value::string(quantity(payload.bytes()?)?.to_string()),
        Type::IntOrString => match int_or_string(payload.bytes()?)? {
            IntOrString::Int(number) => Value::Int(number),
            IntOrString::String(bytes) => Value::String(Text::new(text(bytes))),
        },
        Type::Message(inner) => {
            let mut map = Map::new();
            message(inner, payload.bytes()?, &mut map, budget)?;
            fill(inner, &mut map);
            Value::Map(map)
        }
        // A list in a map is a message that holds it (`ExtraValue`).
        Type::List(item) => {
            let mut items = Vec::new();
            let mut fields = Fields::new(payload.bytes()?);
            while let Some((tag, payload)) = fields.next()? {
                if tag == 1 {
                    budget.spend()?;
                    items.extend(value(item, payload, budget)?.or_else(|| zero(item)));
                }
            }
            Value::List(items)
        }
        // No served type has lists of maps, or maps of maps.
        Type::Map(_) => return Err(DecodeError::WireType),
    }))
}

fn entry(of: &'static Type, bytes: &[u8], budget: &mut Budget) -> Result<(String, Value), DecodeError> {
    let (mut key, mut found) = (String::new(), None);
    let mut fields = Fields::new(bytes);
    while let Some((tag, payload)) = fields.next()? {
        match tag {
            1 => key = text(payload.bytes()?),
            2 => found = value(of, payload, budget)?,
            _ => {}
        }
    }
    let value = found.or_else(|| zero(of)).unwrap_or(Value::Null);
    Ok((key, value))
}

/// A string; what is not UTF-8 becomes U+FFFD, as Go's JSON encoder writes it.
pub(super) fn text(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => json::lossy(bytes),
    }
}

/// A stored time, as it is written in JSON.
pub(super) enum Time {
    Seconds(Timestamp),
    Micros(MicroTime),
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Seconds(time) => time.fmt(f),
            Self::Micros(time) => time.fmt(f),
        }
    }
}

/// Reads a `Timestamp`; `None` for no time.
pub(super) fn time(ty: &Type, bytes: &[u8]) -> Result<Option<Time>, DecodeError> {
    if bytes.is_empty() {
        return Ok(None);
    }
    let (mut seconds, mut nanos) = (0, 0);
    let mut fields = Fields::new(bytes);
    while let Some((tag, payload)) = fields.next()? {
        match tag {
            1 => seconds = payload.int64()?,
            2 => nanos = payload.int32()?,
            _ => {}
        }
    }
    if matches!(ty, Type::MicroTime) {
        let micros = seconds
            .checked_mul(1_000_000)
            .and_then(|micros| micros.checked_add(nanos / 1_000));
        let time = micros.and_then(MicroTime::from_micros).ok_or(DecodeError::Time)?;
        return Ok((!time.is_zero()).then_some(Time::Micros(time)));
    }
    let time = Timestamp::from_seconds(seconds).ok_or(DecodeError::Time)?;
    Ok((!time.is_zero()).then_some(Time::Seconds(time)))
}

/// Reads a `Quantity`; without a text it is nothing.
pub(super) fn quantity(bytes: &[u8]) -> Result<Quantity, DecodeError> {
    let mut found = Quantity::ZERO;
    let mut fields = Fields::new(bytes);
    while let Some((tag, payload)) = fields.next()? {
        if tag == 1 {
            let text = std::str::from_utf8(payload.bytes()?).map_err(|_| DecodeError::Quantity)?;
            found = Quantity::parse(text).map_err(|_| DecodeError::Quantity)?;
        }
    }
    Ok(found)
}

/// An `IntOrString` as it is stored.
pub(super) enum IntOrString<'a> {
    Int(i64),
    String(&'a [u8]),
}

/// Reads an `IntOrString`.
pub(super) fn int_or_string(bytes: &[u8]) -> Result<IntOrString<'_>, DecodeError> {
    let (mut is_text, mut number, mut text): (bool, i64, &[u8]) = (false, 0, b"");
    let mut fields = Fields::new(bytes);
    while let Some((tag, payload)) = fields.next()? {
        match tag {
            1 => is_text = payload.int64()? != 0,
            2 => number = payload.int32()?,
            3 => text = payload.bytes()?,
            _ => {}
        }
    }
    Ok(if is_text {
        IntOrString::String(text)
    } else {
        IntOrString::Int(number)
    })
}

/// The JSON inside of `FieldsV1`, checked; `None` when there is none.
fn fields_v1(bytes: &[u8]) -> Result<Option<Value>, DecodeError> {
    let Some(raw) = raw_fields_v1(bytes)? else {
        return Ok(None);
    };
    json::read(raw).map_err(|_| DecodeError::Fields)?;
    Ok(Some(Value::Bytes(Plaintext::new(raw.to_vec()))))
}

/// Field 1 of the message; `None` when it is missing or empty.
pub(super) fn raw_fields_v1(bytes: &[u8]) -> Result<Option<&[u8]>, DecodeError> {
    let mut raw = None;
    let mut fields = Fields::new(bytes);
    while let Some((tag, payload)) = fields.next()? {
        if tag == 1 {
            raw = Some(payload.bytes()?).filter(|raw| !raw.is_empty());
        }
    }
    Ok(raw)
}
