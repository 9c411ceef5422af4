//! The frames of a watch, made as they are asked for.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_core::Stream;
use futures_util::future::BoxFuture;
use prometheus_client::metrics::counter::Counter;
use purser_registry::{EventKind, EventSlot, Found, WatchItem, WatchStream};
use purser_types::{Plaintext, Status};

use crate::answer::{shared as shared_bytes, wiped};
use crate::encode::{Document, EncodeError, Style, bookmark_frame, error_frame, event_frame, frame_format};
use crate::shared::Shared;

/// The frames of one watch.
pub(super) struct Frames {
    pub(super) shared: Arc<Shared>,
    pub(super) watch: WatchStream,
    pub(super) document: Document,
    pub(super) style: Style,
    pub(super) events: Counter,
    /// The first watch that comes to an event encodes it; `None`: it cannot be read.
    pub(super) making: Option<BoxFuture<'static, Option<Bytes>>>,
}

impl Frames {
    fn event(&mut self, kind: EventKind, found: Arc<Found>, slot: Arc<EventSlot>) -> Option<Bytes> {
        let format = frame_format(&self.document, &self.style);
        let known = slot.known(kind, format).map(shared_bytes);
        if known.is_none() {
            let (shared, document, style) = (Arc::clone(&self.shared), self.document, self.style);
            self.making = Some(Box::pin(async move {
                let encode = async {
                    let stored = shared.registry.open(&found).await?;
                    let frame = event_frame(kind, &document, stored.expose(), found.revision, &style)?;
                    Ok::<_, EncodeError>(Plaintext::new(frame))
                };
                match slot.frame(kind, format, encode).await {
                    Ok(frame) => Some(shared_bytes(frame)),
                    Err(error) => {
                        tracing::warn!(key = %found.key, %error, "an object cannot be read and is left out of a watch");
                        None
                    }
                }
            }));
        }
        known
    }

    fn count(&mut self) {
        self.document.columns = false;
        self.events.inc();
    }
}

impl Stream for Frames {
    type Item = Bytes;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Bytes>> {
        let this = &mut *self;
        loop {
            let frame = if let Some(making) = &mut this.making {
                let made = ready!(making.as_mut().poll(context));
                this.making = None;
                made
            } else {
                match ready!(this.watch.as_mut().poll_next(context)) {
                    Some(Ok(WatchItem::Event { kind, found, slot })) => this.event(kind, found, slot),
                    Some(Ok(WatchItem::Bookmark {
                        revision,
                        initial_events_end,
                    })) => Some(wiped(bookmark_frame(
                        &this.document,
                        revision,
                        initial_events_end,
                        &this.style,
                    ))),
                    // INVARIANT: a watch ends after an error.
                    Some(Err(error)) => {
                        return Poll::Ready(Some(wiped(error_frame(&Status::from(&error), &this.style))));
                    }
                    None => return Poll::Ready(None),
                }
            };
            if frame.is_some() {
                this.count();
                return Poll::Ready(frame);
            }
        }
    }
}
