//! One watch: history from etcd, then what memory holds, then what comes.
//!
//! A watcher has a position and a bounded piece of what follows it. When it has fallen behind what memory holds it reads
//! history again, until it is too far behind for that to be worth it.

use std::collections::VecDeque;
use std::sync::Arc;

use futures_util::stream;
use purser_store::{After, Event, Revision, StoreError, WatchStream, Watched};
use tokio::sync::watch;

use crate::assembly::Whole;
use crate::changes::{Changes, Ended};
use crate::client::Client;
use crate::counters::bump;
use crate::hub::{Hub, Signal, closed};

/// How often history is asked for before a watch gives up.
const HISTORY_ATTEMPTS: u32 = 3;

/// One watch's state.
pub(crate) struct Watcher {
    hub: Arc<Hub>,
    client: Arc<Client>,
    signal: watch::Receiver<Signal>,
    prefix: String,
    lag: u64,
    /// The history that it belongs to.
    rewinds: u64,
    /// Everything up to here has been delivered, is in `pending`, or does not match.
    position: Revision,
    pending: VecDeque<Arc<[Event]>>,
    /// While it reads what memory does not hold.
    history: Option<Changes>,
    /// What the watcher was last told to have reached; `None` before it was told anything.
    told: Option<Revision>,
    /// It had caught up once: from then on it may lag.
    live: bool,
    ended: bool,
}

impl Watcher {
    pub(crate) fn new(hub: Arc<Hub>, client: Arc<Client>, prefix: String, after: Revision, lag: u64) -> Self {
        Self {
            signal: hub.subscribe(),
            rewinds: hub.rewinds(),
            hub,
            client,
            prefix,
            lag,
            position: after,
            pending: VecDeque::new(),
            history: None,
            told: None,
            live: false,
            ended: false,
        }
    }

    /// Reads the first of history when memory does not reach as far.
    ///
    /// # Errors
    /// When it is forgotten, or cannot be read.
    pub(crate) async fn begin(mut self) -> Result<Self, StoreError> {
        if let (After::Gone, last) = self.hub.after(self.position) {
            self.read_history(last).await?;
        }
        Ok(self)
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
            let signal = *self.signal.borrow_and_update();
            match signal {
                Signal::Closed => return Err(closed()),
                Signal::Revision(current) if self.hub.rewinds() != self.rewinds => {
                    return Err(StoreError::Future {
                        asked: self.position,
                        current,
                    });
                }
                Signal::Revision(_) => {}
            }
            match self.hub.after(self.position) {
                (After::Events { events, reached }, _) => {
                    self.live = true;
                    self.history = None;
                    self.pending.extend(
                        events
                            .into_iter()
                            .filter_map(|events| matching(events, &self.prefix)),
                    );
                    self.position = reached;
                }
                (After::Gone, last) => {
                    let mut signal = self.signal.clone();
                    tokio::select! {
                        read = self.read_history(last) => read?,
                        _ = signal.wait_for(|signal| *signal == Signal::Closed) => return Err(closed()),
                    }
                }
                (After::Nothing, _) => {
                    self.live = true;
                    self.history = None;
                    if self.told.is_none_or(|told| told < self.position) {
                        self.told = Some(self.position);
                        return Ok(Watched::Progress(self.position));
                    }
                    self.signal.changed().await.map_err(|_| closed())?;
                }
            }
        }
    }

    /// Reads a piece of what follows.
    async fn read_history(&mut self, last: Revision) -> Result<(), StoreError> {
        if self.live && last.saturating_sub(self.position) > self.lag {
            return Err(self.lagged());
        }
        let mut attempts = 0;
        loop {
            match self.history_piece().await {
                Ok(()) => return Ok(()),
                Err(Ended::Compacted(_) | Ended::Forgotten) if self.live => return Err(self.lagged()),
                Err(Ended::Compacted(oldest)) => {
                    return Err(StoreError::Compacted {
                        asked: self.position,
                        oldest,
                    });
                }
                // Forgotten while it was read.
                Err(Ended::Forgotten) => {
                    return Err(StoreError::Compacted {
                        asked: self.position,
                        oldest: last,
                    });
                }
                Err(Ended::Lost(why)) => {
                    self.history = None;
                    attempts += 1;
                    if attempts == HISTORY_ATTEMPTS {
                        return Err(StoreError::Unavailable(why));
                    }
                }
            }
        }
    }

    fn lagged(&self) -> StoreError {
        bump(&self.client.counters.lagged);
        StoreError::Lagged
    }

    async fn history_piece(&mut self) -> Result<(), Ended> {
        let history = match &mut self.history {
            Some(history) => history,
            none => none.insert(Changes::after(&self.client, self.position).await?),
        };
        let next = history.next().await?;
        for Whole { revision, events } in std::iter::once(next).chain(history.waiting()) {
            self.position = revision;
            self.pending.extend(matching(events, &self.prefix));
        }
        Ok(())
    }
}

/// The events under `prefix`; shared with all other watchers when that is all of them.
fn matching(events: Arc<[Event]>, prefix: &str) -> Option<Arc<[Event]>> {
    let matches = |event: &&Event| event.record.key.starts_with(prefix);
    let count = events.iter().filter(matches).count();
    if count == events.len() {
        return (count > 0).then_some(events);
    }
    (count > 0).then(|| events.iter().filter(matches).cloned().collect())
}
