//! The store that callers hold.

use std::sync::Arc;
use std::time::Duration;

use futures_core::future::BoxFuture;
use purser_store::{
    Follow as _, Outcome, Page, Range, Record, Revision, Store, StoreError, Transaction, WatchStream,
};
use tokio::task::AbortHandle;

use crate::changes::{Changes, Ended};
use crate::client::Client;
use crate::counters::Stats;
use crate::current::{self, Current};
use crate::error::OpenError;
use crate::fault::Fault;
use crate::hub::Hub;
use crate::lease::Leases;
use crate::options::Options;
use crate::watcher::Watcher;
use crate::{commit, compactor, feed, health, reads, tls};

/// How long a compaction waits for the own watch to have what it forgets.
const WATCH_FIRST: Duration = Duration::from_secs(1);

/// A store on a cluster of etcd. Its methods need a tokio runtime.
pub struct EtcdStore {
    client: Arc<Client>,
    current: Arc<Current>,
    hub: Arc<Hub>,
    leases: Leases,
    health_timeout: Duration,
    watch_lag: u64,
    tasks: Vec<AbortHandle>,
}

impl EtcdStore {
    /// Opens the store once an endpoint answers.
    ///
    /// # Errors
    /// When an endpoint is not to be used, a file cannot, or none answers within the time of a request.
    pub async fn open(options: Options) -> Result<Self, OpenError> {
        let client = Arc::new(Client::new(&options)?);
        // Each connection reads them again: here it is told at once what is wrong with them.
        tls::client(&options.tls)?;
        let (current, askers) = current::channel();
        let current = Arc::new(current);
        let asking = tokio::spawn(askers.serve(Arc::clone(&client))).abort_handle();
        let revision = match current.revision().await {
            Ok(revision) => revision,
            Err(why) => {
                asking.abort();
                return Err(OpenError::Unreachable(why));
            }
        };
        let hub = Arc::new(Hub::new(revision));
        let feeding = feed::keep(Arc::clone(&client), Arc::clone(&current), Arc::clone(&hub));
        let mut tasks = vec![asking, tokio::spawn(feeding).abort_handle()];
        if !options.compaction_interval.is_zero() {
            let compacting = compactor::keep(Arc::clone(&client), options.compaction_interval);
            tasks.push(tokio::spawn(compacting).abort_handle());
        }
        Ok(Self {
            client,
            current,
            hub,
            leases: Leases::default(),
            health_timeout: options.health_timeout,
            watch_lag: options.watch_lag,
            tasks,
        })
    }

    /// What the store counted, and where it stands.
    #[must_use]
    pub fn stats(&self) -> Stats {
        Stats {
            revision: self.hub.last(),
            ..self.client.counters.read()
        }
    }

    async fn now(&self) -> Result<Revision, StoreError> {
        self.hub.is_open()?;
        self.current.revision().await.map_err(StoreError::Unavailable)
    }

    /// What a fault of a request at `asked` is to who made it.
    async fn refused(&self, fault: Fault, asked: Option<Revision>) -> StoreError {
        let Some(asked) = asked else {
            return fault.into();
        };
        let judged = match fault {
            Fault::Future => self
                .now()
                .await
                .map(|current| StoreError::Future { asked, current }),
            Fault::Compacted => self
                .oldest()
                .await
                .map(|oldest| StoreError::Compacted { asked, oldest }),
            fault => Ok(fault.into()),
        };
        judged.unwrap_or_else(|error| error)
    }

    /// The oldest revision that can be read. Only a watch of what is forgotten is told it.
    async fn oldest(&self) -> Result<Revision, StoreError> {
        let told = match Changes::after(&self.client, 0).await {
            Ok(mut changes) => changes.next().await.map(|_| 0),
            Err(ended) => Err(ended),
        };
        match told {
            Ok(oldest) | Err(Ended::Compacted(oldest)) => Ok(oldest),
            Err(Ended::Forgotten) => Ok(0),
            Err(Ended::Lost(why)) => Err(StoreError::Unavailable(why)),
        }
    }

    async fn begin_watch(&self, prefix: String, after: Revision) -> Result<WatchStream, StoreError> {
        self.hub.watchable(after)?;
        if after > self.hub.last() {
            let current = self.now().await?;
            if after > current {
                return Err(StoreError::Future {
                    asked: after,
                    current,
                });
            }
        }
        let (hub, client) = (Arc::clone(&self.hub), Arc::clone(&self.client));
        let watcher = Watcher::new(hub, client, prefix, after, self.watch_lag);
        Ok(watcher.begin().await?.into_stream())
    }

    async fn forget(&self, revision: Revision) -> Result<(), StoreError> {
        self.hub.is_open()?;
        // etcd looks up what was there before an event when it sends it: it must not be forgotten before.
        if revision <= self.now().await? {
            drop(tokio::time::timeout(WATCH_FIRST, self.hub.reach(revision)).await);
        }
        match compactor::compact(&self.client, revision).await {
            Ok(()) => {
                self.hub.forget(revision);
                Ok(())
            }
            Err(fault) => Err(self.refused(fault, Some(revision)).await),
        }
    }
}

impl Store for EtcdStore {
    fn get<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<Record>, StoreError>> {
        Box::pin(async move {
            self.hub.is_open()?;
            Ok(reads::get(&self.client, key, 0).await?)
        })
    }

    fn range(&self, range: Range) -> BoxFuture<'_, Result<Page, StoreError>> {
        Box::pin(async move {
            self.hub.is_open()?;
            match reads::range(&self.client, &range).await {
                Ok(page) => Ok(page),
                Err(fault) => Err(self.refused(fault, range.revision).await),
            }
        })
    }

    fn scan(
        &self,
        start: String,
        end: String,
        limit: usize,
    ) -> BoxFuture<'_, Result<Vec<Record>, StoreError>> {
        Box::pin(async move {
            self.hub.is_open()?;
            let range = Range {
                start,
                end,
                limit,
                revision: None,
            };
            Ok(reads::scan(&self.client, &range).await?)
        })
    }

    fn commit(&self, transaction: Transaction) -> BoxFuture<'_, Result<Outcome, StoreError>> {
        Box::pin(async move {
            self.hub.is_open()?;
            if transaction.checks.is_empty() && transaction.changes.is_empty() {
                return Ok(Outcome::Committed(self.now().await?));
            }
            commit::commit(&self.client, &self.leases, &transaction).await
        })
    }

    fn watch(&self, prefix: String, after: Revision) -> BoxFuture<'_, Result<WatchStream, StoreError>> {
        Box::pin(self.begin_watch(prefix, after))
    }

    fn revision(&self) -> BoxFuture<'_, Result<Revision, StoreError>> {
        Box::pin(self.now())
    }

    fn writable(&self) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(async move {
            self.hub.is_open()?;
            health::writable(&self.client, &self.current, self.health_timeout).await
        })
    }

    fn compact(&self, revision: Revision) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(self.forget(revision))
    }

    fn close(&self) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(async move {
            self.hub.close();
            self.tasks.iter().for_each(AbortHandle::abort);
            Ok(())
        })
    }
}

impl Drop for EtcdStore {
    fn drop(&mut self) {
        self.hub.close();
        self.tasks.iter().for_each(AbortHandle::abort);
    }
}
