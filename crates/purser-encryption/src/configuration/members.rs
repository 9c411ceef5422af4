//! What a part of the file says, member by member.

use purser_types::{Map, Value};

/// The elements of a list; none when it is not there.
pub(super) fn list<'m>(map: &'m Map, field: &str) -> &'m [Value] {
    map.get(field).and_then(Value::as_list).unwrap_or_default()
}

/// A text; empty when it is not there.
pub(super) fn text<'m>(map: &'m Map, field: &str) -> &'m str {
    map.get(field).and_then(Value::as_str).unwrap_or_default()
}
