//! How a value is owned: as a whole, or part by part.

use purser_types::Value;
use purser_types::schema::{Field, Merge, Message, Type};

use super::step::{Scalar, Step};

/// How a value of some type is owned.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Shape {
    /// A scalar.
    Scalar,
    /// A list, map or message that is owned as a whole.
    Atomic,
    /// A message, field by field.
    Fields(&'static Message),
    /// A map, entry by entry.
    Entries(&'static Type),
    /// A list of scalars, element by element.
    Set,
    /// A list of messages told apart by these keys.
    Keyed(&'static Message, &'static [&'static str]),
}

impl Shape {
    /// The shape of a field of a message.
    pub(crate) fn of_field(message: &Message, field: &Field) -> Self {
        match (field.ty, field.merge) {
            (Type::List(_), Merge::Set { .. }) => Self::Set,
            (Type::List(Type::Message(element)), Merge::Keys { apply, .. }) if !apply.is_empty() => {
                Self::Keyed(element, apply)
            }
            (Type::Map(_), _) if message.has_atomic_map(field) => Self::Atomic,
            _ => Self::of_type(field.ty),
        }
    }

    /// The shape of a value of a type, outside of lists and fields that say more.
    pub(crate) fn of_type(ty: Type) -> Self {
        match ty {
            Type::Message(message) if message.is_atomic() => Self::Atomic,
            Type::Message(message) => Self::Fields(message),
            Type::Map(entry) => Self::Entries(entry),
            Type::List(_) | Type::FieldsV1 => Self::Atomic,
            _ => Self::Scalar,
        }
    }

    /// The shape of what is at a field or entry; `None` for a field that the message does not have.
    pub(crate) fn at(self, name: &str) -> Option<Self> {
        match self {
            Self::Fields(message) => message.field(name).map(|field| Self::of_field(message, field)),
            Self::Entries(entry) => Some(Self::of_type(*entry)),
            _ => None,
        }
    }

    /// The shape of a list's elements.
    pub(crate) fn element(self) -> Self {
        match self {
            Self::Keyed(message, _) => Self::of_type(Type::Message(message)),
            _ => Self::Scalar,
        }
    }

    /// The step to an element of a list.
    ///
    /// # Errors
    /// Upstream's sentence when the element cannot be told apart.
    pub(crate) fn step(self, element: &Value) -> Result<Step, String> {
        match self {
            Self::Keyed(message, keys) => key(message, keys, element),
            _ => set_element(element),
        }
    }
}

fn key(message: &Message, names: &[&str], element: &Value) -> Result<Step, String> {
    let Some(map) = element.as_map() else {
        let what = if matches!(element, Value::Null) {
            "a null element"
        } else {
            "non-map elements"
        };
        return Err(format!("associative list with keys may not have {what}"));
    };
    let mut keys = Vec::new();
    for name in names {
        let value = match (map.get(*name), message.key_default(name)) {
            (Some(value), _) => Scalar::of(value).unwrap_or(Scalar::Null),
            (None, Some(default)) => Scalar::String(default.to_owned()),
            (None, None) => {
                return Err(format!(
                    "associative list with keys has an element that omits key field \"{name}\" (and doesn't have \
                     default value)"
                ));
            }
        };
        keys.push(((*name).to_owned(), value));
    }
    keys.sort();
    Ok(Step::Key(keys))
}

fn set_element(element: &Value) -> Result<Step, String> {
    let why = match element {
        Value::Map(_) => "associative list without keys has an element that's a map type",
        Value::List(_) => "not supported: associative list with lists as elements",
        Value::Null => "associative list without keys has an element that's an explicit null",
        _ => {
            return Scalar::of(element)
                .map(Step::Value)
                .ok_or_else(|| "associative list without keys has a fraction".to_owned());
        }
    };
    Err(why.to_owned())
}
