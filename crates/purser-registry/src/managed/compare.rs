//! Which fields differ between two versions of an object.
//!
//! Source: `TypedValue.Compare` of structured-merge-diff. A map or list that was not there is itself among what was
//! added; messages are not, since Go's structs are always there.

use std::collections::BTreeMap;

use purser_types::schema::{Merge, Message, Presence, Type};
use purser_types::{Map, Value, json};

use super::set::Set;

/// What a change did.
#[derive(Debug, Default)]
pub(super) struct Difference {
    /// Fields that were set or changed.
    pub(super) changed: Set,
    /// Fields that are gone.
    pub(super) removed: Set,
}

/// What `new` has that `old` has not, and the other way round.
pub(super) fn compare(message: &'static Message, old: &Map, new: &Map) -> Difference {
    let mut difference = Difference::default();
    fields(
        message,
        old,
        new,
        &mut difference.changed,
        &mut difference.removed,
    );
    difference
}

fn fields(message: &'static Message, old: &Map, new: &Map, changed: &mut Set, removed: &mut Set) {
    for field in message.fields {
        let step = format!("f:{}", field.name);
        let (before, after) = (old.get(field.name), new.get(field.name));
        let (changed, removed) = (changed.child(step.clone()), removed.child(step));
        value(
            Typed {
                ty: field.ty,
                merge: field.merge,
                pointer: field.presence == Presence::Pointer,
            },
            before,
            after,
            changed,
            removed,
        );
    }
}

/// A type, and how its lists merge.
#[derive(Clone, Copy)]
struct Typed {
    ty: Type,
    merge: Merge,
    /// Whether it may be missing, unlike a Go struct.
    pointer: bool,
}

fn value(typed: Typed, old: Option<&Value>, new: Option<&Value>, changed: &mut Set, removed: &mut Set) {
    match (typed.ty, typed.merge) {
        (Type::Message(message), _) if message.is_atomic() => {
            let nothing = Value::Map(Map::new());
            // What is always there is empty at first.
            let before = old.or((!typed.pointer).then_some(&nothing));
            leaf(before, new, changed, removed);
        }
        (Type::Message(message), _) => {
            static NOTHING: Map = Map::new();
            if typed.pointer {
                match (old, new) {
                    (None, Some(_)) => changed.insert(),
                    (Some(_), None) => removed.insert(),
                    _ => {}
                }
            }
            let before = old.and_then(Value::as_map).unwrap_or(&NOTHING);
            let after = new.and_then(Value::as_map).unwrap_or(&NOTHING);
            fields(message, before, after, changed, removed);
        }
        (Type::Map(_), _) => members(old, new, entries, changed, removed),
        (Type::List(_), Merge::Set) => members(old, new, set_elements, changed, removed),
        (Type::List(_), Merge::Keys { apply, .. }) if !apply.is_empty() => {
            members(old, new, |list| keyed_elements(list, apply), changed, removed);
        }
        _ => leaf(old, new, changed, removed),
    }
}

/// A value without parts of its own: lists that are replaced as a whole are such, and elements of keyed lists (all
/// of them are atomic in what is served).
fn leaf(old: Option<&Value>, new: Option<&Value>, changed: &mut Set, removed: &mut Set) {
    match (old, new) {
        (Some(_), None) => removed.insert(),
        (before, after) if before != after => changed.insert(),
        _ => {}
    }
}

/// A container and what is in it, each told by a step.
fn members<'v>(
    old: Option<&'v Value>,
    new: Option<&'v Value>,
    parts: impl Fn(&'v Value) -> BTreeMap<String, &'v Value>,
    changed: &mut Set,
    removed: &mut Set,
) {
    match (old, new) {
        (None, Some(_)) => changed.insert(),
        (Some(_), None) => removed.insert(),
        _ => {}
    }
    let before = old.map(&parts).unwrap_or_default();
    let after = new.map(&parts).unwrap_or_default();
    for (step, value) in &before {
        leaf(
            Some(value),
            after.get(step).copied(),
            changed.child(step.clone()),
            removed.child(step.clone()),
        );
    }
    for step in after.keys().filter(|step| !before.contains_key(*step)) {
        changed.child(step.clone()).insert();
    }
}

fn entries(map: &Value) -> BTreeMap<String, &Value> {
    map.as_map()
        .into_iter()
        .flatten()
        .map(|(key, value)| (format!("f:{key}"), value))
        .collect()
}

fn set_elements(list: &Value) -> BTreeMap<String, &Value> {
    let items = list.as_list().unwrap_or_default();
    items
        .iter()
        .map(|item| (format!("v:{}", text(item)), item))
        .collect()
}

fn keyed_elements<'v>(list: &'v Value, keys: &[&str]) -> BTreeMap<String, &'v Value> {
    let items = list.as_list().unwrap_or_default();
    items
        .iter()
        .map(|item| (format!("k:{}", text(&key_of(item, keys))), item))
        .collect()
}

fn key_of(item: &Value, keys: &[&str]) -> Value {
    let fields = item
        .as_map()
        .into_iter()
        .flatten()
        .filter(|(name, _)| keys.contains(&name.as_ref()));
    Value::Map(
        fields
            .map(|(name, value)| (name.clone(), value.duplicate()))
            .collect(),
    )
}

fn text(value: &Value) -> String {
    let mut out = Vec::new();
    json::write(value, &mut out);
    String::from_utf8_lossy(&out).into_owned()
}
