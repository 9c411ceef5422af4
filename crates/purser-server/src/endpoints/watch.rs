//! The changes of a collection, as they happen.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use http::StatusCode;
use prometheus_client::metrics::counter::Counter;
use purser_authz::Permit;
use purser_registry::kinds::Kind;
use purser_registry::{ListOptions, WatchItem, WatchStream};
use purser_types::{Plaintext, Status};

use super::{Call, Reply};
use crate::answer::{FrameSender, JSON, PROTOBUF_FRAMES, frames, respond, shared as shared_bytes, wiped};
use crate::encode::{
    Document, EncodeError, Seen, Style, bookmark_frame, error_frame, event_frame, frame_format,
};
use crate::failure::Failure;
use crate::limits::Limits;
use crate::metrics::Watching;
use crate::negotiate::{Encoding, Endpoint};
use crate::options;
use crate::shared::Shared;

/// GET of a collection with `watch=1`.
pub(super) async fn watch(call: &Call<'_>, kind: &'static Kind, permit: &Permit) -> Result<Reply, Failure> {
    let (format, style) = call.style(Endpoint::Watch)?;
    let mut options = options::list(call.query)?;
    select_name(call, &mut options);
    let shared = call.shared;
    let lasts = lifetime(&options, &shared.limits, (shared.random)());
    options.timeout_seconds = Some(lasts.as_secs());
    let stream = shared.registry.watch(permit, &options).await?;
    let seen = if permit.sees_values() {
        Seen::Values
    } else {
        Seen::Names
    };
    let (sender, body) = frames(shared.limits.stalled_reader);
    let watch = Watch {
        shared: Arc::clone(shared),
        document: Document {
            kind,
            shape: format.shape,
            seen,
            columns: true,
        },
        style,
        sender,
        events: shared
            .metrics
            .watch_events(kind.resource.group, kind.resource.kind),
        _counted: shared.metrics.watching(call.labels),
    };
    let content_type = match style.encoding {
        Encoding::Protobuf => PROTOBUF_FRAMES,
        Encoding::Json | Encoding::Yaml => JSON,
    };
    let response = respond(StatusCode::OK, content_type, body);
    Ok(Reply {
        response,
        producer: Some(Box::pin(watch.run(stream, lasts))),
    })
}

/// The deprecated path `/watch/…/NAME` means the name and nothing else.
fn select_name(call: &Call<'_>, options: &mut ListOptions) {
    if call.info.named {
        let by_name = format!("metadata.name={}", call.info.name);
        options.field_selector = match options.field_selector.as_str() {
            "" => by_name,
            others => format!("{others},{by_name}"),
        };
    }
}

/// How long the watch lasts: as long as asked, or one to two times the bound, so that many watches begun together
/// do not end together.
fn lifetime(options: &ListOptions, limits: &Limits, random: f64) -> Duration {
    match options.timeout_seconds {
        Some(seconds) if seconds > 0 => Duration::from_secs(seconds),
        _ => limits.watch_at_least.mul_f64(1.0 + random.clamp(0.0, 1.0)),
    }
}

struct Watch {
    shared: Arc<Shared>,
    document: Document,
    style: Style,
    sender: FrameSender,
    events: Counter,
    _counted: Watching,
}

/// Whether a watch goes on.
#[derive(PartialEq, Eq)]
enum Next {
    More,
    End,
    Gone,
}

impl Watch {
    async fn run(mut self, mut stream: WatchStream, lasts: Duration) {
        let mut draining = self.shared.draining.subscribe();
        let end = tokio::time::sleep(lasts);
        tokio::pin!(end);
        loop {
            let item = tokio::select! {
                item = stream.next() => item,
                () = &mut end => break,
                () = self.sender.closed() => return,
                _ = draining.wait_for(|draining| *draining) => break,
            };
            let next = match item {
                None => Next::End,
                Some(Ok(item)) => self.pass(item).await,
                Some(Err(error)) => self.fail(&Status::from(&error)).await,
            };
            match next {
                Next::More => {}
                Next::End => break,
                Next::Gone => return,
            }
        }
        self.sender.end().await;
    }

    async fn pass(&mut self, item: WatchItem) -> Next {
        let frame = match item {
            WatchItem::Bookmark {
                revision,
                initial_events_end,
            } => wiped(bookmark_frame(
                &self.document,
                revision,
                initial_events_end,
                &self.style,
            )),
            WatchItem::Event { kind, found, slot } => {
                let format = frame_format(&self.document, &self.style);
                let encode = async {
                    let stored = self.shared.registry.open(&found).await?;
                    let frame =
                        event_frame(kind, &self.document, stored.expose(), found.revision, &self.style)?;
                    Ok::<_, EncodeError>(Plaintext::new(frame))
                };
                match slot.frame(kind, format, encode).await {
                    Ok(frame) => shared_bytes(frame),
                    Err(error) => {
                        tracing::warn!(key = %found.key, %error, "an object cannot be read and is left out of a watch");
                        return Next::More;
                    }
                }
            }
        };
        self.document.columns = false;
        self.events.inc();
        self.send(frame).await
    }

    async fn fail(&self, status: &Status) -> Next {
        match self.send(wiped(error_frame(status, &self.style))).await {
            Next::More => Next::End,
            other => other,
        }
    }

    async fn send(&self, frame: bytes::Bytes) -> Next {
        if self.sender.send(frame).await.is_ok() {
            Next::More
        } else {
            Next::Gone
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn watches_without_a_wish_end_apart() {
        let limits = Limits::default();
        let asked = |seconds| ListOptions {
            timeout_seconds: seconds,
            ..ListOptions::default()
        };
        assert_eq!(lifetime(&asked(Some(5)), &limits, 0.5).as_secs(), 5);
        assert_eq!(lifetime(&asked(None), &limits, 0.0).as_secs(), 1800);
        assert_eq!(lifetime(&asked(Some(0)), &limits, 1.0).as_secs(), 3600);
    }
}
