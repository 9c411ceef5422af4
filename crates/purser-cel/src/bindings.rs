//! What the variables of an expression are.

use std::collections::BTreeMap;

use crate::value::Value;

/// The values of the variables of one evaluation.
#[derive(Clone, Debug, Default)]
pub struct Bindings {
    values: BTreeMap<&'static str, Value>,
}

impl Bindings {
    /// No variables.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// With a variable's value. That it is of the type which the [`Environment`](crate::Environment) told is not looked at here; a
    /// function that it does not fit has no such overload.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: Value) -> Self {
        self.values.insert(name, value);
        self
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Value> {
        self.values.get(name)
    }
}
