//! A body that goes on for as long as somebody reads it. What it sends is made when the connection asks for it, so that
//! an event wakes one task and passes through no queue.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker, ready};
use std::time::Duration;

use bytes::Bytes;
use futures_core::Stream;
use parking_lot::Mutex;
use tokio::sync::oneshot;

use super::BodyError;

/// What is sent. After an error, and after its end, nothing more is asked for.
pub(crate) type Chunks = Pin<Box<dyn Stream<Item = Result<Bytes, BodyError>> + Send>>;

/// The body.
pub(crate) struct Live {
    state: Arc<Mutex<State>>,
    /// Dropped with the body.
    _told: oneshot::Sender<()>,
}

/// Ends a [`Live`] body; dropping it does.
pub(crate) struct Warden {
    state: Arc<Mutex<State>>,
    gone: oneshot::Receiver<()>,
}

struct State {
    /// `None`: it is over.
    chunks: Option<Chunks>,
    /// Who waits for the next chunk.
    reader: Option<Waker>,
    /// How many times the connection has asked.
    asked: u64,
}

/// A body of these chunks, and who ends it.
pub(crate) fn live(chunks: Chunks) -> (Live, Warden) {
    let state = Arc::new(Mutex::new(State {
        chunks: Some(chunks),
        reader: None,
        asked: 0,
    }));
    let (told, gone) = oneshot::channel();
    let live = Live {
        state: Arc::clone(&state),
        _told: told,
    };
    (live, Warden { state, gone })
}

impl Live {
    /// The next chunk; `None`: the body ends well.
    pub(super) fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, BodyError>>> {
        let mut state = self.state.lock();
        let state = &mut *state;
        state.asked += 1;
        let Some(chunks) = &mut state.chunks else {
            return Poll::Ready(None);
        };
        let chunk = chunks.as_mut().poll_next(context);
        if chunk.is_pending() {
            match &mut state.reader {
                Some(reader) => reader.clone_from(context.waker()),
                None => state.reader = Some(context.waker().clone()),
            }
        } else {
            state.reader = None;
        }
        let chunk = ready!(chunk);
        if !matches!(chunk, Some(Ok(_))) {
            state.chunks = None;
        }
        Poll::Ready(chunk)
    }
}

impl Warden {
    /// Returns when the body has been sent or given up, or when there was something to send and the reader has taken
    /// nothing for `stalled_after`; it may be twice that.
    pub(crate) async fn over(&mut self, stalled_after: Duration) {
        let mut before = None;
        loop {
            tokio::select! {
                // Nothing is ever sent.
                _ = &mut self.gone => return,
                () = tokio::time::sleep(stalled_after) => {}
            }
            let state = self.state.lock();
            let now = state.reader.is_none().then_some(state.asked);
            if now.is_some() && now == before {
                return;
            }
            before = now;
        }
    }
}

impl Drop for Warden {
    fn drop(&mut self) {
        let mut state = self.state.lock();
        let (chunks, reader) = (state.chunks.take(), state.reader.take());
        drop(state);
        drop(chunks);
        if let Some(reader) = reader {
            reader.wake();
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::stream;
    use http_body_util::BodyExt as _;

    use super::*;
    use crate::answer::Body;

    const LIMIT: Duration = Duration::from_secs(5);

    fn chunks(texts: &[&'static str]) -> impl Stream<Item = Result<Bytes, BodyError>> + use<> {
        stream::iter(
            texts
                .iter()
                .map(|text| Ok(Bytes::from_static(text.as_bytes())))
                .collect::<Vec<_>>(),
        )
    }

    #[tokio::test]
    async fn a_body_ends_when_its_chunks_do() {
        let (body, mut warden) = live(Box::pin(chunks(&["a", "b"])));
        assert_eq!(Body::live(body).collect().await.unwrap().to_bytes(), "ab");
        warden.over(LIMIT).await;
    }

    #[tokio::test]
    async fn a_body_ends_well_when_its_warden_leaves() {
        use futures_util::StreamExt as _;
        let (body, warden) = live(Box::pin(chunks(&["a"]).chain(stream::pending())));
        let mut body = Body::live(body);
        assert_eq!(body.frame().await.unwrap().unwrap().into_data().unwrap(), "a");
        let reading = tokio::spawn(async move { body.frame().await.is_none() });
        tokio::task::yield_now().await;
        drop(warden);
        assert!(reading.await.unwrap());
    }

    #[tokio::test]
    async fn a_body_breaks_off_with_an_error() {
        let (body, _warden) = live(Box::pin(stream::iter([Err(BodyError)])));
        assert_eq!(Body::live(body).collect().await.err(), Some(BodyError));
    }

    #[tokio::test(start_paused = true)]
    async fn a_reader_that_takes_nothing_is_told_from_one_that_waits() {
        use futures_util::StreamExt as _;
        let waits = live(Box::pin(stream::pending()));
        let mut body = Body::live(waits.0);
        let mut warden = waits.1;
        assert!(tokio::time::timeout(LIMIT / 10, body.frame()).await.is_err());
        assert!(
            tokio::time::timeout(LIMIT * 10, warden.over(LIMIT))
                .await
                .is_err()
        );

        let stalls = live(Box::pin(chunks(&["a"]).chain(stream::pending())));
        let mut body = Body::live(stalls.0);
        let mut warden = stalls.1;
        assert!(body.frame().await.is_some());
        let begun = tokio::time::Instant::now();
        warden.over(LIMIT).await;
        assert!(begun.elapsed() <= LIMIT * 2);
    }
}
