//! Who set which field: `metadata.managedFields`, for managers that create, update and patch. (Server-side apply
//! has its own rules and is not here yet.)
//!
//! Source: `k8s.io/apimachinery/pkg/util/managedfields/internal`, and `Updater.Update` of structured-merge-diff.

mod compare;
mod entries;
mod set;

use purser_types::resource::NAMESPACES;
use purser_types::time::Timestamp;
use purser_types::{Map, Object, Resource};

use compare::compare;
use entries::{Entry, is_reset};
use set::Set;

/// What the server sets, of which nobody is the manager.
const OF_THE_SERVER: &[&[&str]] = &[
    &["f:apiVersion"],
    &["f:kind"],
    &["f:metadata", "f:name"],
    &["f:metadata", "f:namespace"],
    &["f:metadata", "f:creationTimestamp"],
    &["f:metadata", "f:selfLink"],
    &["f:metadata", "f:uid"],
    &["f:metadata", "f:generation"],
    &["f:metadata", "f:managedFields"],
    &["f:metadata", "f:resourceVersion"],
];
/// What only subresources of a Namespace set.
const OF_NAMESPACE_SUBRESOURCES: &[&[&str]] = &[&["f:status"], &["f:spec", "f:finalizers"]];

/// Records that `manager` made `new` out of `old` (`None`: created it). It runs when defaults are set and
/// `stringData` is folded, and before anything that only the server does.
pub fn record_update(new: &mut Object, old: Option<&Object>, manager: &str, now: Timestamp) {
    let resource = new.resource;
    let mut entries = current_entries(new.meta(), old.map(Object::meta));
    if entries.is_empty() && old.is_some() {
        // Nothing was recorded, or it was to be forgotten: an update does not begin anew.
        new.meta_mut().remove("managedFields");
        return;
    }
    let empty = Map::new();
    let mut difference = compare(resource.message, old.map_or(&empty, |old| &old.body), &new.body);
    for set in [&mut difference.changed, &mut difference.removed] {
        without_server_fields(set, resource);
    }
    for entry in &mut entries {
        entry.fields.subtract(&difference.changed);
        entry.fields.subtract(&difference.removed);
    }
    if !difference.changed.is_empty() {
        take(
            &mut entries,
            Entry::update(manager, resource.api_version(), now),
            difference.changed,
        );
    }
    entries.retain(|entry| !entry.fields.is_empty());
    entries::write(new.meta_mut(), entries);
}

/// What the request sent, when it can be read, else what was stored.
fn current_entries(new: &Map, old: Option<&Map>) -> Vec<Entry> {
    if is_reset(new) {
        return Vec::new();
    }
    let sent = entries::read(new).filter(|entries| !entries.is_empty());
    sent.or_else(|| entries::read(old?)).unwrap_or_default()
}

fn take(entries: &mut Vec<Entry>, mut entry: Entry, changed: Set) {
    match entries.iter_mut().find(|existing| existing.is_of(&entry)) {
        Some(existing) => {
            existing.fields.union(&changed);
            existing.time = entry.time;
        }
        None => {
            entry.fields = changed;
            entries.push(entry);
        }
    }
}

fn without_server_fields(set: &mut Set, resource: &Resource) {
    let more = if resource == &NAMESPACES {
        OF_NAMESPACE_SUBRESOURCES
    } else {
        &[]
    };
    for path in OF_THE_SERVER.iter().chain(more) {
        set.remove(path);
    }
}
