//! The value of a tree.
//!
//! Source: the CEL specification, langdef.md, "Evaluation"; cel-go, interpreter/interpretable.go.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::ast::{Access, Call, Entry, Expr, Index, Item, Kind, Select};
use crate::bindings::Bindings;
use crate::error::EvaluationError;
use crate::meter::{Meter, Patterns};
use crate::value::{Key, Map, Value};

mod over;

type Evaluated = Result<Value, EvaluationError>;

pub(crate) fn evaluate(root: &Expr, bindings: &Bindings, patterns: &Patterns) -> Evaluated {
    Evaluation {
        bindings,
        locals: Vec::new(),
        meter: Meter::new(patterns),
    }
    .value(root)
}

struct Evaluation<'a> {
    bindings: &'a Bindings,
    /// Names that macros bind, innermost last.
    locals: Vec<(&'a Arc<str>, Value)>,
    meter: Meter<'a>,
}

impl<'a> Evaluation<'a> {
    /// INVARIANT: recursion is no deeper than the tree, and no node is looked at that was not paid for.
    fn value(&mut self, expr: &'a Expr) -> Evaluated {
        self.meter.pay(1)?;
        match &expr.kind {
            Kind::Literal(value) => Ok(value.clone()),
            Kind::Ident(name) => self.named(name),
            Kind::Select(select) => self.select(select),
            Kind::Index(index) => self.index(index),
            Kind::Call(call) => self.call(call),
            Kind::And(parts) => self.chain(parts, false),
            Kind::Or(parts) => self.chain(parts, true),
            Kind::Choice(choice) => match self.value(&choice.asked)? {
                Value::Bool(true) => self.value(&choice.then),
                Value::Bool(false) => self.value(&choice.otherwise),
                _ => Err(EvaluationError::NoSuchOverload),
            },
            Kind::List(items) => self.list(items),
            Kind::Map(entries) => self.map(entries),
            Kind::Over(over) => self.over(over),
        }
    }

    fn named(&self, name: &Arc<str>) -> Evaluated {
        let local = self
            .locals
            .iter()
            .rev()
            .find(|(local, _)| *local == name)
            .map(|(_, value)| value);
        let found = local.or_else(|| self.bindings.get(name));
        found
            .cloned()
            .ok_or_else(|| EvaluationError::NoSuchVariable(name.clone()))
    }

    // What is not recursion is in functions of its own: the frames of those that recurse stay small.

    fn select(&mut self, select: &'a Select) -> Evaluated {
        let of = self.value(&select.of)?;
        selected(of, select)
    }

    fn index(&mut self, index: &'a Index) -> Evaluated {
        let of = self.value(&index.of)?;
        let key = self.value(&index.key)?;
        self.indexed(of, &key, index)
    }

    fn indexed(&mut self, of: Value, key: &Value, index: &Index) -> Evaluated {
        let (of, optional) = match of {
            Value::Optional(None) => return Ok(Value::Optional(None)),
            Value::Optional(Some(of)) => ((*of).clone(), true),
            of => (of, index.optional),
        };
        let found = self.element(&of, key, &index.key);
        match found {
            Ok(value) if optional => Value::some(value),
            Err(EvaluationError::NoSuchKey(_) | EvaluationError::OutOfBounds) if optional => {
                Ok(Value::Optional(None))
            }
            found => found,
        }
    }

    fn call(&mut self, call: &'a Call) -> Evaluated {
        let Some(function) = call.function else {
            return Err(EvaluationError::NoSuchOverload);
        };
        let mut args = Vec::with_capacity(call.args.len());
        for arg in &call.args {
            args.push(self.value(arg)?);
            if function.is_answered
                && let [Value::Optional(Some(value))] = args.as_slice()
            {
                return Ok(if function.name == "or" {
                    args.swap_remove(0)
                } else {
                    (**value).clone()
                });
            }
        }
        (function.run)(&args, &mut self.meter)
    }

