//! What each kind is and does over sealed storage: the table of kinds, the operations, the watch cache, and the
//! small controllers a store needs.

mod admitted;
mod apply;
mod cache;
pub mod certificates;
mod clock;
mod controllers;
mod error;
mod event;
mod found;
mod index;
mod key_locks;
mod keys;
pub mod kinds;
mod lasting;
pub mod managed;
mod ops;
mod options;
mod owner;
pub mod patch;
mod rbac;
mod registry;
mod selection;
mod service_spec;
mod services;
mod start;
mod status;
mod usage;
pub mod validate;
mod watch;
mod written;

pub use clock::{Clock, Ids, RandomIds, SUFFIX_ALPHABET, SUFFIX_LENGTH, SystemClock};
pub use controllers::{Keeping, TokenMaker};
pub use error::Error;
pub use event::{EventKind, EventSlot, FRAME_KEPT};
pub use found::{Found, Listing};
pub use index::{Index, Unreadable};
pub use lasting::Digest;
pub use ops::{KeptToken, Named, TokenOrder, manager};
pub use options::{Apply, DeleteOptions, GetOptions, ListOptions, Patch, WriteOptions};
pub use owner::Owner;
pub use purser_admission::LAST_APPLIED;
pub use registry::{Options, Registry};
pub use services::{AddressRange, PortRange, RangeError, ServiceRanges};
pub use watch::{WatchItem, WatchStream};
pub use written::{Deleted, Written};
