//! The body of an answer: all there, or made while it is sent.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Frame, SizeHint};
use tokio::sync::mpsc;

use super::Live;

/// How many frames of a streamed answer wait for a reader. With frames of about 64 KiB this bounds the plaintext
/// that one slow reader holds.
const FRAMES_WAITING: usize = 4;

/// Called once when the answer is over, sent or not.
pub(crate) type Finished = Box<dyn FnOnce() + Send + Sync>;

/// A body.
pub struct Body {
    content: Content,
    finished: OnDrop,
}

enum Content {
    Empty,
    Whole(Bytes),
    Frames(mpsc::Receiver<Sent>),
    Live(Live),
}

enum Sent {
    Frame(Bytes),
    End,
}

struct OnDrop(Option<Finished>);

impl Drop for OnDrop {
    fn drop(&mut self) {
        if let Some(finished) = self.0.take() {
            finished();
        }
    }
}

/// A streamed answer broke off: the connection (or the HTTP/2 stream) is ended so that the client notices.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the answer broke off")]
pub struct BodyError;

impl Body {
    /// No bytes.
    pub(crate) fn empty() -> Self {
        Self {
            content: Content::Empty,
            finished: OnDrop(None),
        }
    }

    /// These bytes.
    pub(crate) fn whole(bytes: Bytes) -> Self {
        let content = if bytes.is_empty() {
            Content::Empty
        } else {
            Content::Whole(bytes)
        };
        Self {
            content,
            finished: OnDrop(None),
        }
    }

    /// What goes on for as long as somebody reads it.
    pub(crate) fn live(live: Live) -> Self {
        Self {
            content: Content::Live(live),
            finished: OnDrop(None),
        }
    }

    /// The bytes of a body that is all there.
    pub(crate) fn bytes(&self) -> Option<&Bytes> {
        match &self.content {
            Content::Whole(bytes) => Some(bytes),
            Content::Empty | Content::Frames(_) | Content::Live(_) => None,
        }
    }

    /// Whether the body is made while it is sent.
    pub(crate) fn is_streamed(&self) -> bool {
        matches!(self.content, Content::Frames(_) | Content::Live(_))
    }

    /// Calls `finished` when the body has been sent or given up, after what was to be called before.
    pub(crate) fn also_on_finish(&mut self, finished: Finished) {
        let all: Finished = match self.finished.0.take() {
            None => finished,
            Some(earlier) => Box::new(move || {
                earlier();
                finished();
            }),
        };
        self.finished = OnDrop(Some(all));
    }
}

/// Where the maker of a streamed body puts its frames. Dropping it without [`FrameSender::end`] breaks the answer
/// off.
pub(crate) struct FrameSender {
    frames: mpsc::Sender<Sent>,
    stalled_after: Duration,
}

/// The reader is gone, or has not taken a frame for too long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ReaderGone;

/// A streamed body and where to put its frames; a reader that takes none for `stalled_after` is given up.
pub(crate) fn frames(stalled_after: Duration) -> (FrameSender, Body) {
    let (frames, receiver) = mpsc::channel(FRAMES_WAITING);
    (
        FrameSender {
            frames,
            stalled_after,
        },
        Body {
            content: Content::Frames(receiver),
            finished: OnDrop(None),
        },
    )
}

impl FrameSender {
    /// Sends a frame.
    pub(crate) async fn send(&self, frame: Bytes) -> Result<(), ReaderGone> {
        self.put(Sent::Frame(frame)).await
    }

    /// Ends the body well.
    pub(crate) async fn end(self) {
        // A reader that is gone does not need to be told.
        let _ = self.put(Sent::End).await;
    }

    async fn put(&self, sent: Sent) -> Result<(), ReaderGone> {
        match self.frames.try_send(sent) {
            Ok(()) => Ok(()),
            Err(mpsc::error::TrySendError::Closed(_)) => Err(ReaderGone),
            Err(mpsc::error::TrySendError::Full(sent)) => self
                .frames
                .send_timeout(sent, self.stalled_after)
                .await
                .map_err(|_| ReaderGone),
        }
    }
}

impl http_body::Body for Body {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        match &mut self.content {
            Content::Empty => Poll::Ready(None),
            Content::Whole(bytes) => {
                let bytes = std::mem::take(bytes);
                self.content = Content::Empty;
                Poll::Ready(Some(Ok(Frame::data(bytes))))
            }
            Content::Live(live) => {
                let chunk = std::task::ready!(live.poll_next(context));
                if !matches!(chunk, Some(Ok(_))) {
                    self.content = Content::Empty;
                }
                Poll::Ready(chunk.map(|chunk| chunk.map(Frame::data)))
            }
            Content::Frames(frames) => {
                let sent = std::task::ready!(frames.poll_recv(context));
                Poll::Ready(match sent {
                    Some(Sent::Frame(bytes)) => Some(Ok(Frame::data(bytes))),
                    Some(Sent::End) => {
                        self.content = Content::Empty;
                        None
                    }
                    None => {
                        self.content = Content::Empty;
                        Some(Err(BodyError))
                    }
                })
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        matches!(self.content, Content::Empty)
    }

    fn size_hint(&self) -> SizeHint {
        match &self.content {
            Content::Empty => SizeHint::with_exact(0),
            Content::Whole(bytes) => SizeHint::with_exact(u64::try_from(bytes.len()).unwrap_or(u64::MAX)),
            Content::Frames(_) | Content::Live(_) => SizeHint::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt;

    use super::*;

    #[tokio::test]
    async fn a_streamed_body_ends_well_or_breaks_off() {
        let (sender, body) = frames(Duration::from_secs(1));
        sender.send(Bytes::from_static(b"ab")).await.unwrap();
        sender.send(Bytes::from_static(b"c")).await.unwrap();
        sender.end().await;
        assert_eq!(body.collect().await.unwrap().to_bytes(), "abc");

        let (sender, body) = frames(Duration::from_secs(1));
        sender.send(Bytes::from_static(b"ab")).await.unwrap();
        drop(sender);
        assert_eq!(body.collect().await.err(), Some(BodyError));
    }

    #[tokio::test(start_paused = true)]
    async fn a_reader_that_stalls_is_given_up() {
        let (sender, body) = frames(Duration::from_secs(1));
        for _ in 0..FRAMES_WAITING {
            sender.send(Bytes::from_static(b"x")).await.unwrap();
        }
        assert_eq!(sender.send(Bytes::from_static(b"x")).await, Err(ReaderGone));
        drop(body);
        assert_eq!(sender.send(Bytes::from_static(b"x")).await, Err(ReaderGone));
    }

    #[test]
    fn the_end_is_told_once() {
        let (told, telling) = std::sync::mpsc::channel();
        let mut body = Body::whole(Bytes::from_static(b"x"));
        body.also_on_finish(Box::new(move || told.send(()).unwrap()));
        drop(body);
        assert_eq!(telling.try_iter().count(), 1);
    }
}
