//! The order of merged lists: what the patch says, then what the stored object had, interleaved as upstream does.
//!
//! Elements are told apart by hashed identities: upstream compares each with each, which a patch of many small
//! elements could abuse.

use std::collections::HashMap;

use purser_types::value::duplicate;
use purser_types::{Value, json};

use super::error::Error;
use super::words::PATCH;
use crate::patch::go;

/// What tells an element from others: the JSON of its merge key, or of itself.
pub(super) type Identity = Vec<u8>;

/// The identity of an element; of a message, by its merge key.
pub(super) fn identity(item: &Value, merge_key: Option<&'static str>) -> Result<Identity, Error> {
    let value = match (item, merge_key) {
        (Value::Map(map), Some(key)) => map
            .get(key)
            .ok_or_else(|| Error::NoMergeKey(duplicate(map), key))?,
        (other, Some(_)) => return Err(wrong("map[string]interface {}", other)),
        (scalar, None) => scalar,
    };
    let mut out = Vec::new();
    json::write(value, &mut out);
    Ok(out)
}

/// Where each element of a list is first.
pub(super) fn identities(
    items: &[Value],
    merge_key: Option<&'static str>,
) -> Result<HashMap<Identity, usize>, Error> {
    let mut places = HashMap::new();
    for (place, item) in items.iter().enumerate() {
        places.entry(identity(item, merge_key)?).or_insert(place);
    }
    Ok(places)
}

/// Sorts `merged`: what `patch_order` names by it, the rest by `server_order`; the rest goes before the first of
/// the others that the server had after it.
pub(super) fn arrange(
    merged: Vec<Value>,
    patch_order: &HashMap<Identity, usize>,
    server_order: &HashMap<Identity, usize>,
    merge_key: Option<&'static str>,
) -> Result<Vec<Value>, Error> {
    let (mut patched, mut server_only) = (Vec::new(), Vec::new());
    for item in merged {
        let id = identity(&item, merge_key)?;
        match patch_order.get(&id) {
            Some(place) => patched.push((*place, id, item)),
            None => server_only.push((server_order.get(&id).copied().unwrap_or(usize::MAX), id, item)),
        }
    }
    patched.sort_by_key(|(place, ..)| *place);
    server_only.sort_by_key(|(place, ..)| *place);
    let mut out = Vec::with_capacity(patched.len().saturating_add(server_only.len()));
    let mut left = server_only.into_iter().peekable();
    for (_, id, item) in patched {
        let right = server_order.get(&id);
        while let Some((_, _, before)) = left.next_if(|(_, id, _)| match (server_order.get(id), right) {
            (Some(left), Some(right)) => left < right,
            _ => false,
        }) {
            out.push(before);
        }
        out.push(item);
    }
    out.extend(left.map(|(_, _, item)| item));
    Ok(out)
}

/// Elements of the patch must come in the order given, and be in it; deletions are free.
pub(super) fn check_order(
    patch: &[Value],
    order: &[Value],
    merge_key: Option<&'static str>,
) -> Result<(), Error> {
    if patch.is_empty() || order.is_empty() {
        return Ok(());
    }
    let mut ordered = order.iter();
    for item in patch {
        if matches!(item, Value::Map(map) if map.contains_key(PATCH)) {
            continue;
        }
        let id = identity(item, merge_key)?;
        let mut found = false;
        for candidate in ordered.by_ref() {
            if identity(candidate, merge_key)? == id {
                found = true;
                break;
            }
        }
        if !found {
            let copy = |list: &[Value]| list.iter().map(Value::duplicate).collect();
            return Err(Error::Order {
                patch: copy(patch),
                order: copy(order),
            });
        }
    }
    Ok(())
}

/// A value is not of the Go type that it must be.
pub(super) fn wrong(expected: &'static str, value: &Value) -> Error {
    Error::Type {
        expected,
        received: go::type_name(value),
    }
}
