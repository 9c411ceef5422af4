//! What a watch yields.

use std::pin::Pin;
use std::sync::Arc;

use futures_core::Stream;

use crate::error::StoreError;
use crate::record::{Record, Revision};

/// One change as a watcher sees it. A transaction's events share a revision and come in the order of its changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// The key's record after the change; for a deletion the last value, with `mod_revision` the deletion's.
    pub record: Record,
    /// What the key held before, `None` when it was created.
    pub previous: Option<Record>,
    /// Whether it was deleted.
    pub deleted: bool,
}

/// What a watch yields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Watched {
    /// All events of one revision that match.
    Events(Arc<[Event]>),
    /// Everything up to this revision has been delivered.
    Progress(Revision),
}

/// A watch; it ends after an error.
pub type WatchStream = Pin<Box<dyn Stream<Item = Result<Watched, StoreError>> + Send>>;
