//! The changes of a collection, as they happen.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{StreamExt as _, stream};
use http::StatusCode;
use purser_authn::Identity;
use purser_authz::Permit;
use purser_registry::ListOptions;
use purser_registry::kinds::Kind;
use tokio::time::MissedTickBehavior;

use super::events::Frames;
use super::{Call, Reply};
use crate::answer::{Body, BodyError, JSON, PROTOBUF_FRAMES, Warden, live, respond};
use crate::encode::{Document, Seen};
use crate::failure::Failure;
use crate::limits::Limits;
use crate::metrics::Watching;
use crate::negotiate::{Encoding, Endpoint};
use crate::options;
use crate::shared::Shared;

/// What such a watch can answer.
pub(super) fn endpoint(options: &ListOptions) -> Endpoint {
    match options.starts_with_state() && options.allow_watch_bookmarks {
        true => Endpoint::WatchList,
        false => Endpoint::Watch,
    }
}

/// GET of a collection with `watch=1`.
pub(super) async fn watch(
    call: &Call<'_>,
    kind: &'static Kind,
    permit: &Permit,
    identity: &Identity,
) -> Result<Reply, Failure> {
    let mut options = options::list(call.query)?;
    let (format, style) = call.style(endpoint(&options))?;
    let shared = call.shared;
    let over = matches!(call.query.integer("timeoutSeconds"), Ok(Some(..0)));
    let lasts = if over {
        Duration::ZERO
    } else {
        lifetime(&options, &shared.limits, (shared.random)())
    };
    options.timeout_seconds = Some(lasts.as_secs());
    let watch = shared.registry.watch(permit, &options).await?;
    let seen = Seen::when(permit.sees_values());
    let frames = Frames {
        shared: Arc::clone(shared),
        watch,
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
        making: None,
    };
    let metrics = Arc::clone(&shared.metrics);
    // The connection makes the frames: a panic must not take it along.
    let guarded = AssertUnwindSafe(frames).catch_unwind().map(move |frame| {
        frame.map_err(|_| {
            metrics.panicked();
            tracing::error!("a watch panicked");
            BodyError
        })
    });
    let (body, warden) = match over {
        true => live(Box::pin(stream::empty())),
        false => live(Box::pin(guarded)),
    };
    let content_type = match style.encoding {
        Encoding::Protobuf => PROTOBUF_FRAMES,
        Encoding::Json | Encoding::Yaml => JSON,
    };
    let response = respond(StatusCode::OK, content_type, Body::live(body));
    let counted = shared.metrics.watching(call.labels);
    Ok(Reply {
        response,
        producer: Some(Box::pin(guard(
            warden,
            Arc::clone(shared),
            (permit.clone(), identity.clone()),
            lasts,
            counted,
        ))),
    })
}

/// How often it is looked whether a watch may go on.
const REVIEWED_EVERY: Duration = Duration::from_secs(2);

/// The longest that is waited for who says so: what was taken away ends a watch within the sum of both, whatever
/// webhook does not answer, and whatever bound it has itself.
const ANSWERED_WITHIN: Duration = REVIEWED_EVERY;

/// Ends a watch in time: when it has lasted as long as it may, when the right to it or the token it was begun with is
/// gone, when the server stops, or when its reader stalls.
async fn guard(
    mut warden: Warden,
    shared: Arc<Shared>,
    (permit, identity): (Permit, Identity),
    lasts: Duration,
    _counted: Watching,
) {
    let mut draining = shared.draining.subscribe();
    tokio::select! {
        () = warden.over(shared.limits.stalled_reader) => {}
        () = tokio::time::sleep(lasts) => {}
        () = revoked(&shared, &permit, &identity) => {}
        _ = draining.wait_for(|draining| *draining) => {}
    }
}

/// Returns once the permit or what proved the identity no longer holds, or nobody says that they do.
async fn revoked(shared: &Shared, permit: &Permit, identity: &Identity) {
    let mut reviews = tokio::time::interval(REVIEWED_EVERY);
    reviews.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        reviews.tick().await;
        let both = both_hold(shared, permit, identity);
        if !matches!(tokio::time::timeout(ANSWERED_WITHIN, both).await, Ok(true)) {
            return;
        }
    }
}

/// Whether the permit and what proved the identity hold: while one is asked about, what is said of the other counts.
async fn both_hold(shared: &Shared, permit: &Permit, identity: &Identity) -> bool {
    let permitted = async { permit.holds().await.then_some(()).ok_or(()) };
    let known = async { shared.authenticator.holds(identity).await.then_some(()).ok_or(()) };
    tokio::try_join!(permitted, known).is_ok()
}

/// How long the watch lasts: as long as asked, or one to two times the bound, so that many watches begun together
/// do not end together.
fn lifetime(options: &ListOptions, limits: &Limits, random: f64) -> Duration {
    match options.timeout_seconds {
        Some(seconds) if seconds > 0 => Duration::from_secs(seconds).min(LONGEST),
        _ => {
            let at_least = limits.watch_at_least.min(LONGEST);
            at_least.mul_f64(1.0 + random.clamp(0.0, 1.0)).min(LONGEST)
        }
    }
}

/// The longest life of a watch that anybody gets, whatever is asked: connections and permits do not stay for ever.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

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
        let endless = Limits {
            watch_at_least: Duration::MAX,
            ..limits
        };
        assert_eq!(lifetime(&asked(None), &endless, 1.0), LONGEST);
    }
}
