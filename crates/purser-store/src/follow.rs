//! What watches of all stores have in common: where one is, and what of it waits to be handed on. How history is read that
//! memory does not hold is each store's matter.

use std::collections::VecDeque;
use std::sync::Arc;

use futures_util::stream;

use crate::error::StoreError;
use crate::event::{Event, WatchStream, Watched};
use crate::record::Revision;

/// Finds what a watch yields.
pub trait Follow: Sized + Send + 'static {
    /// What comes next.
    ///
    /// # Errors
    /// Why the watch ends: nothing is asked for after that.
    fn next(&mut self) -> impl Future<Output = Result<Watched, StoreError>> + Send;

    /// The watch.
    fn into_stream(self) -> WatchStream {
        Box::pin(stream::unfold(Some(self), |follower| async move {
            let mut follower = follower?;
            let item = follower.next().await;
            let rest = item.is_ok().then_some(follower);
            Some((item, rest))
        }))
    }
}

/// Where a watch is.
#[derive(Debug)]
pub struct Cursor {
    prefix: String,
    /// Everything up to here was handed on, is in `pending`, or does not match.
    position: Revision,
    pending: VecDeque<Arc<[Event]>>,
    /// What was last told to be reached; `None` before anything was told.
    told: Option<Revision>,
    /// It had caught up once.
    live: bool,
}

impl Cursor {
    /// A watch of what is under `prefix` and comes after `after`.
    #[must_use]
    pub fn new(prefix: String, after: Revision) -> Self {
        Self {
            prefix,
            position: after,
            pending: VecDeque::new(),
            told: None,
            live: false,
        }
    }

    /// What the keys that it is about begin with.
    #[must_use]
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// Up to which revision everything was taken.
    #[must_use]
    pub fn position(&self) -> Revision {
        self.position
    }

    /// Whether it had caught up with memory once: from then on it may lag.
    #[must_use]
    pub fn is_live(&self) -> bool {
        self.live
    }

    /// Whether it had caught up, and is more than `lag` revisions behind `last` now.
    #[must_use]
    pub fn lags(&self, last: Revision, lag: u64) -> bool {
        self.live && last.saturating_sub(self.position) > lag
    }

    /// Takes a piece of history, in order, that ends with `reached`.
    pub fn take_history(&mut self, revisions: impl IntoIterator<Item = Arc<[Event]>>, reached: Revision) {
        let revisions = revisions.into_iter();
        self.pending
            .extend(revisions.filter_map(|events| matching(events, &self.prefix)));
        self.position = reached;
    }

    /// Takes what memory holds after the position.
    pub fn take_recent(&mut self, revisions: Vec<Arc<[Event]>>, reached: Revision) {
        self.live = true;
        self.take_history(revisions, reached);
    }

    /// What was taken and not yet handed on.
    pub fn hand_on(&mut self) -> Option<Watched> {
        let events = self.pending.pop_front()?;
        self.told = events.first().map(|event| event.record.mod_revision);
        Some(Watched::Events(events))
    }

    /// There is nothing after the position: that is told once.
    pub fn catch_up(&mut self) -> Option<Watched> {
        self.live = true;
        let news = self.told.is_none_or(|told| told < self.position);
        news.then(|| {
            self.told = Some(self.position);
            Watched::Progress(self.position)
        })
    }
}

/// The events under `prefix`; shared with all other watches when that is all of them.
fn matching(events: Arc<[Event]>, prefix: &str) -> Option<Arc<[Event]>> {
    let matches = |event: &&Event| event.record.key.starts_with(prefix);
    let count = events.iter().filter(matches).count();
    match count {
        0 => None,
        all if all == events.len() => Some(events),
        _ => Some(events.iter().filter(matches).cloned().collect()),
    }
}
