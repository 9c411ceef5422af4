//! The contract.

use futures_core::future::BoxFuture;

use crate::error::StoreError;
use crate::event::WatchStream;
use crate::record::{Page, Range, Record, Revision};
use crate::transaction::{Outcome, Transaction};

/// A revisioned, watchable key-value store.
pub trait Store: Send + Sync + 'static {
    /// The record of `key` now, linearizable.
    fn get<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<Record>, StoreError>>;

    /// The records of a range, linearizable when no revision is given. A revision after the current one answers
    /// `Future`, one before the oldest that is kept `Compacted`.
    fn range(&self, range: Range) -> BoxFuture<'_, Result<Page, StoreError>>;

    /// The first of the records from `start` to before `end`, as they are now: at most `limit` (not 0), fewer when they are
    /// large; none only when there are none. For who reads everything piece by piece: unlike a page of
    /// [`Store::range`] it need not cost a look at all that lies beyond.
    fn scan(
        &self,
        start: String,
        end: String,
        limit: usize,
    ) -> BoxFuture<'_, Result<Vec<Record>, StoreError>> {
        let range = Range {
            start,
            end,
            limit,
            revision: None,
        };
        Box::pin(async move { Ok(self.range(range).await?.records) })
    }

    /// Commits a transaction. `Committed` is answered only once it survives loss of power. Dropping the future
    /// does not undo a transaction that has been taken.
    fn commit(&self, transaction: Transaction) -> BoxFuture<'_, Result<Outcome, StoreError>>;

    /// Every change of keys under `prefix` with a revision greater than `after`, in order, none twice. Once it
    /// has caught up it tells its progress whenever the store is past its last event (or past `after`, when there was
    /// none), so that who waits for a revision need not wait for its keys to change. A watcher that does not keep up
    /// gets `Lagged`, one of a store that closes `Unavailable`; `after` is judged as a range's revision is.
    fn watch(&self, prefix: String, after: Revision) -> BoxFuture<'_, Result<WatchStream, StoreError>>;

    /// The current revision, linearizable.
    fn revision(&self) -> BoxFuture<'_, Result<Revision, StoreError>>;

    /// Whether writes are taken, for readiness: `Unavailable`, with the reason, while they are not.
    fn writable(&self) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(async { self.revision().await.map(drop) })
    }

    /// Forgets history before `revision`: reads at and watches after earlier ones answer `Compacted`; a read at it and
    /// a watch after it still work. A revision already forgotten is no error, one after the current is `Future`.
    fn compact(&self, revision: Revision) -> BoxFuture<'_, Result<(), StoreError>>;

    /// Stops: takes no more, finishes what it has, releases the files.
    fn close(&self) -> BoxFuture<'_, Result<(), StoreError>>;
}
