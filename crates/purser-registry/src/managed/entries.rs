//! The entries of `metadata.managedFields`.
//!
//! Source: `k8s.io/apimachinery/pkg/util/managedfields/internal`: `managedfields.go`, `capmanagers.go`.

use std::collections::HashSet;

use purser_types::time::Timestamp;
use purser_types::{Key, Map, Plaintext, Resource, Value, json, resource};

use super::set::Set;

/// The most managers of operation Update; the oldest beyond it are merged into [`ANCIENT`].
pub(super) const UPDATE_MANAGERS_MAX: usize = 10;
/// Who is said to have set what the oldest managers set.
const ANCIENT: &str = "ancient-changes";

/// How fields were set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Operation {
    /// By server-side apply.
    Apply,
    /// By anything else.
    Update,
}

impl Operation {
    fn name(self) -> &'static str {
        match self {
            Self::Apply => "Apply",
            Self::Update => "Update",
        }
    }
}

/// Who set which fields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    /// Who.
    pub(crate) manager: String,
    /// How.
    pub(crate) operation: Operation,
    /// The version whose names the fields have.
    pub(crate) api_version: String,
    /// Through which subresource; empty: none.
    pub(crate) subresource: String,
    /// When the fields last changed.
    pub(crate) time: Option<Timestamp>,
    /// The fields.
    pub(crate) fields: Set,
}

impl Entry {
    /// Fields as `resource` names them, as the entry's version names them.
    pub(crate) fn in_its_version(&self, resource: &Resource, fields: Set) -> Set {
        between(resource.api_version().as_str(), &self.api_version, fields)
    }

    /// Whether both are of one manager.
    pub(crate) fn is_of(&self, other: &Self) -> bool {
        self.identity() == other.identity()
    }

    /// Entries are told apart by everything but time and fields; those of operation Apply not by their version either.
    fn identity(&self) -> (Operation, &str, &str, &str) {
        let version = match self.operation {
            Operation::Apply => "",
            Operation::Update => &self.api_version,
        };
        (self.operation, &self.manager, &self.subresource, version)
    }

    /// Reads an entry, its fields named as `resource` names them.
    fn read(resource: &Resource, entry: &Map) -> Result<Self, &'static str> {
        let text = |field: &str| entry.get(field).and_then(Value::as_str).unwrap_or("").to_owned();
        let operation = match text("operation").as_str() {
            "Apply" => Operation::Apply,
            "Update" => Operation::Update,
            _ => return Err("operation must be `Apply` or `Update`"),
        };
        let api_version = text("apiVersion");
        if api_version.is_empty() {
            return Err("apiVersion must not be empty");
        }
        if text("fieldsType") != "FieldsV1" {
            return Err("fieldsType must be `FieldsV1`");
        }
        let fields = match entry.get("fieldsV1").and_then(Value::as_bytes) {
            None => Set::default(),
            Some(bytes) => json::parse(bytes.expose())
                .ok()
                .and_then(|parsed| Set::read(&parsed.value))
                .ok_or("the set of fields cannot be read")?,
        };
        Ok(Self {
            manager: text("manager"),
            operation,
            subresource: text("subresource"),
            time: Timestamp::parse(&text("time")).ok(),
            fields: between(&api_version, resource.api_version().as_str(), fields),
            api_version,
        })
    }

    fn write(self, resource: &Resource) -> Value {
        let mut map = Map::new();
        let mut text = |field: &'static str, value: &str| {
            if !value.is_empty() {
                map.insert(Key::Borrowed(field), Value::string(value));
            }
        };
        text("manager", &self.manager);
        text("operation", self.operation.name());
        text("apiVersion", &self.api_version);
        text("subresource", &self.subresource);
        text(
            "time",
            &self.time.map(|time| time.to_string()).unwrap_or_default(),
        );
        text("fieldsType", "FieldsV1");
        let mut fields = Vec::new();
        between(resource.api_version().as_str(), &self.api_version, self.fields).write(&mut fields);
        map.insert(Key::Borrowed("fieldsV1"), Value::Bytes(Plaintext::new(fields)));
        Value::Map(map)
    }
}

/// A set of fields named as in one version, named as in another that shows the same stored objects.
fn between(from: &str, to: &str, set: Set) -> Set {
    if from == to {
        return set;
    }
    let face = |version: &str| {
        resource::ALL
            .iter()
            .filter_map(|resource| resource.face.map(|face| (resource, face)))
            .find(|(resource, face)| {
                resource.api_version() == version && [from, to].contains(&face.of.api_version().as_str())
            })
            .map(|(_, face)| face)
    };
    if let Some(face) = face(from) {
        let stored = |name: &str| face.renamed.iter().find(|(_, here)| *here == name);
        return set.rename(|name| stored(name).map(|(stored, _)| *stored));
    }
    if let Some(face) = face(to) {
        let here = |name: &str| face.renamed.iter().find(|(stored, _)| *stored == name);
        return set.rename(|name| here(name).map(|(_, here)| *here));
    }
    set
}

/// Whether objects of `resource` can be shown in a version: entries in any other are forgotten.
pub(crate) fn is_shown_in(resource: &'static Resource, api_version: &str) -> bool {
    resource.api_version() == api_version
        || resource::ALL.iter().any(|other| {
            std::ptr::eq(other.stored_as(), resource.stored_as()) && other.api_version() == api_version
        })
}

