//! The rules of a ConfigMap's own fields.
//!
//! Source: `ValidateConfigMap` in `pkg/apis/core/validation/validation.go`.

use purser_types::status::Cause;
use purser_types::{Map, Object, Value};

use super::causes::{invalid, is_full, too_long};
use super::immutable::{fields_kept, is_immutable};
use super::names::config_key;
use super::secret::DATA_MAX;

/// Keys, keys in both maps, and the size of all values.
#[must_use]
pub fn validate(object: &Object) -> Vec<Cause> {
    let mut causes = Vec::new();
    let mut size = 0_usize;
    let binary = map(object, "binaryData");
    for (key, value) in map(object, "data").into_iter().flatten() {
        if is_full(&causes) {
            break;
        }
        let field = format!("data[{key}]");
        causes.extend(config_key(key).iter().map(|why| invalid(field.clone(), key, why)));
        if binary.is_some_and(|binary| binary.contains_key(key)) {
            causes.push(invalid(field, key, "duplicate of key present in binaryData"));
        }
        size = size.saturating_add(value.as_str().map_or(0, str::len));
    }
    for (key, value) in binary.into_iter().flatten() {
        if is_full(&causes) {
            break;
        }
        let field = format!("binaryData[{key}]");
        causes.extend(config_key(key).iter().map(|why| invalid(field.clone(), key, why)));
        size = size.saturating_add(value.as_bytes().map_or(0, |bytes| bytes.len()));
    }
    if size > DATA_MAX {
        // Upstream's spelling of "the whole object".
        causes.push(too_long("[]", DATA_MAX));
    }
    causes
}

/// Once immutable, always immutable, values included.
#[must_use]
pub fn validate_update(new: &Object, old: &Object) -> Vec<Cause> {
    if is_immutable(old) {
        fields_kept(new, old, &["data", "binaryData"])
    } else {
        Vec::new()
    }
}

fn map<'a>(object: &'a Object, field: &str) -> Option<&'a Map> {
    object.get(field).and_then(Value::as_map)
}
