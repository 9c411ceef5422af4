//! A set of fields, as `FieldsV1` writes it.
//!
//! Format: `sigs.k8s.io/structured-merge-diff/v6/fieldpath`, `set.go` and `serialize.go`: `f:name` is a field or an
//! entry of a map, `v:value` an element of a set, `k:{keys}` an element of a keyed list; `.` says that the container
//! itself is in the set; a path without children is.

use std::collections::BTreeMap;

use purser_types::{Value, json};

use super::step::Step;

/// A path to a field.
pub(crate) type Path = Vec<Step>;

/// A set of paths, as a tree of their steps. The empty path is never in a set that is written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Set {
    /// Whether the path to here is in the set.
    member: bool,
    children: BTreeMap<Step, Set>,
}

impl Set {
    /// Reads `FieldsV1`; `None` when it is not an object of objects with known steps.
    pub(super) fn read(fields: &Value) -> Option<Self> {
        let mut set = Self::read_below(fields)?;
        set.member = false;
        Some(set)
    }

    fn read_below(fields: &Value) -> Option<Self> {
        let map = fields.as_map()?;
        let mut set = Self {
            member: map.is_empty(),
            children: BTreeMap::new(),
        };
        for (step, below) in map {
            if step == "." {
                set.member = true;
            } else {
                set.children.insert(Step::read(step)?, Self::read_below(below)?);
            }
        }
        Some(set)
    }

