//! What a watch may see of which is to be asked for each object. Judging may take opening, which waits.

use purser_authz::Permit;
use purser_encryption::SealedStore;

use super::WatchItem;
use super::change::Change;
use crate::admitted::admits;
use crate::cache::ResourceCache;
use crate::error::Error;
use crate::found::Found;

/// What is sent when it has been judged.
pub(super) enum Unjudged {
    /// An object that was there from the start, or a bookmark, which has its place among the others.
    Item(WatchItem),
    /// An event.
    Change(Change),
}

/// Who judges for one watch.
pub(super) struct Judge {
    /// What may be seen.
    pub(super) permit: Permit,
    /// Where the watch starts.
    pub(super) from: u64,
    /// How far things had come when it did: what was before is told again.
    pub(super) until: u64,
}

/// What an object has become since it was as an event has it.
enum Since {
    /// It may be seen now, as well.
    Seen,
    /// It may not be seen any more.
    Hidden,
    /// It is gone.
    Gone,
}

impl Judge {
    /// What the permit lets through, in order.
    ///
    /// # Errors
    /// 410 when what was cannot be told without showing what may not be seen any more: who asks lists anew.
    pub(super) async fn items(
        &self,
        store: &SealedStore,
        present: &ResourceCache,
        unjudged: Vec<Unjudged>,
    ) -> Result<Vec<WatchItem>, Error> {
        let mut items = Vec::new();
        for one in unjudged {
            match one {
                Unjudged::Item(item) => {
                    let seen = match &item {
                        WatchItem::Event { found, .. } => admits(store, &self.permit, found).await,
                        WatchItem::Bookmark { .. } => true,
                    };
                    items.extend(seen.then_some(item));
                }
                Unjudged::Change(change) => {
                    items.extend(self.item(store, present, change).await?);
                }
            }
            tokio::task::coop::consume_budget().await;
        }
        Ok(items)
    }

    async fn item(
        &self,
        store: &SealedStore,
        present: &ResourceCache,
        mut change: Change,
    ) -> Result<Option<WatchItem>, Error> {
        for seen in [&mut change.previous, &mut change.current] {
            if let Some(found) = seen
                && !admits(store, &self.permit, found).await
            {
                *seen = None;
            }
        }
        let Some(found) = change.current.as_ref().or(change.previous.as_ref()) else {
            return Ok(None);
        };
        if change.revision > self.until {
            return Ok(change.item());
        }
        match (self.since(store, present, found).await, &change.current) {
            (Since::Seen, _) => Ok(change.item()),
            // Its end follows, if it may be seen.
            (Since::Gone, Some(_)) => Ok(None),
            (Since::Gone, None) if change.deleted => Ok(change.item()),
            (Since::Gone | Since::Hidden, _) => Err(Error::WatchExpired {
                asked: self.from,
                oldest: self.until,
            }),
        }
    }

    async fn since(&self, store: &SealedStore, present: &ResourceCache, found: &Found) -> Since {
        let present = present.get(&found.key);
        match present.filter(|present| present.index.uid == found.index.uid) {
            None => Since::Gone,
            Some(present) => match admits(store, &self.permit, &present).await {
                true => Since::Seen,
                false => Since::Hidden,
            },
        }
    }
}
