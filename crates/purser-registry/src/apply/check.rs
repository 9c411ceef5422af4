//! Whether a tree fits a type.
//!
//! Source: `TypedValue.Validate` of structured-merge-diff, `typed/validate.go`, with its sentences. (Those that
//! repeat a value do not for a Secret.)

use std::collections::BTreeSet;

use purser_types::schema::{Message, Type};
use purser_types::{Map, Value};

use super::go;
use crate::managed::{Shape, Step};
use crate::validate::causes::{CAUSES_MAX, REDACTED};

/// How a tree is checked.
#[derive(Debug, Clone, Copy)]
pub(super) struct Check {
    /// Whether elements of lists may be there twice: an object that is stored may hold such.
    pub(super) allows_duplicates: bool,
    /// Whether sentences must not repeat values.
    pub(super) redacts: bool,
}

impl Check {
    /// Checks the fields of a message.
    ///
    /// # Errors
    /// Upstream's sentence: what is wrong, each with its path.
    pub(super) fn message(self, message: &'static Message, map: &Map) -> Result<(), String> {
        let mut walk = Walk {
            check: self,
            path: String::new(),
            wrong: Vec::new(),
        };
        walk.members(Shape::Fields(message), map);
        match walk.wrong.as_slice() {
            [] => Ok(()),
            [only] => Err(only.clone()),
            several => Err(format!("errors:\n  {}", several.join("\n  "))),
        }
    }
}

struct Walk {
    check: Check,
    path: String,
    wrong: Vec<String>,
}

impl Walk {
    fn is_wrong(&mut self, why: &str) {
        if self.wrong.len() >= CAUSES_MAX {
            return;
        }
        self.wrong.push(if self.path.is_empty() {
            why.to_owned()
        } else {
            format!("{}: {why}", self.path)
        });
    }

    fn within(&mut self, step: &str, work: impl FnOnce(&mut Self)) {
        let length = self.path.len();
        self.path.push_str(step);
        work(self);
        self.path.truncate(length);
    }

    fn printed(&self, value: &Value, print: fn(&Value) -> String) -> String {
        if self.check.redacts {
            return REDACTED.to_owned();
        }
        print(value)
    }

    fn value(&mut self, ty: Type, shape: Shape, value: &Value) {
        if matches!(value, Value::Null) {
            return;
        }
        match ty {
            Type::Message(message) => match value {
                Value::Map(map) => self.members(Shape::Fields(message), map),
                _ => self.not_a("map", value),
            },
            Type::Map(entry) => match value {
                Value::Map(map) => self.members(Shape::Entries(entry), map),
                _ => self.not_a("map", value),
            },
            Type::List(item) => match value {
                Value::List(items) => self.items(*item, shape, items),
                _ => self.not_a("list", value),
            },
            Type::FieldsV1 => {}
            _ => self.scalar(ty, value),
        }
    }

    fn not_a(&mut self, what: &str, value: &Value) {
        let printed = self.printed(value, go::plain);
        self.is_wrong(&format!("expected {what}, got {printed}"));
    }

    fn scalar(&mut self, ty: Type, value: &Value) {
        let is_number = matches!(value, Value::Int(_) | Value::Float(_));
        match (ty, value) {
            (Type::Bool, Value::Bool(_)) | (Type::String | Type::Bytes, Value::String(_)) => {}
            (Type::Int32 | Type::Int64, _) if is_number => {}
            (Type::Bool, _) => self.not_a("boolean", value),
            (Type::Int32 | Type::Int64, _) => {
                let found = go::type_name(value);
                self.is_wrong(&format!("expected numeric (int or float), got {found}"));
            }
            (Type::String | Type::Bytes, _) => {
                let printed = self.printed(value, go::syntax);
                self.is_wrong(&format!("expected string, got {printed}"));
            }
            // Times, quantities, and numbers or strings: any scalar.
            (_, Value::List(_) | Value::Map(_)) => self.not_a("any scalar", value),
            _ => {}
        }
    }

    /// The first field that is not known ends the walk of its message, as upstream.
    fn members(&mut self, shape: Shape, map: &Map) {
        for (name, value) in map {
            let (ty, inner) = match shape {
                Shape::Fields(message) => match message.field(name) {
                    Some(field) => (field.ty, Shape::of_field(message, field)),
                    None => {
                        self.within(&go::cut(format!(".{name}")), |walk| {
                            walk.is_wrong("field not declared in schema");
                        });
                        return;
                    }
                },
                Shape::Entries(entry) => (*entry, Shape::of_type(*entry)),
                _ => return,
            };
            self.within(&go::cut(format!(".{name}")), |walk| walk.value(ty, inner, value));
        }
    }

    fn items(&mut self, ty: Type, shape: Shape, items: &[Value]) {
        let mut seen: BTreeSet<Step> = BTreeSet::new();
        for (index, item) in items.iter().enumerate() {
            let place = if matches!(shape, Shape::Set | Shape::Keyed(..)) {
                let step = match shape.step(item) {
                    Ok(step) => step,
                    Err(why) => return self.is_wrong(&format!("element {index}: {why}")),
                };
                let place = go::cut(step.to_string());
                if !seen.insert(step) && !self.check.allows_duplicates {
                    self.is_wrong(&format!("duplicate entries for key {place}"));
                }
                place
            } else {
                format!("[{index}]")
            };
            let inner = Shape::of_type(ty);
            self.within(&place, |walk| walk.value(ty, inner, item));
        }
    }
}
