//! Owners and finalizers, as the plain index knows them.

use purser_types::{Map, Object, Value};

/// The finalizer of an object that goes after its dependents.
pub(crate) const FOREGROUND: &str = "foregroundDeletion";

/// The finalizer of an object that lets its dependents live.
pub(crate) const ORPHAN: &str = "orphan";

/// One of `metadata.ownerReferences`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    /// `apiVersion`.
    pub api_version: Box<str>,
    /// `kind`.
    pub kind: Box<str>,
    /// `name`.
    pub name: Box<str>,
    /// `uid`.
    pub uid: Box<str>,
    /// `blockOwnerDeletion`: whether the owner, deleted in the foreground, waits for this dependent.
    pub blocks: bool,
}

impl Owner {
    fn of(reference: &Map) -> Self {
        let text = |field: &str| {
            reference
                .get(field)
                .and_then(Value::as_str)
                .unwrap_or_default()
                .into()
        };
        Self {
            api_version: text("apiVersion"),
            kind: text("kind"),
            name: text("name"),
            uid: text("uid"),
            blocks: reference.get("blockOwnerDeletion").and_then(Value::as_bool) == Some(true),
        }
    }
}

/// `metadata.ownerReferences`.
pub(crate) fn owners_of(object: &Object) -> Box<[Owner]> {
    let list = object.meta().get("ownerReferences").and_then(Value::as_list);
    let references = list.unwrap_or_default().iter().filter_map(Value::as_map);
    references.map(Owner::of).collect()
}

/// `metadata.finalizers`.
pub(crate) fn finalizers_of(object: &Object) -> Box<[Box<str>]> {
    let list = object.meta().get("finalizers").and_then(Value::as_list);
    let names = list.unwrap_or_default().iter().filter_map(Value::as_str);
    names.map(Into::into).collect()
}
