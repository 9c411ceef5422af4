//! One watch: history from disk, then what memory holds, then what comes.
//!
//! When it has fallen behind what memory holds it reads the disk again, until it is too far behind for that to be worth
//! it.

use std::sync::Arc;

use purser_store::{After, Cursor, Follow, Revision, StoreError, Watched};
use tokio::sync::watch;

use crate::counters::Counters;
use crate::hub::{Hub, Signal, closed};

/// One watch's state.
pub(crate) struct Watcher {
    hub: Arc<Hub>,
    counters: Arc<Counters>,
    signal: watch::Receiver<Signal>,
    cursor: Cursor,
    lag: u64,
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
            cursor: Cursor::new(prefix, after),
            lag,
        }
    }

    async fn read_disk(&mut self, last: Revision) -> Result<(), StoreError> {
        if self.cursor.lags(last, self.lag) {
            return Err(self.lagged());
        }
        let snapshot = self.hub.snapshot()?;
        let (prefix, position) = (self.cursor.prefix().to_owned(), self.cursor.position());
        let read = move || snapshot.replay(&prefix, position);
        let replay = match tokio::task::spawn_blocking(read).await {
            Ok(Err(StoreError::Compacted { .. })) if self.cursor.is_live() => return Err(self.lagged()),
            Ok(replay) => replay?,
            Err(error) => return Err(StoreError::Unavailable(error.to_string())),
        };
        self.cursor.take_history(replay.events, replay.reached);
        Ok(())
    }

    fn lagged(&self) -> StoreError {
        Counters::add(&self.counters.lagged, 1);
        StoreError::Lagged
    }
}

impl Follow for Watcher {
    async fn next(&mut self) -> Result<Watched, StoreError> {
        loop {
            if let Some(events) = self.cursor.hand_on() {
                return Ok(events);
            }
            if *self.signal.borrow_and_update() == Signal::Closed {
                return Err(closed());
            }
            match self.hub.after(self.cursor.position()) {
                (After::Events { events, reached }, _) => self.cursor.take_recent(events, reached),
                (After::Gone, last) => self.read_disk(last).await?,
                (After::Nothing, _) => {
                    if let Some(progress) = self.cursor.catch_up() {
                        return Ok(progress);
                    }
                    self.signal.changed().await.map_err(|_| closed())?;
                }
            }
        }
    }
}
