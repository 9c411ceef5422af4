//! The store that callers hold.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{self, Sender};
use std::thread::JoinHandle;

use futures_core::future::BoxFuture;
use parking_lot::Mutex;
use purser_store::{
    Follow as _, Outcome, Page, Range, Record, Revision, Store, StoreError, Transaction, WatchStream, measure,
};
use redb::StorageBackend;
use tokio::sync::{Semaphore, oneshot};

use crate::command::{Command, QUEUE_BYTES, share};
use crate::counters::{Counters, Stats};
use crate::directory::Directory;
use crate::error::OpenError;
use crate::hub::{Hub, Signal, closed};
use crate::medium::{self, Disk, Medium};
use crate::options::Options;
use crate::snapshot::Snapshot;
use crate::watcher::Watcher;
use crate::writer::Writer;

/// A store in a directory of this machine. Its methods need a tokio runtime.
pub struct EmbeddedStore {
    hub: Arc<Hub>,
    counters: Arc<Counters>,
    commands: Sender<Command>,
    queue: Arc<Semaphore>,
    watch_lag: u64,
    file: Option<PathBuf>,
    writer: Mutex<Option<JoinHandle<()>>>,
}

impl EmbeddedStore {
    /// Opens the store in a directory, making it when it is missing.
    ///
    /// # Errors
    /// When another process holds it, the directory cannot be used, or the file is damaged or of another version.
    pub fn open(options: Options) -> Result<Self, OpenError> {
        let directory = Directory::hold(&options.directory)?;
        let path = directory.database_path();
        Self::start(Box::new(directory), options, Some(path))
    }

    /// Opens the store on a disk of one's own, as the crash tests do; `options.directory` is not used, and clones of the
    /// backend are the same disk. A disk that failed while the store was made on it is not one that can be opened
    /// ([`EmbeddedStore::open`] sees to that).
    ///
    /// # Errors
    /// When what is on the disk is damaged or of another version.
    pub fn open_on(backend: impl StorageBackend + Clone, options: Options) -> Result<Self, OpenError> {
        Self::start(Box::new(Disk(backend)), options, None)
    }

    fn start(medium: Box<dyn Medium>, options: Options, file: Option<PathBuf>) -> Result<Self, OpenError> {
        let (db, standing) = medium::open(medium.as_ref(), &options)?;
        let hub = Arc::new(Hub::new(Snapshot::take(
            &db,
            standing.revision,
            standing.compacted,
        )?));
        let counters = Arc::new(Counters::default());
        counters
            .live_bytes
            .store(standing.live_bytes, std::sync::atomic::Ordering::Relaxed);
        let watch_lag = options.watch_lag;
        let writer = Writer {
            db: Some(db),
            standing,
            hub: hub.clone(),
            counters: counters.clone(),
            // Opened again while somebody waits, it is neither made nor made smaller.
            options: Options {
                create: false,
                shrink_above: u64::MAX,
                ..options
            },
            idle_until: 0,
            failed: None,
            full: false,
            medium,
        };
        let (commands, receiver) = mpsc::channel();
        let farewell = Farewell(hub.clone());
        let thread = std::thread::Builder::new().name("purser-store".to_owned());
        let thread = thread
            .spawn(move || {
                let _last = farewell;
                writer.run(&receiver);
            })
            .map_err(|error| OpenError::Unreadable(format!("no thread to write with: {error}")))?;
        Ok(Self {
            hub,
            counters,
            commands,
            queue: Arc::new(Semaphore::new(
                usize::try_from(QUEUE_BYTES).unwrap_or(Semaphore::MAX_PERMITS),
            )),
            watch_lag,
            file,
            writer: Mutex::new(Some(thread)),
        })
    }

    /// What the store counted, and where it stands.
    #[must_use]
    pub fn stats(&self) -> Stats {
        let snapshot = self.hub.snapshot().ok();
        let metadata = self.file.as_ref().and_then(|path| std::fs::metadata(path).ok());
        Stats {
            revision: snapshot.as_ref().map_or(0, |snapshot| snapshot.revision),
            compacted: snapshot.as_ref().map_or(0, |snapshot| snapshot.compacted),
            file_bytes: metadata.map_or(0, |metadata| metadata.len()),
            ..self.counters.read()
        }
    }

