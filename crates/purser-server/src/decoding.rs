//! How much is decoded at once, and where.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::sync::{Semaphore, SemaphorePermit};

/// Most bytes of bodies at once from which objects are made: two of the longest and some more. A tree of small values
/// takes many times the room of its text.
const BYTES_AT_ONCE: u32 = 8 * 1024 * 1024;
/// A body longer than this, bytes, is not decoded where other requests wait for their turn.
const LARGE: usize = 64 * 1024;

/// The bound on what is decoded at once, in bytes.
#[derive(Debug)]
pub(crate) struct Decoding(Semaphore);

/// A body's share of it, given back when dropped: once nothing is left of what was made from the body.
#[derive(Debug)]
pub(crate) struct Share<'d> {
    bytes: usize,
    _permit: Option<SemaphorePermit<'d>>,
}

impl Decoding {
    /// The bound, of which nothing is taken.
    pub(crate) fn new() -> Self {
        let bytes = usize::try_from(BYTES_AT_ONCE).unwrap_or(Semaphore::MAX_PERMITS);
        Self(Semaphore::new(bytes))
    }

    /// Waits for the share of a body of `bytes`. One beyond the bound waits to be alone.
    pub(crate) async fn share(&self, bytes: usize) -> Share<'_> {
        let weight = u32::try_from(bytes).unwrap_or(u32::MAX).min(BYTES_AT_ONCE);
        Share {
            bytes,
            // It is never closed.
            _permit: self.0.acquire_many(weight).await.ok(),
        }
    }
}

impl Share<'_> {
    /// Does what is to be done with the body; with a large one so that other tasks go on meanwhile.
    pub(crate) async fn spend<T>(&self, work: impl Future<Output = T>) -> T {
        if self.bytes <= LARGE {
            return work.await;
        }
        // A request that has run as a part of its connection so far gets a task of its own.
        tokio::task::yield_now().await;
        Aside(Box::pin(work)).await
    }
}

/// Work that takes long each time it is polled: the thread's other tasks are handed to another thread.
struct Aside<F>(Pin<Box<F>>);

impl<F: Future> Future for Aside<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let work = self.0.as_mut();
        match Handle::current().runtime_flavor() {
            // There is no other thread.
            RuntimeFlavor::CurrentThread => work.poll(context),
            _ => tokio::task::block_in_place(|| work.poll(context)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const MEGABYTES: usize = 1_000_000;

    #[tokio::test(start_paused = true)]
    async fn bodies_that_are_too_much_together_wait_for_each_other() {
        let decoding = Decoding::new();
        let wait = Duration::from_secs(1);
        let first = decoding.share(3 * MEGABYTES).await;
        let _second = decoding.share(3 * MEGABYTES).await;
        let third = tokio::time::timeout(wait, decoding.share(3 * MEGABYTES)).await;
        assert!(third.is_err());
        assert!(
            tokio::time::timeout(wait, decoding.share(MEGABYTES))
                .await
                .is_ok()
        );
        drop(first);
        assert!(
            tokio::time::timeout(wait, decoding.share(3 * MEGABYTES))
                .await
                .is_ok()
        );
    }

    #[tokio::test]
    async fn a_body_beyond_the_bound_has_it_alone() {
        let decoding = Decoding::new();
        let _all = decoding.share(100 * MEGABYTES).await;
        let more = tokio::time::timeout(Duration::from_millis(10), decoding.share(1)).await;
        assert!(more.is_err());
    }

    #[test]
    fn other_tasks_go_on_while_a_large_body_is_decoded() {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .build()
            .unwrap();
        let (begun, has_begun) = std::sync::mpsc::channel();
        let (other, others_turn) = std::sync::mpsc::channel();
        let large = runtime.spawn(async move {
            let decoding = Decoding::new();
            let share = decoding.share(LARGE + 1).await;
            let work = async move {
                begun.send(()).unwrap();
                others_turn.recv_timeout(Duration::from_secs(10)).is_ok()
            };
            share.spend(work).await
        });
        has_begun.recv().unwrap();
        runtime.spawn(async move { other.send(()).unwrap() });
        assert!(runtime.block_on(large).unwrap());
    }
}
