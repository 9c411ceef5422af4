//! An object: its resource and its typed tree.

use crate::resource::Resource;
use crate::value::{Key, Map, Value, duplicate};

/// An object of a served kind, typed (see [`Value`]). `apiVersion` and `kind` are not in `body`: they are the
/// resource's. `metadata.resourceVersion` is not either once it has been stored: it is the store's revision.
#[derive(Debug, PartialEq)]
pub struct Object {
    /// What it is.
    pub resource: &'static Resource,
    /// Its fields, `metadata` among them.
    pub body: Map,
}

impl PartialEq for Resource {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
    }
}

impl Object {
    /// An object with empty metadata.
    #[must_use]
    pub fn new(resource: &'static Resource) -> Self {
        let mut body = Map::new();
        body.insert(Key::Borrowed("metadata"), Value::Map(Map::new()));
        Self { resource, body }
    }

    /// A second copy in the clear, wiped on its own.
    #[must_use]
    pub fn duplicate(&self) -> Self {
        Self {
            resource: self.resource,
            body: duplicate(&self.body),
        }
    }

    /// A field of the object.
    #[must_use]
    pub fn get(&self, field: &str) -> Option<&Value> {
        self.body.get(field)
    }

    /// Sets a field, or removes it with `None`.
    pub fn set(&mut self, field: &'static str, value: Option<Value>) {
        set(&mut self.body, field, value);
    }

    /// `metadata`, empty when it is missing.
    #[must_use]
    pub fn meta(&self) -> &Map {
        static EMPTY: Map = Map::new();
        self.body
            .get("metadata")
            .and_then(Value::as_map)
            .unwrap_or(&EMPTY)
    }

    /// `metadata`, made when it is missing.
    pub fn meta_mut(&mut self) -> &mut Map {
        part_mut(&mut self.body, "metadata")
    }

    /// A string of `metadata`, empty when it is missing.
    #[must_use]
    pub fn meta_str(&self, field: &str) -> &str {
        self.meta().get(field).and_then(Value::as_str).unwrap_or("")
    }

    /// Sets a string of `metadata`; the empty string removes it.
    pub fn set_meta_str(&mut self, field: &'static str, value: &str) {
        let value = (!value.is_empty()).then(|| Value::string(value));
        set(self.meta_mut(), field, value);
    }

    /// `metadata.name`.
    #[must_use]
    pub fn name(&self) -> &str {
        self.meta_str("name")
    }

    /// `metadata.namespace`, empty when cluster-scoped.
    #[must_use]
    pub fn namespace(&self) -> &str {
        self.meta_str("namespace")
    }

    /// `metadata.uid`.
    #[must_use]
    pub fn uid(&self) -> &str {
        self.meta_str("uid")
    }

    /// `metadata.labels`, as pairs.
    pub fn labels(&self) -> impl Iterator<Item = (&str, &str)> {
        strings(self.meta().get("labels"))
    }

    /// `metadata.annotations`, as pairs.
    pub fn annotations(&self) -> impl Iterator<Item = (&str, &str)> {
        strings(self.meta().get("annotations"))
    }
}

/// The map in a field of a map, made when it is missing.
pub fn part_mut<'m>(map: &'m mut Map, field: &'static str) -> &'m mut Map {
    let slot = map.entry(Key::Borrowed(field)).or_insert(Value::Null);
    if !matches!(slot, Value::Map(_)) {
        *slot = Value::Map(Map::new());
    }
    match slot {
        Value::Map(part) => part,
        #[expect(clippy::unreachable, reason = "INVARIANT: set to a map just above")]
        _ => unreachable!(),
    }
}

/// Sets `field` of `map`, or removes it with `None`.
pub fn set(map: &mut Map, field: &'static str, value: Option<Value>) {
    match value {
        Some(value) => {
            map.insert(Key::Borrowed(field), value);
        }
        None => {
            map.remove(field);
        }
    }
}

fn strings(value: Option<&Value>) -> impl Iterator<Item = (&str, &str)> {
    value
        .and_then(Value::as_map)
        .into_iter()
        .flatten()
        .filter_map(|(k, v)| Some((k.as_ref(), v.as_str()?)))
}
