//! How an HTTP/2 connection runs its requests.

use std::future::Future;
use std::task::{Context, Waker};

use hyper::rt::Executor;

/// Runs a request at once as far as it comes without waiting, and only then gives it a task of its own. Most reads
/// come to their end: they cost no task and no switch, and the answers to requests that arrived together leave
/// together. What takes long without waiting yields first, so that it does not hold up its connection.
#[derive(Debug, Clone, Copy)]
pub(super) struct AtOnce;

impl<F> Executor<F> for AtOnce
where
    F: Future<Output = ()> + Send + 'static,
{
    fn execute(&self, request: F) {
        let mut request = Box::pin(request);
        // Nobody needs to be woken: a request that waits is polled again by its task.
        let mut nobody = Context::from_waker(Waker::noop());
        if request.as_mut().poll(&mut nobody).is_pending() {
            tokio::spawn(request);
        }
    }
}
