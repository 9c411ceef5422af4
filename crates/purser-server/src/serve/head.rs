//! Ends connections whose peer begins the head of a request and does not finish it.
//!
//! The HTTP library has one timer for the head, which also runs while a connection that is kept alive waits for its
//! next request, and must therefore be the longer of the two bounds.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Sleep;

use super::activity::Activity;

/// A stream whose reads fail when bytes came while no request was under way, and within `limit` none was.
pub(super) struct HeadGuard<S> {
    inner: S,
    limit: Duration,
    activity: Arc<Activity>,
    begun: Option<Pin<Box<Sleep>>>,
}

impl<S> HeadGuard<S> {
    /// Guards `inner`, whose requests are counted in `activity`.
    pub(super) fn new(inner: S, limit: Duration, activity: Arc<Activity>) -> Self {
        Self {
            inner,
            limit,
            activity,
            begun: None,
        }
    }

    /// Whether the head that has begun takes too long.
    fn is_late(&mut self, context: &mut Context<'_>) -> bool {
        if self.activity.in_use() {
            self.begun = None;
        }
        let begun = self.begun.as_mut();
        begun.is_some_and(|begun| begun.as_mut().poll(context).is_ready())
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for HeadGuard<S> {
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
        let came = matches!(poll, Poll::Ready(Ok(()))) && buffer.filled().len() > before;
        if came && self.begun.is_none() && !self.activity.in_use() {
            self.begun = Some(Box::pin(tokio::time::sleep(self.limit)));
        }
        poll
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for HeadGuard<S> {
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
        let mut guarded = HeadGuard::new(ours, LIMIT, Activity::new());
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
        let mut guarded = HeadGuard::new(ours, LIMIT, Arc::clone(&activity));
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
