//! The tree in which an object is held while a request works on it.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::sensitive::{Plaintext, Text};

/// The name of a field (static, from a schema) or the key of a map entry.
pub type Key = Cow<'static, str>;

/// Fields by name, or entries by key; sorted, as Go writes maps.
pub type Map = BTreeMap<Key, Value>;

/// A value of an object.
///
/// Two forms share this type. *Untyped*: just parsed from JSON or YAML (or about to be written as such):
/// bytes are base64 strings, anything may be anywhere. *Typed*: made from an untyped one by
/// [`crate::conform`], or decoded from protobuf: as its schema says, unknown fields gone, bytes decoded,
/// times normalised, fields that Go would omit absent.
#[derive(Debug, PartialEq)]
pub enum Value {
    /// JSON null; never in a typed tree.
    Null,
    /// A boolean.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A number with a fraction or beyond `i64`; only in untyped trees.
    Float(f64),
    /// A string; times are RFC 3339 strings in both forms.
    String(Text),
    /// Decoded bytes; only in typed trees.
    Bytes(Plaintext),
    /// A list.
    List(Vec<Value>),
    /// A message's fields or a map's entries.
    Map(Map),
}

impl Value {
    /// A string value.
    #[must_use]
    pub fn string(text: impl Into<String>) -> Self {
        Self::String(Text::new(text.into()))
    }

    /// The string, if it is one.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text.expose()),
            _ => None,
        }
    }

    /// The boolean, if it is one.
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(value) => Some(*value),
            _ => None,
        }
    }

    /// The whole number, if it is one.
    #[must_use]
    pub fn as_int(&self) -> Option<i64> {
        match self {
            Self::Int(value) => Some(*value),
            _ => None,
        }
    }

    /// The bytes, if they are.
    #[must_use]
    pub fn as_bytes(&self) -> Option<&Plaintext> {
        match self {
            Self::Bytes(value) => Some(value),
            _ => None,
        }
    }

    /// The list, if it is one.
    #[must_use]
    pub fn as_list(&self) -> Option<&[Value]> {
        match self {
            Self::List(items) => Some(items),
            _ => None,
        }
    }

    /// The map, if it is one.
    #[must_use]
    pub fn as_map(&self) -> Option<&Map> {
        match self {
            Self::Map(map) => Some(map),
            _ => None,
        }
    }

    /// The map, if it is one, to change it.
    pub fn as_map_mut(&mut self) -> Option<&mut Map> {
        match self {
            Self::Map(map) => Some(map),
            _ => None,
        }
    }

    /// A second copy in the clear, wiped on its own.
    #[must_use]
    pub fn duplicate(&self) -> Self {
        match self {
            Self::Null => Self::Null,
            Self::Bool(value) => Self::Bool(*value),
            Self::Int(value) => Self::Int(*value),
            Self::Float(value) => Self::Float(*value),
            Self::String(text) => Self::String(text.duplicate()),
            Self::Bytes(bytes) => Self::Bytes(bytes.duplicate()),
            Self::List(items) => Self::List(items.iter().map(Self::duplicate).collect()),
            Self::Map(map) => Self::Map(duplicate(map)),
        }
    }
}

/// A second copy of a map in the clear, wiped on its own.
#[must_use]
pub fn duplicate(map: &Map) -> Map {
    map.iter()
        .map(|(key, value)| (key.clone(), value.duplicate()))
        .collect()
}
