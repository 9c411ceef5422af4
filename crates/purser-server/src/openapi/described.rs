//! Fields of messages that are only described here: they are not read or written by their tables.

use purser_types::schema::{Field, Merge, Presence, Type};

/// A field; lists of it merge as a whole.
pub(super) const fn field(name: &'static str, ty: Type, presence: Presence, doc: &'static str) -> Field {
    Field {
        name,
        tag: 0,
        ty,
        presence,
        merge: Merge::Atomic,
        go: "",
        inside: 0,
        retains: false,
        doc,
    }
}

/// `apiVersion`.
pub(super) const API_VERSION: Field = field(
    "apiVersion",
    Type::String,
    Presence::Plain,
    "The group and version in which this object is written.",
);
/// `kind`.
pub(super) const KIND: Field = field("kind", Type::String, Presence::Plain, "The type of this object.");
