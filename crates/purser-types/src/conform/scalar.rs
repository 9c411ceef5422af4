//! Values without fields: strings, numbers, bytes, times.

use super::{ConformError, Decoder};
use crate::node::Node;
use crate::quantity::Quantity;
use crate::schema::{Field, Type};
use crate::sensitive::Plaintext;
use crate::time::{MicroTime, Timestamp};
use crate::value::Value;

impl Decoder {
    /// A scalar; `None` when it has the wrong type, which is remembered, or is a zero time.
    pub(super) fn scalar(
        &mut self,
        field: &'static Field,
        ty: &'static Type,
        node: Node<'_>,
    ) -> Result<Option<Value>, ConformError> {
        Ok(match (ty, node) {
            (Type::Bool, Node::Bool(value)) => Some(Value::Bool(value)),
            (Type::String, Node::String(text)) => Some(Value::String(text.into_text())),
            (Type::Int64, Node::Number(text)) => self.int(field, ty, text.as_str(), i64::MIN..=i64::MAX),
            (Type::Int32, Node::Number(text)) => self.int(
                field,
                ty,
                text.as_str(),
                i64::from(i32::MIN)..=i64::from(i32::MAX),
            ),
            (Type::Bytes, Node::String(text)) => match crate::base64::decode(text.as_str().as_bytes()) {
                Ok(bytes) => Some(Value::Bytes(Plaintext::new(bytes))),
                Err(error) => self.save(error.into()),
            },
            // Go reads a list of numbers into bytes too.
            (Type::Bytes, Node::List(items)) => Some(Value::Bytes(self.octets(items))),
            (Type::Time, Node::String(text)) => {
                let time = Timestamp::parse(text.as_str())?;
                (!time.is_zero()).then(|| Value::string(time.to_string()))
            }
            (Type::MicroTime, Node::String(text)) => {
                let time = MicroTime::parse(text.as_str())?;
                (!time.is_zero()).then(|| Value::string(time.to_string()))
            }
            // A time's own reader wants a string, and its error ends the decoding.
            (Type::Time | Type::MicroTime, node) => {
                return Err(self.mistake(node.kind().to_owned(), "string".to_owned()));
            }
            (Type::Quantity, node) => return quantity(node).map(Some),
            (Type::IntOrString, Node::String(text)) => Some(Value::String(text.into_text())),
            (Type::IntOrString, node) => return whole(&node).map(Some),
            (Type::FieldsV1, node) => {
                let mut json = Vec::new();
                crate::json::write_node(&node, &mut json);
                Some(Value::Bytes(Plaintext::new(json)))
            }
            (ty, node) => {
                let error = self.mistake(node.kind().to_owned(), ty.go(field.go));
                self.save(error)
            }
        })
    }

    fn int(
        &mut self,
        field: &'static Field,
        ty: &'static Type,
        text: &str,
        range: std::ops::RangeInclusive<i64>,
    ) -> Option<Value> {
        match text.parse::<i64>() {
            Ok(value) if range.contains(&value) => Some(Value::Int(value)),
            _ => {
                let error = self.mistake(format!("number {text}"), ty.go(field.go));
                self.save(error)
            }
        }
    }

    fn octets(&mut self, items: Vec<Node<'_>>) -> Plaintext {
        let mut bytes = Vec::with_capacity(items.len());
        for item in items {
            let found = match &item {
                Node::Null => Ok(0),
                Node::Number(text) => text
                    .as_str()
                    .parse::<u8>()
                    .map_err(|_| format!("number {}", text.as_str())),
                other => Err(other.kind().to_owned()),
            };
            match found {
                Ok(byte) => bytes.push(byte),
                Err(found) => {
                    let error = self.mistake(found, "uint8".to_owned());
                    self.save(error);
                }
            }
        }
        Plaintext::new(bytes)
    }

    /// A type error at the place we are at: Go names the innermost struct, and the fields from the top.
    fn mistake(&self, found: String, wanted: String) -> ConformError {
        let path: Vec<&str> = self.fields.iter().map(|(_, field)| *field).collect();
        let place = match self.fields.last() {
            Some((owner, _)) => format!("{owner}.{}", path.join(".")),
            None => String::new(),
        };
        ConformError::Type { found, place, wanted }
    }

    /// Remembers the first error.
    fn save(&mut self, error: ConformError) -> Option<Value> {
        self.saved.get_or_insert(error);
        None
    }
}

/// A quantity reads any JSON value as text, quoted or not, and its error ends the decoding.
fn quantity(node: Node<'_>) -> Result<Value, ConformError> {
    let text = match node {
        Node::String(text) => text.as_str().to_owned(),
        node => {
            let mut json = Vec::new();
            crate::json::write_node(&node, &mut json);
            String::from_utf8_lossy(&json).into_owned()
        }
    };
    Ok(Value::string(Quantity::parse(text.trim())?.to_string()))
}

/// The number of an `IntOrString`, whose own reader's error ends the decoding.
fn whole(node: &Node<'_>) -> Result<Value, ConformError> {
    let found = match node {
        Node::Number(text) => match text.as_str().parse::<i32>() {
            Ok(value) => return Ok(Value::Int(i64::from(value))),
            Err(_) => format!("number {}", text.as_str()),
        },
        node => node.kind().to_owned(),
    };
    Err(ConformError::Type {
        found,
        place: String::new(),
        wanted: "int32".to_owned(),
    })
}
