//! What a part of a file says, member by member. What is not there is empty: the schema has seen to the types.

use crate::value::{Map, Value};

/// A text; empty when it is not there.
#[must_use]
pub fn text<'m>(map: &'m Map, name: &str) -> &'m str {
    map.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// The elements of a list; none when it is not there.
#[must_use]
pub fn list<'m>(map: &'m Map, name: &str) -> &'m [Value] {
    map.get(name).and_then(Value::as_list).unwrap_or_default()
}

/// The parts that a list holds, each read by `of`; none when it is not there.
pub fn parts<T>(map: &Map, name: &str, of: impl Fn(&Map) -> T) -> Vec<T> {
    list(map, name).iter().filter_map(Value::as_map).map(of).collect()
}
