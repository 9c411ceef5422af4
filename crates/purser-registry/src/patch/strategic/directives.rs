//! Members of a patch that say how to merge, rather than what.

use std::collections::HashSet;

use purser_types::{Map, Value};

use super::error::Error;
use super::words::{DELETE_FROM_PRIMITIVE_LIST, PATCH, RETAIN_KEYS, SET_ELEMENT_ORDER};

/// What `$patch` in a map makes of it: the rest of the patch, or nothing.
pub(super) fn in_map(mut patch: Map) -> Result<Map, Error> {
    match patch.get(PATCH).and_then(Value::as_str) {
        Some("replace") => {
            patch.remove(PATCH);
            Ok(patch)
        }
        Some("delete") => Ok(Map::new()),
        _ => Err(Error::Directive(patch)),
    }
}

/// The field that a directive is about: what follows the slash.
pub(super) fn key_of<'k>(key: &'k str, directive: &str) -> Option<&'k str> {
    key.strip_prefix(directive)?.strip_prefix('/')
}

/// Removes from `original` what `$retainKeys` does not name. The patch may set nothing that it does not name.
pub(super) fn retain_keys(original: &mut Map, patch: &mut Map) -> Result<(), Error> {
    let keys = match patch.remove(RETAIN_KEYS) {
        None => return Ok(()),
        Some(Value::List(keys)) => keys,
        Some(_) => return Err(Error::RetainKeys),
    };
    let keys: HashSet<&str> = keys.iter().filter_map(Value::as_str).collect();
    let retained = |key: &str| keys.contains(key);
    let stray = patch.iter().any(|(key, value)| {
        let directive = key.starts_with(DELETE_FROM_PRIMITIVE_LIST) || key.starts_with(SET_ELEMENT_ORDER);
        !directive && !matches!(value, Value::Null) && !retained(key)
    });
    if stray {
        return Err(Error::RetainKeys);
    }
    original.retain(|key, _| retained(key));
    Ok(())
}

/// What is left of a value that is put where nothing was: no maps that are directives. `None`: nothing.
pub(super) fn without_directives(value: Value) -> Option<Value> {
    match value {
        Value::Map(map) if map.contains_key(PATCH) => None,
        Value::Map(map) => Some(Value::Map(
            map.into_iter()
                .filter_map(|(key, value)| Some((key, without_directives(value)?)))
                .collect(),
        )),
        Value::List(items) => Some(Value::List(
            items.into_iter().filter_map(without_directives).collect(),
        )),
        scalar => Some(scalar),
    }
}
