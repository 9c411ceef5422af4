//! Several managers that apply, and several that update, against a plain model of who owns what.
//!
//! The model knows leaves only: a value, or that an element of a keyed list is there. Each leaf has owners. It holds by
//! definition: an update owns alone what it changes; an apply conflicts with the other owners of what it changes,
//! or takes it from them; it owns all that it says, and what it no longer says goes when nobody else owns it. An
//! element that goes takes with it what is in it.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use purser_types::schema::{Field, Merge, Message, OBJECT_META, Presence, Type};
use purser_types::time::Timestamp;
use purser_types::{Object, Resource, Status, conform, json as text};
use serde_json::{Map, Value, json};

use super::{START, applied, document, owners};
use crate::managed::record_update;

const fn field(name: &'static str, tag: u32, ty: Type, presence: Presence, merge: Merge) -> Field {
    Field {
        name,
        tag,
        ty,
        presence,
        merge,
        go: "",
        inside: 0,
        retains: false,
        doc: "",
    }
}

const STRINGS: Type = Type::Map(&Type::String);

static ITEM: Message = Message {
    name: "Item",
    openapi: "test.Item",
    doc: "",
    fields: &[
        field("name", 1, Type::String, Presence::Required, Merge::Atomic),
        field("value", 2, Type::String, Presence::Plain, Merge::Atomic),
        field("tags", 3, STRINGS, Presence::Plain, Merge::Atomic),
    ],
};

static PART: Message = Message {
    name: "Part",
    openapi: "test.Part",
    doc: "",
    fields: &[
        field("left", 1, Type::String, Presence::Plain, Merge::Atomic),
        field("right", 2, Type::String, Presence::Plain, Merge::Atomic),
    ],
};

static SPEC: Message = Message {
    name: "Spec",
    openapi: "test.Spec",
    doc: "",
    fields: &[
        field("map", 1, STRINGS, Presence::Plain, Merge::Atomic),
        field(
            "list",
            2,
            Type::List(&Type::String),
            Presence::Plain,
            Merge::Atomic,
        ),
        field(
            "set",
            3,
            Type::List(&Type::String),
            Presence::Plain,
            Merge::Set { adds: true },
        ),
        field(
            "items",
            4,
            Type::List(&Type::Message(&ITEM)),
            Presence::Plain,
            Merge::Keys {
                patch: None,
                apply: &["name"],
            },
        ),
        field("part", 5, Type::Message(&PART), Presence::Pointer, Merge::Atomic),
    ],
};

static THING: Message = Message {
    name: "Thing",
    openapi: "test.Thing",
    doc: "",
    fields: &[
        field(
            "metadata",
            1,
            Type::Message(&OBJECT_META),
            Presence::Plain,
            Merge::Atomic,
        ),
        field("spec", 2, Type::Message(&SPEC), Presence::Plain, Merge::Atomic),
    ],
};

static THINGS: Resource = Resource {
    group: "",
    version: "v1",
    kind: "Thing",
    list_kind: "ThingList",
    plural: "things",
    singular: "thing",
    short_names: &[],
    categories: &[],
    namespaced: true,
    directory: "things",
    message: &THING,
    face: None,
};

type Leaves = BTreeMap<String, Value>;
type Owners = BTreeMap<String, BTreeSet<String>>;

/// The leaves of a spec.
fn leaves(spec: &Value) -> Leaves {
    let mut leaves = Leaves::new();
    let mut entries = |path: &str, map: Option<&Map<String, Value>>| {
        for (name, value) in map.into_iter().flatten() {
            leaves.insert(format!("{path}.{name}"), value.clone());
        }
    };
    entries("map", spec["map"].as_object());
    entries("part", spec["part"].as_object());
    for item in spec["items"].as_array().into_iter().flatten() {
        let path = format!("items[{}]", item["name"].as_str().unwrap());
        entries(&format!("{path}.tags"), item["tags"].as_object());
        let item = item
            .as_object()
            .unwrap()
            .iter()
            .filter(|(name, _)| *name != "tags");
        entries(
            &path,
            Some(&item.map(|(name, value)| (name.clone(), value.clone())).collect()),
        );
        leaves_of_element(&mut entries, &path);
    }
    for element in spec["set"].as_array().into_iter().flatten() {
        leaves.insert(format!("set[{}]", element.as_str().unwrap()), json!(true));
    }
    if let Some(list) = spec["list"].as_array().filter(|list| !list.is_empty()) {
        leaves.insert("list".to_owned(), json!(list));
    }
    leaves
}

/// That an element is there is a leaf of its own.
fn leaves_of_element(entries: &mut impl FnMut(&str, Option<&Map<String, Value>>), path: &str) {
    entries(path, json!({"": true}).as_object());
}

