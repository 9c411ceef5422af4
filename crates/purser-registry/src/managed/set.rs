//! A set of fields, as `FieldsV1` writes it.
//!
//! Format: `sigs.k8s.io/structured-merge-diff/v6/fieldpath`, `serialize.go`: `f:name` is a field or an entry of a
//! map, `v:value` an element of a set, `k:{keys}` an element of a keyed list; `.` says that the container itself
//! is in the set; a path without children is.

use std::collections::BTreeMap;

use purser_types::{Key, Map, Value};

/// A set of paths, as a tree of their steps.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Set {
    /// Whether the path to here is in the set.
    member: bool,
    children: BTreeMap<String, Set>,
}

impl Set {
    /// Reads `FieldsV1`; `None` when it is not an object of objects.
    pub(super) fn read(fields: &Value) -> Option<Self> {
        let map = fields.as_map()?;
        let mut set = Self {
            member: map.is_empty(),
            children: BTreeMap::new(),
        };
        for (step, below) in map {
            if step == "." {
                set.member = true;
            } else {
                set.children.insert(step.clone().into_owned(), Self::read(below)?);
            }
        }
        Some(set)
    }

    /// Writes `FieldsV1`.
    pub(super) fn write(&self) -> Value {
        let mut map = Map::new();
        for (step, below) in self.children.iter().filter(|(_, below)| !below.is_empty()) {
            map.insert(Key::Owned(step.clone()), below.write());
        }
        if self.member && !map.is_empty() {
            map.insert(Key::Borrowed("."), Value::Map(Map::new()));
        }
        Value::Map(map)
    }

    /// Whether no path is in the set.
    pub(super) fn is_empty(&self) -> bool {
        !self.member && self.children.values().all(Self::is_empty)
    }

    /// Puts the path to here into the set.
    pub(super) fn insert(&mut self) {
        self.member = true;
    }

    /// The paths that go on with `step`.
    pub(super) fn child(&mut self, step: String) -> &mut Self {
        self.children.entry(step).or_default()
    }

    /// Takes the paths of `other` out.
    pub(super) fn subtract(&mut self, other: &Self) {
        self.member &= !other.member;
        for (step, below) in &other.children {
            if let Some(child) = self.children.get_mut(step) {
                child.subtract(below);
            }
        }
        self.prune();
    }

    /// Puts the paths of `other` in.
    pub(super) fn union(&mut self, other: &Self) {
        self.member |= other.member;
        for (step, below) in &other.children {
            self.child(step.clone()).union(below);
        }
        self.prune();
    }

    /// Takes out everything at and below a path.
    pub(super) fn remove(&mut self, path: &[&str]) {
        match path {
            [] => {}
            [last] => drop(self.children.remove(*last)),
            [step, rest @ ..] => {
                if let Some(child) = self.children.get_mut(*step) {
                    child.remove(rest);
                }
            }
        }
        self.prune();
    }

    fn prune(&mut self) {
        self.children.retain(|_, child| !child.is_empty());
    }
}
