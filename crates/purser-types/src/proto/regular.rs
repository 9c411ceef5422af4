//! Whether stored bytes are what gogo-protobuf writes for a message, so that they can be sent on as they are.

use super::DecodeError;
use super::decode::{int_or_string, quantity, raw_fields_v1, time};
use super::wire::{Fields, Payload};
use crate::schema::{Field, Message, Type};

/// What is stored is broken, or nothing that gogo-protobuf writes.
pub(super) struct Irregular;

/// Checks that `bytes` have every field that is always written, none that is unknown, each in its place and of its
/// wire type, and map keys in order. What is not so (broken, or written by something else) goes through the tree.
pub(super) fn check(message: &Message, bytes: &[u8]) -> Result<(), Irregular> {
    if message.is_nested() {
        return Err(Irregular);
    }
    let mut fields = Fields::new(bytes);
    let (mut last, mut written) = (0, 0);
    let mut key: &[u8] = b"";
    while let Some((tag, payload)) = fields.next()? {
        let field = message.tag(tag).filter(|field| field.tag != 0).ok_or(Irregular)?;
        let again = tag == last;
        match &field.ty {
            Type::List(item) if tag >= last => value(item, payload)?,
            Type::Map(of) if tag >= last => {
                let (next, payload) = entry(payload)?;
                if again && key >= next {
                    return Err(Irregular);
                }
                key = next;
                value(of, payload)?;
            }
            ty if tag > last => value(ty, payload)?,
            _ => return Err(Irregular),
        }
        if always_written(field) {
            written += 1;
        }
        last = tag;
    }
    let wanted = message
        .fields
        .iter()
        .filter(|field| always_written(field))
        .count();
    if written == wanted { Ok(()) } else { Err(Irregular) }
}

fn always_written(field: &Field) -> bool {
    field.tag != 0 && !field.presence.is_pointer() && !matches!(field.ty, Type::List(_) | Type::Map(_))
}

fn value(ty: &Type, payload: Payload<'_>) -> Result<(), Irregular> {
    match ty {
        Type::Bool | Type::Int32 | Type::Int64 => payload.varint().map(drop)?,
        Type::String => text(payload.bytes()?).map(drop)?,
        Type::Message(inner) => check(inner, payload.bytes()?)?,
        Type::Time | Type::MicroTime => time(ty, payload.bytes()?).map(drop)?,
        Type::FieldsV1 => raw_fields_v1(payload.bytes()?).map(drop)?,
        Type::Quantity => quantity(payload.bytes()?).map(drop)?,
        Type::IntOrString => int_or_string(payload.bytes()?).map(drop)?,
        _ => payload.bytes().map(drop)?,
    }
    Ok(())
}

fn text(bytes: &[u8]) -> Result<&str, Irregular> {
    std::str::from_utf8(bytes).map_err(|_| Irregular)
}

/// Key and value of a map entry, both written.
fn entry(payload: Payload<'_>) -> Result<(&[u8], Payload<'_>), Irregular> {
    let mut fields = Fields::new(payload.bytes()?);
    match (fields.next()?, fields.next()?, fields.next()?) {
        (Some((1, key)), Some((2, value)), None) => {
            let key = key.bytes()?;
            text(key)?;
            Ok((key, value))
        }
        _ => Err(Irregular),
    }
}

/// An object's bytes around `metadata.resourceVersion`.
pub(super) struct Parts<'a> {
    /// The fields of the metadata before it.
    pub(super) before: &'a [u8],
    /// The fields of the metadata after it.
    pub(super) after: &'a [u8],
    /// The object's fields after its metadata.
    pub(super) rest: &'a [u8],
}

/// The number of `metadata.resourceVersion`.
const RESOURCE_VERSION: u32 = 6;

impl<'a> Parts<'a> {
    /// The parts of what has been [`check`]ed.
    pub(super) fn of(raw: &'a [u8]) -> Result<Self, Irregular> {
        let mut fields = Fields::new(raw);
        let Some((1, metadata)) = fields.next()? else {
            return Err(Irregular);
        };
        let (metadata, rest) = (metadata.bytes()?, fields.rest());
        let mut fields = Fields::new(metadata);
        let (mut before, mut after) = (metadata, &b""[..]);
        loop {
            let here = fields.rest();
            let Some((tag, _)) = fields.next()? else { break };
            if tag >= RESOURCE_VERSION {
                before = metadata.get(..metadata.len() - here.len()).ok_or(Irregular)?;
                after = if tag == RESOURCE_VERSION {
                    fields.rest()
                } else {
                    here
                };
                break;
            }
        }
        Ok(Self { before, after, rest })
    }
}

impl From<DecodeError> for Irregular {
    fn from(_: DecodeError) -> Self {
        Self
    }
}

#[cfg(test)]
mod tests {
    use base64_simd::STANDARD;

    use super::super::envelope::{self, Content};
    use super::*;
    use crate::resource::{CONFIG_MAPS, NAMESPACES, SECRETS, SERVICE_ACCOUNTS};

    #[test]
    fn what_kube_apiserver_wrote_is_regular() {
        let file: serde_json::Value =
            serde_json::from_str(include_str!("../../tests/data/none.json")).unwrap();
        let mut seen = 0;
        for entry in file["entries"].as_array().unwrap() {
            let stored = STANDARD.decode_to_vec(entry["value"].as_str().unwrap()).unwrap();
            for resource in [&SECRETS, &CONFIG_MAPS, &NAMESPACES, &SERVICE_ACCOUNTS] {
                if let Ok(Content::Protobuf(raw)) = envelope::open(resource, &stored) {
                    assert!(check(resource.message, raw).is_ok(), "{}", resource.kind);
                    assert!(check(resource.message, &[raw, raw].concat()).is_err());
                    assert!(check(resource.message, &raw[..raw.len() - 1]).is_err());
                    seen += 1;
                }
            }
        }
        assert!(seen >= 5);
    }

    #[test]
    fn broken_bytes_are_answered_as_what_they_read_as_or_not_at_all() {
        let file: serde_json::Value =
            serde_json::from_str(include_str!("../../tests/data/none.json")).unwrap();
        for entry in file["entries"].as_array().unwrap() {
            let stored = STANDARD.decode_to_vec(entry["value"].as_str().unwrap()).unwrap();
            for (step, at) in (0..stored.len()).step_by(5).enumerate() {
                let mut broken = stored.clone();
                broken[at] = [0, 0x80, 0xff, broken[at] ^ 1][step % 4];
                crate::fuzzing::transcode(&broken);
            }
        }
    }
}
