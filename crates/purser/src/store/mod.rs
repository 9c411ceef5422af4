//! Where the data is: in a directory here, or in etcd.

mod embedded;
mod etcd;
mod flags;

use std::fs::File;
use std::sync::Arc;

use purser_store::Store;
use purser_store_embedded::EmbeddedStore;
use purser_store_etcd::EtcdStore;

pub(crate) use embedded::open;
pub(crate) use flags::{EtcdFlags, EtcdMembers};

use crate::error::Error;
use crate::initialised::Marks;
use crate::layout::Layout;

/// Opens what these members keep, for who serves nothing of it; history is left alone.
///
/// # Errors
/// When the client's key is open to others, the way to a member is not safe, or none answers.
pub(crate) async fn open_members(members: &EtcdMembers) -> Result<EtcdStore, Error> {
    etcd::open(members, members.options()).await
}

/// The store that a server serves.
pub(crate) enum Opened {
    /// In the data directory.
    Embedded(Arc<EmbeddedStore>),
    /// In etcd; no other server uses the data directory meanwhile.
    Etcd(Arc<EtcdStore>, #[expect(dead_code, reason = "it is held")] File),
}

impl Opened {
    /// Opens the one that the flags name.
    ///
    /// # Errors
    /// When the data directory is another's, or the store cannot be used.
    pub(crate) async fn of(flags: &EtcdFlags, layout: &Layout, marks: &Marks) -> Result<Self, Error> {
        if !flags.are_given() {
            return Ok(Self::Embedded(Arc::new(open(layout, marks)?)));
        }
        let lock = etcd::hold(layout)?;
        Ok(Self::Etcd(
            Arc::new(etcd::open(&flags.members, flags.options()).await?),
            lock,
        ))
    }

    /// It, as everything above it sees it.
    pub(crate) fn store(&self) -> Arc<dyn Store> {
        match self {
            Self::Embedded(store) => Arc::clone(store) as Arc<dyn Store>,
            Self::Etcd(store, _) => Arc::clone(store) as Arc<dyn Store>,
        }
    }
}
