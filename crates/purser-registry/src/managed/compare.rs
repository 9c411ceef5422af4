//! Which fields differ between two versions of an object.
//!
//! Source: `TypedValue.Compare` of structured-merge-diff. A map, list or pointer that was not there is itself among
//! what was added; other messages are not, since Go's structs are always there.

use std::collections::BTreeMap;

use purser_types::schema::{Message, Presence, Type};
use purser_types::{Map, Value};

use super::set::Set;
use super::shape::Shape;
use super::step::Step;

/// What a change did.
#[derive(Debug, Default)]
pub(crate) struct Difference {
    /// Fields that were set or changed.
    pub(crate) changed: Set,
    /// Fields that are gone.
    pub(crate) removed: Set,
}

/// What `new` has that `old` has not, and the other way round. Both are typed trees, or both untyped ones.
///
/// # Errors
/// Upstream's sentence when elements of a list cannot be told apart.
pub(crate) fn compare(message: &'static Message, old: &Map, new: &Map) -> Result<Difference, String> {
    let mut difference = Difference::default();
    let at = At {
        changed: &mut difference.changed,
        removed: &mut difference.removed,
    };
    fields(message, old, new, at)?;
    Ok(difference)
}

/// Where what is found is written.
struct At<'s> {
    changed: &'s mut Set,
    removed: &'s mut Set,
}

impl At<'_> {
    fn child(&mut self, step: Step) -> At<'_> {
        At {
            changed: self.changed.child(step.clone()),
            removed: self.removed.child(step),
        }
    }

    fn again(&mut self) -> At<'_> {
        At {
            changed: self.changed,
            removed: self.removed,
        }
    }

    /// Says that the place itself came or went.
    fn whole(&mut self, old: Option<&Value>, new: Option<&Value>) {
        match (old, new) {
            (None, Some(_)) => self.changed.insert(),
            (Some(_), None) => self.removed.insert(),
            _ => {}
        }
    }

    fn leaf(&mut self, old: Option<&Value>, new: Option<&Value>) {
        match (old, new) {
            (Some(before), Some(after)) if before != after => self.changed.insert(),
            (old, new) => self.whole(old, new),
        }
    }
}

fn fields(message: &'static Message, old: &Map, new: &Map, mut at: At<'_>) -> Result<(), String> {
    static NOTHING: Value = Value::Map(Map::new());
    for field in message.fields {
        let mut sides = (old.get(field.name), new.get(field.name));
        if matches!(field.ty, Type::Message(_)) && field.presence != Presence::Pointer {
            sides = (sides.0.or(Some(&NOTHING)), sides.1.or(Some(&NOTHING)));
        }
        if sides.0 == sides.1 {
            continue;
        }
        let child = at.child(Step::field(field.name));
        value(Shape::of_field(message, field), sides.0, sides.1, child)?;
    }
    Ok(())
}

fn value(shape: Shape, old: Option<&Value>, new: Option<&Value>, mut at: At<'_>) -> Result<(), String> {
    if old == new {
        return Ok(());
    }
    if matches!(shape, Shape::Scalar | Shape::Atomic) || (is_bare(old) && is_bare(new)) {
        at.leaf(old, new);
        return Ok(());
    }
    at.whole(old, new);
    match shape {
        Shape::Fields(message) => {
            let nothing = Map::new();
            let (before, after) = (entries(old).unwrap_or(&nothing), entries(new).unwrap_or(&nothing));
            fields(message, before, after, at)
        }
        Shape::Entries(entry) => {
            let nothing = Map::new();
            let (before, after) = (entries(old).unwrap_or(&nothing), entries(new).unwrap_or(&nothing));
            let added = after.keys().filter(|key| !before.contains_key(*key));
            for key in before.keys().chain(added) {
                let (before, after) = (before.get(key), after.get(key));
                if before != after {
                    let child = at.child(Step::field(key.clone().into_owned()));
                    value(Shape::of_type(*entry), before, after, child)?;
                }
            }
            Ok(())
        }
        _ => elements(shape, old, new, at),
    }
}

fn entries(side: Option<&Value>) -> Option<&Map> {
    side.and_then(Value::as_map)
}

/// Whether there is nothing in it: it is then a leaf, so that empty stays apart from null.
pub(crate) fn is_bare(side: Option<&Value>) -> bool {
    match side {
        Some(Value::Map(map)) => map.is_empty(),
        Some(Value::List(items)) => items.is_empty(),
        _ => true,
    }
}

/// Lists whose elements are told apart. Elements that are there twice are compared together.
fn elements(shape: Shape, old: Option<&Value>, new: Option<&Value>, mut at: At<'_>) -> Result<(), String> {
    let (before, after) = (grouped(shape, old)?, grouped(shape, new)?);
    let added = after.keys().filter(|step| !before.contains_key(*step));
    for step in before.keys().chain(added) {
        let left = before.get(step).map_or(&[][..], Vec::as_slice);
        let right = after.get(step).map_or(&[][..], Vec::as_slice);
        if left == right {
            continue;
        }
        let mut at = at.child(step.clone());
        match (left, right) {
            ([] | [_], [] | [_]) => {
                value(shape.element(), left.first().copied(), right.first().copied(), at)?;
            }
            ([_, _, ..], [_, _, ..]) => at.changed.insert(),
            ([_, _, ..], _) => {
                if let Some(only) = right.first() {
                    value(shape.element(), None, Some(only), at.again())?;
                }
                at.removed.insert();
            }
            (_, _) => {
                if let Some(only) = left.first() {
                    value(shape.element(), Some(only), None, at.again())?;
                }
                at.changed.insert();
            }
        }
    }
    Ok(())
}

fn grouped(shape: Shape, list: Option<&Value>) -> Result<BTreeMap<Step, Vec<&Value>>, String> {
    let mut groups: BTreeMap<Step, Vec<&Value>> = BTreeMap::new();
    for item in list.and_then(Value::as_list).unwrap_or_default() {
        groups.entry(shape.step(item)?).or_default().push(item);
    }
    Ok(groups)
}
