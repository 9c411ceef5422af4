//! Plain models of what patches do, and random objects and patches for them.

use std::collections::BTreeMap;

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use serde_json::{Value, json as document};

pub(crate) type Strings = BTreeMap<String, String>;

pub(crate) fn key() -> impl Strategy<Value = String> {
    "[a-d]"
}

pub(crate) fn strings() -> impl Strategy<Value = Strings> {
    btree_map(key(), "[x-z]{0,2}", 0..4)
}

pub(crate) fn config_map(labels: &Strings, data: &Strings) -> Value {
    let mut object =
        document!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": "ns"}});
    if !labels.is_empty() {
        object["metadata"]["labels"] = document!(labels);
    }
    if !data.is_empty() {
        object["data"] = document!(data);
    }
    object
}

/// RFC 7386's pseudo-code, on serde_json.
pub(crate) fn merge_model(target: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        return target.clone_from(patch);
    };
    if !target.is_object() {
        *target = document!({});
    }
    let map = target.as_object_mut().expect("an object");
    for (key, value) in patch {
        if value.is_null() {
            map.remove(key);
        } else {
            merge_model(map.entry(key.clone()).or_insert(Value::Null), value);
        }
    }
}

/// What the Go struct does not write: empty maps and lists.
pub(crate) fn without_empty(mut object: Value) -> Value {
    if let Some(map) = object.as_object_mut() {
        map.retain(|key, value| {
            let empty = value.as_object().is_some_and(serde_json::Map::is_empty) || *value == document!([]);
            !empty || key == "metadata"
        });
        for value in map.values_mut() {
            *value = without_empty(value.take());
        }
    }
    object
}

pub(crate) fn partly_null() -> impl Strategy<Value = BTreeMap<String, Option<String>>> {
    btree_map(key(), proptest::option::of("[x-z]{0,2}"), 0..4)
}

#[derive(Debug, Clone)]
pub(crate) enum Op {
    Add(String, String),
    Remove(String),
    Replace(String, String),
    Test(String, String),
    Copy(String, String),
    Move(String, String),
}

pub(crate) fn op() -> impl Strategy<Value = Op> {
    let text = || "[x-z]{0,1}";
    prop_oneof![
        (key(), text()).prop_map(|(key, value)| Op::Add(key, value)),
        key().prop_map(Op::Remove),
        (key(), text()).prop_map(|(key, value)| Op::Replace(key, value)),
        (key(), text()).prop_map(|(key, value)| Op::Test(key, value)),
        (key(), key()).prop_map(|(from, to)| Op::Copy(from, to)),
        (key(), key()).prop_map(|(from, to)| Op::Move(from, to)),
    ]
}

pub(crate) fn op_json(op: &Op) -> Value {
    let path = |key: &str| format!("/data/{key}");
    match op {
        Op::Add(key, value) => document!({"op": "add", "path": path(key), "value": value}),
        Op::Remove(key) => document!({"op": "remove", "path": path(key)}),
        Op::Replace(key, value) => document!({"op": "replace", "path": path(key), "value": value}),
        Op::Test(key, value) => document!({"op": "test", "path": path(key), "value": value}),
        Op::Copy(from, to) => document!({"op": "copy", "from": path(from), "path": path(to)}),
        Op::Move(from, to) => document!({"op": "move", "from": path(from), "path": path(to)}),
    }
}

/// The operations on a plain map; `None`: they do not apply. A missing member is null when it is read or tested.
pub(crate) fn ops_model(
    mut map: BTreeMap<String, Option<String>>,
    ops: &[Op],
) -> Option<BTreeMap<String, Option<String>>> {
    for op in ops {
        match op {
            Op::Add(key, value) | Op::Replace(key, value) => {
                drop(map.insert(key.clone(), Some(value.clone())));
            }
            Op::Remove(key) => drop(map.remove(key)?),
            Op::Test(key, value) => (map.get(key).cloned().flatten().as_ref() == Some(value)).then_some(())?,
            Op::Copy(from, to) => drop(map.insert(to.clone(), map.get(from).cloned().flatten())),
            Op::Move(from, to) => {
                let value = map.remove(from)?;
                map.insert(to.clone(), value);
            }
        }
    }
    Some(map)
}

/// A strategic patch that makes `new` of `old`, the plain way: what is gone is deleted, what is new is set, and the
/// order is given.
pub(crate) fn strategic_diff(old: &Account, new: &Account) -> Value {
    let mut labels: serde_json::Map<String, Value> = new
        .labels
        .iter()
        .map(|(key, value)| (key.clone(), document!(value)))
        .collect();
    for gone in old.labels.keys().filter(|key| !new.labels.contains_key(*key)) {
        labels.insert(gone.clone(), Value::Null);
    }
    let gone: Vec<&String> = old
        .finalizers
        .iter()
        .filter(|item| !new.finalizers.contains(item))
        .collect();
    let mut secrets: Vec<Value> = new.secrets.iter().map(|name| document!({"name": name})).collect();
    let order = secrets.clone();
    for gone in old.secrets.iter().filter(|name| !new.secrets.contains(name)) {
        secrets.push(document!({"$patch": "delete", "name": gone}));
    }
    let mut patch = document!({"metadata": {"labels": labels}});
    if !(old.finalizers.is_empty() && new.finalizers.is_empty()) {
        patch["metadata"]["$deleteFromPrimitiveList/finalizers"] = document!(gone);
        patch["metadata"]["finalizers"] = document!(new.finalizers);
        patch["metadata"]["$setElementOrder/finalizers"] = document!(new.finalizers);
    }
    if !secrets.is_empty() {
        patch["$setElementOrder/secrets"] = document!(order);
        patch["secrets"] = document!(secrets);
    }
    patch
}

#[derive(Debug, Clone)]
pub(crate) struct Account {
    labels: Strings,
    finalizers: Vec<String>,
    secrets: Vec<String>,
}

impl Account {
    pub(crate) fn json(&self) -> Value {
        without_empty(document!({
            "apiVersion": "v1", "kind": "ServiceAccount",
            "metadata": {"name": "a", "namespace": "ns", "labels": self.labels, "finalizers": self.finalizers},
            "secrets": self.secrets.iter().map(|name| document!({"name": name})).collect::<Vec<_>>(),
        }))
    }
}

pub(crate) fn names() -> impl Strategy<Value = Vec<String>> {
    vec("[a-e]", 0..5).prop_map(|names| {
        let mut unique = Vec::new();
        for name in names {
            if !unique.contains(&name) {
                unique.push(name);
            }
        }
        unique
    })
}

pub(crate) fn account() -> impl Strategy<Value = Account> {
    (strings(), names(), names()).prop_map(|(labels, finalizers, secrets)| Account {
        labels,
        finalizers,
        secrets,
    })
}
