//! The set of fields that a tree has.
//!
//! Source: `TypedValue.ToFieldSet` of structured-merge-diff, `typed/tofieldset.go`.

use std::collections::BTreeMap;

use purser_types::schema::Message;
use purser_types::{Map, Value};

use crate::managed::{Set, Shape, Step};

/// The fields of a message, every leaf and list element of them, with what is empty or null.
///
/// # Errors
/// Upstream's sentence when elements of a list cannot be told apart.
pub(super) fn fields(message: &'static Message, map: &Map) -> Result<Set, String> {
    let mut set = Set::default();
    members(Shape::Fields(message), map, &mut set)?;
    Ok(set)
}

fn value(shape: Shape, value: &Value, at: &mut Set) -> Result<(), String> {
    match (shape, value) {
        (Shape::Scalar | Shape::Atomic, _) => at.insert(),
        (Shape::Fields(_) | Shape::Entries(_), Value::Map(map)) => members(shape, map, at)?,
        (Shape::Set | Shape::Keyed(..), Value::List(items)) => elements(shape, items, at)?,
        _ => {}
    }
    Ok(())
}

fn members(shape: Shape, map: &Map, at: &mut Set) -> Result<(), String> {
    for (name, below) in map {
        let Some(inner) = shape.at(name) else { continue };
        let child = at.child(Step::field(name.clone().into_owned()));
        value(inner, below, child)?;
        let nothing = match below {
            Value::Null => true,
            Value::Map(map) => map.is_empty(),
            _ => false,
        };
        if nothing || matches!(shape, Shape::Entries(_)) {
            child.insert();
        }
    }
    Ok(())
}

/// Elements that are there twice are in the set, but nothing below them.
fn elements(shape: Shape, items: &[Value], at: &mut Set) -> Result<(), String> {
    let mut seen: BTreeMap<Step, (&Value, bool)> = BTreeMap::new();
    for item in items {
        seen.entry(shape.step(item)?)
            .and_modify(|(_, twice)| *twice = true)
            .or_insert((item, false));
    }
    for (step, (item, twice)) in seen {
        let child = at.child(step);
        if !twice {
            value(shape.element(), item, child)?;
        }
        child.insert();
    }
    Ok(())
}
