//! What the writer is asked to do, and the bounds of a request.

use purser_store::{Outcome, Revision, StoreError, Transaction};
use tokio::sync::{OwnedSemaphorePermit, oneshot};

/// Bytes of all transactions that wait for the writer; beyond it callers wait.
pub(crate) const QUEUE_BYTES: u32 = 64 << 20;
/// What each waiting transaction counts beside its bytes: bounds how many wait.
const COMMAND_BYTES: usize = 1 << 10;
/// Transactions that share a flush.
pub(crate) const MAX_GROUP: usize = 1_024;
/// Bytes that share a flush, before the last transaction of the group.
pub(crate) const MAX_GROUP_BYTES: usize = 8 << 20;

/// Where an answer goes.
pub(crate) type Reply<T> = oneshot::Sender<Result<T, StoreError>>;

/// One request to the writer.
pub(crate) enum Command {
    /// Commit a transaction.
    Commit {
        transaction: Transaction,
        bytes: usize,
        reply: Reply<Outcome>,
        /// Its share of [`QUEUE_BYTES`], given back when the transaction is applied.
        _share: OwnedSemaphorePermit,
    },
    /// Forget history before a revision.
    Compact { revision: Revision, reply: Reply<()> },
    /// Finish what came before, and stop.
    Close,
}

/// A transaction's share of the queue.
pub(crate) fn share(bytes: usize) -> u32 {
    u32::try_from(bytes + COMMAND_BYTES)
        .unwrap_or(QUEUE_BYTES)
        .min(QUEUE_BYTES)
}
