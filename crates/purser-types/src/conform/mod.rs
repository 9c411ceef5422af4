//! From an untyped tree to a typed one, as Go decodes JSON into a struct.
//!
//! Sources: `encoding/json` and `sigs.k8s.io/json`: a type mistake is remembered and the first one reported at the
//! end, while a time that cannot be read ends the decoding at once; `null` leaves the zero value; unknown and
//! duplicate fields are found in the order of the document, each once, at most 100.

mod error;
mod scalar;
mod untype;

pub use self::error::ConformError;
pub use self::untype::untype;

use crate::node::{MAX_DUPLICATES, Node, Str, push_key};
use crate::quote::quote;
use crate::schema::{Field, Message, Presence, Type};
use crate::value::{Key, Map, Value};

/// A typed tree, and what was left out of it.
#[derive(Debug)]
pub struct Conformed {
    /// The fields.
    pub body: Map,
    /// Paths of fields that the schema does not have, in the order they were met, at most 100.
    pub unknown: Vec<String>,
}

/// Types an untyped tree. `apiVersion` and `kind` are checked to be strings and left out.
///
/// # Errors
/// With the sentence of Go's decoder when a value has the wrong type, is not base64 or is not a time. The sentence
/// names fields and types, and of values only a time or a number that cannot be read.
pub fn conform(message: &'static Message, value: Value) -> Result<Conformed, ConformError> {
    let (body, findings) = conform_node(message, Node::from_value(value))?;
    let unknown = findings
        .into_iter()
        .filter(|finding| finding.kind == FindingKind::Unknown);
    Ok(Conformed {
        body,
        unknown: unknown.map(|finding| finding.path).collect(),
    })
}

/// The fields of a new, empty message: those that a Go struct always has.
#[must_use]
pub fn empty(message: &Message) -> Map {
    let mut body = Map::new();
    fill(message, &mut body);
    body
}

/// What strict decoding objects to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FindingKind {
    Unknown,
    Duplicate,
}

/// A field that strict decoding objects to. Displays as `unknown field "x"` or `duplicate field "x"`.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    pub(crate) kind: FindingKind,
    pub(crate) path: String,
}

impl std::fmt::Display for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let what = match self.kind {
            FindingKind::Unknown => "unknown",
            FindingKind::Duplicate => "duplicate",
        };
        write!(f, "{what} field {}", quote(&self.path))
    }
}

/// Types a document: the tree, and what strict decoding objects to, in the document's order.
pub(crate) fn conform_node(
    message: &'static Message,
    node: Node<'_>,
) -> Result<(Map, Vec<Finding>), ConformError> {
    let mut decoder = Decoder {
        path: String::new(),
        fields: Vec::new(),
        saved: None,
        findings: Vec::new(),
    };
    let mut body = Map::new();
    match node {
        Node::Null => {}
        Node::Object(members) => decoder.members(message, members, &mut body)?,
        other => {
            return Err(ConformError::Type {
                found: other.kind().to_owned(),
                place: String::new(),
                wanted: Type::Message(message).go(""),
            });
        }
    }
    decoder.saved.map_or(Ok(()), Err)?;
    fill(message, &mut body);
    Ok((body, decoder.findings))
}

/// Adds what a Go struct always has (embedded messages, fields without `omitempty`), and drops what it would not
/// write, so that equal objects are equal trees.
pub(crate) fn fill(message: &Message, body: &mut Map) {
    for field in message.fields.iter().filter(|field| field.tag != 0) {
        match (field.presence, &field.ty) {
            (Presence::Pointer | Presence::Nullable, _) => {}
            (Presence::Plain | Presence::OmitZero, Type::Message(inner)) => {
                let slot = body
                    .entry(Key::Borrowed(field.name))
                    .or_insert_with(|| Value::Map(Map::new()));
                if let Value::Map(map) = slot {
                    fill(inner, map);
                }
            }
            (Presence::Plain | Presence::OmitZero, _) => {
                let zero = |value: &Value| {
                    crate::json::is_zero(value)
                        || (matches!(field.ty, Type::Quantity) && value.as_str() == Some("0"))
                };
                if body.get(field.name).is_some_and(zero) {
                    body.remove(field.name);
                }
            }
            // Absent is Go's null, which is not the empty list that a client may have sent.
            (Presence::Required, Type::List(_) | Type::Map(_)) => {}
            (Presence::Required, _) => {
                if !body.contains_key(field.name)
                    && let Some(zero) = zero(&field.ty)
                {
                    body.insert(Key::Borrowed(field.name), zero);
                }
            }
        }
    }
}

/// The zero value of a type, where a tree can hold it.
pub(crate) fn zero(ty: &Type) -> Option<Value> {
    match ty {
        Type::Bool => Some(Value::Bool(false)),
        Type::Int32 | Type::Int64 | Type::IntOrString => Some(Value::Int(0)),
        Type::Quantity => Some(Value::string("0")),
        Type::String => Some(Value::string("")),
        Type::Bytes => Some(Value::Bytes(crate::Plaintext::default())),
        Type::List(_) => Some(Value::List(Vec::new())),
        Type::Map(_) => Some(Value::Map(Map::new())),
        Type::Message(message) => {
            let mut map = Map::new();
            fill(message, &mut map);
            Some(Value::Map(map))
        }
        Type::Time | Type::MicroTime | Type::FieldsV1 => None,
    }
}

