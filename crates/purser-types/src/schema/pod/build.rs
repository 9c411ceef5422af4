//! Short words for the fields of long tables.

use super::super::Presence::{Plain, Pointer, Required};
use super::super::{Field, Message, Type};

pub(super) const TEXT: Type = Type::String;
pub(super) const TEXTS: Type = Type::List(&Type::String);
pub(super) const BOOL: Type = Type::Bool;
pub(super) const INT32: Type = Type::Int32;
pub(super) const INT64: Type = Type::Int64;

pub(super) const fn of(message: &'static Message) -> Type {
    Type::Message(message)
}

/// A Go value with `omitempty`.
pub(super) const fn plain(name: &'static str, tag: u32, ty: Type, doc: &'static str) -> Field {
    Field::new(name, tag, ty, Plain, doc)
}

/// A Go pointer.
pub(super) const fn pointer(name: &'static str, tag: u32, ty: Type, doc: &'static str) -> Field {
    Field::new(name, tag, ty, Pointer, doc)
}

/// A Go value without `omitempty`.
pub(super) const fn required(name: &'static str, tag: u32, ty: Type, doc: &'static str) -> Field {
    Field::new(name, tag, ty, Required, doc)
}
