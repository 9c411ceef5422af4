//! From a typed tree back to an untyped one.

use crate::json;
use crate::schema::{Message, Type};
use crate::value::{Map, Value};

/// The untyped tree of a typed one, as its JSON would parse: bytes are base64, `FieldsV1` is a tree, and what the
/// JSON leaves out is absent. `kind` and `apiVersion` are not in it.
#[must_use]
pub fn untype(message: &'static Message, body: &Map) -> Value {
    let fields = message.fields.iter().filter(|field| field.tag != 0);
    Value::Map(
        fields
            .filter_map(|field| {
                let value = body.get(field.name);
                if !json::is_written(field.presence, &field.ty, value) {
                    return None;
                }
                let value = value.map_or_else(|| absent(&field.ty), |value| untype_value(&field.ty, value));
                Some((field.name.into(), value))
            })
            .collect(),
    )
}

fn absent(ty: &'static Type) -> Value {
    match ty {
        Type::Message(message) => untype(message, &Map::new()),
        Type::Bool => Value::Bool(false),
        Type::Int32 | Type::Int64 | Type::IntOrString => Value::Int(0),
        Type::Quantity => Value::string("0"),
        Type::String | Type::Bytes => Value::string(""),
        Type::Time | Type::MicroTime | Type::FieldsV1 | Type::List(_) | Type::Map(_) => Value::Null,
    }
}

fn untype_value(ty: &'static Type, value: &Value) -> Value {
    match (ty, value) {
        (Type::Message(message), Value::Map(map)) => untype(message, map),
        (Type::Map(of), Value::Map(map)) => Value::Map(
            map.iter()
                .map(|(key, value)| (key.clone(), untype_value(of, value)))
                .collect(),
        ),
        (Type::List(item), Value::List(items)) => {
            Value::List(items.iter().map(|value| untype_value(item, value)).collect())
        }
        (Type::Bytes, Value::Bytes(bytes)) => {
            Value::string(base64_simd::STANDARD.encode_to_string(bytes.expose()))
        }
        (Type::FieldsV1, Value::Bytes(bytes)) => {
            json::parse(bytes.expose()).map_or(Value::Null, |parsed| parsed.value)
        }
        (Type::Time | Type::MicroTime, Value::String(text)) if text.expose().is_empty() => Value::Null,
        (_, value) => value.duplicate(),
    }
}
