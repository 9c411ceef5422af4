//! OpenAPI as `gnostic` writes it in protobuf.

use serde_json::Value;

use super::gnostic::{Message, Shape};

/// A form of a document in protobuf.
pub(super) struct Form {
    /// The subtypes of `application/…` that clients ask for; the first is deprecated, and answered with the second.
    pub(super) accepted: [&'static str; 2],
    /// The media type of the answer.
    pub(super) media_type: &'static str,
    /// The shape of a document.
    pub(super) document: &'static Message,
}

/// A document in protobuf, from its JSON.
pub(super) fn document(of: &Message, json: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    if let Ok(value) = serde_json::from_slice(json) {
        message(of, &value, &mut out);
    }
    out
}

fn message(of: &Message, value: &Value, out: &mut Vec<u8>) {
    match of {
        Message::Object(fields, extension) => {
            let Some(members) = value.as_object() else { return };
            for (name, tag, shape) in *fields {
                if let Some(value) = members.get(*name) {
                    field(*tag, *shape, value, out);
                }
            }
            for (name, value) in members.iter().filter(|(name, _)| name.starts_with("x-")) {
                named(*extension, name, out, |out| field(2, Shape::Any, value, out));
            }
        }
        Message::OneOf(choices) => {
            if let Some(choice) = choices.iter().find(|choice| (choice.is)(value)) {
                field(choice.tag, choice.shape, value, out);
            }
        }
        Message::OrReference(of, reference) => {
            let (tag, of) = if value.get("$ref").is_some() {
                (2, reference)
            } else {
                (1, of)
            };
            nested(tag, out, |out| message(of, value, out));
        }
        Message::Named(tag, of) => members(*tag, of, value, out),
        Message::Texts => field(1, Shape::Texts, value, out),
    }
}

fn field(tag: u32, shape: Shape, value: &Value, out: &mut Vec<u8>) {
    match shape {
        Shape::Text => text(tag, value.as_str().unwrap_or_default(), out),
        Shape::Texts => {
            for value in list(value) {
                // Members of lists are written empty too.
                bytes(tag, value.as_str().unwrap_or_default().as_bytes(), out);
            }
        }
        Shape::Flag => {
            if value.as_bool() == Some(true) {
                varint(u64::from(tag) << 3, out);
                out.push(1);
            }
        }
        // JSON is YAML.
        Shape::Any => nested(tag, out, |out| text(2, &format!("{value}\n"), out)),
        Shape::Anys => list(value)
            .iter()
            .for_each(|value| field(tag, Shape::Any, value, out)),
        Shape::One(of) => nested(tag, out, |out| message(of, value, out)),
        Shape::Many(of) => list(value)
            .iter()
            .for_each(|value| nested(tag, out, |out| message(of, value, out))),
        Shape::Named(inner, of) => nested(tag, out, |out| members(inner, of, value, out)),
        Shape::Items(of) => nested(tag, out, |out| {
            list(value)
                .iter()
                .for_each(|value| nested(1, out, |out| message(of, value, out)));
        }),
        Shape::Scalar => scalar(tag, value, out),
        Shape::TextItem => nested(tag, out, |out| field(1, Shape::Texts, value, out)),
    }
}

/// `DefaultType`, whose fields are written whatever they hold.
fn scalar(tag: u32, value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Number(number) => nested(tag, out, |out| {
            out.push(1 << 3 | 1);
            out.extend_from_slice(&number.as_f64().unwrap_or_default().to_le_bytes());
        }),
        Value::Bool(truth) => nested(tag, out, |out| out.extend([2 << 3, u8::from(*truth)])),
        Value::String(text) => nested(tag, out, |out| bytes(3, text.as_bytes(), out)),
        // gnostic leaves out what is of no type it knows.
        Value::Null | Value::Array(_) | Value::Object(_) => {}
    }
}

/// The elements of a list; what is no list is the only one of its own.
fn list(value: &Value) -> &[Value] {
    match value {
        Value::Array(items) => items,
        one => std::slice::from_ref(one),
    }
}

fn members(tag: u32, of: &Message, value: &Value, out: &mut Vec<u8>) {
    for (name, value) in value.as_object().into_iter().flatten() {
        named(tag, name, out, |out| {
            nested(2, out, |out| message(of, value, out));
        });
    }
}

fn named(tag: u32, name: &str, out: &mut Vec<u8>, value: impl FnOnce(&mut Vec<u8>)) {
    nested(tag, out, |out| {
        text(1, name, out);
        value(out);
    });
}

fn nested(tag: u32, out: &mut Vec<u8>, content: impl FnOnce(&mut Vec<u8>)) {
    let mut inner = Vec::new();
    content(&mut inner);
    bytes(tag, &inner, out);
}