/// The leaves of a written set of fields; containers are left out.
fn owned(fields: &Value) -> BTreeSet<String> {
    let spec = fields.get("f:spec").cloned().unwrap_or_default();
    let names = |set: &Value| -> Vec<String> {
        set.as_object()
            .into_iter()
            .flatten()
            .filter_map(|(step, _)| step.strip_prefix("f:").map(str::to_owned))
            .collect()
    };
    let mut owned = BTreeSet::new();
    for container in ["map", "part"] {
        let set = spec.get(format!("f:{container}")).cloned().unwrap_or_default();
        owned.extend(names(&set).into_iter().map(|name| format!("{container}.{name}")));
    }
    for (step, _) in spec.get("f:set").and_then(Value::as_object).into_iter().flatten() {
        if let Some(value) = step.strip_prefix("v:") {
            owned.insert(format!("set[{}]", value.trim_matches('"')));
        }
    }
    if spec.get("f:list").is_some() {
        owned.insert("list".to_owned());
    }
    for (step, below) in spec
        .get("f:items")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
    {
        let Some(key) = step.strip_prefix("k:") else {
            continue;
        };
        let key: Value = serde_json::from_str(key).unwrap();
        let path = format!("items[{}]", key["name"].as_str().unwrap());
        if below.get(".").is_some() || below.as_object().unwrap().is_empty() {
            owned.insert(format!("{path}."));
        }
        for name in names(below) {
            if name == "tags" {
                owned.extend(
                    names(&below["f:tags"])
                        .iter()
                        .map(|tag| format!("{path}.tags.{tag}")),
                );
            } else {
                owned.insert(format!("{path}.{name}"));
            }
        }
    }
    owned
}

/// What is there, and whose it is.
#[derive(Default, Clone)]
struct Model {
    leaves: Leaves,
    owners: Owners,
}

impl Model {
    fn update(&mut self, manager: &str, new: Leaves) {
        let changed: BTreeSet<String> = new
            .iter()
            .filter(|(leaf, value)| self.leaves.get(*leaf) != Some(value))
            .map(|(leaf, _)| leaf.clone())
            .collect();
        self.leaves = new;
        self.settle(&changed);
        self.owners
            .entry(format!("{manager} Update"))
            .or_default()
            .extend(changed);
    }

    fn apply(&mut self, manager: &str, config: &Leaves, force: bool) -> Result<(), BTreeSet<String>> {
        let me = format!("{manager} Apply");
        let changed: BTreeSet<String> = config
            .iter()
            .filter(|(leaf, value)| self.leaves.get(*leaf) != Some(value))
            .map(|(leaf, _)| leaf.clone())
            .collect();
        let others = self.owners.iter().filter(|(other, _)| **other != me);
        let conflicts: BTreeSet<String> = others
            .clone()
            .flat_map(|(other, owned)| {
                owned
                    .intersection(&changed)
                    .map(move |leaf| format!("{other}: {leaf}"))
            })
            .collect();
        if !force && !conflicts.is_empty() {
            return Err(conflicts);
        }
        let is_owned = |leaf: &String| others.clone().any(|(_, owned)| owned.contains(leaf));
        let last = self.owners.get(&me).cloned().unwrap_or_default();
        let gone: BTreeSet<String> = last
            .into_iter()
            .filter(|leaf| !config.contains_key(leaf) && !is_owned(leaf))
            .collect();
        let mut leaves = self.leaves.clone();
        leaves.extend(config.iter().map(|(leaf, value)| (leaf.clone(), value.clone())));
        // An element that goes (its leaf ends in a dot) takes with it what is in it.
        leaves.retain(|leaf, _| {
            !gone.contains(leaf)
                && !gone
                    .iter()
                    .any(|gone| gone.ends_with('.') && leaf.starts_with(gone.as_str()))
        });
        self.leaves = leaves;
        self.owners.remove(&me);
        self.settle(&changed);
        self.owners.insert(me, config.keys().cloned().collect());
        Ok(())
    }

    /// Takes from everybody what was changed and what is gone.
    fn settle(&mut self, changed: &BTreeSet<String>) {
        for owned in self.owners.values_mut() {
            owned.retain(|leaf| self.leaves.contains_key(leaf) && !changed.contains(leaf));
        }
    }
}

#[derive(Debug, Clone)]
enum Act {
    Apply {
        manager: usize,
        force: bool,
        spec: Value,
    },
    Update {
        manager: usize,
        spec: Value,
    },
}

