//! The Pod that is judged, as its parts' rules see it.

use std::collections::{BTreeMap, BTreeSet};

use purser_types::{Map, Value};

use crate::validate::read::{messages, text};

/// What the parts of a Pod's rules have to know of it.
pub(super) struct Pod<'a> {
    /// Its specification.
    pub(super) spec: &'a Map,
    /// The volumes that are well, by name.
    pub(super) volumes: BTreeMap<&'a str, &'a Map>,
    /// The names of what it claims.
    pub(super) claims: BTreeSet<&'a str>,
}

impl<'a> Pod<'a> {
    /// Whether a field is true.
    pub(super) fn says(&self, field: &str) -> bool {
        self.spec.get(field) == Some(&Value::Bool(true))
    }

    /// Whether users are the host's, as they are unless it says otherwise.
    pub(super) fn uses_host_users(&self) -> bool {
        self.spec.get("hostUsers") != Some(&Value::Bool(false))
    }

    /// How long it may take to end, in seconds.
    pub(super) fn grace(&self) -> Option<i64> {
        self.spec
            .get("terminationGracePeriodSeconds")
            .and_then(Value::as_int)
    }

    /// The operating system it is for, if it says.
    pub(super) fn system(&self) -> Option<&str> {
        Some(text(self.spec.get("os")?.as_map()?, "name"))
    }

    /// A volume that is well.
    pub(super) fn volume(&self, name: &str) -> Option<&'a Map> {
        self.volumes.get(name).copied()
    }

    /// Whether there is a volume that is well.
    pub(super) fn has_volume(&self, name: &str) -> bool {
        self.volumes.contains_key(name)
    }

    /// Every container with its place, in upstream's order: those that run first, the others, those added.
    pub(super) fn containers(&self, path: &str) -> impl Iterator<Item = (String, &'a Map)> {
        let spec = self.spec;
        let path = path.to_owned();
        ["initContainers", "containers", "ephemeralContainers"]
            .into_iter()
            .flat_map(move |list| {
                let path = path.clone();
                messages(spec.get(list))
                    .enumerate()
                    .map(move |(index, one)| (format!("{path}.{list}[{index}]"), one))
            })
    }
}
