//! How large and how deep a value is as JSON.

use purser_types::Value;

/// About how many bytes the value takes as compact JSON: exact but for escapes and numbers.
pub(super) fn json_size(value: &Value) -> usize {
    const NUMBER: usize = 8;
    match value {
        Value::Null | Value::Bool(_) => 4,
        Value::Int(_) | Value::Float(_) => NUMBER,
        Value::String(text) => text.expose().len().saturating_add(2),
        Value::Bytes(bytes) => bytes.len().saturating_mul(4) / 3,
        Value::List(items) => items
            .iter()
            .map(|item| json_size(item).saturating_add(1))
            .sum::<usize>()
            .saturating_add(2),
        Value::Map(map) => map
            .iter()
            .map(|(key, value)| json_size(value).saturating_add(key.len()).saturating_add(4))
            .sum::<usize>()
            .saturating_add(2),
    }
}

/// How many containers are nested in the value; a scalar has none.
pub(super) fn json_depth(value: &Value) -> usize {
    let deepest = match value {
        Value::List(items) => items.iter().map(json_depth).max(),
        Value::Map(map) => map.values().map(json_depth).max(),
        _ => return 0,
    };
    deepest.unwrap_or(0).saturating_add(1)
}
