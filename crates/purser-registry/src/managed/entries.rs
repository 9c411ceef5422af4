//! The entries of `metadata.managedFields`.
//!
//! Source: `k8s.io/apimachinery/pkg/util/managedfields/internal`: `managedfields.go`, `capmanagers.go`.

use purser_types::time::Timestamp;
use purser_types::{Key, Map, Plaintext, Value, json};

use super::set::Set;

/// The most managers of operation Update; the oldest beyond it are merged into [`ANCIENT`].
pub(super) const UPDATE_MANAGERS_MAX: usize = 10;
/// Who is said to have set what the oldest managers set.
const ANCIENT: &str = "ancient-changes";
const UPDATE: &str = "Update";

/// Who set which fields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) manager: String,
    pub(super) operation: String,
    pub(super) api_version: String,
    pub(super) subresource: String,
    pub(super) time: Option<Timestamp>,
    pub(super) fields: Set,
}

impl Entry {
    /// An entry of operation Update without fields.
    pub(super) fn update(manager: &str, api_version: String, now: Timestamp) -> Self {
        Self {
            manager: manager.to_owned(),
            operation: UPDATE.to_owned(),
            api_version,
            subresource: String::new(),
            time: Some(now),
            fields: Set::default(),
        }
    }

    /// Whether both are of one manager: entries are told apart by everything but time and fields.
    pub(super) fn is_of(&self, other: &Self) -> bool {
        (
            &self.manager,
            &self.operation,
            &self.api_version,
            &self.subresource,
        ) == (
            &other.manager,
            &other.operation,
            &other.api_version,
            &other.subresource,
        )
    }

    fn read(entry: &Map) -> Option<Self> {
        let text = |field: &str| entry.get(field).and_then(Value::as_str).unwrap_or("").to_owned();
        let operation = text("operation");
        if !matches!(operation.as_str(), "Apply" | UPDATE) || text("fieldsType") != "FieldsV1" {
            return None;
        }
        Some(Self {
            manager: text("manager"),
            operation,
            api_version: text("apiVersion"),
            subresource: text("subresource"),
            time: Timestamp::parse(&text("time")).ok(),
            fields: Set::read(
                &json::parse(entry.get("fieldsV1")?.as_bytes()?.expose())
                    .ok()?
                    .value,
            )?,
        })
    }

    fn write(&self) -> Value {
        let mut map = Map::new();
        let mut text = |field: &'static str, value: &str| {
            if !value.is_empty() {
                map.insert(Key::Borrowed(field), Value::string(value));
            }
        };
        text("manager", &self.manager);
        text("operation", &self.operation);
        text("apiVersion", &self.api_version);
        text("subresource", &self.subresource);
        text(
            "time",
            &self.time.map(|time| time.to_string()).unwrap_or_default(),
        );
        text("fieldsType", "FieldsV1");
        let mut fields = Vec::new();
        json::write(&self.fields.write(), &mut fields);
        map.insert(Key::Borrowed("fieldsV1"), Value::Bytes(Plaintext::new(fields)));
        Value::Map(map)
    }
}

/// The entries of an object's metadata; `None` when they cannot be read.
pub(super) fn read(meta: &Map) -> Option<Vec<Entry>> {
    let list = meta
        .get("managedFields")
        .and_then(Value::as_list)
        .unwrap_or_default();
    list.iter().map(|entry| Entry::read(entry.as_map()?)).collect()
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
pub(super) fn write(meta: &mut Map, mut entries: Vec<Entry>) {
    cap(&mut entries);
    entries.sort_by(|a, b| order(a).cmp(&order(b)));
    if entries.is_empty() {
        meta.remove("managedFields");
    } else {
        let list = entries.iter().map(Entry::write).collect();
        meta.insert(Key::Borrowed("managedFields"), Value::List(list));
    }
}

fn order(entry: &Entry) -> (&str, i64, &str, &str, &str) {
    let seconds = entry.time.map_or(0, Timestamp::seconds);
    (
        &entry.operation,
        seconds,
        &entry.manager,
        &entry.api_version,
        &entry.subresource,
    )
}

/// Merges the oldest managers of operation Update into one until there are few enough.
fn cap(entries: &mut Vec<Entry>) {
    let mut updates: Vec<Entry> = entries
        .extract_if(.., |entry| entry.operation == UPDATE)
        .collect();
    updates.sort_by(|a, b| order(a).cmp(&order(b)));
    while updates.len() > UPDATE_MANAGERS_MAX {
        let mut oldest = updates.remove(0);
        oldest.manager = ANCIENT.to_owned();
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
