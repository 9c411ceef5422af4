//! Types of expressions.
//!
//! Source: cel-go, common/types/types.go; their names are those that cel-go prints.

use std::fmt;
use std::sync::Arc;

use crate::bounds::{MAX_TYPE_DEPTH, MAX_TYPE_PARTS};

/// The type of a variable, of a part of an expression, or of its result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Type {
    /// Not known before the expression is evaluated.
    Dyn,
    /// As `Dyn`, but no macro goes over it before `dyn()` says that it may: what claims are.
    Any,
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool,
    /// A signed number of 64 bits.
    Int,
    /// An unsigned number of 64 bits.
    Uint,
    /// A floating-point number of 64 bits.
    Double,
    /// Text.
    String,
    /// Bytes.
    Bytes,
    /// A length of time.
    Duration,
    /// A point in time.
    Timestamp,
    /// A list of values of one type.
    List(Arc<Type>),
    /// A map from keys of one type to values of one type.
    Map(Arc<Type>, Arc<Type>),
    /// A value that may be absent.
    Optional(Arc<Type>),
    /// The type of a type.
    Type,
    /// An object with known fields; evaluated as a map with text as keys.
    Object(Arc<ObjectType>),
    /// A type with functions only, by its name.
    Opaque(&'static str),
    /// What a function's declaration leaves open; solved by the checker.
    #[doc(hidden)]
    Param(u32),
}

/// An object's fields and their types.
#[derive(Debug, PartialEq, Eq)]
pub struct ObjectType {
    name: &'static str,
    fields: Vec<(&'static str, Type)>,
}

impl ObjectType {
    /// The type with this name and these fields.
    #[must_use]
    pub fn new(name: &'static str, fields: Vec<(&'static str, Type)>) -> Arc<Self> {
        Arc::new(Self { name, fields })
    }

    /// The type of a field, when there is one of this name.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&Type> {
        self.fields
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, typed)| typed)
    }
}

impl Type {
    /// A list of values of this type.
    #[must_use]
    pub fn list(of: Type) -> Self {
        if of.is_large() {
            Self::Dyn
        } else {
            Self::List(Arc::new(of))
        }
    }

    /// A map from text to values of this type.
    #[must_use]
    pub fn map_of(values: Type) -> Self {
        Self::map(Type::String, values)
    }

    /// A map.
    #[must_use]
    pub fn map(keys: Type, values: Type) -> Self {
        if keys.is_large() || values.is_large() || keys.parts() + values.parts() >= MAX_TYPE_PARTS {
            Self::Dyn
        } else {
            Self::Map(Arc::new(keys), Arc::new(values))
        }
    }

    /// A value of this type, or none.
    #[must_use]
    pub fn optional(of: Type) -> Self {
        if of.is_large() {
            Self::Dyn
        } else {
            Self::Optional(Arc::new(of))
        }
    }

    /// Whether anything fits it that is known only later.
    pub(crate) fn is_open(&self) -> bool {
        matches!(self, Self::Dyn | Self::Any)
    }

    /// Whether it tells no more than `other`, which fits it.
    pub(crate) fn is_as_general(&self, other: &Type) -> bool {
        match (self, other) {
            (Self::Dyn | Self::Any | Self::Param(_), _) => true,
            (_, Self::Dyn | Self::Any | Self::Param(_)) => false,
            (Self::List(one), Self::List(other)) | (Self::Optional(one), Self::Optional(other)) => {
                one.is_as_general(other)
            }
            (Self::Map(keys, values), Self::Map(other_keys, other_values)) => {
                keys.is_as_general(other_keys) && values.is_as_general(other_values)
            }
            _ => self == other,
        }
    }

    /// Whether no type may be made of it. INVARIANT: a type that this crate made has [`MAX_TYPE_PARTS`] parts at most,
    /// which bounds every walk over it.
    fn is_large(&self) -> bool {
        self.depth() >= MAX_TYPE_DEPTH || self.parts() >= MAX_TYPE_PARTS
    }

    fn parts(&self) -> usize {
        match self {
            Self::List(of) | Self::Optional(of) => of.parts() + 1,
            Self::Map(keys, values) => keys.parts() + values.parts() + 1,
            _ => 1,
        }
    }

    /// How many types are within each other. INVARIANT: at most [`MAX_TYPE_DEPTH`] for a type that this crate
    /// made.
    fn depth(&self) -> usize {
        match self {
            Self::List(of) | Self::Optional(of) => of.depth() + 1,
            Self::Map(keys, values) => keys.depth().max(values.depth()) + 1,
            _ => 1,
        }
    }
}

impl fmt::Display for Type {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dyn | Self::Param(_) => out.write_str("dyn"),
            Self::Any => out.write_str("any"),
            Self::Null => out.write_str("null"),
            Self::Bool => out.write_str("bool"),
            Self::Int => out.write_str("int"),
            Self::Uint => out.write_str("uint"),
            Self::Double => out.write_str("double"),
            Self::String => out.write_str("string"),
            Self::Bytes => out.write_str("bytes"),
            Self::Duration => out.write_str("duration"),
            Self::Timestamp => out.write_str("timestamp"),
            Self::List(of) => write!(out, "list({of})"),
            Self::Map(keys, values) => write!(out, "map({keys}, {values})"),
            Self::Optional(of) => write!(out, "optional_type({of})"),
            Self::Type => out.write_str("type"),
            Self::Object(object) => out.write_str(object.name),
            Self::Opaque(name) => out.write_str(name),
        }
    }
}
