//! The last steps: the answer's head, and the end of the record.

use std::sync::Arc;
use std::time::Instant;

use http::{HeaderName, HeaderValue, Response};
use purser_audit::{Answer, Trail};
use purser_types::Status;

use crate::answer::{self, Body, Warnings};
use crate::endpoints::{Call, Reply};
use crate::failure::Failure;
use crate::fair::Seat;
use crate::metrics::Metrics;
use crate::target::Target;

const AUDIT_ID: HeaderName = HeaderName::from_static("audit-id");

/// Answers somebody whose credential does not hold.
pub(crate) async fn turn_away(
    call: &Call<'_>,
    trail: Trail,
    status: &Status,
    began: Instant,
) -> Response<Body> {
    let mut response = answer::failure(status, call.headers(), call.pretty());
    mark(&mut response, &trail);
    // Nothing is disclosed, so the answer does not depend on the record.
    let _ = trail.turned_away(Answer::Failure(status)).await;
    call.shared
        .metrics
        .answered(call.labels, status.code, began.elapsed(), false);
    response
}

/// Writes the end on record, and sends. A streamed answer is made in a task of its own, which holds the trail and
/// the seat until the end.
pub(crate) async fn close(
    call: &Call<'_>,
    target: &Target<'_>,
    trail: Trail,
    outcome: Result<(Reply, Option<Seat>), Failure>,
    warnings: &Warnings,
    began: Instant,
) -> Response<Body> {
    match outcome {
        Ok((reply, seat)) if reply.producer.is_some() => {
            Box::pin(stream(call, target, trail, reply, seat, warnings, began)).await
        }
        Ok((reply, _seat)) => finish(call, target, trail, Ok(reply.response), warnings, began).await,
        Err(failure) => finish(call, target, trail, Err(failure), warnings, began).await,
    }
}

async fn stream(
    call: &Call<'_>,
    target: &Target<'_>,
    mut trail: Trail,
    reply: Reply,
    seat: Option<Seat>,
    warnings: &Warnings,
    began: Instant,
) -> Response<Body> {
    let long = target.is_long();
    let Reply {
        mut response,
        producer,
    } = reply;
    let code = response.status().as_u16();
    if long && let Err(refused) = trail.started(Answer::Code(code)).await {
        let refusal = Err(refused.status().into());
        return finish(call, target, trail, refusal, warnings, began).await;
    }
    warnings.write(response.headers_mut());
    mark(&mut response, &trail);
    let (metrics, labels) = (Arc::clone(&call.shared.metrics), call.labels);
    tokio::spawn(async move {
        let counted = CountPanic(Arc::clone(&metrics));
        if let Some(producer) = producer {
            producer.await;
        }
        drop((counted, seat));
        metrics.answered(labels, code, began.elapsed(), long);
        // The answer is sent; a record that cannot be written is counted by the sink.
        let _ = trail.complete(Answer::Code(code)).await;
    });
    response
}

async fn finish(
    call: &Call<'_>,
    target: &Target<'_>,
    trail: Trail,
    outcome: Result<Response<Body>, Failure>,
    warnings: &Warnings,
    began: Instant,
) -> Response<Body> {
    let (mut response, failed) = match outcome {
        Ok(response) => (response, None),
        Err(failure) => (failure.answer(call.headers(), call.pretty()), Some(failure)),
    };
    warnings.write(response.headers_mut());
    mark(&mut response, &trail);
    let recorded = match &failed {
        Some(Failure::Status(status)) => trail.complete(Answer::Failure(status)).await,
        _ => trail.complete(Answer::Code(response.status().as_u16())).await,
    };
    let reads = matches!(call.info.verb.as_ref(), "get" | "list");
    let discloses = failed.is_none() && reads && target.needs_record();
    if let (Err(refused), true) = (recorded, discloses) {
        // What cannot be put on record is not disclosed.
        response = answer::failure(&refused.status(), call.headers(), call.pretty());
    }
    call.shared
        .metrics
        .answered(call.labels, response.status().as_u16(), began.elapsed(), false);
    response
}

/// Counts a panic in a task that makes a streamed answer; the answer then breaks off, and the trail says so.
struct CountPanic(Arc<Metrics>);

impl Drop for CountPanic {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.panicked();
        }
    }
}

/// Names the record on the answer.
fn mark(response: &mut Response<Body>, trail: &Trail) {
    if let Ok(mut id) = HeaderValue::from_str(trail.id()) {
        // No two are the same: HTTP/2 need not remember it for the next answer.
        id.set_sensitive(true);
        response.headers_mut().insert(AUDIT_ID, id);
    }
}
