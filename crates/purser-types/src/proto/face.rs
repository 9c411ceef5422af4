//! Between the fields of a face and those that are stored.

use crate::conform::fill;
use crate::resource::{Face, Resource};
use crate::value::{Key, Map};

/// The fields as they are stored.
pub(super) fn to_stored(face: &Face, body: Map) -> Map {
    let name = |key: &str| {
        let named = face.renamed.iter().find(|(_, here)| *here == key);
        named.map(|(stored, _)| *stored)
    };
    let mut stored = rename(body, name);
    fill(face.of.message, &mut stored);
    stored
}

/// The fields of what is stored, as they are on `resource`.
pub(super) fn from_stored(face: &Face, resource: &Resource, body: Map) -> Map {
    let name = |key: &str| {
        let named = face.renamed.iter().find(|(stored, _)| *stored == key);
        named.map(|(_, here)| *here)
    };
    let mut shown = rename(body, name);
    fill(resource.message, &mut shown);
    shown
}

fn rename(body: Map, name: impl Fn(&str) -> Option<&'static str>) -> Map {
    body.into_iter()
        .map(|(key, value)| match name(&key) {
            Some(other) => (Key::Borrowed(other), value),
            None => (key, value),
        })
        .collect()
}
