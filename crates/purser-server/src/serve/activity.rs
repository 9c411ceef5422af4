//! Whether a connection is in use.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::Instant;

/// Counts the requests of one connection.
#[derive(Debug)]
pub(crate) struct Activity {
    active: AtomicUsize,
    last: Mutex<Instant>,
}

/// A request under way; over when dropped.
pub(crate) struct Active(Arc<Activity>);

impl Activity {
    /// A connection without requests.
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self {
            active: AtomicUsize::new(0),
            last: Mutex::new(Instant::now()),
        })
    }

    /// Marks the begin of a request.
    pub(crate) fn begin(self: &Arc<Self>) -> Active {
        self.active.fetch_add(1, Ordering::AcqRel);
        Active(Arc::clone(self))
    }

    /// Whether a request is under way.
    pub(crate) fn in_use(&self) -> bool {
        self.active.load(Ordering::Acquire) > 0
    }

    /// Returns once no request has been under way for `limit`, which may change meanwhile.
    pub(crate) async fn idle(&self, limit: impl Fn() -> Duration) {
        loop {
            let limit = limit();
            let since = *self.last.lock();
            let active = self.in_use();
            if !active && since.elapsed() >= limit {
                return;
            }
            let wait = if active {
                limit
            } else {
                limit.saturating_sub(since.elapsed())
            };
            tokio::time::sleep(wait.max(Duration::from_millis(10))).await;
        }
    }
}

impl Drop for Active {
    fn drop(&mut self) {
        *self.0.last.lock() = Instant::now();
        self.0.active.fetch_sub(1, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_connection_in_use_is_not_idle() {
        let activity = Activity::new();
        let active = activity.begin();
        let limit = Duration::from_secs(5);
        assert!(
            tokio::time::timeout(limit * 3, activity.idle(|| limit))
                .await
                .is_err()
        );
        drop(active);
        assert!(
            tokio::time::timeout(limit * 3, activity.idle(|| limit))
                .await
                .is_ok()
        );
    }
}
