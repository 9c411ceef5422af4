//! A configuration merged into an object.
//!
//! Source: `TypedValue.Merge` of structured-merge-diff, `typed/merge.go`: nothing goes, leaves of the configuration
//! win, and lists are in the order of the configuration where it says something about them.

use std::collections::{BTreeMap, BTreeSet};

use purser_types::schema::Message;
use purser_types::{Map, Value};

use crate::managed::{Shape, Step, is_bare};

/// `live` with everything that `config` says.
///
/// # Errors
/// Upstream's sentence when elements of a list cannot be told apart.
pub(super) fn merged(message: &'static Message, live: &Map, config: &Map) -> Result<Map, String> {
    members(Shape::Fields(message), Some(live), Some(config))
}

/// `None`: nothing is left.
fn value(shape: Shape, live: Option<&Value>, config: Option<&Value>) -> Result<Option<Value>, String> {
    let leaf = matches!(shape, Shape::Scalar | Shape::Atomic) || (is_bare(live) && is_bare(config));
    if leaf {
        return Ok(config.or(live).map(Value::duplicate));
    }
    match shape {
        Shape::Fields(_) | Shape::Entries(_) => {
            let out = members(
                shape,
                live.and_then(Value::as_map),
                config.and_then(Value::as_map),
            )?;
            Ok((!out.is_empty()).then_some(Value::Map(out)))
        }
        _ => {
            let out = elements(
                shape,
                live.and_then(Value::as_list).unwrap_or_default(),
                config.and_then(Value::as_list).unwrap_or_default(),
            )?;
            Ok((!out.is_empty()).then_some(Value::List(out)))
        }
    }
}

fn members(shape: Shape, live: Option<&Map>, config: Option<&Map>) -> Result<Map, String> {
    let empty = Map::new();
    let (live, config) = (live.unwrap_or(&empty), config.unwrap_or(&empty));
    let mut out = Map::new();
    let added = config.keys().filter(|name| !live.contains_key(*name));
    for name in live.keys().chain(added) {
        let Some(inner) = shape.at(name) else { continue };
        if let Some(both) = value(inner, live.get(name), config.get(name))? {
            out.insert(name.clone(), both);
        }
    }
    Ok(out)
}

/// A list being merged: where each element of each side is.
struct Sides<'v> {
    shape: Shape,
    live: Vec<(Step, &'v Value)>,
    /// `None`: it is there twice, and then is not merged with the configuration's.
    live_by_step: BTreeMap<Step, Option<&'v Value>>,
    config: Vec<(Step, &'v Value)>,
    config_steps: BTreeSet<Step>,
}

fn elements(shape: Shape, live: &[Value], config: &[Value]) -> Result<Vec<Value>, String> {
    let steps = |items| -> Result<Vec<(Step, &Value)>, String> {
        let items: &[Value] = items;
        items.iter().map(|item| Ok((shape.step(item)?, item))).collect()
    };
    let (live, config) = (steps(live)?, steps(config)?);
    let mut live_by_step = BTreeMap::new();
    for (step, item) in &live {
        live_by_step
            .entry(step.clone())
            .and_modify(|known| *known = None)
            .or_insert(Some(*item));
    }
    let config_steps = config.iter().map(|(step, _)| step.clone()).collect();
    Sides {
        shape,
        live,
        live_by_step,
        config,
        config_steps,
    }
    .merged()
}

impl Sides<'_> {
    /// Walks both sides at once. Elements of both are taken at the configuration's place; elements of the object
    /// alone stay after the ones they followed.
    fn merged(&self) -> Result<Vec<Value>, String> {
        let mut shared = self
            .config
            .iter()
            .map(|(step, _)| step)
            .filter(|step| self.live_by_step.contains_key(*step));
        let mut next_shared = shared.next();
        let mut out = Vec::new();
        let mut taken: BTreeSet<&Step> = BTreeSet::new();
        let (mut at_live, mut at_config) = (0, 0);
        loop {
            let (left, right) = (self.live.get(at_live), self.config.get(at_config));
            if let Some((step, item)) = left {
                let is_shared = self.config_steps.contains(step);
                match right {
                    Some((other, _)) if other == step => at_live += 1,
                    // Shared, but not the one whose turn it is.
                    Some(_) if is_shared && next_shared.is_some_and(|next| next != step) => {
                        at_live += 1;
                        continue;
                    }
                    _ if !is_shared => {
                        out.extend(value(self.shape.element(), Some(item), None)?);
                        at_live += 1;
                        continue;
                    }
                    _ if right.is_none() || taken.contains(step) => at_live += 1,
                    _ => {}
                }
            }
            match right {
                Some((step, item)) => {
                    taken.insert(step);
                    let same = self.live_by_step.get(step).copied().flatten();
                    out.extend(value(self.shape.element(), same, Some(item))?);
                    at_config += 1;
                    if next_shared == Some(step) || left.is_some_and(|(other, _)| other == step) {
                        next_shared = shared.next();
                    }
                }
                None if left.is_none() => return Ok(out),
                None => {}
            }
        }
    }
}
