//! A document as it was written: members in their order, duplicates kept, numbers as text.
//!
//! It borrows from the body wherever it can, so that most strings of a request are never copied, and it is what
//! [`crate::conform`] reads: upstream names the first mistake of a document, and lists unknown and duplicate fields
//! in the order they stand in it.

use crate::sensitive::Text;
use crate::value::{Key, Map, Value};

/// A string of a document: borrowed from it, or unescaped into memory that is wiped.
pub(crate) enum Str<'a> {
    /// As it stands in the document.
    Borrowed(&'a str),
    /// Unescaped, or from a tree.
    Owned(Text),
}

impl std::fmt::Debug for Str<'_> {
    /// It may be a value of a Secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Str({} bytes)", self.as_str().len())
    }
}

impl<'a> Str<'a> {
    /// The string.
    pub(crate) fn as_str(&self) -> &str {
        match self {
            Self::Borrowed(text) => text,
            Self::Owned(text) => text.expose(),
        }
    }

    /// A second copy.
    pub(crate) fn duplicate(&self) -> Self {
        match self {
            Self::Borrowed(text) => Self::Borrowed(text),
            Self::Owned(text) => Self::Owned(text.duplicate()),
        }
    }

    /// The string in memory of its own.
    pub(crate) fn into_text(self) -> Text {
        match self {
            Self::Borrowed(text) => Text::from(text),
            Self::Owned(text) => text,
        }
    }
}

/// A value of a document.
#[derive(Debug)]
pub(crate) enum Node<'a> {
    /// `null`
    Null,
    /// A boolean.
    Bool(bool),
    /// A number as written.
    Number(Str<'a>),
    /// A string.
    String(Str<'a>),
    /// A list.
    List(Vec<Node<'a>>),
    /// Members in their order, duplicates among them.
    Object(Vec<(Str<'a>, Node<'a>)>),
}

impl<'a> Node<'a> {
    /// What Go calls it in type errors.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "bool",
            Self::Number(_) => "number",
            Self::String(_) => "string",
            Self::List(_) => "array",
            Self::Object(_) => "object",
        }
    }

    /// A copy, if `pay` agrees to each value of it, given the bytes of text it has.
    pub(crate) fn duplicate(&self, pay: &mut impl FnMut(usize) -> bool) -> Option<Self> {
        let length = match self {
            Self::Number(text) | Self::String(text) => text.as_str().len(),
            Self::Object(members) => members.iter().map(|(key, _)| key.as_str().len()).sum(),
            Self::Null | Self::Bool(_) | Self::List(_) => 0,
        };
        if !pay(length) {
            return None;
        }
        Some(match self {
            Self::Null => Self::Null,
            Self::Bool(value) => Self::Bool(*value),
            Self::Number(text) => Self::Number(text.duplicate()),
            Self::String(text) => Self::String(text.duplicate()),
            Self::List(items) => Self::List(
                items
                    .iter()
                    .map(|item| item.duplicate(pay))
                    .collect::<Option<_>>()?,
            ),
            Self::Object(members) => Self::Object(
                members
                    .iter()
                    .map(|(key, node)| Some((key.duplicate(), node.duplicate(pay)?)))
                    .collect::<Option<_>>()?,
            ),
        })
    }

    /// The untyped tree; the last of several members with one key wins. The path of each other is added to
    /// `duplicates`, once, up to [`MAX_DUPLICATES`].
    pub(crate) fn into_value(self, path: &mut String, duplicates: &mut Vec<String>) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Bool(value) => Value::Bool(value),
            Self::Number(text) => number(text.as_str()),
            Self::String(text) => Value::String(text.into_text()),
            Self::List(items) => Value::List(
                items
                    .into_iter()
                    .enumerate()
                    .map(|(index, item)| {
                        let length = path.len();
                        path.push_str(&format!("[{index}]"));
                        let value = item.into_value(path, duplicates);
                        path.truncate(length);
                        value
                    })
                    .collect(),
            ),
            Self::Object(members) => {
                let mut map = Map::new();
                for (key, node) in members {
                    let length = path.len();
                    push_key(path, key.as_str());
                    let value = node.into_value(path, duplicates);
                    if map.insert(Key::Owned(key.as_str().to_owned()), value).is_some()
                        && duplicates.len() < MAX_DUPLICATES
                        && !duplicates.contains(path)
                    {
                        duplicates.push(path.clone());
                    }
                    path.truncate(length);
                }
                Value::Map(map)
            }
        }
    }
}

impl Node<'static> {
    /// The node of an untyped tree; typed bytes become base64.
    pub(crate) fn from_value(value: Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(value) => Self::Bool(value),
            Value::Int(value) => Self::Number(Str::Owned(Text::new(value.to_string()))),
            Value::Float(value) => Self::Number(Str::Owned(Text::new(float(value)))),
            Value::String(text) => Self::String(Str::Owned(text)),
            Value::Bytes(bytes) => Self::String(Str::Owned(Text::new(
                base64_simd::STANDARD.encode_to_string(bytes.expose()),
            ))),
            Value::List(items) => Self::List(items.into_iter().map(Self::from_value).collect()),
            Value::Map(map) => Self::Object(
                map.into_iter()
                    .map(|(key, value)| {
                        let key = match key {
                            Key::Borrowed(key) => Str::Borrowed(key),
                            Key::Owned(key) => Str::Owned(Text::new(key)),
                        };
                        (key, Self::from_value(value))
                    })
                    .collect(),
            ),
        }
    }
}

/// Upstream keeps no more than this many strict findings of one document.
pub(crate) const MAX_DUPLICATES: usize = 100;

/// Where the path of a strict finding is cut, in bytes: a long key would be repeated in each finding below it.
const MAX_PATH: usize = 4 << 10;

/// Adds `.key`, or `key` to an empty path.
pub(crate) fn push_key(path: &mut String, key: &str) {
    if !path.is_empty() {
        path.push('.');
    }
    let room = MAX_PATH.saturating_sub(path.len());
    path.push_str(key.get(..key.floor_char_boundary(room)).unwrap_or_default());
}

/// A number of an untyped tree: whole when it is written without fraction and exponent and fits.
fn number(text: &str) -> Value {
    match text.parse::<i64>() {
        Ok(value) if text != "-0" => Value::Int(value),
        _ => Value::Float(text.parse().unwrap_or(0.0)),
    }
}

/// A number with a fraction, as Go writes a `float64`: shortest, with an exponent below 1e-6 and from 1e21 on.
/// What JSON cannot say (infinities, not a number) is 0; no reader makes them.
pub(crate) fn float(value: f64) -> String {
    if !value.is_finite() {
        return "0".to_owned();
    }
    let size = value.abs();
    if value == 0.0 || (1e-6..1e21).contains(&size) {
        return if value == 0.0 && value.is_sign_negative() {
            "-0".to_owned()
        } else {
            value.to_string()
        };
    }
    let text = format!("{value:e}");
    match text.split_once('e') {
        Some((mantissa, exponent)) if !exponent.starts_with('-') => format!("{mantissa}e+{exponent}"),
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn no_text_of_a_document_shows_when_it_is_debugged() {
        let read = crate::json::read(br#"{"canary":["canary","\u0063anary",471100]}"#).unwrap();
        let shown = format!("{read:?}");
        assert!(!shown.contains("canary") && !shown.contains("4711"), "{shown}");
    }
}