    /// `&&` ends at the first that is false, `||` at the first that is true; before an error, too.
    fn chain(&mut self, parts: &'a [Expr], ends: bool) -> Evaluated {
        let mut failed = None;
        for part in parts {
            match self.value(part) {
                Ok(Value::Bool(found)) if found == ends => return Ok(Value::Bool(ends)),
                Ok(Value::Bool(_)) => {}
                Ok(_) => failed = failed.or(Some(EvaluationError::NoSuchOverload)),
                Err(error) if error.is_absorbed() => failed = failed.or(Some(error)),
                Err(error) => return Err(error),
            }
        }
        failed.map_or(Ok(Value::Bool(!ends)), Err)
    }

    fn list(&mut self, items: &'a [Item]) -> Evaluated {
        let mut values = Vec::with_capacity(items.len());
        for item in items {
            let value = self.value(&item.value)?;
            values.extend(present(value, item.optional)?);
        }
        Value::list(values)
    }

    fn map(&mut self, entries: &'a [Entry]) -> Evaluated {
        let mut made = BTreeMap::new();
        for entry in entries {
            let key = self.value(&entry.key)?;
            let key = Key::written(&key).ok_or(EvaluationError::Unreadable("unsupported key type"))?;
            self.meter.pay_key(&key)?;
            let value = self.value(&entry.value)?;
            if let Some(value) = present(value, entry.optional)? {
                insert(&mut made, key, value)?;
            }
        }
        Map::new(made).map(Value::Map)
    }

    fn element(&mut self, of: &Value, key: &Value, written: &Expr) -> Evaluated {
        match of {
            Value::List(list) => {
                let at = match Key::of(key) {
                    Some(Key::Int(at)) => usize::try_from(at).ok(),
                    Some(Key::Uint(at)) => usize::try_from(at).ok(),
                    _ => return Err(EvaluationError::NoSuchOverload),
                };
                at.and_then(|at| list.items().get(at))
                    .cloned()
                    .ok_or(EvaluationError::OutOfBounds)
            }
            Value::Map(map) => {
                let Some(key) = Key::of(key) else {
                    return Err(EvaluationError::NoSuchOverload);
                };
                self.meter.pay_key(&key)?;
                map.get(&key).cloned().ok_or_else(|| {
                    EvaluationError::NoSuchKey(match &written.kind {
                        Kind::Literal(Value::String(text)) => Some(text.clone()),
                        _ => None,
                    })
                })
            }
            _ => Err(EvaluationError::NoSuchOverload),
        }
    }
}

fn selected(of: Value, select: &Select) -> Evaluated {
    let (of, optional) = match of {
        Value::Optional(None) if select.how == Access::Presence => return Ok(Value::Bool(false)),
        Value::Optional(None) => return Ok(Value::Optional(None)),
        Value::Optional(Some(of)) => ((*of).clone(), true),
        of => (of, select.how == Access::Optional),
    };
    let map = match of {
        Value::Map(map) => map,
        Value::List(_) => return Err(EvaluationError::NoSuchOverload),
        // What has no members has not this one: cel-go, interpreter/attributes.go (`refQualify`); Kubernetes
        // does not set `EnableErrorOnBadPresenceTest`.
        _ if select.how == Access::Presence => return Ok(Value::Bool(false)),
        _ if optional => return Ok(Value::Optional(None)),
        _ => return Err(EvaluationError::NoSuchKey(Some(select.field.clone()))),
    };
    let found = map.get(&Key::String(select.field.clone()));
    match found {
        _ if select.how == Access::Presence => Ok(Value::Bool(found.is_some())),
        Some(value) if optional => Value::some(value.clone()),
        Some(value) => Ok(value.clone()),
        None if optional => Ok(Value::Optional(None)),
        None => Err(EvaluationError::NoSuchKey(Some(select.field.clone()))),
    }
}

fn insert(made: &mut BTreeMap<Key, Value>, key: Key, value: Value) -> Result<(), EvaluationError> {
    match made.insert(key, value) {
        None => Ok(()),
        Some(_) => Err(EvaluationError::DuplicateKey),
    }
}

/// What is put into a list or a map: an optional element only when it has a value.
fn present(value: Value, optional: bool) -> Result<Option<Value>, EvaluationError> {
    match value {
        value if !optional => Ok(Some(value)),
        Value::Optional(found) => Ok(found.map(|value| (*value).clone())),
        _ => Err(EvaluationError::NoSuchOverload),
    }
}