fn spec() -> impl Strategy<Value = Value> {
    let word = || prop::sample::select(vec!["x", "y", "z"]);
    let strings = || prop::collection::btree_map(word(), prop::sample::select(vec!["1", "2"]), 0..3);
    let item =
        (prop::option::of(prop::sample::select(vec!["1", "2"])), strings()).prop_map(|(value, tags)| {
            let mut item = Map::new();
            item.extend(value.map(|value| ("value".to_owned(), json!(value))));
            item.extend((!tags.is_empty()).then(|| ("tags".to_owned(), json!(tags))));
            item
        });
    let part = prop::collection::btree_map(
        prop::sample::select(vec!["left", "right"]),
        prop::sample::select(vec!["1", "2"]),
        0..3,
    );
    let items = prop::collection::btree_map(word(), item, 0..4);
    let set = prop::collection::btree_set(word(), 0..4);
    let list = prop::collection::vec(prop::sample::select(vec!["1", "2"]), 0..3);
    (strings(), list, set, items, part).prop_map(|(map, list, set, items, part)| {
        let mut spec = Map::new();
        let mut put = |name: &str, value: Value, is_there: bool| {
            if is_there {
                spec.insert(name.to_owned(), value);
            }
        };
        put("map", json!(map), !map.is_empty());
        put("list", json!(list), !list.is_empty());
        put("set", json!(set), !set.is_empty());
        let elements = items.iter().map(|(name, item)| {
            let mut item = item.clone();
            item.insert("name".to_owned(), json!(name));
            Value::Object(item)
        });
        put("items", elements.collect(), !items.is_empty());
        put("part", json!(part), !part.is_empty());
        Value::Object(spec)
    })
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        3 => (0..3_usize, any::<bool>(), spec())
            .prop_map(|(manager, force, spec)| Act::Apply { manager, force, spec }),
        1 => (0..2_usize, spec()).prop_map(|(manager, spec)| Act::Update { manager, spec }),
    ]
}

fn thing(spec: &Value) -> Value {
    json!({"apiVersion": "v1", "kind": "Thing", "metadata": {"name": "t"}, "spec": spec})
}

/// The object that is sent. Its label is the creator's for good: without any owner nothing would be recorded.
fn parsed(document: &Value) -> Object {
    let mut document = document.clone();
    document["metadata"]["labels"] = json!({"kept": "1"});
    let untyped = text::parse(document.to_string().as_bytes()).unwrap().value;
    let body = conform::conform(&THING, untyped).unwrap().body;
    Object {
        resource: &THINGS,
        body,
    }
}

/// How many conflicts of a refusal are about leaves. Who updates owns containers that it adds, too, even when they
/// have become empty and so are gone: upstream's conflicts are then about the container.
fn conflicts(status: &Status) -> usize {
    let is_leaf = |field: &str| {
        !(field.ends_with(".tags")
            || [".spec.map", ".spec.set", ".spec.items", ".spec.part"].contains(&field))
    };
    let causes = status.details.iter().flat_map(|details| &details.causes);
    causes.filter(|cause| is_leaf(&cause.field)).count()
}

fn agree(object: &Object, model: &Model) {
    let spec = document(object).get("spec").cloned().unwrap_or_default();
    assert_eq!(leaves(&spec), model.leaves);
    let ours: Owners = owners(object)
        .into_iter()
        .map(|(owner, fields)| (owner, owned(&fields)))
        .filter(|(_, owned)| !owned.is_empty())
        .collect();
    let theirs: Owners = model
        .owners
        .iter()
        .filter(|(_, owned)| !owned.is_empty())
        .map(|(owner, owned)| (owner.clone(), owned.clone()))
        .collect();
    assert_eq!(ours, theirs);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn managers_own_what_the_model_says(first in spec(), acts in prop::collection::vec(act(), 1..12)) {
        let now = Timestamp::parse(START).unwrap();
        let mut model = Model::default();
        let mut object = parsed(&thing(&first));
        record_update(&mut object, None, "creator", now);
        model.update("creator", leaves(&first));
        agree(&object, &model);
        for act in acts {
            match act {
                Act::Update { manager, spec } => {
                    let mut new = parsed(&thing(&spec));
                    record_update(&mut new, Some(&object), &format!("u{manager}"), now);
                    model.update(&format!("u{manager}"), leaves(&spec));
                    object = new;
                }
                Act::Apply { manager, force, spec } => {
                    let manager = format!("a{manager}");
                    let body = thing(&spec).to_string();
                    let mut ours = applied(Some(&object), &THINGS, &body, &manager, force);
                    if ours.as_ref().is_err_and(|status| conflicts(status) == 0) {
                        ours = applied(Some(&object), &THINGS, &body, &manager, true);
                    }
                    match (ours, model.apply(&manager, &leaves(&spec), force)) {
                        (Ok(new), Ok(())) => object = new,
                        (Err(status), Err(theirs)) => prop_assert_eq!(conflicts(&status), theirs.len()),
                        (ours, theirs) => prop_assert!(false, "{:?} {:?}", ours.map(|o| document(&o)), theirs),
                    }
                }
            }
            agree(&object, &model);
        }
    }
}
