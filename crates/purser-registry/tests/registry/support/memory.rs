//! A store in memory that keeps all history until it is told to forget it.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use parking_lot::Mutex;
use purser_store::{
    Change, Event, Outcome, Page, Range, Record, Revision, Store, StoreError, Transaction, WatchStream,
    Watched,
};
use tokio::sync::watch;

pub(crate) struct MemoryStore {
    state: Arc<Mutex<State>>,
    revision: watch::Sender<Revision>,
}

struct State {
    /// Every version of every key: revision and record, `None` once deleted.
    versions: BTreeMap<String, Vec<(Revision, Option<Record>)>>,
    history: Vec<(Revision, Arc<[Event]>)>,
    oldest: Revision,
    /// How often all watches were cut off.
    cuts: u64,
}

impl Default for MemoryStore {
    fn default() -> Self {
        let state = State {
            versions: BTreeMap::new(),
            history: Vec::new(),
            oldest: 0,
            cuts: 0,
        };
        Self {
            state: Arc::new(Mutex::new(state)),
            revision: watch::channel(1).0,
        }
    }
}

impl MemoryStore {
    /// Replaces the stored bytes of a key without a trace, as a fault of the disk would.
    pub(crate) fn damage(&self, key: &str) {
        let mut state = self.state.lock();
        for (_, record) in state.versions.get_mut(key).into_iter().flatten() {
            if let Some(record) = record {
                record.value = Bytes::from_static(b"k8s:enc:damaged");
            }
        }
    }

    /// Ends every watch there is as if it had fallen behind; it learns so with the next commit.
    pub(crate) fn cut(&self) {
        self.state.lock().cuts += 1;
    }

    fn current(state: &State, key: &str) -> Option<Record> {
        state.versions.get(key)?.last()?.1.clone()
    }

    fn apply(state: &mut State, revision: Revision, change: Change) -> Option<Event> {
        let (key, value) = match change {
            Change::Put { key, value }
            | Change::Rewrite { key, value }
            | Change::PutFor { key, value, .. } => (key, Some(value)),
            Change::Delete { key } => (key, None),
        };
        let previous = Self::current(state, &key);
        if value.is_none() && previous.is_none() {
            return None;
        }
        let create_revision = previous
            .as_ref()
            .map_or(revision, |record| record.create_revision);
        let deleted = value.is_none();
        let value = value
            .or_else(|| previous.as_ref().map(|record| record.value.clone()))
            .unwrap();
        let record = Record {
            key: key.as_str().into(),
            value,
            create_revision,
            mod_revision: revision,
        };
        let stored = (!deleted).then(|| record.clone());
        state.versions.entry(key).or_default().push((revision, stored));
        Some(Event {
            record,
            previous,
            deleted,
        })
    }
}

impl Store for MemoryStore {
    fn get<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<Record>, StoreError>> {
        Box::pin(async move { Ok(Self::current(&self.state.lock(), key)) })
    }

    fn range(&self, range: Range) -> BoxFuture<'_, Result<Page, StoreError>> {
        Box::pin(async move {
            let state = self.state.lock();
            let current = *self.revision.borrow();
            let revision = range.revision.unwrap_or(current);
            if revision > current {
                return Err(StoreError::Future {
                    asked: revision,
                    current,
                });
            }
            if revision < state.oldest {
                return Err(StoreError::Compacted {
                    asked: revision,
                    oldest: state.oldest,
                });
            }
            let at = |versions: &Vec<(Revision, Option<Record>)>| {
                versions
                    .iter()
                    .rev()
                    .find(|(written, _)| *written <= revision)
                    .and_then(|(_, record)| record.clone())
            };
            let all: Vec<Record> = state
                .versions
                .range(range.start..range.end)
                .filter_map(|(_, versions)| at(versions))
                .collect();
            let total = all.len();
            let limit = if range.limit == 0 { total } else { range.limit };
            Ok(Page {
                records: all.into_iter().take(limit).collect(),
                total,
                revision,
            })
        })
    }

    fn commit(&self, transaction: Transaction) -> BoxFuture<'_, Result<Outcome, StoreError>> {
        Box::pin(async move {
            tokio::task::yield_now().await;
            let mut state = self.state.lock();
            for check in transaction.checks {
                let current = Self::current(&state, &check.key);
                if current.as_ref().map_or(0, |record| record.mod_revision) != check.mod_revision {
                    return Ok(Outcome::Failed {
                        key: check.key,
                        current,
                    });
                }
            }
            let revision = *self.revision.borrow() + 1;
            let events: Vec<Event> = transaction
                .changes
                .into_iter()
                .filter_map(|change| Self::apply(&mut state, revision, change))
                .collect();
            if events.is_empty() {
                return Ok(Outcome::Committed(revision - 1));
            }
            state.history.push((revision, events.into()));
            self.revision.send_replace(revision);
            Ok(Outcome::Committed(revision))
        })
    }

    fn watch(&self, prefix: String, after: Revision) -> BoxFuture<'_, Result<WatchStream, StoreError>> {
        Box::pin(async move {
            let (oldest, cuts) = {
                let state = self.state.lock();
                (state.oldest, state.cuts)
            };
            if after < oldest {
                return Err(StoreError::Compacted { asked: after, oldest });
            }
            let (state, revisions) = (Arc::clone(&self.state), self.revision.subscribe());
            let feed = Feed {
                cuts,
                state,
                revisions,
                prefix,
                after,
            };
            Ok(Box::pin(futures_util::stream::unfold(feed, Feed::next)) as WatchStream)
        })
    }

    fn revision(&self) -> BoxFuture<'_, Result<Revision, StoreError>> {
        Box::pin(async move { Ok(*self.revision.borrow()) })
    }

    fn compact(&self, revision: Revision) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(async move {
            let mut state = self.state.lock();
            state.oldest = revision;
            state.history.retain(|(written, _)| *written > revision);
            Ok(())
        })
    }

    fn close(&self) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(async move { Ok(()) })
    }
}

struct Feed {
    cuts: u64,
    state: Arc<Mutex<State>>,
    revisions: watch::Receiver<Revision>,
    prefix: String,
    after: Revision,
}

impl Feed {
    async fn next(mut self) -> Option<(Result<Watched, StoreError>, Self)> {
        let reached = self.after;
        self.revisions
            .wait_for(|revision| *revision > reached)
            .await
            .ok()?;
        let (cuts, next) = {
            let state = self.state.lock();
            let next = state.history.iter().find(|(revision, _)| *revision > reached);
            (state.cuts, next.cloned())
        };
        if cuts > self.cuts {
            self.cuts = cuts;
            return Some((Err(StoreError::Lagged), self));
        }
        let (revision, events) = next?;
        self.after = revision;
        let matching: Vec<Event> = events
            .iter()
            .filter(|event| event.record.key.starts_with(&self.prefix))
            .cloned()
            .collect();
        let item = if matching.is_empty() {
            Watched::Progress(revision)
        } else {
            Watched::Events(matching.into())
        };
        Some((Ok(item), self))
    }
}
