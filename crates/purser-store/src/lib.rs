//! The contract of a revisioned, watchable key-value store, and the suite that every store passes.
//!
//! The model is etcd's: one counter, the *revision*, starts at 1 and grows by one with every committed
//! transaction; every key carries the revision that created it and the one that last changed it. Keys are UTF-8
//! paths (`/registry/secrets/ns/name`); values are opaque (always sealed: `purser-encryption` is the only caller).

mod bounds;
mod contract;
mod error;
mod event;
mod follow;
mod keyspace;
mod recent;
mod record;
#[cfg(feature = "suite")]
pub mod suite;
mod transaction;

pub use bounds::measure;
pub use contract::Store;
pub use error::StoreError;
pub use event::{Event, WatchStream, Watched};
pub use follow::{Cursor, Follow};
pub use keyspace::{BadPrefix, Keyspace};
pub use recent::{After, Recent};
pub use record::{Page, Range, Record, Revision, prefix_end};
pub use transaction::{Change, Check, Outcome, Transaction};
