//! Reading messages of a typed tree.

use purser_types::{Map, Value};

/// The maps of a list, for lists of messages.
pub(super) fn messages(value: Option<&Value>) -> impl Iterator<Item = &Map> {
    value
        .and_then(Value::as_list)
        .unwrap_or_default()
        .iter()
        .filter_map(Value::as_map)
}

/// A string of a message, empty when it is missing.
pub(super) fn text<'a>(map: &'a Map, field: &str) -> &'a str {
    map.get(field).and_then(Value::as_str).unwrap_or("")
}
