//! How a patched document reads in a sentence: what the patch did not touch in the order of the Go struct, what it
//! touched sorted, as upstream's library leaves them.

use purser_types::schema::{Message, Type};
use purser_types::{Map, Value, json};

/// The JSON of `document`, which was `before`.
pub(super) fn text(document: &Value, before: &Value, message: &'static Message) -> String {
    let mut out = Vec::new();
    write(document, Some(before), Type::Message(message), &mut out);
    String::from_utf8_lossy(&out).into_owned()
}

fn write(value: &Value, before: Option<&Value>, ty: Type, out: &mut Vec<u8>) {
    match value {
        Value::Map(map) => write_map(map, before, ty, out),
        Value::List(items) => {
            let element = if let Type::List(element) = ty {
                *element
            } else {
                Type::String
            };
            let touched = before != Some(value);
            out.push(b'[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                write(item, (!touched).then_some(item), element, out);
            }
            out.push(b']');
        }
        scalar => json::write(scalar, out),
    }
}

fn write_map(map: &Map, before: Option<&Value>, ty: Type, out: &mut Vec<u8>) {
    let before = before.and_then(Value::as_map);
    let mut keys: Vec<&str> = map.keys().map(AsRef::as_ref).collect();
    if let (Type::Message(message), true) = (ty, before == Some(map)) {
        keys.sort_by_key(|key| message.fields.iter().position(|field| field.name == *key));
    }
    out.push(b'{');
    for (index, key) in keys.into_iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        json::write(&Value::string(key), out);
        out.push(b':');
        let ty = match ty {
            Type::Message(message) => message.field(key).map_or(Type::String, |field| field.ty),
            Type::Map(entry) => *entry,
            _ => Type::String,
        };
        if let Some(value) = map.get(key) {
            write(value, before.and_then(|before| before.get(key)), ty, out);
        }
    }
    out.push(b'}');
}
