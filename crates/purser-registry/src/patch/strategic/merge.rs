//! The merge itself: maps, the lists in them, and the maps in those.

use std::collections::{HashMap, HashSet};

use purser_types::schema::{Merge, Message};
use purser_types::{Key, Map, Value};

use super::directives::{in_map, key_of, retain_keys, without_directives};
use super::elements::{Instructions, instructions, keep, of_maps};
use super::error::Error;
use super::order::{Identity, arrange, check_order, identities, identity, wrong};
use super::shape::Shape;
use super::words::{DELETE_FROM_PRIMITIVE_LIST, PATCH, SET_ELEMENT_ORDER};
use crate::patch::merge::without_nulls;

/// `original`, the untyped tree of an object of the shape `message`, as `patch` changes it.
///
/// # Errors
/// When a directive is not one, or a list cannot be merged.
pub(in crate::patch) fn merge(original: Map, patch: Map, message: &'static Message) -> Result<Map, Error> {
    merge_maps(original, patch, Shape::Message(message))
}

/// INVARIANT: recursion is as deep as the patch, which the JSON reader bounds.
fn merge_maps(mut original: Map, mut patch: Map, shape: Shape) -> Result<Map, Error> {
    if patch.contains_key(PATCH) {
        return in_map(patch);
    }
    retain_keys(&mut original, &mut patch)?;
    set_element_orders(&mut original, &mut patch, shape)?;
    for (key, change) in patch {
        let deleting = key.starts_with(DELETE_FROM_PRIMITIVE_LIST);
        let key = if deleting {
            let field = key_of(&key, DELETE_FROM_PRIMITIVE_LIST).ok_or(Error::PrimitiveList)?;
            Key::Owned(field.to_owned())
        } else {
            key
        };
        let old = original.remove(&key);
        if let Some(value) = merge_member(old, change, &key, deleting, shape)? {
            original.insert(key, value);
        }
    }
    Ok(original)
}

/// What becomes of one member; `None`: it is gone.
fn merge_member(
    old: Option<Value>,
    change: Value,
    key: &str,
    deleting: bool,
    shape: Shape,
) -> Result<Option<Value>, Error> {
    match (old, change) {
        (_, Value::Null) => Ok(None),
        (Some(Value::Map(old)), Value::Map(new)) => {
            let (ty, _) = shape.field(key)?;
            merge_maps(old, new, Shape::of(ty)).map(|map| Some(Value::Map(map)))
        }
        (Some(Value::List(old)), Value::List(new)) => {
            merge_list_field(old, new, key, deleting, shape).map(|list| Some(Value::List(list)))
        }
        (old, _) if deleting => Ok(old),
        (_, mut new) => {
            without_nulls(&mut new);
            Ok(without_directives(new))
        }
    }
}

/// Two lists of a field: merged when the schema says so, else the new one.
fn merge_list_field(
    old: Vec<Value>,
    new: Vec<Value>,
    key: &str,
    deleting: bool,
    shape: Shape,
) -> Result<Vec<Value>, Error> {
    let (ty, merge) = shape.field(key)?;
    match merge {
        Merge::Set { adds: true } => merge_lists(old, new, Shape::of_elements(ty), None, deleting),
        Merge::Keys {
            patch: Some(merge_key),
            ..
        } => merge_lists(old, new, Shape::of_elements(ty), Some(merge_key), deleting),
        Merge::Atomic | Merge::Set { adds: false } | Merge::Keys { patch: None, .. } => Ok(new),
    }
}

/// `original` with `patch` merged in, or taken out when `deleting`; elements of the patch keep its order.
fn merge_lists(
    original: Vec<Value>,
    patch: Vec<Value>,
    elements: Shape,
    merge_key: Option<&'static str>,
    deleting: bool,
) -> Result<Vec<Value>, Error> {
    if original.is_empty() && patch.is_empty() {
        return Ok(original);
    }
    if of_maps(&original, &patch)? {
        let merge_key = merge_key.ok_or(Error::NoKeyDeclared)?;
        merge_by_key(original, patch, elements, merge_key)
    } else if deleting {
        let gone: HashSet<Identity> = patch
            .iter()
            .map(|item| identity(item, None))
            .collect::<Result<_, _>>()?;
        keep(original, |item| Ok(!gone.contains(&identity(item, None)?)))
    } else {
        merge_scalars(original, patch)
    }
}

