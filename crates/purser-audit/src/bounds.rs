//! What an event takes of what a client sends: all of it is bounded, so that the queue is.

use std::borrow::Cow;

use purser_types::status::{Cause, Details};

/// Longest user agent, bytes, as upstream's.
pub(crate) const MAX_USER_AGENT: usize = 1024;
/// Longest request URI, and longest sentence of an answer, bytes.
pub(crate) const MAX_TEXT: usize = 4096;
/// Longest name out of a path or a body, bytes: those of objects have 253.
pub(crate) const MAX_NAME: usize = 512;
/// Most causes of a failure: an apply can have a thousand conflicts.
const MAX_CAUSES: usize = 16;
/// Most source addresses; the last ones are kept, which the nearest proxies wrote.
pub(crate) const MAX_SOURCE_IPS: usize = 16;
/// What stands at the end of what was too long, as upstream's.
const TRUNCATED: &str = "...TRUNCATED";

/// The beginning of `bytes` as text, marked when something is cut off.
pub(crate) fn bounded(bytes: &[u8], most: usize) -> Cow<'_, str> {
    match bytes.get(..most) {
        Some(head) if bytes.len() > most => {
            Cow::Owned(format!("{}{TRUNCATED}", String::from_utf8_lossy(head)))
        }
        _ => String::from_utf8_lossy(bytes),
    }
}

/// A short text, as [`bounded`].
pub(crate) fn name(text: &str) -> String {
    bounded(text.as_bytes(), MAX_NAME).into_owned()
}

/// A failure's details with the first of its causes, each text bounded; without them when `quotes` says that they
/// repeat what was sent.
pub(crate) fn details(details: &Details, quotes: bool) -> Details {
    let kept = if quotes { 0 } else { MAX_CAUSES };
    let causes = details.causes.iter().take(kept).map(|cause| Cause {
        reason: cause.reason,
        message: name(&cause.message),
        field: name(&cause.field),
    });
    Details {
        name: name(&details.name),
        group: name(&details.group),
        kind: name(&details.kind),
        uid: name(&details.uid),
        causes: causes.collect(),
        retry_after_seconds: details.retry_after_seconds,
    }
}

/// The last `most` of some items.
pub(crate) fn last<T>(items: &[T], most: usize) -> &[T] {
    items
        .split_at_checked(items.len().saturating_sub(most))
        .map_or(items, |(_, tail)| tail)
}
