//! Resources that are another way to look at what is stored for a resource.
//!
//! An event is written and read as `v1` and as `events.k8s.io/v1`, and kept once, as `v1`. The first is the resource
//! itself, the second a *face* of it: the same objects under other names of fields. Everything above the stored bytes
//! deals in objects of the face that a request names; only [`crate::proto`] turns them into what is stored and back.

use crate::conform::fill;
use crate::resource::Resource;
use crate::value::{Key, Map};

/// How a resource shows what is stored for another.
#[derive(Debug)]
pub struct Face {
    /// The resource as which objects are stored.
    pub of: &'static Resource,
    /// Top-level fields with another name: as stored, and here.
    pub renamed: &'static [(&'static str, &'static str)],
}

impl Face {
    /// The fields as they are stored.
    pub(crate) fn to_stored(&self, body: Map) -> Map {
        let name = |key: &str| {
            self.renamed
                .iter()
                .find(|(_, here)| *here == key)
                .map(|(stored, _)| *stored)
        };
        let mut stored = rename(body, name);
        fill(self.of.message, &mut stored);
        stored
    }

    /// The fields of what is stored as they are here, on `resource`.
    pub(crate) fn from_stored(&self, resource: &Resource, body: Map) -> Map {
        let name = |key: &str| {
            self.renamed
                .iter()
                .find(|(stored, _)| *stored == key)
                .map(|(_, here)| *here)
        };
        let mut shown = rename(body, name);
        fill(resource.message, &mut shown);
        shown
    }

    /// The name of a selectable field (`regarding.name`) as objects are stored (`involvedObject.name`).
    #[must_use]
    pub fn stored_field(&self, field: &str) -> String {
        let (first, rest) = field
            .split_once('.')
            .map_or((field, None), |(first, rest)| (first, Some(rest)));
        let stored = self
            .renamed
            .iter()
            .find(|(_, here)| *here == first)
            .map_or(first, |(stored, _)| *stored);
        rest.map_or_else(|| stored.to_owned(), |rest| format!("{stored}.{rest}"))
    }
}

fn rename(body: Map, name: impl Fn(&str) -> Option<&'static str>) -> Map {
    body.into_iter()
        .map(|(key, value)| match name(&key) {
            Some(other) => (Key::Borrowed(other), value),
            None => (key, value),
        })
        .collect()
}
