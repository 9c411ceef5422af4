//! What a watch may see of which is to be asked for each object. Judging may take opening, which waits.

use purser_authz::Permit;
use purser_encryption::SealedStore;

use super::WatchItem;
use super::change::Change;
use crate::admitted::admits;

/// What is sent when it has been judged.
pub(super) enum Unjudged {
    /// An object that was there from the start, or a bookmark, which has its place among the others.
    Item(WatchItem),
    /// An event.
    Change(Change),
}

/// What `permit` lets through, in order.
pub(super) async fn items(store: &SealedStore, permit: &Permit, unjudged: Vec<Unjudged>) -> Vec<WatchItem> {
    let mut items = Vec::new();
    for one in unjudged {
        match one {
            Unjudged::Item(item) => {
                let seen = match &item {
                    WatchItem::Event { found, .. } => admits(store, permit, found).await,
                    WatchItem::Bookmark { .. } => true,
                };
                items.extend(seen.then_some(item));
            }
            Unjudged::Change(mut change) => {
                for seen in [&mut change.previous, &mut change.current] {
                    if let Some(found) = seen
                        && !admits(store, permit, found).await
                    {
                        *seen = None;
                    }
                }
                items.extend(change.item());
            }
        }
        tokio::task::coop::consume_budget().await;
    }
    items
}