fn merge_scalars(original: Vec<Value>, patch: Vec<Value>) -> Result<Vec<Value>, Error> {
    let server_order = identities(&original, None)?;
    let patch_order = identities(&patch, None)?;
    let mut seen = HashSet::new();
    let merged = keep(original.into_iter().chain(patch).collect(), |item| {
        Ok(seen.insert(identity(item, None)?))
    })?;
    arrange(merged, &patch_order, &server_order, None)
}

fn merge_by_key(
    original: Vec<Value>,
    patch: Vec<Value>,
    elements: Shape,
    merge_key: &'static str,
) -> Result<Vec<Value>, Error> {
    let Instructions {
        plain,
        deleted,
        replace,
    } = instructions(patch, merge_key)?;
    if replace {
        return Ok(plain);
    }
    let mut merged = keep(original, |item| {
        Ok(deleted.is_empty() || !deleted.contains(&identity(item, Some(merge_key))?))
    })?;
    let server_order = identities(&merged, Some(merge_key))?;
    let patch_order = identities(&plain, Some(merge_key))?;
    let mut places: HashMap<Identity, usize> = HashMap::new();
    for (place, item) in merged.iter().enumerate() {
        places.entry(identity(item, Some(merge_key))?).or_insert(place);
    }
    for item in plain {
        let id = identity(&item, Some(merge_key))?;
        match (places.get(&id).and_then(|place| merged.get_mut(*place)), item) {
            (Some(slot), Value::Map(change)) => {
                let old = match std::mem::replace(slot, Value::Null) {
                    Value::Map(old) => old,
                    _ => Map::new(),
                };
                *slot = Value::Map(merge_maps(old, change, elements)?);
            }
            (_, item) => {
                places.insert(id, merged.len());
                merged.push(item);
            }
        }
    }
    let merged = merged.into_iter().filter_map(without_directives).collect();
    arrange(merged, &patch_order, &server_order, Some(merge_key))
}

/// Applies each `$setElementOrder/field` of the patch together with the list that it orders, and takes both out.
fn set_element_orders(original: &mut Map, patch: &mut Map, shape: Shape) -> Result<(), Error> {
    let directives: Vec<String> = patch
        .keys()
        .filter(|key| key.starts_with(SET_ELEMENT_ORDER))
        .map(|key| key.clone().into_owned())
        .collect();
    for directive in directives {
        let order = list(patch.remove(directive.as_str()))?.unwrap_or_default();
        let field = key_of(&directive, SET_ELEMENT_ORDER).ok_or(Error::SetElementOrder)?;
        let old = list(original.remove(field))?;
        let new = list(patch.remove(field))?;
        if let Some(ordered) = in_order(old, new, &order, field, shape)? {
            original.insert(field.to_owned().into(), Value::List(ordered));
        }
    }
    Ok(())
}

fn in_order(
    old: Option<Vec<Value>>,
    new: Option<Vec<Value>>,
    order: &[Value],
    field: &str,
    shape: Shape,
) -> Result<Option<Vec<Value>>, Error> {
    let merge_key = match shape.field(field)?.1 {
        Merge::Keys { patch, .. } => patch,
        Merge::Atomic | Merge::Set { .. } => None,
    };
    check_order(new.as_deref().unwrap_or_default(), order, merge_key)?;
    if old.is_none() && new.is_none() {
        return Ok(None);
    }
    of_maps(
        old.as_deref().unwrap_or_default(),
        new.as_deref().unwrap_or_default(),
    )?;
    let server_order = identities(old.as_deref().unwrap_or_default(), merge_key)?;
    let merged = match (old, new) {
        (Some(old), Some(new)) => merge_list_field(old, new, field, false, shape)?,
        (Some(only), None) | (None, Some(only)) => only.into_iter().filter_map(without_directives).collect(),
        (None, None) => return Ok(None),
    };
    arrange(merged, &identities(order, merge_key)?, &server_order, merge_key).map(Some)
}

fn list(value: Option<Value>) -> Result<Option<Vec<Value>>, Error> {
    match value {
        None => Ok(None),
        Some(Value::List(items)) => Ok(Some(items)),
        Some(other) => Err(wrong("[]interface {}", &other)),
    }
}
