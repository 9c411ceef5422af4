//! The value of a macro over a range.

use std::collections::BTreeMap;

use super::{Evaluated, Evaluation, insert};
use crate::ast::{Over, What};
use crate::error::EvaluationError;
use crate::value::{Key, Map, Value};

/// What a macro has found so far.
#[derive(Default)]
struct Found {
    values: Vec<Value>,
    entries: BTreeMap<Key, Value>,
    /// How many bodies held.
    held: usize,
    failed: Option<EvaluationError>,
}

impl<'a> Evaluation<'a> {
    pub(super) fn over(&mut self, over: &'a Over) -> Evaluated {
        let range = self.value(&over.range)?;
        if matches!(over.what, What::Optional | What::Flat) {
            return self.over_optional(over, &range);
        }
        let mut found = Found::default();
        match &range {
            Value::List(list) => {
                for (at, value) in list.items().iter().enumerate() {
                    let at = Value::Int(i64::try_from(at).unwrap_or(i64::MAX));
                    let first = if over.second.is_some() {
                        at.clone()
                    } else {
                        value.clone()
                    };
                    if self.step(over, &mut found, &at, first, value)? {
                        break;
                    }
                }
            }
            Value::Map(map) => {
                for (key, value) in map.entries() {
                    if self.step(over, &mut found, &key.value(), key.value(), value)? {
                        break;
                    }
                }
            }
            _ => return Err(EvaluationError::NoSuchOverload),
        }
        found.value(over.what)
    }

    fn over_optional(&mut self, over: &'a Over, range: &Value) -> Evaluated {
        match range {
            Value::Optional(None) => Ok(Value::Optional(None)),
            Value::Optional(Some(value)) => {
                let outside = self.locals.len();
                self.locals.push((&over.first, (**value).clone()));
                let body = self.value(&over.body);
                self.locals.truncate(outside);
                match (over.what, body?) {
                    (What::Optional, body) => Value::some(body),
                    (_, body @ Value::Optional(_)) => Ok(body),
                    _ => Err(EvaluationError::NoSuchOverload),
                }
            }
            _ => Err(EvaluationError::NoSuchOverload),
        }
    }

    /// One element; true when no other can change the answer.
    fn step(
        &mut self,
        over: &'a Over,
        found: &mut Found,
        key: &Value,
        first: Value,
        second: &Value,
    ) -> Result<bool, EvaluationError> {
        self.meter.pay(1)?;
        let outside = self.locals.len();
        self.locals.push((&over.first, first));
        if let Some(name) = &over.second {
            self.locals.push((name, second.clone()));
        }
        let body = self.filtered(over);
        self.locals.truncate(outside);
        match body {
            Ok(None) => Ok(false),
            Ok(Some(body)) => found.take(over.what, key, body),
            Err(error) if error.is_absorbed() && matches!(over.what, What::All | What::Exists) => {
                found.failed.get_or_insert(error);
                Ok(false)
            }
            Err(error) => Err(error),
        }
    }

    fn filtered(&mut self, over: &'a Over) -> Result<Option<Value>, EvaluationError> {
        if let Some(filter) = &over.filter {
            match self.value(filter)? {
                Value::Bool(true) => {}
                Value::Bool(false) => return Ok(None),
                _ => return Err(EvaluationError::NoSuchOverload),
            }
        }
        self.value(&over.body).map(Some)
    }
}

impl Found {
    fn take(&mut self, what: What, key: &Value, body: Value) -> Result<bool, EvaluationError> {
        match (what, body) {
            (What::List, body) => self.values.push(body),
            (What::Map, body) => {
                let key = Key::of(key).ok_or(EvaluationError::NoSuchOverload)?;
                insert(&mut self.entries, key, body)?;
            }
            (What::Entries, Value::Map(body)) => {
                for (key, value) in body.entries() {
                    insert(&mut self.entries, key.clone(), value.clone())?;
                }
            }
            (What::All, Value::Bool(false)) => {
                self.held = 1;
                return Ok(true);
            }
            (What::All, Value::Bool(true)) => {}
            (What::Exists, Value::Bool(true)) => {
                self.held = 1;
                return Ok(true);
            }
            (What::ExistsOne, Value::Bool(true)) => self.held += 1,
            (What::Exists | What::ExistsOne, Value::Bool(false)) => {}
            (What::All | What::Exists, _) => {
                self.failed.get_or_insert(EvaluationError::NoSuchOverload);
            }
            _ => return Err(EvaluationError::NoSuchOverload),
        }
        Ok(false)
    }

    fn value(self, what: What) -> Evaluated {
        match what {
            What::List => Value::list(self.values),
            What::Map | What::Entries => Map::new(self.entries).map(Value::Map),
            What::ExistsOne => Ok(Value::Bool(self.held == 1)),
            // The element that decides is found in spite of an error of another.
            _ => match self.failed {
                Some(error) if self.held == 0 => Err(error),
                _ => Ok(Value::Bool((what == What::Exists) == (self.held > 0))),
            },
        }
    }
}
