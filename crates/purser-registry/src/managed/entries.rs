//! The entries of `metadata.managedFields`.
//!
//! Source: `k8s.io/apimachinery/pkg/util/managedfields/internal`: `managedfields.go`, `capmanagers.go`.

use purser_types::time::Timestamp;
use purser_types::{Key, Map, Plaintext, Resource, Value, json, resource};

use super::set::Set;

/// The most managers of operation Update; the oldest beyond it are merged into [`ANCIENT`].
pub(super) const UPDATE_MANAGERS_MAX: usize = 10;
/// Who is said to have set what the oldest managers set.
const ANCIENT: &str = "ancient-changes";

/// How fields were set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
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
    /// Whether both are of one manager. Entries are told apart by everything but time and fields; those of operation
    /// Apply not by their version either.
    pub(crate) fn is_of(&self, other: &Self) -> bool {
        self.operation == other.operation
            && (&self.manager, &self.subresource) == (&other.manager, &other.subresource)
            && (self.operation == Operation::Apply || self.api_version == other.api_version)
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

/// The entries of an object's metadata, each manager once.
///
/// # Errors
/// Why they cannot be read.
pub(crate) fn read(resource: &Resource, meta: &Map) -> Result<Vec<Entry>, &'static str> {
    let list = meta.get("managedFields").and_then(Value::as_list);
    let mut entries: Vec<Entry> = Vec::new();
    for entry in list.unwrap_or_default() {
        let entry = Entry::read(resource, entry.as_map().ok_or("an entry is not an object")?)?;
        entries.retain(|known| !known.is_of(&entry));
        entries.push(entry);
    }
    Ok(entries)
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

/// Merges the oldest managers of operation Update into one until there are few enough.
pub(super) fn cap(entries: &mut Vec<Entry>) {
    let mut updates: Vec<Entry> = entries
        .extract_if(.., |entry| entry.operation == Operation::Update)
        .collect();
    updates.sort_by(|a, b| order(a).cmp(&order(b)));
    while updates.len() > UPDATE_MANAGERS_MAX {
        let mut oldest = updates.remove(0);
        ANCIENT.clone_into(&mut oldest.manager);
        oldest.subresource = String::new();
        match updates.iter_mut().find(|entry| entry.is_of(&oldest)) {
            Some(ancient) => ancient.fields.union(&oldest.fields),
            None => {
                // Two go, one comes.
                if let Some(next) = (!updates.is_empty()).then(|| updates.remove(0)) {
                    oldest.fields.union(&next.fields);
                    oldest.time = next.time;
                }
                updates.insert(0, oldest);
            }
        }
    }
    entries.extend(updates);
}
