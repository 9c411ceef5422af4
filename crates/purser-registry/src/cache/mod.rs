//! The watch cache: sealed objects and recent events of every resource, fed by one watch of the store.

mod event;
mod kinship;
mod learn;
mod pump;
pub(crate) mod read;
mod resource;
mod ring;
mod snapshots;
mod watchers;

use std::sync::Arc;

use crate::found::Found;

pub(crate) use event::CacheEvent;
pub(crate) use kinship::{Kinship, waits};
pub(crate) use pump::Caches;
pub(crate) use resource::{Next, ResourceCache};
pub(crate) use watchers::Scope;

/// Sealed objects by storage key; a clone shares everything and costs nothing.
pub(crate) type Objects = imbl::OrdMap<Arc<str>, Arc<Found>>;

/// A resource as of a revision.
#[derive(Debug, Clone)]
pub(crate) struct Snapshot {
    /// The objects.
    pub(crate) objects: Objects,
    /// The revision.
    pub(crate) revision: u64,
}
