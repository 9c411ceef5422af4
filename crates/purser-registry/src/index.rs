//! What is known in the clear about a stored object: never a value, never an annotation.

use purser_authz::rbac::Grant;
use purser_encryption::OpenError;
use purser_types::time::Timestamp;
use purser_types::{Object, Value};

use crate::keys::Named;
use crate::kinds::Kind;
use crate::lasting::Lasting;
use crate::owner::{Owner, finalizers_of, owners_of};
use crate::services::Held;

/// Why a stored value is not part of what reads answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unreadable {
    /// It cannot be opened.
    Sealed(OpenError),
    /// It was opened and is no object of its kind.
    Malformed,
}

/// The plain index of one stored object.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Index {
    /// `metadata.namespace`, from the key.
    pub namespace: Box<str>,
    /// `metadata.name`, from the key.
    pub name: Box<str>,
    /// `metadata.uid`.
    pub uid: Box<str>,
    /// `metadata.labels`, sorted by key.
    pub labels: Box<[(Box<str>, Box<str>)]>,
    /// The kind's selectable fields beyond the name and namespace (a Secret's `type`).
    pub fields: Box<[(&'static str, Box<str>)]>,
    /// From when on it counts as gone, for kinds that are kept for a while only.
    pub expires: Option<Timestamp>,
    /// Whether `metadata.deletionTimestamp` is set.
    pub deleting: bool,
    /// `metadata.finalizers`.
    pub finalizers: Box<[Box<str>]>,
    /// `metadata.ownerReferences`; none for kinds that do not go with their owners.
    pub owners: Box<[Owner]>,
    /// What it holds of what is given out once; `None` for kinds that hold nothing.
    pub(crate) held: Option<Box<Held>>,
    /// What it says of tokens that do not end, for Secrets of that type and ServiceAccounts.
    pub(crate) lasting: Option<Box<Lasting>>,
    /// What it gives to whom, for roles and bindings.
    pub(crate) grant: Option<Box<Grant>>,
    /// Whether its rules are taken together from other roles.
    pub(crate) aggregates: bool,
    /// Why the value cannot be read; everything but namespace and name is then empty.
    pub unreadable: Option<Unreadable>,
}

impl Index {
    /// The index of an object that can be read.
    #[must_use]
    pub(crate) fn of(kind: &Kind, named: Named<'_>, object: &Object) -> Self {
        let fields = kind.strategy.selectable_fields().iter();
        let own = fields.filter(|field| !field.starts_with("metadata."));
        Self {
            namespace: named.namespace.into(),
            name: named.name.into(),
            uid: object.uid().into(),
            labels: object
                .labels()
                .map(|(key, value)| (key.into(), value.into()))
                .collect(),
            fields: own
                .filter_map(|field| Some((*field, kind.strategy.own_field(object, field)?.into_boxed_str())))
                .collect(),
            expires: expiry(kind, object),
            deleting: !object.meta_str("deletionTimestamp").is_empty(),
            finalizers: finalizers_of(object),
            owners: match kind.strategy.is_collected() {
                true => owners_of(object),
                false => Box::default(),
            },
            held: kind.strategy.held(object),
            lasting: kind.strategy.lasting(object),
            grant: kind.strategy.grant(object),
            aggregates: object.get("aggregationRule").is_some(),
            unreadable: None,
        }
    }

    /// The index of an object that cannot.
    #[must_use]
    pub(crate) fn unreadable(named: Named<'_>, why: Unreadable) -> Self {
        Self {
            namespace: named.namespace.into(),
            name: named.name.into(),
            unreadable: Some(why),
            ..Self::default()
        }
    }

    /// Whether it counts as gone.
    pub(crate) fn is_expired(&self, now: Timestamp) -> bool {
        self.expires.is_some_and(|expires| expires <= now)
    }

    /// Whether `metadata.finalizers` has this one.
    pub(crate) fn has_finalizer(&self, name: &str) -> bool {
        self.finalizers.iter().any(|finalizer| **finalizer == *name)
    }

    /// The value of a label.
    #[must_use]
    pub fn label(&self, key: &str) -> Option<&str> {
        let at = self
            .labels
            .binary_search_by(|(have, _)| have.as_ref().cmp(key))
            .ok()?;
        self.labels.get(at).map(|(_, value)| value.as_ref())
    }

    /// The value of a selectable field, `metadata.name` and `metadata.namespace` included; empty when unset.
    #[must_use]
    pub fn field(&self, field: &str) -> &str {
        match field {
            "metadata.name" => &self.name,
            "metadata.namespace" => &self.namespace,
            _ => self
                .fields
                .iter()
                .find(|(name, _)| *name == field)
                .map_or("", |(_, value)| value),
        }
    }
}

/// When an object is gone though nobody deletes it: its kind's lifetime after its last write, which is the latest of
/// its creation and the changes that its managers made.
pub(crate) fn expiry(kind: &Kind, object: &Object) -> Option<Timestamp> {
    let lifetime = kind.strategy.lifetime()?;
    let changes = object.meta().get("managedFields").and_then(Value::as_list);
    let times = changes
        .unwrap_or_default()
        .iter()
        .filter_map(|entry| entry.as_map()?.get("time")?.as_str());
    let written = times
        .chain([object.meta_str("creationTimestamp")])
        .filter_map(|time| Timestamp::parse(time).ok())
        .max()?;
    Timestamp::from_seconds(written.seconds().saturating_add(lifetime))
}

impl std::fmt::Display for Unreadable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Sealed(why) => why.fmt(f),
            Self::Malformed => f.write_str("the value is no object of its kind"),
        }
    }
}

#[cfg(test)]
mod tests {
    use purser_types::resource::SECRETS;

    use super::*;

    #[test]
    fn an_index_holds_a_name_once() {
        let mut object = Object::new(&SECRETS);
        object.set("type", Some(Value::string("Opaque")));
        let kind = crate::kinds::kind(&SECRETS).unwrap();
        let named = Named {
            namespace: "ns",
            name: "a",
        };
        let index = Index::of(kind, named, &object);
        assert_eq!(*index.fields, [("type", "Opaque".into())]);
        assert_eq!(
            ["metadata.name", "metadata.namespace", "type"].map(|field| index.field(field)),
            ["a", "ns", "Opaque"]
        );
    }
}
