//! One encoding of an event for all watchers, kept in the clear only for a moment.

use std::future::Future;
use std::sync::{Arc, Weak};
use std::time::Duration;

use parking_lot::Mutex;
use purser_types::Plaintext;

use super::EventKind;

/// How long an encoding outlives its first use, so that the other watchers of the event find it.
/// After that it lives only while somebody still sends it.
pub const FRAME_KEPT: Duration = Duration::from_millis(100);

/// The encodings of one event, by kind of event and format.
#[derive(Debug)]
pub struct EventSlot {
    /// `None`: nobody shares them.
    shared: Option<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    frames: Mutex<Vec<Frame>>,
    /// Held by the one who encodes.
    encoding: tokio::sync::Mutex<()>,
}

#[derive(Debug)]
struct Frame {
    kind: EventKind,
    format: u8,
    kept: Option<Arc<Plaintext>>,
    sent: Weak<Plaintext>,
}

impl EventSlot {
    /// For an event that several watches may be told of.
    pub(crate) fn shared() -> Self {
        Self {
            shared: Some(Shared::default()),
        }
    }

    /// For an event of one watch only: nothing is kept.
    pub(crate) fn alone() -> Self {
        Self { shared: None }
    }

    /// The encoding of the event in `format` (a number of the caller's choosing), if there is one.
    #[must_use]
    pub fn known(&self, kind: EventKind, format: u8) -> Option<Arc<Plaintext>> {
        let frames = self.shared.as_ref()?.frames.lock();
        let frame = frames
            .iter()
            .find(|frame| frame.kind == kind && frame.format == format)?;
        frame.kept.clone().or_else(|| frame.sent.upgrade())
    }

    /// The encoding of the event in `format`: an existing one, or the outcome of `encode`, which is run by one caller
    /// only while the others wait for it.
    ///
    /// # Errors
    /// The error of `encode`; the next caller tries again.
    pub async fn frame<E, F>(
        self: &Arc<Self>,
        kind: EventKind,
        format: u8,
        encode: F,
    ) -> Result<Arc<Plaintext>, E>
    where
        F: Future<Output = Result<Plaintext, E>>,
    {
        let Some(shared) = &self.shared else {
            return Ok(Arc::new(encode.await?));
        };
        let _encoding = shared.encoding.lock().await;
        if let Some(frame) = self.known(kind, format) {
            return Ok(frame);
        }
        let encoded = Arc::new(encode.await?);
        let mut frames = shared.frames.lock();
        frames.retain(|frame| frame.sent.strong_count() > 0);
        frames.push(Frame {
            kind,
            format,
            kept: Some(Arc::clone(&encoded)),
            sent: Arc::downgrade(&encoded),
        });
        drop(frames);
        let slot = Arc::downgrade(self);
        tokio::spawn(async move {
            tokio::time::sleep(FRAME_KEPT).await;
            if let Some(slot) = slot.upgrade() {
                slot.forget(kind, format);
            }
        });
        Ok(encoded)
    }

    fn forget(&self, kind: EventKind, format: u8) {
        let Some(shared) = &self.shared else { return };
        for frame in shared.frames.lock().iter_mut() {
            if frame.kind == kind && frame.format == format {
                frame.kept = None;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn an_event_is_encoded_once_and_forgotten() {
        let slot = Arc::new(EventSlot::shared());
        let encode = |text: &str| {
            let bytes = text.as_bytes().to_vec();
            async move { Ok::<_, Infallible>(Plaintext::new(bytes)) }
        };
        let first = slot.frame(EventKind::Added, 1, encode("a")).await.unwrap();
        let weak = Arc::downgrade(&first);
        drop(first);
        let again = slot.frame(EventKind::Added, 1, encode("b")).await.unwrap();
        assert_eq!(again.expose(), b"a");
        assert!(slot.known(EventKind::Added, 1).is_some());
        assert!(slot.known(EventKind::Added, 2).is_none());
        assert_eq!(
            slot.frame(EventKind::Modified, 1, encode("c"))
                .await
                .unwrap()
                .expose(),
            b"c"
        );
        drop(again);
        tokio::time::sleep(FRAME_KEPT * 2).await;
        assert!(
            weak.upgrade().is_none(),
            "the encoding is wiped once nobody sends it"
        );
        assert_eq!(
            slot.frame(EventKind::Added, 1, encode("d"))
                .await
                .unwrap()
                .expose(),
            b"d"
        );
    }
}
