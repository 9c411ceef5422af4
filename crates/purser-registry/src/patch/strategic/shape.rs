//! What the schema says of a place in the document.

use purser_types::schema::{Merge, Message, Type};

use super::error::Error;

/// What a map is.
#[derive(Debug, Clone, Copy)]
pub(super) enum Shape {
    /// A message: its members are fields.
    Message(&'static Message),
    /// A map: its members are all of one type.
    Entries(&'static Type),
    /// Nothing is known of it.
    Unknown(&'static str),
}

impl Shape {
    /// The shape of a value of a type.
    pub(super) fn of(ty: Type) -> Self {
        match ty {
            Type::Message(message) => Self::Message(message),
            Type::Map(entry) => Self::Entries(entry),
            Type::FieldsV1 => Self::Unknown("FieldsV1"),
            _ => Self::Unknown(""),
        }
    }

    /// The shape of the elements of a list.
    pub(super) fn of_elements(ty: Type) -> Self {
        match ty {
            Type::List(element) => Self::of(*element),
            _ => Self::Unknown(""),
        }
    }

    /// The type of a member, and how lists in it merge.
    ///
    /// # Errors
    /// When a message has no such field.
    pub(super) fn field(self, name: &str) -> Result<(Type, Merge), Error> {
        let missing = |of: &str| Error::NoField {
            of: of.to_owned(),
            name: name.to_owned(),
        };
        match self {
            Self::Message(message) => {
                let field = message.field(name).ok_or_else(|| missing(message.name))?;
                Ok((field.ty, field.merge))
            }
            Self::Entries(entry) => Ok((*entry, Merge::Atomic)),
            Self::Unknown(of) => Err(missing(of)),
        }
    }
}
