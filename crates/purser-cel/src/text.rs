//! Values as text, as `string()` gives it.

use crate::number;
use crate::value::Value;

/// The text of a value; none for those that have none, and for bytes that are no UTF-8.
pub(crate) fn shown(value: &Value) -> Option<String> {
    Some(match value {
        Value::Bool(bool) => bool.to_string(),
        Value::Int(number) => number.to_string(),
        Value::Uint(number) => number.to_string(),
        Value::Double(number) => number::shown(*number),
        Value::String(text) => text.to_string(),
        Value::Bytes(bytes) => str::from_utf8(bytes).ok()?.to_owned(),
        Value::Duration(duration) => duration.to_string(),
        Value::Timestamp(timestamp) => timestamp.to_string(),
        Value::Ip(address) => address.to_string(),
        Value::Cidr(cidr) => cidr.to_string(),
        _ => return None,
    })
}
