//! Typed trees as JSON, in the order of the Go struct.

use super::write::{write, write_bytes, write_string};
use crate::object::Object;
use crate::schema::{Message, Presence, Type};
use crate::value::{Map, Value};

/// Appends the document of an object: `{"kind":…,"apiVersion":…,"metadata":{…},…}`. No newline follows; upstream's
/// encoder writes one.
pub fn write_object(object: &Object, out: &mut Vec<u8>) {
    out.extend_from_slice(b"{\"kind\":");
    write_string(object.resource.kind, out);
    out.extend_from_slice(b",\"apiVersion\":");
    write_string(&object.resource.api_version(), out);
    members(object.resource.message, &object.body, out, false);
    out.push(b'}');
}

/// Appends a typed message without `kind` and `apiVersion`, as list items are written.
pub fn write_typed(message: &Message, body: &Map, out: &mut Vec<u8>) {
    out.push(b'{');
    members(message, body, out, true);
    out.push(b'}');
}

fn members(message: &Message, body: &Map, out: &mut Vec<u8>, mut first: bool) {
    for field in message.fields.iter().filter(|field| field.tag != 0) {
        let value = body.get(field.name);
        if !is_written(field.presence, &field.ty, value) {
            continue;
        }
        if !first {
            out.push(b',');
        }
        first = false;
        out.push(b'"');
        out.extend_from_slice(field.name.as_bytes());
        out.extend_from_slice(b"\":");
        match value {
            // What is stored keeps no empty list apart from none, and upstream answers with what it stored.
            Some(Value::List(items)) if items.is_empty() => write_zero(&field.ty, out),
            Some(value) => write_value(&field.ty, value, out),
            None if field.presence == Presence::Nullable => out.extend_from_slice(b"null"),
            None => write_zero(&field.ty, out),
        }
    }
}

/// Whether a field is written, given what it holds.
pub(crate) fn is_written(presence: Presence, ty: &Type, value: Option<&Value>) -> bool {
    match presence {
        Presence::Required | Presence::Nullable => true,
        Presence::Pointer => value.is_some_and(|value| !matches!(value, Value::Null)),
        Presence::OmitZero => value.is_some_and(|value| !is_zero(value)),
        Presence::Plain => match ty {
            Type::Message(_) | Type::Time | Type::MicroTime | Type::Quantity | Type::IntOrString => true,
            _ => value.is_some_and(|value| !is_zero(value)),
        },
    }
}

/// Whether a value is the zero value of its Go type.
pub(crate) fn is_zero(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(value) => !value,
        Value::Int(value) => *value == 0,
        Value::Float(value) => *value == 0.0,
        Value::String(text) => text.expose().is_empty(),
        Value::Bytes(bytes) => bytes.is_empty(),
        Value::List(items) => items.is_empty(),
        Value::Map(map) => map.is_empty(),
    }
}

/// Appends the zero value of a type.
pub(crate) fn write_zero(ty: &Type, out: &mut Vec<u8>) {
    match ty {
        Type::Bool => out.extend_from_slice(b"false"),
        Type::Int32 | Type::Int64 | Type::IntOrString => out.push(b'0'),
        Type::Quantity => out.extend_from_slice(b"\"0\""),
        Type::String | Type::Bytes => out.extend_from_slice(b"\"\""),
        Type::Time | Type::MicroTime | Type::FieldsV1 | Type::List(_) | Type::Map(_) => {
            out.extend_from_slice(b"null");
        }
        Type::Message(message) => write_typed(message, &Map::new(), out),
    }
}

fn write_value(ty: &Type, value: &Value, out: &mut Vec<u8>) {
    match (ty, value) {
        (Type::Message(message), Value::Map(map)) => write_typed(message, map, out),
        (Type::List(item), Value::List(items)) => {
            out.push(b'[');
            for (index, value) in items.iter().enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                write_value(item, value, out);
            }
            out.push(b']');
        }
        (Type::Map(of), Value::Map(map)) => {
            out.push(b'{');
            for (index, (key, value)) in map.iter().enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                write_string(key, out);
                out.push(b':');
                write_value(of, value, out);
            }
            out.push(b'}');
        }
        (Type::FieldsV1, Value::Bytes(bytes)) => {
            if super::compact(bytes.expose(), out).is_err() {
                out.extend_from_slice(b"null");
            }
        }
        (Type::Time | Type::MicroTime, Value::String(text)) if text.expose().is_empty() => {
            out.extend_from_slice(b"null");
        }
        (Type::Bytes, Value::Bytes(bytes)) => write_bytes(bytes.expose(), out),
        (_, value) => write(value, out),
    }
}
