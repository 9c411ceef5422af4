//! Whether bytes are a JSON object, with the sentence of Go's `encoding/json` when not.

use purser_types::{Value, json};

/// `None` when `bytes` are a JSON object or `null`; the sentence holds at most one character of them.
pub(super) fn object_error(bytes: &[u8]) -> Option<String> {
    let kind = match json::parse(bytes).map(|parsed| parsed.value) {
        Err(why) => return Some(why.to_string()),
        Ok(Value::Map(_) | Value::Null) => return None,
        Ok(Value::List(_)) => "array",
        Ok(Value::Bool(_)) => "bool",
        Ok(Value::String(_) | Value::Bytes(_)) => "string",
        Ok(Value::Int(_) | Value::Float(_)) => "number",
    };
    Some(format!(
        "json: cannot unmarshal {kind} into Go value of type map[string]interface {{}}"
    ))
}
