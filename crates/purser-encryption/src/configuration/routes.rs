//! Which transformer keeps which storage key.

use std::sync::Arc;

use arc_swap::ArcSwap;
use bytes::Bytes;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;

use crate::transformer::{OpenError, Opened, ProviderInfo, SealError, Transformer};

/// A transformer for each tree of storage keys; can be changed as a whole while it is used, so that a file can be
/// read again without a failed request: what began with the old ones ends with them.
pub struct Routes {
    now: ArcSwap<Table>,
}

/// The trees, by prefix.
struct Table {
    trees: Vec<(String, Arc<dyn Transformer>)>,
    otherwise: Arc<dyn Transformer>,
}

impl Table {
    fn new(mut trees: Vec<(String, Arc<dyn Transformer>)>, otherwise: Arc<dyn Transformer>) -> Self {
        trees.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
        Self { trees, otherwise }
    }

    /// What keeps `key`: the tree with the longest prefix of it, which is the last of those that are not after it, unless
    /// trees below the key's own come between.
    fn of(&self, key: &str) -> &Arc<dyn Transformer> {
        let after = self.trees.partition_point(|(prefix, _)| prefix.as_str() <= key);
        let mut before = self.trees.iter().take(after).rev();
        let tree = before.find(|(prefix, _)| key.starts_with(prefix.as_str()));
        tree.map_or(&self.otherwise, |(_, transformer)| transformer)
    }
}

impl Routes {
    /// `trees` are prefixes of storage keys (`/registry/secrets/`) with what keeps them; what is in none of them is
    /// kept by `otherwise`.
    #[must_use]
    pub fn new(trees: Vec<(String, Arc<dyn Transformer>)>, otherwise: Arc<dyn Transformer>) -> Self {
        Self {
            now: ArcSwap::from_pointee(Table::new(trees, otherwise)),
        }
    }

    /// Changes all of it at once.
    pub fn change(&self, trees: Vec<(String, Arc<dyn Transformer>)>, otherwise: Arc<dyn Transformer>) {
        self.now.store(Arc::new(Table::new(trees, otherwise)));
    }

    /// What keeps `key` now.
    #[must_use]
    pub fn of(&self, key: &str) -> Arc<dyn Transformer> {
        Arc::clone(self.now.load().of(key))
    }
}

impl Transformer for Routes {
    fn seal<'a>(&'a self, key: &'a str, plaintext: &'a [u8]) -> BoxFuture<'a, Result<Bytes, SealError>> {
        let transformer = self.of(key);
        async move { transformer.seal(key, plaintext).await }.boxed()
    }

    fn open<'a>(&'a self, key: &'a str, stored: &'a [u8]) -> BoxFuture<'a, Result<Opened, OpenError>> {
        let transformer = self.of(key);
        async move { transformer.open(key, stored).await }.boxed()
    }

    fn open_now(&self, key: &str, stored: &[u8]) -> Option<Result<Opened, OpenError>> {
        self.now.load().of(key).open_now(key, stored)
    }

    fn info(&self) -> ProviderInfo {
        self.now.load().otherwise.info()
    }
}
