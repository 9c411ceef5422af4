//! The elements of a list: which are directives, and whether all are of one type.

use std::collections::HashSet;
use std::mem::discriminant;

use purser_types::Value;

use super::error::Error;
use super::order::{Identity, identity};
use super::words::PATCH;

/// A patch of a list, its directives apart.
pub(super) struct Instructions {
    /// Elements to merge.
    pub(super) plain: Vec<Value>,
    /// What `$patch: delete` names.
    pub(super) deleted: HashSet<Identity>,
    /// `$patch: replace`: what was there does not matter.
    pub(super) replace: bool,
}

/// Sorts the elements of a patch.
pub(super) fn instructions(patch: Vec<Value>, merge_key: &'static str) -> Result<Instructions, Error> {
    let mut found = Instructions {
        plain: Vec::new(),
        deleted: HashSet::new(),
        replace: false,
    };
    for item in patch {
        match item {
            Value::Map(map) if map.contains_key(PATCH) => match map.get(PATCH).and_then(Value::as_str) {
                Some("delete") => {
                    found.deleted.insert(identity(&Value::Map(map), Some(merge_key))?);
                }
                Some("replace") => found.replace = true,
                Some("merge") => return Err(Error::MergeInList),
                _ => return Err(Error::Directive(map)),
            },
            item => found.plain.push(item),
        }
    }
    Ok(found)
}

/// Whether the elements of both lists are maps; all must be of one type, and none a list.
pub(super) fn of_maps(original: &[Value], patch: &[Value]) -> Result<bool, Error> {
    let mut items = original.iter().chain(patch);
    let first = items.next().ok_or(Error::NoElements)?;
    if matches!(first, Value::List(_)) {
        return Err(Error::ListOfLists);
    }
    if items.any(|item| discriminant(item) != discriminant(first)) {
        let lists = [original, patch].map(|list| Value::List(list.iter().map(Value::duplicate).collect()));
        return Err(Error::Elements(lists.into()));
    }
    Ok(matches!(first, Value::Map(_)))
}

/// The elements that `keeps` holds for.
pub(super) fn keep(
    items: Vec<Value>,
    mut keeps: impl FnMut(&Value) -> Result<bool, Error>,
) -> Result<Vec<Value>, Error> {
    let mut kept = Vec::with_capacity(items.len());
    for item in items {
        if keeps(&item)? {
            kept.push(item);
        }
    }
    Ok(kept)
}
