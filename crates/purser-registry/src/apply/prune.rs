//! What a manager no longer applies is taken out, unless somebody else owns it.
//!
//! Source: `Updater.prune` of structured-merge-diff, `merge/update.go`, and `typed/remove.go`.

use purser_types::schema::Message;
use purser_types::{Map, Value};

use super::fields::fields;
use crate::managed::{Entry, Set, Shape, Step};

/// `merged` without what `last` has, nobody in `managers` has (the applying manager's new fields among them), and
/// nothing else needs.
///
/// # Errors
/// Upstream's sentence when elements of a list cannot be told apart.
pub(super) fn pruned(
    message: &'static Message,
    merged: Map,
    last: Option<&Set>,
    managers: &[Entry],
) -> Result<Map, String> {
    let mut managed = Set::default();
    for entry in managers {
        managed.union(&entry.fields);
    }
    let Some(last) = last.filter(|last| !is_within(last, &managed)) else {
        return Ok(merged);
    };
    let named = |mut set: Set| {
        name_fields(Some(Shape::Fields(message)), &mut set);
        set
    };
    let (last, managed) = (named(last.clone()), named(managed));
    let all = named(fields(message, &merged)?);

    // Everything the manager had goes …
    let bare = without(message, &merged, &last);
    // … but what is owned comes back …
    let mut gone = all.clone();
    gone.subtract(&named(fields(message, &bare)?));
    gone.subtract(&managed);
    let owned = without(message, &merged, &gone);
    // … and so does what the manager never had.
    let mut gone = all;
    gone.subtract(&named(fields(message, &owned)?));
    Ok(without(message, &merged, &gone.intersection(&last)))
}

fn is_within(small: &Set, large: &Set) -> bool {
    let mut rest = small.clone();
    rest.subtract(large);
    rest.is_empty()
}

/// Puts fields of messages into the set when something below them is: `a.b.c` makes `a` a member, but `a.b` only if
/// it is no entry of a map.
///
/// Source: `Set.EnsureNamedFieldsAreMembers`.
fn name_fields(shape: Option<Shape>, set: &mut Set) {
    for (step, below) in set.steps_mut() {
        let inner = match (step, shape) {
            (Step::Field(name), Some(shape)) => {
                let inner = shape.at(name);
                if inner.is_some() && matches!(shape, Shape::Fields(_)) && !below.is_empty() {
                    below.insert();
                }
                inner
            }
            (Step::Key(_), Some(shape)) => Some(shape.element()),
            _ => None,
        };
        name_fields(inner, below);
    }
}

/// `map` without the fields of a set, and without anything below them.
fn without(message: &'static Message, map: &Map, gone: &Set) -> Map {
    match kept(Shape::Fields(message), map, gone) {
        Value::Map(map) => map,
        _ => Map::new(),
    }
}

/// A map or list of which nothing is left is null.
fn value(shape: Shape, value: &Value, gone: &Set) -> Value {
    match (shape, value) {
        (Shape::Scalar, _) => value.duplicate(),
        (Shape::Fields(_) | Shape::Entries(_), Value::Map(map)) => kept(shape, map, gone),
        (Shape::Set | Shape::Keyed(..), Value::List(items)) => elements(shape, items, gone),
        _ => Value::Null,
    }
}

fn kept(shape: Shape, map: &Map, gone: &Set) -> Value {
    let mut out = Map::new();
    for (name, item) in map {
        let below = gone.below(&Step::field(name.clone().into_owned()));
        if below.is_some_and(Set::is_member) {
            continue;
        }
        out.insert(name.clone(), inner(shape.at(name), item, below));
    }
    if out.is_empty() {
        Value::Null
    } else {
        Value::Map(out)
    }
}

fn elements(shape: Shape, items: &[Value], gone: &Set) -> Value {
    let mut out = Vec::new();
    for item in items {
        // INVARIANT: the fields of the list were made just before, so each element has a step.
        let below = shape.step(item).ok().and_then(|step| gone.below(&step));
        if below.is_some_and(Set::is_member) {
            continue;
        }
        out.push(inner(Some(shape.element()), item, below));
    }
    if out.is_empty() {
        Value::Null
    } else {
        Value::List(out)
    }
}

fn inner(shape: Option<Shape>, item: &Value, gone: Option<&Set>) -> Value {
    match (shape, gone.filter(|gone| !gone.is_empty())) {
        (Some(shape), Some(gone)) => value(shape, item, gone),
        _ => item.duplicate(),
    }
}