/// The state of one decoding.
struct Decoder {
    /// Where we are for strict findings: `metadata.ownerReferences[0].name`.
    path: String,
    /// Where we are for type errors: struct names with the fields entered in them.
    fields: Vec<(&'static str, &'static str)>,
    /// The first type error.
    saved: Option<ConformError>,
    findings: Vec<Finding>,
}

impl Decoder {
    fn members(
        &mut self,
        message: &'static Message,
        members: Vec<(Str<'_>, Node<'_>)>,
        body: &mut Map,
    ) -> Result<(), ConformError> {
        let mut seen = 0_u64;
        for (key, node) in members {
            let length = self.path.len();
            push_key(&mut self.path, key.as_str());
            let found = message
                .fields
                .iter()
                .enumerate()
                .find(|(_, field)| field.name == key.as_str());
            if let Some((index, field)) = found {
                let bit = 1_u64
                    .checked_shl(u32::try_from(index).unwrap_or(u32::MAX))
                    .unwrap_or(0);
                if seen & bit != 0 {
                    self.find(FindingKind::Duplicate);
                }
                seen |= bit;
                self.fields.push((message.name, field.name));
                self.field(field, node, body)?;
                self.fields.pop();
            } else {
                self.find(FindingKind::Unknown);
            }
            self.path.truncate(length);
        }
        Ok(())
    }

    fn find(&mut self, kind: FindingKind) {
        if self.findings.len() < MAX_DUPLICATES
            && !self
                .findings
                .iter()
                .any(|known| known.kind == kind && known.path == self.path)
        {
            self.findings.push(Finding {
                kind,
                path: self.path.clone(),
            });
        }
    }

    /// One field. As in Go, a second occurrence adds to the maps and messages of the first.
    fn field(&mut self, field: &'static Field, node: Node<'_>, body: &mut Map) -> Result<(), ConformError> {
        if matches!(node, Node::Null) {
            // Null empties pointers, lists and maps, and leaves other values as they are.
            let kept = !field.presence.is_pointer() && !matches!(field.ty, Type::List(_) | Type::Map(_));
            if !kept || matches!(field.ty, Type::Time | Type::MicroTime) {
                body.remove(field.name);
            }
            return Ok(());
        }
        let before = body.remove(field.name);
        let value = self.value(field, &field.ty, node, before)?;
        if field.tag != 0
            && let Some(value) = value
        {
            body.insert(Key::Borrowed(field.name), value);
        }
        Ok(())
    }

    /// A value that is not null. `None` when it has the wrong type, which is remembered.
    fn value(
        &mut self,
        field: &'static Field,
        ty: &'static Type,
        node: Node<'_>,
        before: Option<Value>,
    ) -> Result<Option<Value>, ConformError> {
        match (ty, node) {
            (Type::Message(message), Node::Object(members)) => {
                let mut map = into_map(before);
                self.members(message, members, &mut map)?;
                fill(message, &mut map);
                Ok(Some(Value::Map(map)))
            }
            (Type::Map(of), Node::Object(members)) => {
                let mut map = into_map(before);
                self.entries(field, of, members, &mut map)?;
                Ok(Some(Value::Map(map)))
            }
            (Type::List(item), Node::List(nodes)) => self.items(field, item, nodes).map(Some),
            (_, node) => self.scalar(field, ty, node),
        }
    }

    fn entries(
        &mut self,
        field: &'static Field,
        of: &'static Type,
        members: Vec<(Str<'_>, Node<'_>)>,
        map: &mut Map,
    ) -> Result<(), ConformError> {
        let known = map.len();
        for (key, node) in members {
            let length = self.path.len();
            push_key(&mut self.path, key.as_str());
            let value = match node {
                Node::Null => zero(of),
                node => self.value(field, of, node, None)?.or_else(|| zero(of)),
            };
            if let Some(value) = value
                && map.insert(Key::Owned(key.as_str().to_owned()), value).is_some()
                && known == 0
            {
                self.find(FindingKind::Duplicate);
            }
            self.path.truncate(length);
        }
        Ok(())
    }

    fn items(
        &mut self,
        field: &'static Field,
        item: &'static Type,
        nodes: Vec<Node<'_>>,
    ) -> Result<Value, ConformError> {
        let mut items = Vec::with_capacity(nodes.len());
        for (index, node) in nodes.into_iter().enumerate() {
            let length = self.path.len();
            self.path.push_str(&format!("[{index}]"));
            let value = match node {
                Node::Null => zero(item),
                node => self.value(field, item, node, None)?.or_else(|| zero(item)),
            };
            items.extend(value);
            self.path.truncate(length);
        }
        if items.is_empty() && field.name == "managedFields" {
            // An empty list asks to forget all managers, as one empty entry does; a tree holds no empty lists.
            items.push(Value::Map(Map::new()));
        }
        Ok(Value::List(items))
    }
}

fn into_map(before: Option<Value>) -> Map {
    match before {
        Some(Value::Map(map)) => map,
        _ => Map::new(),
    }
}

#[cfg(test)]
mod tests;
