//! One watch: history from etcd, then what memory holds, then what comes.
//!
//! When it has fallen behind what memory holds it reads history again, until it is too far behind for that to be worth
//! it.

use std::sync::Arc;

use purser_store::{After, Cursor, Follow, Revision, StoreError, Watched};
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
    cursor: Cursor,
    lag: u64,
    /// The history that it belongs to.
    rewinds: u64,
    /// While it reads what memory does not hold.
    history: Option<Changes>,
}

impl Watcher {
    pub(crate) fn new(hub: Arc<Hub>, client: Arc<Client>, prefix: String, after: Revision, lag: u64) -> Self {
        Self {
            signal: hub.subscribe(),
            rewinds: hub.rewinds(),
            hub,
            client,
            cursor: Cursor::new(prefix, after),
            lag,
            history: None,
        }
    }

    /// Reads the first of history when memory does not reach as far.
    ///
    /// # Errors
    /// When it is forgotten, or cannot be read.
    pub(crate) async fn begin(mut self) -> Result<Self, StoreError> {
        if let (After::Gone, last) = self.hub.after(self.cursor.position()) {
            self.read_history(last).await?;
        }
        Ok(self)
    }

    /// Reads a piece of what follows.
    async fn read_history(&mut self, last: Revision) -> Result<(), StoreError> {
        if self.cursor.lags(last, self.lag) {
            return Err(self.lagged());
        }
        let mut attempts = 0;
        loop {
            let asked = self.cursor.position();
            match self.history_piece().await {
                Ok(()) => return Ok(()),
                Err(Ended::Compacted(_) | Ended::Forgotten) if self.cursor.is_live() => {
                    return Err(self.lagged());
                }
                Err(Ended::Compacted(oldest)) => return Err(StoreError::Compacted { asked, oldest }),
                // Forgotten while it was read.
                Err(Ended::Forgotten) => return Err(StoreError::Compacted { asked, oldest: last }),
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
            none => none.insert(Changes::after(&self.client, self.cursor.position()).await?),
        };
        let next = history.next().await?;
        for Whole { revision, events } in std::iter::once(next).chain(history.waiting()) {
            self.cursor.take_history([events], revision);
        }
        Ok(())
    }
}

impl Follow for Watcher {
    async fn next(&mut self) -> Result<Watched, StoreError> {
        loop {
            if let Some(events) = self.cursor.hand_on() {
                return Ok(events);
            }
            let signal = *self.signal.borrow_and_update();
            match signal {
                Signal::Closed => return Err(closed()),
                Signal::Revision(current) if self.hub.rewinds() != self.rewinds => {
                    let asked = self.cursor.position();
                    return Err(StoreError::Future { asked, current });
                }
                Signal::Revision(_) => {}
            }
            match self.hub.after(self.cursor.position()) {
                (After::Events { events, reached }, _) => {
                    self.history = None;
                    self.cursor.take_recent(events, reached);
                }
                (After::Gone, last) => {
                    let mut signal = self.signal.clone();
                    tokio::select! {
                        read = self.read_history(last) => read?,
                        _ = signal.wait_for(|signal| *signal == Signal::Closed) => return Err(closed()),
                    }
                }
                (After::Nothing, _) => {
                    self.history = None;
                    if let Some(progress) = self.cursor.catch_up() {
                        return Ok(progress);
                    }
                    self.signal.changed().await.map_err(|_| closed())?;
                }
            }
        }
    }
}
