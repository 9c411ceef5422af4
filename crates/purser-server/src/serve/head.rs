//! Ends connections whose peer begins the head of a request and does not finish it.
//!
//! Of HTTP/1 the library has one timer for the head, which also runs while a connection that is kept alive waits for its
//! next request, and must therefore be the longer of the two bounds. Of HTTP/2 it has none.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Sleep;

use super::activity::Activity;

/// Follows what is read, to know whether the head of a request is unfinished.
pub(super) trait Heads: Unpin {
    /// More came.
    fn came(&mut self, bytes: &[u8]);

    /// The number of the head that has begun and is not finished.
    fn unfinished(&mut self) -> Option<u64>;
}

/// Those of HTTP/1: one has begun when bytes come while no request is under way.
pub(super) struct FirstHeads {
    activity: Arc<Activity>,
    begun: bool,
}

impl FirstHeads {
    /// Of the requests that are counted in `activity`.
    pub(super) fn new(activity: Arc<Activity>) -> Self {
        Self {
            activity,
            begun: false,
        }
    }
}

impl Heads for FirstHeads {
    fn came(&mut self, _bytes: &[u8]) {
        self.begun |= !self.activity.in_use();
    }

    fn unfinished(&mut self) -> Option<u64> {
        self.begun &= !self.activity.in_use();
        self.begun.then_some(0)
    }
}

/// A stream whose reads fail when a head that has begun is not finished within `limit`.
pub(super) struct HeadGuard<S, H> {
    inner: S,
    limit: Duration,
    heads: H,
    /// Which head, and when it is late.
    begun: Option<(u64, Pin<Box<Sleep>>)>,
}

impl<S, H: Heads> HeadGuard<S, H> {
    /// Guards `inner`.
    pub(super) fn new(inner: S, limit: Duration, heads: H) -> Self {
        Self {
            inner,
            limit,
            heads,
            begun: None,
        }
    }

    /// Whether the head that has begun takes too long.
    fn is_late(&mut self, context: &mut Context<'_>) -> bool {
        let unfinished = self.heads.unfinished();
        self.begun.take_if(|(number, _)| unfinished != Some(*number));
        let begun = self.begun.as_mut();
        begun.is_some_and(|(_, late)| late.as_mut().poll(context).is_ready())
    }
}

impl<S: AsyncRead + Unpin, H: Heads> AsyncRead for HeadGuard<S, H> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.is_late(context) {
            let why = "the head of a request takes too long";
            return Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, why)));
        }
        let before = buffer.filled().len();
        let poll = Pin::new(&mut self.inner).poll_read(context, buffer);
        if let Some(came) = buffer.filled().get(before..).filter(|came| !came.is_empty()) {
            self.heads.came(came);
            let unfinished = self.heads.unfinished();
            let known = self.begun.as_ref().map(|(number, _)| *number);
            if unfinished != known {
                self.begun = unfinished.map(|number| (number, Box::pin(tokio::time::sleep(self.limit))));
            }
        }
        poll
    }
}

impl<S: AsyncWrite + Unpin, H: Heads> AsyncWrite for HeadGuard<S, H> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    const LIMIT: Duration = Duration::from_secs(5);

    #[tokio::test(start_paused = true)]
    async fn a_head_that_is_not_finished_ends_the_connection() {
        let (ours, mut theirs) = tokio::io::duplex(16);
        let mut guarded = HeadGuard::new(ours, LIMIT, FirstHeads::new(Activity::new()));
        theirs.write_all(b"G").await.unwrap();
        assert_eq!(guarded.read_u8().await.unwrap(), b'G');
        let dribble = tokio::spawn(async move {
            for _ in 0..10 {
                tokio::time::sleep(LIMIT / 3).await;
                let _ = theirs.write_all(b"E").await;
            }
        });
        let mut rest = Vec::new();
        let error = guarded.read_to_end(&mut rest).await.unwrap_err();
        assert_eq!((error.kind(), rest.len()), (io::ErrorKind::TimedOut, 2));
        dribble.abort();
    }

    #[tokio::test(start_paused = true)]
    async fn waiting_for_a_request_or_for_the_body_of_one_takes_as_long_as_it_takes() {
        let (ours, mut theirs) = tokio::io::duplex(16);
        let activity = Activity::new();
        let mut guarded = HeadGuard::new(ours, LIMIT, FirstHeads::new(Arc::clone(&activity)));
        let waited = tokio::time::timeout(LIMIT * 2, guarded.read_u8()).await;
        assert!(waited.is_err(), "nothing has begun");
        theirs.write_all(b"G").await.unwrap();
        guarded.read_u8().await.unwrap();
        let active = activity.begin();
        let waited = tokio::time::timeout(LIMIT * 2, guarded.read_u8()).await;
        assert!(waited.is_err(), "the head is read");
        drop(active);
        let waited = tokio::time::timeout(LIMIT * 2, guarded.read_u8()).await;
        assert!(waited.is_err(), "the next has not begun");
    }
}
