//! What the collection of garbage writes. Every write is on the condition that the object is the one that was seen, and
//! a deletion that it has not changed since.

use purser_types::resource::Resource;
use purser_types::{Key, Object, Value};

use crate::cache::read;
use crate::controllers::{MANAGER, is_status, options, permits};
use crate::error::Error;
use crate::found::Found;
use crate::options::DeleteOptions;
use crate::registry::Registry;

const OWNERS: &str = "ownerReferences";
const FINALIZERS: &str = "finalizers";

/// What a deletion does about dependents.
#[derive(Debug, Clone, Copy)]
pub(super) enum Policy {
    /// They go after it.
    Background,
    /// They go before it.
    Foreground,
    /// They stay.
    Orphan,
}

impl Policy {
    fn as_str(self) -> &'static str {
        match self {
            Self::Background => "Background",
            Self::Foreground => "Foreground",
            Self::Orphan => "Orphan",
        }
    }
}

/// Deletes an object, unless it is another by now or has changed.
///
/// # Errors
/// As [`Registry::delete`]; that it is gone is none.
pub(super) async fn delete(registry: &Registry, found: &Found, policy: Policy) -> Result<(), Error> {
    let permit = permits::delete(found.resource, &found.index.namespace, &found.index.name);
    let options = DeleteOptions {
        precondition_uid: Some(found.index.uid.to_string()),
        precondition_resource_version: Some(found.revision.to_string()),
        propagation_policy: Some(policy.as_str().to_owned()),
        ..DeleteOptions::default()
    };
    unless_gone(registry.delete(&permit, &options).await.map(drop))
}

/// Takes the owners of these uids away from an object.
///
/// # Errors
/// As [`Registry::update`]; that it is gone is none.
pub(super) async fn release(registry: &Registry, found: &Found, uids: &[&str]) -> Result<(), Error> {
    if uids.is_empty() {
        return Ok(());
    }
    change(registry, found, |object| {
        retain(object, OWNERS, |owner| {
            let uid = owner.as_map().and_then(|owner| owner.get("uid")?.as_str());
            !uid.is_some_and(|uid| uids.contains(&uid))
        });
    })
    .await
}

/// Lets no owner wait for an object.
///
/// # Errors
/// As [`release`].
pub(super) async fn unblock(registry: &Registry, found: &Found) -> Result<(), Error> {
    change(registry, found, |object| {
        let owners = object.meta_mut().get_mut(OWNERS);
        let Some(Value::List(owners)) = owners else { return };
        for owner in owners.iter_mut().filter_map(Value::as_map_mut) {
            if owner.contains_key("blockOwnerDeletion") {
                owner.insert(Key::Borrowed("blockOwnerDeletion"), Value::Bool(false));
            }
        }
    })
    .await
}

/// Takes a finalizer away, with which the object goes if it was the last.
///
/// # Errors
/// As [`release`].
pub(super) async fn remove_finalizer(registry: &Registry, found: &Found, name: &str) -> Result<(), Error> {
    change(registry, found, |object| {
        retain(object, FINALIZERS, |finalizer| finalizer.as_str() != Some(name));
    })
    .await
}

/// Changes the object that was seen, as it is now; a 409 if it changes meanwhile.
async fn change(registry: &Registry, found: &Found, edit: impl FnOnce(&mut Object)) -> Result<(), Error> {
    let Some(record) = registry.store.sealed().get(&found.key).await? else {
        return Ok(());
    };
    let Some(kind) = crate::kinds::kind(found.resource) else {
        return Err(Error::NotServed);
    };
    let mut object = read::open(&registry.store, kind, &record).await?.object;
    if object.uid() != &*found.index.uid {
        return Ok(());
    }
    edit(&mut object);
    object.set_meta_str("resourceVersion", &record.mod_revision.to_string());
    let resource: &'static Resource = found.resource;
    let permit = permits::update(resource, &found.index.namespace, &found.index.name);
    let written = registry.update(&permit, object, &options(MANAGER)).await;
    unless_gone(written.map(drop))
}

fn retain(object: &mut Object, field: &'static str, keep: impl Fn(&Value) -> bool) {
    let meta = object.meta_mut();
    if let Some(Value::List(list)) = meta.get_mut(field) {
        list.retain(|item| keep(item));
        if list.is_empty() {
            meta.remove(field);
        }
    }
}

fn unless_gone(outcome: Result<(), Error>) -> Result<(), Error> {
    match outcome {
        Err(error) if is_status(&error, 404) => Ok(()),
        outcome => outcome,
    }
}
