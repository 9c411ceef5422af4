//! When a watch is told how far it is.

use std::future::Future as _;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::{Instant, Sleep, sleep_until};

/// How often a quiet watch is told how far it is. Source: `bookmarkFrequency` in upstream's cacher.
pub(crate) const BOOKMARK_EVERY: Duration = Duration::from_secs(60);

/// How long before its end a watch is told how far it is, so that the next one starts there.
pub(crate) const BOOKMARK_BEFORE_END: Duration = Duration::from_secs(2);

/// The bookmarks of one watch.
#[derive(Debug)]
pub(crate) struct Bookmarks {
    end: Option<Instant>,
    /// Until the next one. Setting a timer for every event would cost more than the event.
    timer: Pin<Box<Sleep>>,
}

impl Bookmarks {
    /// For a watch that starts now and ends after `timeout`.
    pub(crate) fn new(now: Instant, timeout: Option<Duration>) -> Self {
        let mut bookmarks = Self {
            timer: Box::pin(sleep_until(now)),
            end: timeout.and_then(|timeout| now.checked_add(timeout)),
        };
        bookmarks.renew(now);
        bookmarks
    }

    /// Ready when the next one is due.
    pub(crate) fn poll_due(&mut self, context: &mut Context<'_>) -> Poll<()> {
        self.timer.as_mut().poll(context)
    }

    /// Counts on from now: after [`BOOKMARK_EVERY`], or a little before the end if that is sooner.
    pub(crate) fn renew(&mut self, now: Instant) {
        let regular = now + BOOKMARK_EVERY;
        let last = self
            .end
            .and_then(|end| end.checked_sub(BOOKMARK_BEFORE_END))
            .filter(|last| *last > now);
        let next = last.map_or(regular, |last| last.min(regular));
        self.timer.as_mut().reset(next);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn one_is_due_every_minute_and_before_the_end() {
        let now = Instant::now();
        let mut bookmarks = Bookmarks::new(now, Some(Duration::from_secs(100)));
        assert_eq!(bookmarks.timer.deadline(), now + BOOKMARK_EVERY);
        bookmarks.renew(now + BOOKMARK_EVERY);
        assert_eq!(bookmarks.timer.deadline(), now + Duration::from_secs(98));
        bookmarks.renew(now + Duration::from_secs(98));
        assert_eq!(bookmarks.timer.deadline(), now + Duration::from_secs(158));
    }
}