    async fn enqueue(&self, transaction: Transaction) -> Result<Outcome, StoreError> {
        let bytes = measure(&transaction)?;
        let share = self
            .queue
            .clone()
            .acquire_many_owned(share(bytes))
            .await
            .map_err(|_| closed())?;
        let (reply, answer) = oneshot::channel();
        self.send(Command::Commit {
            transaction,
            bytes,
            reply,
            _share: share,
        })?;
        answer.await.map_err(|_| closed())?
    }

    fn send(&self, command: Command) -> Result<(), StoreError> {
        self.commands.send(command).map_err(|_| closed())
    }
}

impl Store for EmbeddedStore {
    // A lookup touches a few pages, nearly always in memory: cheaper than another thread's attention.
    fn get<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<Record>, StoreError>> {
        Box::pin(async move { self.hub.snapshot()?.get(key) })
    }

    // A range counts all its keys, however few it returns, and may be long: it would hold up other tasks.
    fn range(&self, range: Range) -> BoxFuture<'_, Result<Page, StoreError>> {
        Box::pin(async move {
            let snapshot = self.hub.snapshot()?;
            let read = tokio::task::spawn_blocking(move || snapshot.range(&range)).await;
            read.map_err(|error| StoreError::Unavailable(error.to_string()))?
        })
    }

    fn scan(
        &self,
        start: String,
        end: String,
        limit: usize,
    ) -> BoxFuture<'_, Result<Vec<Record>, StoreError>> {
        Box::pin(async move {
            let snapshot = self.hub.snapshot()?;
            let read = tokio::task::spawn_blocking(move || snapshot.scan(&start, &end, limit)).await;
            read.map_err(|error| StoreError::Unavailable(error.to_string()))?
        })
    }

    fn commit(&self, transaction: Transaction) -> BoxFuture<'_, Result<Outcome, StoreError>> {
        Box::pin(self.enqueue(transaction))
    }

    fn watch(&self, prefix: String, after: Revision) -> BoxFuture<'_, Result<WatchStream, StoreError>> {
        Box::pin(async move {
            self.hub.snapshot()?.readable(after)?;
            let (hub, counters) = (self.hub.clone(), self.counters.clone());
            Ok(Watcher::new(hub, counters, prefix, after, self.watch_lag).into_stream())
        })
    }

    fn revision(&self) -> BoxFuture<'_, Result<Revision, StoreError>> {
        Box::pin(std::future::ready(self.hub.revision()))
    }

    fn writable(&self) -> BoxFuture<'_, Result<(), StoreError>> {
        let writable = self.hub.writable();
        Box::pin(std::future::ready(
            writable.and_then(|()| self.hub.snapshot().map(drop)),
        ))
    }

    fn compact(&self, revision: Revision) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(async move {
            let (reply, answer) = oneshot::channel();
            self.send(Command::Compact { revision, reply })?;
            answer.await.map_err(|_| closed())?
        })
    }

    fn close(&self) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(async move {
            self.queue.close();
            let mut signal = self.hub.subscribe();
            // The writer has stopped already when nobody takes the command.
            drop(self.send(Command::Close));
            // An error means that the hub is gone, and it cannot go while `self` holds it.
            drop(signal.wait_for(|signal| *signal == Signal::Closed).await);
            Ok(())
        })
    }
}

/// Tells everybody that the writer has ended and the files are free, however it ended.
struct Farewell(Arc<Hub>);

impl Drop for Farewell {
    fn drop(&mut self) {
        self.0.release();
        self.0.announce_closed();
    }
}

impl Drop for EmbeddedStore {
    /// Waits for the flush under way, so that the directory is free when this returns.
    fn drop(&mut self) {
        drop(self.commands.send(Command::Close));
        if let Some(writer) = self.writer.get_mut().take() {
            drop(writer.join());
        }
    }
}
