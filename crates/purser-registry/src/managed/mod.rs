//! Who set which field: `metadata.managedFields`, for managers that create, update and patch. What server-side apply
//! does on top of it is in `apply`.
//!
//! Source: `k8s.io/apimachinery/pkg/util/managedfields/internal`, and `Updater.Update` of structured-merge-diff.

mod compare;
mod entries;
mod set;
mod shape;
mod step;

pub(crate) use compare::{compare, is_bare};
pub(crate) use entries::{Entry, Operation, is_shown_in, read, write};
pub(crate) use set::{Path, Set};
pub(crate) use shape::Shape;
pub(crate) use step::Step;

use purser_types::time::Timestamp;
use purser_types::{Map, Object, Resource, conform};

/// What the server sets, of which nobody is the manager.
const OF_THE_SERVER: [&[&str]; 12] = [
    &["apiVersion"],
    &["kind"],
    &["metadata"],
    &["metadata", "name"],
    &["metadata", "namespace"],
    &["metadata", "creationTimestamp"],
    &["metadata", "selfLink"],
    &["metadata", "uid"],
    &["metadata", "clusterName"],
    &["metadata", "generation"],
    &["metadata", "managedFields"],
    &["metadata", "resourceVersion"],
];

/// Records that `manager` made `new` out of `old` (`None`: created it). It runs when defaults are set and
/// `stringData` is folded, and before anything that only the server does.
pub fn record_update(new: &mut Object, old: Option<&Object>, manager: &str, now: Timestamp) {
    record_update_through(new, old, "", manager, now);
}

/// As [`record_update`], for a change through a subresource (empty: the object itself).
pub fn record_update_through(
    new: &mut Object,
    old: Option<&Object>,
    subresource: &str,
    manager: &str,
    now: Timestamp,
) {
    let resource = new.resource;
    let entries = current_entries(new, old, subresource);
    if entries.is_empty() && old.is_some() {
        // Nothing was recorded, or it was to be forgotten: an update does not begin anew.
        new.meta_mut().remove("managedFields");
        return;
    }
    let writer = Writer {
        resource,
        manager,
        subresource,
        now,
    };
    let empty = conform::empty(resource.message);
    match writer.updated(entries, old.map_or(&empty, |old| &old.body), &new.body) {
        Some(entries) => write(resource, new.meta_mut(), entries),
        // As upstream where a change cannot be recorded.
        None => {
            let kept = old.and_then(|old| old.meta().get("managedFields"));
            let kept = kept.map(purser_types::Value::duplicate);
            purser_types::object::set(new.meta_mut(), "managedFields", kept);
        }
    }
}

/// What the request sent, when it can be read, else what was stored. A subresource leaves it as it was stored.
fn current_entries(new: &Object, old: Option<&Object>, subresource: &str) -> Vec<Entry> {
    let stored = || {
        old.and_then(|old| read(old.resource, old.meta()).ok())
            .unwrap_or_default()
    };
    if !subresource.is_empty() {
        return stored();
    }
    if entries::is_reset(new.meta()) {
        return Vec::new();
    }
    match read(new.resource, new.meta()) {
        Ok(sent) if !sent.is_empty() => sent,
        _ => stored(),
    }
}

/// Who writes what.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Writer<'w> {
    /// The resource as which it is written.
    pub(crate) resource: &'static Resource,
    /// In whose name.
    pub(crate) manager: &'w str,
    /// Through which subresource; empty: none.
    pub(crate) subresource: &'w str,
    /// When.
    pub(crate) now: Timestamp,
}

impl Writer<'_> {
    /// The writer's entry, still without fields and time.
    pub(crate) fn entry(&self, operation: Operation) -> Entry {
        Entry {
            manager: self.manager.to_owned(),
            operation,
            api_version: self.resource.api_version(),
            subresource: self.subresource.to_owned(),
            time: None,
            fields: Set::default(),
        }
    }

    /// The entries after the writer made `new` out of `old` by an update; `None` when the two cannot be compared.
    pub(crate) fn updated(&self, mut entries: Vec<Entry>, old: &Map, new: &Map) -> Option<Vec<Entry>> {
        let mut difference = compare(self.resource.message, old, new).ok()?;
        for set in [&mut difference.changed, &mut difference.removed] {
            self.without_reset(set, Operation::Update);
        }
        entries.retain(|entry| is_shown_in(self.resource, &entry.api_version));
        for entry in &mut entries {
            entry.fields.subtract(&difference.changed);
            entry.fields.subtract(&difference.removed);
        }
        without_server_fields(&mut difference.changed);
        if !difference.changed.is_empty() {
            let mut own = self.entry(Operation::Update);
            let known = entries.iter().position(|entry| entry.is_of(&own));
            if let Some(at) = known {
                own.fields = entries.swap_remove(at).fields;
            }
            own.fields.union(&difference.changed);
            own.time = Some(self.now);
            entries.push(own);
        }
        entries.retain(|entry| !entry.fields.is_empty());
        entries::cap(&mut entries);
        Some(entries)
    }

    /// Takes out the fields that are put back to what they were, whatever the writer sends.
    ///
    /// Source: `GetResetFields` of the strategies.
    pub(crate) fn without_reset(&self, set: &mut Set, operation: Operation) {
        let reset: &[&[&str]] = match (self.resource.kind, self.subresource) {
            // A new namespace's finalizer is set before its managers are recorded.
            ("Namespace", "") if operation == Operation::Update => &[&["status"], &["spec", "finalizers"]],
            ("Namespace", "" | "finalize") | ("ResourceQuota" | "Service", "") => &[&["status"]],
            ("Namespace" | "ResourceQuota" | "Service", "status") => &[&["spec"]],
            ("CertificateSigningRequest", "") => &[&["spec"], &["status"]],
            ("CertificateSigningRequest", "status") => &[&["spec"], &["status", "conditions"]],
            ("CertificateSigningRequest", "approval") => &[&["spec"], &["status", "certificate"]],
            _ => &[],
        };
        for path in reset {
            set.remove(path);
        }
    }
}

/// Takes out what the server sets.
pub(crate) fn without_server_fields(set: &mut Set) {
    for path in OF_THE_SERVER {
        set.remove_only(path);
    }
}