    /// Writes `FieldsV1`.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        let children = self.children.iter().filter(|(_, below)| !below.is_empty());
        let mut first = true;
        let mut name = |text: String, out: &mut Vec<u8>| {
            out.push(if std::mem::take(&mut first) { b'{' } else { b',' });
            json::write(&Value::string(text), out);
            out.push(b':');
        };
        let mut begun = false;
        for (step, below) in children {
            if self.member && !begun {
                name(".".to_owned(), out);
                out.extend_from_slice(b"{}");
            }
            begun = true;
            name(step.name(), out);
            below.write(out);
        }
        out.extend_from_slice(if begun { b"}" } else { b"{}" });
    }

    /// Whether no path is in the set.
    pub(crate) fn is_empty(&self) -> bool {
        !self.member && self.children.values().all(Self::is_empty)
    }

    /// Whether the path to here is in the set.
    pub(crate) fn is_member(&self) -> bool {
        self.member
    }

    /// Puts the path to here into the set.
    pub(crate) fn insert(&mut self) {
        self.member = true;
    }

    /// The paths that go on with `step`, to add to.
    pub(crate) fn child(&mut self, step: Step) -> &mut Self {
        self.children.entry(step).or_default()
    }

    /// The paths that go on with `step`, if there are any.
    pub(crate) fn below(&self, step: &Step) -> Option<&Self> {
        self.children.get(step)
    }

    /// Every step with the paths that go on with it.
    pub(crate) fn steps_mut(&mut self) -> impl Iterator<Item = (&Step, &mut Self)> {
        self.children.iter_mut()
    }

    /// Whether the path is in the set.
    pub(crate) fn has(&self, path: &[Step]) -> bool {
        match path {
            [] => self.member,
            [step, rest @ ..] => self.below(step).is_some_and(|below| below.has(rest)),
        }
    }

    /// Takes the paths of `other` out.
    pub(crate) fn subtract(&mut self, other: &Self) {
        self.member &= !other.member;
        // By what is in this set: a large change is taken out of many small sets.
        self.children.retain(|step, child| {
            if let Some(below) = other.children.get(step) {
                child.subtract(below);
            }
            !child.is_empty()
        });
    }

    /// Puts the paths of `other` in.
    pub(crate) fn union(&mut self, other: &Self) {
        self.member |= other.member;
        for (step, below) in other.children.iter().filter(|(_, below)| !below.is_empty()) {
            self.child(step.clone()).union(below);
        }
    }

    /// The paths that are in both.
    pub(crate) fn intersection(&self, other: &Self) -> Self {
        let shared = self.children.iter().filter_map(|(step, below)| {
            let both = below.intersection(other.children.get(step)?);
            (!both.is_empty()).then(|| (step.clone(), both))
        });
        Self {
            member: self.member && other.member,
            children: shared.collect(),
        }
    }

    /// Takes out a path of fields, and with it everything below.
    pub(crate) fn remove(&mut self, path: &[&str]) {
        match path {
            [] => {}
            [last] => drop(self.children.remove(&Step::field(*last))),
            [step, rest @ ..] => {
                if let Some(child) = self.children.get_mut(&Step::field(*step)) {
                    child.remove(rest);
                }
            }
        }
        self.prune();
    }

    /// Takes out a path of fields, but nothing below it.
    pub(crate) fn remove_only(&mut self, path: &[&str]) {
        match path {
            [] => self.member = false,
            [step, rest @ ..] => {
                if let Some(child) = self.children.get_mut(&Step::field(*step)) {
                    child.remove_only(rest);
                }
            }
        }
        self.prune();
    }

    /// Gives first steps other names (the same objects as another resource shows them).
    pub(super) fn rename(self, name: impl Fn(&str) -> Option<&'static str>) -> Self {
        let renamed = |(step, below): (Step, Self)| match &step {
            Step::Field(field) => (name(field).map_or(step.clone(), Step::field), below),
            _ => (step, below),
        };
        Self {
            member: self.member,
            children: self.children.into_iter().map(renamed).collect(),
        }
    }

    /// Every path in the set: those that end at a level before those that go on.
    pub(crate) fn paths(&self) -> Vec<Path> {
        let mut paths = Vec::new();
        self.paths_below(&mut Vec::new(), &mut paths);
        paths
    }

    fn paths_below(&self, prefix: &mut Path, paths: &mut Vec<Path>) {
        for (step, below) in &self.children {
            if below.member {
                let mut path = prefix.clone();
                path.push(step.clone());
                paths.push(path);
            }
        }
        for (step, below) in &self.children {
            prefix.push(step.clone());
            below.paths_below(prefix, paths);
            prefix.pop();
        }
    }

    fn prune(&mut self) {
        self.children.retain(|_, child| !child.is_empty());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(text: &str) -> Set {
        Set::read(&json::parse(text.as_bytes()).unwrap().value).unwrap()
    }

    fn written(set: &Set) -> String {
        let mut out = Vec::new();
        set.write(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn what_is_read_is_written_again() {
        for text in [
            r#"{}"#,
            r#"{"f:data":{}}"#,
            r#"{"f:data":{".":{},"f:a":{},"f:b":{}}}"#,
            r#"{"f:metadata":{"f:finalizers":{".":{},"v:\"a\"":{}},"f:ownerReferences":{"k:{\"uid\":\"1\"}":{}}}}"#,
            r#"{"f:p":{"k:{\"port\":9,\"protocol\":\"TCP\"}":{},"k:{\"port\":80,\"protocol\":\"TCP\"}":{".":{},"f:x":{}}}}"#,
            r#"{"f:l":{"i:3":{}}}"#,
        ] {
            assert_eq!(written(&set(text)), text);
        }
        for broken in [
            r#"{"data":{}}"#,
            r#"{"x:data":{}}"#,
            r#"{"f:a":1}"#,
            r#"{"v:nope":{}}"#,
        ] {
            let value = json::parse(broken.as_bytes()).unwrap().value;
            assert!(Set::read(&value).is_none(), "{broken}");
        }
    }

    #[test]
    fn sets_are_added_taken_out_and_intersected_path_by_path() {
        let (one, two) = (
            set(r#"{"f:a":{".":{},"f:b":{}},"f:c":{}}"#),
            set(r#"{"f:a":{"f:b":{},"f:d":{}}}"#),
        );
        let mut all = one.clone();
        all.union(&two);
        assert_eq!(written(&all), r#"{"f:a":{".":{},"f:b":{},"f:d":{}},"f:c":{}}"#);
        let mut rest = one.clone();
        rest.subtract(&two);
        assert_eq!(written(&rest), r#"{"f:a":{},"f:c":{}}"#);
        assert_eq!(written(&one.intersection(&two)), r#"{"f:a":{"f:b":{}}}"#);
        all.remove(&["a"]);
        assert_eq!(written(&all), r#"{"f:c":{}}"#);
        let mut one = one;
        one.remove_only(&["a"]);
        assert_eq!(written(&one), r#"{"f:a":{"f:b":{}},"f:c":{}}"#);
    }

    #[test]
    fn paths_read_as_in_conflicts() {
        let set = set(r#"{"f:a":{".":{},"k:{\"n\":\"x\",\"p\":1}":{"f:b":{}},"v:\"s\"":{}},"f:c":{}}"#);
        let text = |path: &Path| path.iter().map(ToString::to_string).collect::<String>();
        let paths: Vec<String> = set.paths().iter().map(text).collect();
        assert_eq!(paths, [".a", ".c", r#".a[="s"]"#, r#".a[n="x",p=1].b"#]);
    }
}
