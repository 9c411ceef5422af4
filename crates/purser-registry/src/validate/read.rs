//! Reading messages of a typed tree.

use purser_types::quantity::Quantity;
use purser_types::{Map, Value};

/// The maps of a list, for lists of messages.
pub(crate) fn messages(value: Option<&Value>) -> impl Iterator<Item = &Map> {
    value
        .and_then(Value::as_list)
        .unwrap_or_default()
        .iter()
        .filter_map(Value::as_map)
}

/// A string of a message, empty when it is missing.
pub(crate) fn text<'a>(map: &'a Map, field: &str) -> &'a str {
    map.get(field).and_then(Value::as_str).unwrap_or("")
}

/// A message in a message, empty when it is missing.
pub(crate) fn message<'a>(map: &'a Map, field: &str) -> &'a Map {
    static NOTHING: Map = Map::new();
    map.get(field).and_then(Value::as_map).unwrap_or(&NOTHING)
}

/// The strings of a list.
pub(crate) fn texts<'a>(map: &'a Map, field: &str) -> Vec<&'a str> {
    let list = map.get(field).and_then(Value::as_list).unwrap_or_default();
    list.iter().filter_map(Value::as_str).collect()
}

/// A map of amounts, by name.
pub(crate) fn amounts<'a>(map: &'a Map, field: &str) -> impl Iterator<Item = (&'a str, Quantity)> {
    let entries = map.get(field).and_then(Value::as_map).into_iter().flatten();
    entries.filter_map(|(name, value)| Some((name.as_ref(), Quantity::parse(value.as_str()?).ok()?)))
}
