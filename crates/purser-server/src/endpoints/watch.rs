//! The changes of a collection, as they happen.

use std::pin::pin;
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
    let shared = call.shared;
    let over = matches!(call.query.integer("timeoutSeconds"), Ok(Some(..0)));
    let lasts = if over {
        Duration::ZERO
    } else {
        lifetime(&options, &shared.limits, (shared.random)())
    };
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
        producer: Some(Box::pin(watch.run(stream, lasts, sender))),
    })
}

/// How long the watch lasts: as long as asked, or one to two times the bound, so that many watches begun together
/// do not end together.
fn lifetime(options: &ListOptions, limits: &Limits, random: f64) -> Duration {
    match options.timeout_seconds {
        Some(seconds) if seconds > 0 => Duration::from_secs(seconds).min(LONGEST),
        _ => limits.watch_at_least.mul_f64(1.0 + random.clamp(0.0, 1.0)),
    }
}

/// The longest life of a watch that anybody gets, whatever is asked: connections and permits do not stay for ever.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

struct Watch {
    shared: Arc<Shared>,
    document: Document,
    style: Style,
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
    async fn run(mut self, mut stream: WatchStream, lasts: Duration, sender: FrameSender) {
        if self.follow(&mut stream, lasts, &sender).await == Next::End {
            sender.end().await;
        }
    }

    /// Passes on what comes, until there is no more.
    async fn follow(&mut self, stream: &mut WatchStream, lasts: Duration, sender: &FrameSender) -> Next {
        if lasts.is_zero() {
            return Next::End;
        }
        let mut draining = self.shared.draining.subscribe();
        let draining = draining.wait_for(|draining| *draining);
        // Made once: each would have to enlist anew for every event.
        let mut end = pin!(async {
            tokio::select! {
                () = tokio::time::sleep(lasts) => Next::End,
                _ = draining => Next::End,
                () = sender.closed() => Next::Gone,
            }
        });
        loop {
            let item = tokio::select! {
                item = stream.next() => item,
                end = &mut end => return end,
            };
            let next = match item {
                None => Next::End,
                Some(Ok(item)) => self.pass(item, sender).await,
                Some(Err(error)) => self.fail(&Status::from(&error), sender).await,
            };
            if next != Next::More {
                return next;
            }
        }
    }

    async fn pass(&mut self, item: WatchItem, sender: &FrameSender) -> Next {
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
        send(frame, sender).await
    }

    async fn fail(&self, status: &Status, sender: &FrameSender) -> Next {
        match send(wiped(error_frame(status, &self.style)), sender).await {
            Next::More => Next::End,
            other => other,
        }
    }
}

async fn send(frame: bytes::Bytes, sender: &FrameSender) -> Next {
    if sender.send(frame).await.is_ok() {
        Next::More
    } else {
        Next::Gone
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
        assert_eq!(lifetime(&asked(Some(u64::MAX)), &limits, 0.5), LONGEST);
        assert_eq!(lifetime(&asked(None), &limits, 0.0).as_secs(), 1800);
        assert_eq!(lifetime(&asked(Some(0)), &limits, 1.0).as_secs(), 3600);
    }
}
