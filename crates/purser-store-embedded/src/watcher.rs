//! One watch: history from disk, then what memory holds, then what comes.
//!
//! A watcher has a position and a bounded piece of what follows it. When it has fallen behind what memory holds it reads
//! the disk again, until it is too far behind for that to be worth it.

use std::collections::VecDeque;
use std::sync::Arc;

use futures_util::stream;
use purser_store::{After, Event, Revision, StoreError, WatchStream, Watched};
use tokio::sync::watch;

use crate::counters::Counters;
use crate::hub::{Hub, Signal, closed};

/// One watch's state.
pub(crate) struct Watcher {
    hub: Arc<Hub>,
    counters: Arc<Counters>,
    signal: watch::Receiver<Signal>,
    prefix: String,
    lag: u64,
    /// Everything up to here has been delivered, is in `pending`, or does not match.
    position: Revision,
    pending: VecDeque<Arc<[Event]>>,
    /// What the watcher was last told to have reached; `None` before it was told anything.
    told: Option<Revision>,
    /// It had caught up once: from then on it may lag.
    live: bool,
    ended: bool,
}

impl Watcher {
    pub(crate) fn new(
        hub: Arc<Hub>,
        counters: Arc<Counters>,
        prefix: String,
        after: Revision,
        lag: u64,
    ) -> Self {
        Self {
            signal: hub.subscribe(),
            hub,
            counters,
            prefix,
            lag,
            position: after,
            pending: VecDeque::new(),
            told: None,
            live: false,
            ended: false,
        }
    }

    pub(crate) fn into_stream(self) -> WatchStream {
        Box::pin(stream::unfold(self, |mut watcher| async move {
            if watcher.ended {
                return None;
            }
            let item = watcher.next().await;
            watcher.ended = item.is_err();
            Some((item, watcher))
        }))
    }

    async fn next(&mut self) -> Result<Watched, StoreError> {
        loop {
            if let Some(events) = self.pending.pop_front() {
                self.told = events.first().map(|event| event.record.mod_revision);
                return Ok(Watched::Events(events));
            }
            if *self.signal.borrow_and_update() == Signal::Closed {
                return Err(closed());
            }
            match self.hub.after(self.position) {
                (After::Events { events, reached }, _) => {
                    self.live = true;
                    self.pending.extend(
                        events
                            .into_iter()
                            .filter_map(|events| matching(events, &self.prefix)),
                    );
                    self.position = reached;
                }
                (After::Gone, last) => self.read_disk(last).await?,
                (After::Nothing, _) => {
                    self.live = true;
                    if self.told.is_none_or(|told| told < self.position) {
                        self.told = Some(self.position);
                        return Ok(Watched::Progress(self.position));
                    }
                    self.signal.changed().await.map_err(|_| closed())?;
                }
            }
        }
    }

    async fn read_disk(&mut self, last: Revision) -> Result<(), StoreError> {
        if self.live && last - self.position > self.lag {
            return Err(self.lagged());
        }
        let snapshot = self.hub.snapshot()?;
        let (prefix, position) = (self.prefix.clone(), self.position);
        let read = move || snapshot.replay(&prefix, position);
        let replay = match tokio::task::spawn_blocking(read).await {
            Ok(Err(StoreError::Compacted { .. })) if self.live => return Err(self.lagged()),
            Ok(replay) => replay?,
            Err(error) => return Err(StoreError::Unavailable(error.to_string())),
        };
        self.pending.extend(replay.events);
        self.position = replay.reached;
        Ok(())
    }

    fn lagged(&self) -> StoreError {
        Counters::add(&self.counters.lagged, 1);
        StoreError::Lagged
    }
}

/// The events under `prefix`; shared with all other watchers when that is all of them.
fn matching(events: Arc<[Event]>, prefix: &str) -> Option<Arc<[Event]>> {
    let matches = |event: &&Event| event.record.key.starts_with(prefix);
    let count = events.iter().filter(matches).count();
    if count == events.len() {
        return Some(events);
    }
    (count > 0).then(|| events.iter().filter(matches).cloned().collect())
}