/// A string, which is not written when it is empty.
fn text(tag: u32, text: &str, out: &mut Vec<u8>) {
    if !text.is_empty() {
        bytes(tag, text.as_bytes(), out);
    }
}

fn bytes(tag: u32, content: &[u8], out: &mut Vec<u8>) {
    varint(u64::from(tag) << 3 | 2, out);
    varint(content.len() as u64, out);
    out.extend_from_slice(content);
}

fn varint(mut value: u64, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push(value.to_le_bytes().first().copied().unwrap_or_default() | 0x80);
        value >>= 7;
    }
    out.push(value.to_le_bytes().first().copied().unwrap_or_default());
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::openapi::gnostic::{V2, V3};

    #[test]
    fn a_document_is_written_by_the_numbers_of_gnostic() {
        let schema = json!({
            "type": "object", "description": "d", "x-kubernetes-list-type": "atomic",
            "properties": { "a": { "$ref": "#/definitions/B" } }, "required": ["a"]
        });
        let json = json!({ "swagger": "2.0", "definitions": { "A": schema } });
        let expected: &[u8] = b"\x0a\x032.0\x4a\x51\x0a\x4f\x0a\x01A\x12\x4a\
            \x22\x01d\x9a\x01\x01a\xb2\x01\x08\x0a\x06object\
            \xca\x01\x18\x0a\x16\x0a\x01a\x12\x11\x0a\x0f#/definitions/B\
            \xfa\x01\x23\x0a\x16x-kubernetes-list-type\x12\x09\x12\x07atomic\n";
        let found = document(&V2, json.to_string().as_bytes());
        // `atomic` is written as JSON: in quotes.
        let quoted = "\u{12}\u{b}\u{12}\u{9}\"atomic\"\n";
        assert!(
            found
                .windows(quoted.len())
                .any(|bytes| bytes == quoted.as_bytes())
        );
        assert_eq!(found.len(), expected.len() + 2);
        assert_eq!(found.get(..5), expected.get(..5));
    }

    /// Every member that documents have is known to the tables, or is an extension.
    #[test]
    fn nothing_is_left_out() {
        fn known(of: &Message, value: &Value, path: &str) {
            match of {
                Message::Object(fields, _) => {
                    for (name, value) in value.as_object().unwrap() {
                        if name.starts_with("x-") {
                            continue;
                        }
                        let field = fields.iter().find(|(known, _, _)| known == name);
                        let (_, _, shape) = field.unwrap_or_else(|| panic!("{path}.{name}"));
                        inside(*shape, value, &format!("{path}.{name}"));
                    }
                }
                Message::OneOf(choices) => {
                    let choice = choices.iter().find(|choice| (choice.is)(value));
                    inside(choice.unwrap_or_else(|| panic!("{path}")).shape, value, path);
                }
                Message::OrReference(of, reference) => {
                    let is_reference = value.get("$ref").is_some();
                    known(if is_reference { reference } else { of }, value, path);
                }
                Message::Named(_, of) => each(of, value, path),
                Message::Texts => {}
            }
        }
        fn each(of: &Message, value: &Value, path: &str) {
            for (name, value) in value.as_object().unwrap() {
                known(of, value, &format!("{path}[{name}]"));
            }
        }
        fn inside(shape: Shape, value: &Value, path: &str) {
            match shape {
                Shape::One(of) => known(of, value, path),
                Shape::Many(of) | Shape::Items(of) => {
                    list(value).iter().for_each(|value| known(of, value, path));
                }
                Shape::Named(_, of) => each(of, value, path),
                _ => {}
            }
        }
        let kinds = purser_registry::kinds::KINDS;
        let read = |text: &str| serde_json::from_str(text).unwrap();
        known(&V2, &read(&crate::openapi::document::v2(kinds, "v1.36.0")), "");
        for (name, text) in crate::openapi::document::v3(kinds, "v1.36.0") {
            known(&V3, &read(&text), &name);
        }
    }

    #[test]
    fn defaults_are_written_by_their_type() {
        let schema = |default: Value| json!({ "components": { "schemas": { "A": { "default": default } } } });
        let written = |default: Value| {
            let found = document(&V3, schema(default).to_string().as_bytes());
            // What stands around a schema: components, schemas, A, the choice.
            found.get(13..).unwrap_or_default().to_vec()
        };
        assert_eq!(written(json!("")), b"\x8a\x02\x02\x1a\x00");
        assert_eq!(written(json!(false)), b"\x8a\x02\x02\x10\x00");
        assert_eq!(written(json!(0)), b"\x8a\x02\x09\x09\0\0\0\0\0\0\0\0");
        assert_eq!(written(json!({})), b"");
    }
}
