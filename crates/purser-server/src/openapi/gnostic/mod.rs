//! OpenAPI in protobuf: the shape of each message, as far as documents made here go.

mod v2;
mod v3;

pub(super) use v2::DOCUMENT as V2;
pub(super) use v3::DOCUMENT as V3;

/// A field: its name in JSON, its number, what it holds.
pub(in crate::openapi) type Field = (&'static str, u32, Shape);

/// What is in a field.
#[derive(Clone, Copy)]
pub(in crate::openapi) enum Shape {
    /// A string.
    Text,
    /// Strings, one after another.
    Texts,
    /// A truth value.
    Flag,
    /// Anything, as YAML: `Any`.
    Any,
    /// Several of them.
    Anys,
    /// A message.
    One(&'static Message),
    /// Messages, one after another.
    Many(&'static Message),
    /// A message whose only field has this number and holds `NamedX{name=1, value=2}`, one a member.
    Named(u32, &'static Message),
    /// A message whose only field 1 holds messages, or the one that is not in a list: `ItemsItem`.
    Items(&'static Message),
    /// A scalar of which one of three fields tells the type: `DefaultType` of version 3. Anything else is left out.
    Scalar,
    /// A message whose only field 1 holds strings, or the one that is not in a list: `TypeItem`, `StringArray`.
    TextItem,
}

/// A message.
pub(in crate::openapi) enum Message {
    /// Members of an object by name; those that begin with `x-` are extensions, `NamedAny` in the field given.
    Object(&'static [Field], u32),
    /// One of several, chosen by the value.
    OneOf(&'static [Choice]),
    /// Field 1, or, for what is a reference, field 2.
    OrReference(&'static Message, &'static Message),
    /// `NamedX` in the field given, one a member.
    Named(u32, &'static Message),
    /// A list of strings in field 1.
    Texts,
}

/// An alternative: its number, whether a value is one, and its shape.
pub(in crate::openapi) struct Choice {
    pub(in crate::openapi) tag: u32,
    pub(in crate::openapi) is: fn(&serde_json::Value) -> bool,
    pub(in crate::openapi) shape: Shape,
}

impl Choice {
    /// A message for every value that no choice before it was for.
    const fn rest(tag: u32, message: &'static Message) -> Self {
        Self {
            tag,
            is: |_| true,
            shape: Shape::One(message),
        }
    }
}
