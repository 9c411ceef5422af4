//! One step of a path to a field.
//!
//! Format: `sigs.k8s.io/structured-merge-diff/v6/fieldpath`, `element.go` and `serialize-pe.go`.

use std::fmt;

use purser_types::quote::quote;
use purser_types::{Key, Map, Value, json};

/// A value that tells elements of a list apart; in upstream's order: numbers, strings, booleans, null.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Scalar {
    /// A whole number.
    Int(i64),
    /// A string.
    String(String),
    /// A boolean.
    Bool(bool),
    /// Null.
    Null,
}

impl Scalar {
    /// The scalar that a value is; `None` for lists, maps and fractions.
    pub(crate) fn of(value: &Value) -> Option<Self> {
        match value {
            Value::Int(value) => Some(Self::Int(*value)),
            Value::String(text) => Some(Self::String(text.expose().to_owned())),
            Value::Bool(value) => Some(Self::Bool(*value)),
            Value::Null => Some(Self::Null),
            Value::Float(_) | Value::Bytes(_) | Value::List(_) | Value::Map(_) => None,
        }
    }

    fn value(&self) -> Value {
        match self {
            Self::Int(value) => Value::Int(*value),
            Self::String(text) => Value::string(text.clone()),
            Self::Bool(value) => Value::Bool(*value),
            Self::Null => Value::Null,
        }
    }
}

impl fmt::Display for Scalar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Int(value) => write!(f, "{value}"),
            Self::String(text) => f.write_str(&quote(text)),
            Self::Bool(value) => write!(f, "{value}"),
            Self::Null => f.write_str("null"),
        }
    }
}

/// A step. Displays as in the sentence of a conflict: `.data`, `[name="a"]`, `[="x"]`, `[0]`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Step {
    /// A field of a message or an entry of a map.
    Field(String),
    /// The element of a keyed list with these keys, which are sorted by name.
    Key(Vec<(String, Scalar)>),
    /// An element of a set.
    Value(Scalar),
    /// An element of a list by its place.
    Index(i64),
}

impl Step {
    /// A step to a field or an entry.
    pub(crate) fn field(name: impl Into<String>) -> Self {
        Self::Field(name.into())
    }

    /// Reads a member's name of `FieldsV1`, such as `f:data`.
    pub(super) fn read(name: &str) -> Option<Self> {
        let (prefix, rest) = name.split_once(':')?;
        let parsed = || json::parse(rest.as_bytes()).ok().map(|parsed| parsed.value);
        match prefix {
            "f" => Some(Self::field(rest)),
            "v" => Some(Self::Value(Scalar::of(&parsed()?)?)),
            "k" => {
                let keys = parsed()?;
                let keys = keys.as_map()?.iter();
                keys.map(|(name, value)| Some((name.clone().into_owned(), Scalar::of(value)?)))
                    .collect::<Option<Vec<_>>>()
                    .map(Self::Key)
            }
            "i" => rest.parse().ok().map(Self::Index),
            _ => None,
        }
    }

    /// A member's name in `FieldsV1`.
    pub(super) fn name(&self) -> String {
        match self {
            Self::Field(name) => format!("f:{name}"),
            Self::Value(value) => format!("v:{}", text(&value.value())),
            Self::Key(keys) => {
                let entry =
                    |(name, value): &(String, Scalar)| (Key::Owned(name.clone()), Scalar::value(value));
                let map: Map = keys.iter().map(entry).collect();
                format!("k:{}", text(&Value::Map(map)))
            }
            Self::Index(at) => format!("i:{at}"),
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Field(name) => write!(f, ".{name}"),
            Self::Value(value) => write!(f, "[={value}]"),
            Self::Key(keys) => {
                let keys: Vec<String> = keys
                    .iter()
                    .map(|(name, value)| format!("{name}={value}"))
                    .collect();
                write!(f, "[{}]", keys.join(","))
            }
            Self::Index(at) => write!(f, "[{at}]"),
        }
    }
}

fn text(value: &Value) -> String {
    let mut out = Vec::new();
    json::write(value, &mut out);
    String::from_utf8_lossy(&out).into_owned()
}
