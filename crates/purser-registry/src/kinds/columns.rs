//! What kubectl prints of an object, one column at a time.
//!
//! Names, order and descriptions are those of kube-apiserver 1.36's tables, which clients show as they are.

use purser_types::time::Timestamp;
use purser_types::{Object, Value};

use super::age::human_duration;

/// A column of a table.
pub struct Column {
    /// The heading.
    pub name: &'static str,
    /// The OpenAPI type, `string`, or `date`.
    pub type_: &'static str,
    /// The OpenAPI format, `name` for the primary column, else empty.
    pub format: &'static str,
    /// What it holds.
    pub description: &'static str,
    /// 0: always shown; else only when wide.
    pub priority: i32,
    /// The cell of an object; the time is what ages are counted to.
    pub cell: fn(&Object, Timestamp) -> Value,
}

/// `Name`.
pub(super) const NAME: Column = Column {
    name: "Name",
    type_: "string",
    format: "name",
    description: "Name must be unique within a namespace. Is required when creating resources, although some \
        resources may allow a client to request the generation of an appropriate name automatically. Name is \
        primarily intended for creation idempotence and configuration definition. Cannot be updated. More info: \
        https://kubernetes.io/docs/concepts/overview/working-with-objects/names#names",
    priority: 0,
    cell: |object, _| Value::string(object.name()),
};

/// `Created At`.
pub(super) const CREATED_AT: Column = Column {
    name: "Created At",
    type_: "date",
    cell: |object, _| Value::string(object.meta_str("creationTimestamp")),
    ..AGE
};

/// `Age`.
pub(super) const AGE: Column = Column {
    name: "Age",
    type_: "string",
    format: "",
    description: "CreationTimestamp is a timestamp representing the server time when this object was created. It \
        is not guaranteed to be set in happens-before order across separate operations. Clients may not set this \
        value. It is represented in RFC3339 form and is in UTC.\n\nPopulated by the system. Read-only. Null for \
        lists. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata",
    priority: 0,
    cell: age,
};

fn age(object: &Object, now: Timestamp) -> Value {
    Value::string(match Timestamp::parse(object.meta_str("creationTimestamp")) {
        Ok(created) => human_duration(now.seconds().saturating_sub(created.seconds())),
        Err(_) => "<unknown>".to_owned(),
    })
}

/// A column of the kind's own, always shown, of type string.
pub(super) const fn column(
    name: &'static str,
    description: &'static str,
    cell: fn(&Object, Timestamp) -> Value,
) -> Column {
    Column {
        name,
        type_: "string",
        format: "",
        description,
        priority: 0,
        cell,
    }
}

/// The number of entries of some maps together.
pub(super) fn entries(object: &Object, fields: &[&str]) -> Value {
    let count: usize = fields
        .iter()
        .filter_map(|field| object.get(field))
        .filter_map(Value::as_map)
        .map(|map| map.len())
        .sum();
    Value::Int(i64::try_from(count).unwrap_or(i64::MAX))
}
