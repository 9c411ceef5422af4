//! When a watch is told how far it is.

use std::time::Duration;

use tokio::time::Instant;

/// How often a quiet watch is told how far it is. Source: `bookmarkFrequency` in upstream's cacher.
pub(crate) const BOOKMARK_EVERY: Duration = Duration::from_secs(60);

/// How long before its end a watch is told how far it is, so that the next one starts there.
pub(crate) const BOOKMARK_BEFORE_END: Duration = Duration::from_secs(2);

/// The bookmarks of one watch.
#[derive(Debug)]
pub(crate) struct Bookmarks {
    next: Instant,
    end: Option<Instant>,
}

impl Bookmarks {
    /// For a watch that starts now and ends after `timeout`.
    pub(crate) fn new(now: Instant, timeout: Option<Duration>) -> Self {
        let mut bookmarks = Self {
            next: now,
            end: timeout.and_then(|timeout| now.checked_add(timeout)),
        };
        bookmarks.renew(now);
        bookmarks
    }

    /// When the next one is due.
    pub(crate) fn due(&self) -> Instant {
        self.next
    }

    /// Counts on from now: after [`BOOKMARK_EVERY`], or a little before the end if that is sooner.
    pub(crate) fn renew(&mut self, now: Instant) {
        let regular = now + BOOKMARK_EVERY;
        let last = self
            .end
            .and_then(|end| end.checked_sub(BOOKMARK_BEFORE_END))
            .filter(|last| *last > now);
        self.next = last.map_or(regular, |last| last.min(regular));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_due_every_minute_and_before_the_end() {
        let now = Instant::now();
        let mut bookmarks = Bookmarks::new(now, Some(Duration::from_secs(100)));
        assert_eq!(bookmarks.due(), now + BOOKMARK_EVERY);
        bookmarks.renew(now + BOOKMARK_EVERY);
        assert_eq!(bookmarks.due(), now + Duration::from_secs(98));
        bookmarks.renew(now + Duration::from_secs(98));
        assert_eq!(bookmarks.due(), now + Duration::from_secs(158));
    }
}