/// The entries of an object's metadata, of each manager the last.
///
/// # Errors
/// Why they cannot be read.
pub(crate) fn read(resource: &Resource, meta: &Map) -> Result<Vec<Entry>, &'static str> {
    let list = meta.get("managedFields").and_then(Value::as_list);
    let entries: Vec<Entry> = list
        .unwrap_or_default()
        .iter()
        .map(|entry| Entry::read(resource, entry.as_map().ok_or("an entry is not an object")?))
        .collect::<Result<_, _>>()?;
    let mut later = HashSet::with_capacity(entries.len());
    let mut is_last: Vec<bool> = entries
        .iter()
        .rev()
        .map(|entry| later.insert(entry.identity()))
        .collect();
    is_last.reverse();
    let each = entries.into_iter().zip(is_last);
    Ok(each
        .filter_map(|(entry, is_last)| is_last.then_some(entry))
        .collect())
}

/// Whether the list is the one empty entry by which clients ask to forget all.
pub(super) fn is_reset(meta: &Map) -> bool {
    let list = meta
        .get("managedFields")
        .and_then(Value::as_list)
        .unwrap_or_default();
    matches!(list, [Value::Map(only)] if only.is_empty())
}

/// Writes the entries into an object's metadata, in upstream's order.
pub(crate) fn write(resource: &Resource, meta: &mut Map, mut entries: Vec<Entry>) {
    entries.sort_by(|a, b| order(a).cmp(&order(b)));
    if entries.is_empty() {
        meta.remove("managedFields");
    } else {
        let list = entries.into_iter().map(|entry| entry.write(resource)).collect();
        meta.insert(Key::Borrowed("managedFields"), Value::List(list));
    }
}

fn order(entry: &Entry) -> (Operation, i64, &str, &str, &str) {
    let seconds = entry.time.map_or(0, Timestamp::seconds);
    (
        entry.operation,
        seconds,
        &entry.manager,
        &entry.api_version,
        &entry.subresource,
    )
}

/// Merges the oldest managers of operation Update, those of each version into one, until there are few enough.
pub(super) fn cap(entries: &mut Vec<Entry>) {
    let mut updates: Vec<Entry> = entries
        .extract_if(.., |entry| entry.operation == Operation::Update)
        .collect();
    // What was merged before comes first, so that there is never a second of its version.
    updates.sort_by(|a, b| (a.manager != ANCIENT, order(a)).cmp(&(b.manager != ANCIENT, order(b))));
    let mut newer = updates.into_iter();
    // The oldest, one a version.
    let mut merged: Vec<Entry> = Vec::new();
    while merged.len().saturating_add(newer.len()) > UPDATE_MANAGERS_MAX {
        let Some(oldest) = newer.next() else { break };
        match merged
            .iter_mut()
            .find(|entry| entry.api_version == oldest.api_version)
        {
            Some(ancient) => {
                ANCIENT.clone_into(&mut ancient.manager);
                ancient.subresource.clear();
                ancient.fields.union(&oldest.fields);
                ancient.time = oldest.time;
            }
            None => merged.push(oldest),
        }
    }
    entries.extend(merged);
    entries.extend(newer);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(manager: &str, version: &str, seconds: i64) -> Entry {
        let field = format!(r#"{{"f:{manager}":{{}}}}"#);
        let fields = json::parse(field.as_bytes()).expect("JSON").value;
        Entry {
            manager: manager.to_owned(),
            operation: Operation::Update,
            api_version: version.to_owned(),
            subresource: String::new(),
            time: Timestamp::parse(&format!("2026-01-01T00:00:{seconds:02}Z")).ok(),
            fields: Set::read(&fields).expect("a set"),
        }
    }

    fn shown(entries: &[Entry]) -> Vec<String> {
        let fields = |entry: &Entry| entry.fields.paths().len();
        entries
            .iter()
            .map(|entry| format!("{} {} {}", entry.manager, entry.api_version, fields(entry)))
            .collect()
    }

    #[test]
    fn the_oldest_of_each_version_are_merged() {
        let mut entries: Vec<Entry> = (0..13)
            .map(|n| entry(&format!("m{n}"), if n % 2 == 0 { "v1" } else { "v2" }, n))
            .collect();
        cap(&mut entries);
        let mut expected = vec![
            "ancient-changes v1 3".to_owned(),
            "ancient-changes v2 2".to_owned(),
        ];
        expected.extend((5..13).map(|n| format!("m{n} v{} 1", 1 + n % 2)));
        assert_eq!(shown(&entries), expected);
        entries.push(entry("m13", "v2", 13));
        cap(&mut entries);
        expected.swap(0, 1);
        expected[0] = "ancient-changes v2 3".to_owned();
        expected.remove(2);
        expected.push("m13 v2 1".to_owned());
        assert_eq!(shown(&entries), expected);
    }

    #[test]
    fn the_last_entry_of_a_manager_counts_however_many_are_sent() {
        const MANY: usize = 20_000;
        let sent = |n: usize| {
            let entry = entry(&format!("m{}", n % (MANY / 2)), "v1", 1);
            Entry {
                subresource: "s".to_owned(),
                time: Timestamp::from_seconds(i64::try_from(n).expect("a number")),
                ..entry
            }
        };
        let list = (0..MANY).map(|n| sent(n).write(&resource::CONFIG_MAPS)).collect();
        let meta = Map::from([(Key::Borrowed("managedFields"), Value::List(list))]);
        let read = read(&resource::CONFIG_MAPS, &meta).expect("entries");
        assert_eq!(read, (MANY / 2..MANY).map(sent).collect::<Vec<_>>());
    }

    #[test]
    fn one_of_a_version_alone_keeps_its_name() {
        let mut entries = vec![entry("old", "v2", 0)];
        entries.extend((1..11).map(|n| entry(&format!("m{n}"), "v1", n)));
        cap(&mut entries);
        let mut expected = vec!["old v2 1".to_owned(), "ancient-changes v1 2".to_owned()];
        expected.extend((3..11).map(|n| format!("m{n} v1 1")));
        assert_eq!(shown(&entries), expected);
    }
}
